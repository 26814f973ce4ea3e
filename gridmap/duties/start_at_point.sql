-- Where the ladder starts when a point is asked: the most specific place that covers it.
with around as materialized (
    -- Found once, through the index on geom: what covers the point, and the buildings near it, of whatever day.
    select v.place_id, v.kind, v.community_id, v.parent_id, v.grid_cell_id, v.cluster_id, v.valid, v.geom,
        ST_Covers(v.geom, ST_SetSRID(ST_MakePoint(:lon, :lat), 4490)) as covering
    from place_version v
    where v.geom && ST_Expand(
            ST_SetSRID(ST_MakePoint(:lon, :lat), 4490),
            -- Fifteen metres in degrees, a little generous; the true distance is measured below.
            :reach_m / (110000 * greatest(cos(radians(:lat)), 0.01)), :reach_m / 110000)
        and v.kind in ('building', 'cluster', 'grid_cell', 'compound', 'community')
),
chosen as materialized (
    select around.*, c.metric_srid, day.on_day
    from around
    join place c on c.id = around.community_id
    join place p on p.id = around.place_id
    cross join lateral (select coalesce(:on_day, (now() at time zone c.timezone)::date) as on_day) day
    where covering and valid @> day.on_day
    -- On a shared edge or corner the lowest code answers.
    order by array_position(array['building', 'cluster', 'grid_cell', 'compound', 'community'], around.kind), p.code collate "C"
    limit 1
),
near as (
    -- Beside a building its own rungs are added; the area's rungs stay those of the point.
    select around.place_id, around.cluster_id,
        -- Only these few are transformed: metres are measured in the community's own zone.
        ST_Distance(
            ST_Transform(around.geom, chosen.metric_srid),
            ST_Transform(ST_SetSRID(ST_MakePoint(:lon, :lat), 4490), chosen.metric_srid)) as distance_m
    from chosen
    join around on around.kind = 'building' and around.community_id = chosen.community_id and around.valid @> chosen.on_day
    where chosen.kind <> 'building'
    order by distance_m, (select p.code from place p where p.id = around.place_id) collate "C"
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
        case chosen.kind when 'grid_cell' then chosen.place_id else coalesce(chosen.grid_cell_id, (
            select a.place_id from around a join place p on p.id = a.place_id
            where a.covering and a.kind = 'grid_cell' and a.community_id = chosen.community_id and a.valid @> chosen.on_day
            order by p.code collate "C" limit 1)) end as grid_cell_id,
        case when chosen.kind = 'compound' then chosen.place_id
            else coalesce((select id from place where id = chosen.parent_id and kind = 'compound'), (
            select a.place_id from around a join place p on p.id = a.place_id
            where a.covering and a.kind = 'compound' and a.community_id = chosen.community_id and a.valid @> chosen.on_day
            order by p.code collate "C" limit 1)) end as compound_id
    from chosen left join near on near.distance_m <= :reach_m
),
