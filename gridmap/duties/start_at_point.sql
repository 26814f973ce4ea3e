-- Where the ladder starts when a point is asked: the most specific place that covers it.
with covering as materialized (
    select v.place_id, v.kind, v.community_id, v.parent_id, v.grid_cell_id, v.cluster_id, p.code, day.on_day,
        array_position(array['building', 'cluster', 'grid_cell', 'compound', 'community'], v.kind) as level
    from place_version v
    join place p on p.id = v.place_id
    join place c on c.id = v.community_id
    cross join lateral (select coalesce(:on_day, (now() at time zone c.timezone)::date) as on_day) day
    -- The point is a constant and geom stands bare: the index on geom serves this.
    where ST_Covers(v.geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4490))
        and v.kind in ('building', 'cluster', 'grid_cell', 'compound', 'community')
        and v.valid @> day.on_day
),
chosen as materialized (
    -- On a shared edge or corner the lowest code answers.
    select * from covering order by level, code collate "C" limit 1
),
near as materialized (
    -- Beside a building its own rungs are added; the area's rungs stay those of the point.
    select v.place_id, v.cluster_id, d.distance_m
    from chosen
    join place c on c.id = chosen.community_id
    join place_version v
        on v.geom && ST_Expand(
            ST_SetSRID(ST_MakePoint(:lon, :lat), 4490),
            -- Fifteen metres in degrees, a little generous; the true distance is measured below.
            :reach_m / (110000 * greatest(cos(radians(:lat)), 0.01)), :reach_m / 110000)
        and v.kind = 'building' and v.community_id = chosen.community_id and v.valid @> chosen.on_day
    join place p on p.id = v.place_id
    cross join lateral (
        -- Only the few candidates are transformed: metres are measured in the community's own zone.
        select ST_Distance(
            ST_Transform(v.geom, c.metric_srid),
            ST_Transform(ST_SetSRID(ST_MakePoint(:lon, :lat), 4490), c.metric_srid)) as distance_m
    ) d
    where chosen.kind <> 'building' and d.distance_m <= :reach_m
    order by d.distance_m, p.code collate "C"
    limit 1
),
spot as materialized (
    select chosen.community_id, chosen.on_day, :lon as lon, :lat as lat,
        case when near.place_id is null then 'inside' else 'nearest' end as match,
        coalesce(near.distance_m, 0) as distance_m,
        null::int as entrance_id,
        null::int as facility_id,
        case when chosen.kind = 'building' then chosen.place_id else near.place_id end as building_id,
        case chosen.kind when 'building' then chosen.cluster_id when 'cluster' then chosen.place_id else near.cluster_id end
            as cluster_id,
        case chosen.kind when 'grid_cell' then chosen.place_id
            else coalesce(chosen.grid_cell_id,
                          (select place_id from covering where kind = 'grid_cell' and community_id = chosen.community_id
                           order by code collate "C" limit 1)) end as grid_cell_id,
        case when chosen.kind = 'compound' then chosen.place_id
            else coalesce((select id from place where id = chosen.parent_id and kind = 'compound'),
                          (select place_id from covering where kind = 'compound' and community_id = chosen.community_id
                           order by code collate "C" limit 1)) end as compound_id
    from chosen left join near on true
),
