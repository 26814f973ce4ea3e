-- Places (and ways) as one GeoJSON text; `gridmap/access/below.sql` stands before this.
shown as materialized (
    select v.place_id, v.kind, p.code, p.facility_kind, v.name, v.aliases, v.households, v.residents, v.floors, v.valid,
        v.parent_id, v.grid_cell_id, v.cluster_id, v.geom, v.community_id, day.on_day
    from place_version v
    join place p on p.id = v.place_id
    join place c on c.id = v.community_id
    cross join lateral (select coalesce(:on_day, (now() at time zone c.timezone)::date) as on_day) day
    where v.kind = any (:kinds) and v.valid @> day.on_day and v.geom is not null
        and (cast(:community as text) is null or c.code = :community)
        and (cast(:scope as int[]) is null
             or v.community_id in (select id from whole_community)
             or v.place_id in (select id from single_place)
             or :outlines and v.place_id in (select id from outline))
        -- window
    order by p.code collate "C"
    limit :at_most
),
needed as (
    -- A building also answers for the posts of its entrances.
    select s.place_id as shown, s.place_id as held_at, s.kind, s.parent_id, s.on_day from shown s
    union all
    select s.place_id, e.place_id, e.kind, e.parent_id, s.on_day
    from shown s join place_version e on e.parent_id = s.place_id and e.kind = 'entrance' and e.valid @> s.on_day
    where s.kind = 'building'
),
posts as materialized (
    select n.shown, count(*) filter (where own.id is null and wide.id is null) as vacant,
        count(*) filter (where away.id is not null) as on_leave
    from needed n
    join role_place on role_place.kind = n.kind and role_place.required
    left join appointment own on own.place_id = n.held_at and own.role = role_place.role and own.during @> n.on_day
    -- A grid leader appointed over the compound fills the cell's post.
    left join appointment wide on role_place.role = 'grid_leader' and n.kind = 'grid_cell'
        and wide.place_id = n.parent_id and wide.role = 'grid_leader' and wide.during @> n.on_day
    left join leave away on away.appointment_id = own.id and away.during @> n.on_day
    group by n.shown
),
feature as (
    select s.code as sort, json_build_object(
        'type', 'Feature', 'id', s.code, 'geometry', ST_AsGeoJSON(s.geom, 7, 0)::json,
        'properties', json_build_object(
            'code', s.code, 'kind', s.kind, 'name', s.name, 'aliases', s.aliases,
            'community', community.code, 'parent', parent.code,
            'compound', case when parent.kind = 'compound' then parent.code else compound.code end,
            'grid_cell', cell.code, 'cluster', cluster.code,
            'households', s.households, 'residents', s.residents, 'floors', s.floors, 'facility_kind', s.facility_kind,
            'vacant', coalesce(posts.vacant, 0), 'on_leave', coalesce(posts.on_leave, 0),
            'since', lower(s.valid),
            'sample', case when s.kind = 'community' then coalesce(community.sample, false) end)) as body
    from shown s
    left join posts on posts.shown = s.place_id
    join place community on community.id = s.community_id
    left join place parent on parent.id = s.parent_id
    left join place_version house on house.place_id = s.parent_id and s.kind = 'entrance' and house.valid @> s.on_day
    left join place compound on compound.id = house.parent_id and compound.kind = 'compound'
    left join place cell on cell.id = coalesce(s.grid_cell_id, house.grid_cell_id)
    left join place cluster on cluster.id = coalesce(s.cluster_id, house.cluster_id)
),
way_feature as (
    select w.source_id as sort, json_build_object(
        'type', 'Feature', 'id', w.source_id, 'geometry', ST_AsGeoJSON(w.geom, 7, 0)::json,
        'properties', json_build_object('kind', w.kind, 'name', w.name)) as body
    from way w
    join place c on c.id = w.community_id
    cross join lateral (select coalesce(:on_day, (now() at time zone c.timezone)::date) as on_day) day
    where 'way' = any (:kinds) and w.valid @> day.on_day
        and (cast(:community as text) is null or c.code = :community)
        -- Walls and paths belong to the ground: whoever sees any place of the community sees them.
        and (cast(:scope as int[]) is null or w.community_id in (select id from whole_community)
             or w.community_id in (select id from outline))
        -- outer window
    order by w.source_id
    limit :at_most
),
counted as (
    select body, sort from feature union all select body, sort from way_feature
)
