-- Where the ladder starts when a place is asked by its code: that place, and its own tree.
with asked as materialized (
    select v.*, day.on_day
    from place p
    join place c on c.id = p.community_id
    cross join lateral (select coalesce(:on_day, (now() at time zone c.timezone)::date) as on_day) day
    join place_version v on v.place_id = p.id and (v.valid @> day.on_day) is true
    where p.code = :place
),
house as materialized (
    -- The building of the entrance asked for; an entrance's own cell overrides its building's.
    select v.* from asked join place_version v on v.place_id = asked.parent_id and (v.valid @> asked.on_day) is true
    where asked.kind = 'entrance'
),
spot as materialized (
    select asked.community_id, asked.on_day,
        ST_X(ST_PointOnSurface(asked.geom)) as lon, ST_Y(ST_PointOnSurface(asked.geom)) as lat,
        'inside' as match, 0::float as distance_m,
        case when asked.kind = 'entrance' then asked.place_id end as entrance_id,
        case when asked.kind = 'facility' then asked.place_id end as facility_id,
        case asked.kind when 'building' then asked.place_id when 'entrance' then asked.parent_id end as building_id,
        case when asked.kind = 'cluster' then asked.place_id else coalesce(asked.cluster_id, house.cluster_id) end as cluster_id,
        case when asked.kind = 'grid_cell' then asked.place_id else coalesce(asked.grid_cell_id, house.grid_cell_id) end
            as grid_cell_id,
        case when asked.kind = 'compound' then asked.place_id
            else (select id from place where id = coalesce(house.parent_id, asked.parent_id) and kind = 'compound') end
            as compound_id
    from asked left join house on true
),
