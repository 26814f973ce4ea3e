-- What bears a name that matches the lexeme query <keys>; written once for each kind of match, the best kind first.
<tier>_place as materialized (
    select v.id, v.place_id, v.kind, v.community_id, v.valid
    from place_version v
    where array_to_tsvector(v.search) @@ cast(:<keys> as tsquery) and v.kind <> 'region' and <wanted>
        and (cast(:scope as int[]) is null or v.community_id = any (array(select id from touched)))
),
<tier>_person as materialized (
    select p.id from person p
    where array_to_tsvector(p.search) @@ cast(:<keys> as tsquery) and <wanted>
        and (cast(:scope as int[]) is null or p.community_id = any (array(select id from touched)))
),
<tier>_organization as materialized (
    select o.id from organization o
    where array_to_tsvector(o.search) @@ cast(:<keys> as tsquery) and <wanted>
        and (cast(:scope as int[]) is null or o.community_id = any (array(select id from touched)))
),
<tier> as materialized (
    -- A bare "3" may be an entrance's name as well: it comes after what the address means.
    select case when n.kind = 'entrance' and <score> < 38 and exists (select from asked) then 38 else <score> end as score,
        n.id as version_id, null as holder_kind, null::int as holder_id, null as role
    from (select * from <tier>_place limit :enough) n
    join place c on c.id = n.community_id
    where n.valid @> coalesce(:on_day, (now() at time zone c.timezone)::date)
        and (cast(:scope as int[]) is null or n.community_id in (select id from whole_community)
             or n.place_id in (select id from single_place))
    union all
    select <score>, v.id, h.kind, h.id, h.role
    from (
        select 'person' as kind, p.id, a.role, a.place_id, a.during
        from (select * from <tier>_person limit :enough) p join appointment a on a.person_id = p.id
        union all
        select 'organization', o.id, a.role, a.place_id, a.during
        from (select * from <tier>_organization limit :enough) o join appointment a on a.organization_id = o.id
    ) h
    -- Homes that hold a role are nobody's to find.
    join role on role.code = h.role and role.kind <> 'household'
    join place_version v on v.place_id = h.place_id
    join place c on c.id = v.community_id
    cross join lateral (select coalesce(:on_day, (now() at time zone c.timezone)::date) as on_day) day
    where v.valid @> day.on_day and h.during @> day.on_day
        and (cast(:scope as int[]) is null or v.community_id in (select id from whole_community)
             or v.place_id in (select id from single_place))
),
