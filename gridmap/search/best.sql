-- The best of what was found, with what a reader needs to tell one from another.
candidate as materialized (
    select min(score) as score, version_id, holder_kind, holder_id, role
    from (
        select * from addressed
        union all select * from named
        union all select * from begun
        union all select * from further
    ) c
    group by version_id, holder_kind, holder_id, role
),
near as materialized (
    -- Far more than fit are not sorted: whatever scores worse than enough others cannot be shown.
    select * from candidate
    where score <= coalesce((select score from candidate order by score offset 8 * :at_most limit 1), 100)
),
told as (
    select n.score, n.holder_kind, n.role, v.kind, v.place_id, v.name, v.aliases, v.geom, day.on_day,
        coalesce(person.name, organization.name) as holder, house.name as house, compound.name as compound, community.name as community,
        -- Compounds before buildings, what residents do not name after them, people last; then by pinyin, numbers by value.
        case when n.holder_kind is null then class.position else 10 end as class,
        community.search[1] as community_key, compound.search[1] as compound_key, house.search[1] as house_key,
        v.search[1] as own_key, coalesce(person.search[1], organization.search[1]) as holder_key,
        row_number() over (partition by n.holder_kind, n.holder_id, n.role
                           order by n.score, class.position, v.search[1] collate "C", v.id) as nth
    from near n
    join place_version v on v.id = n.version_id
    join place town on town.id = v.community_id
    cross join lateral (select coalesce(:on_day, (now() at time zone town.timezone)::date) as on_day) day
    cross join lateral (
        select array_position(array['community', 'compound', 'building', 'grid_cell', 'cluster', 'entrance', 'facility'], v.kind)
            as position
    ) class
    left join place_version house on v.kind = 'entrance' and house.place_id = v.parent_id and house.valid @> day.on_day
    left join place_version compound on compound.place_id = coalesce(house.parent_id, v.parent_id) and compound.kind = 'compound'
        and compound.valid @> day.on_day
    left join place_version community on v.kind <> 'community' and community.place_id = v.community_id
        and community.valid @> day.on_day
    left join person on n.holder_kind = 'person' and person.id = n.holder_id
    left join organization on n.holder_kind = 'organization' and organization.id = n.holder_id
),
best as (
    select told.*, row_number() over (order by score, class, holder_key collate "C", community_key collate "C" nulls first,
        compound_key collate "C" nulls first, house_key collate "C", own_key collate "C", place_id) as position
    from told
    -- Somebody with a post over thirty buildings does not fill the list.
    where holder_kind is null or nth <= 3
    order by position
    limit :at_most
)
select json_build_object('hits', coalesce(json_agg(json_build_object(
    'kind', coalesce(b.holder_kind, b.kind), 'code', p.code, 'name', coalesce(b.holder, b.name),
    'aliases', case when b.holder is null then b.aliases else '{}' end,
    'context', concat_ws(' · ', b.community, b.compound, b.house, case when b.holder is not null then b.name end),
    'place', json_build_object('kind', b.kind, 'code', p.code, 'name', b.name),
    'lon', round(ST_X(spot.geom)::numeric, 7), 'lat', round(ST_Y(spot.geom)::numeric, 7),
    'role', role.code, 'role_name', case when :language = 'zh' then role.label_zh else role.label_en end
) order by b.position), '[]'))::text
from best b
join place p on p.id = b.place_id
left join role on role.code = b.role
cross join lateral (
    -- A cluster without an outline is where its buildings are.
    select ST_PointOnSurface(coalesce(b.geom, (
        select ST_Collect(m.geom) from place_version m where m.cluster_id = b.place_id and m.kind = 'building' and m.valid @> b.on_day
    ))) as geom
) spot
