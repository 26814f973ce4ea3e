-- From the spot to the answer: the places of its tree, their posts, who acts for the empty ones, the service contacts.
path as materialized (
    select tree.level, tree.id, p.kind, p.code, v.name, v.households, v.parent_id
    from spot
    cross join lateral (values (10, entrance_id), (15, facility_id), (20, building_id), (30, cluster_id),
                               (40, grid_cell_id), (50, compound_id), (60, community_id)) tree (level, id)
    join place p on p.id = tree.id
    join place_version v on v.place_id = tree.id and v.valid @> spot.on_day
),
regions as materialized (
    with recursive above as (
        select parent_id from path where kind = 'community'
        union
        select v.parent_id from above join spot on true
        join place_version v on v.place_id = above.parent_id and v.valid @> spot.on_day
    )
    select parent_id as id from above where parent_id is not null and cast(:scope as int[]) is not null
),
allowed as materialized (
    -- Whether the asker's places hold the spot; None is everywhere.
    select cast(:scope as int[]) is null
        or exists (select from path where id = any (cast(:scope as int[])))
        or exists (select from regions where id = any (cast(:scope as int[]))) as here
),
member as materialized (
    select level, id, kind, code, name, true as on_path from path
    union all
    -- A building lists the posts of each of its entrances; to the leader of one of them, of that one.
    select 10, e.place_id, e.kind, p.code, e.name, false
    from spot
    join place_version e on e.parent_id = spot.building_id and e.kind = 'entrance' and e.valid @> spot.on_day
    join place p on p.id = e.place_id
    cross join allowed
    where spot.entrance_id is null and (allowed.here or e.place_id = any (cast(:scope as int[])))
),
visible as materialized (
    select spot.* from spot, allowed where allowed.here or exists (select from member where not on_path)
),
post as materialized (
    select a.id, a.place_id, a.role, a.note, lower(a.during) as since, a.person_id,
        coalesce(person.name, org.name) as name, coalesce(person.phone, org.phone, org.phone_24h) as phone,
        org.phone_24h, case when org.id is null then 'person' else 'organization' end as holder_kind,
        away.id is not null as on_leave, upper(away.during) - 1 as until, away.deputy_id,
        deputy.name as deputy_name, deputy.phone as deputy_phone
    from member
    cross join visible
    join appointment a on a.place_id = member.id and a.during @> visible.on_day
    left join person on person.id = a.person_id
    left join organization org on org.id = a.organization_id
    left join leave away on away.appointment_id = a.id and away.during @> visible.on_day
    left join person deputy on deputy.id = away.deputy_id
),
rung as materialized (
    select member.level, member.id as place_id, member.kind, member.code, member.name as place_name,
        role.code as role, role.kind as role_kind, role.rank, role.acts, role_place.required,
        case when :language = 'zh' then role.label_zh else role.label_en end as role_name,
        -- A grid leader appointed over the compound fills the cell's rung where the cell has none, and moves there.
        case when role.code = 'grid_leader' and covers.cell is not null
            then case member.kind when 'grid_cell' then covers.compound when 'compound' then null else member.id end
            else member.id end as holder_place
    from member
    join role_place on role_place.kind = member.kind
    join role on role.code = role_place.role and role.kind <> 'service'
    left join lateral (
        select visible.grid_cell_id as cell, visible.compound_id as compound
        from visible
        where not exists (select from post where post.place_id = visible.grid_cell_id and post.role = 'grid_leader')
            and exists (select from post where post.place_id = visible.compound_id and post.role = 'grid_leader')
            and visible.grid_cell_id is not null
    ) covers on true
),
ladder as materialized (
    select rung.*, post.id as post_id, post.person_id, post.since, post.name, post.phone, post.phone_24h, post.holder_kind,
        post.note, post.on_leave, post.until, post.deputy_id, post.deputy_name, post.deputy_phone,
        case when post.id is null then 'vacant' when post.on_leave then 'on_leave' else 'filled' end as status,
        -- Who answers in this post today, the deputy included; nobody in a vacant one.
        case when post.on_leave then post.deputy_name else post.name end as answering,
        case when post.on_leave then post.deputy_phone else post.phone end as answering_phone,
        case when post.on_leave then post.deputy_id else post.person_id end as answering_id
    from rung
    left join post on post.place_id = rung.holder_place and post.role = rung.role
    where rung.holder_place is not null and (rung.required or post.id is not null)
),
chain as (
    select l.level, l.rank, l.code, l.role, json_build_object(
        'role', l.role, 'role_name', l.role_name,
        'place', json_build_object('kind', l.kind, 'code', l.code, 'name', l.place_name),
        'status', l.status,
        'holder', case when l.post_id is not null then json_build_object('name', l.name, 'phone', l.phone) end,
        'holder_kind', l.holder_kind,
        'via', case when l.holder_place <> l.place_id then (
            select json_build_object('kind', kind, 'code', code, 'name', name) from path where id = l.holder_place) end,
        'acting', case
            when l.status = 'filled' then null
            when l.answering is not null then json_build_object(
                'role', l.role, 'role_name', l.role_name, 'name', l.deputy_name, 'phone', l.deputy_phone,
                'why', replace(:why_deputy, '{until}', l.until::text))
            when above.role is not null then json_build_object(
                'role', above.role, 'role_name', above.role_name, 'name', above.answering, 'phone', above.answering_phone,
                'why', replace(replace(case when l.on_leave then :why_leave_above else :why_vacant_above end,
                               '{until}', coalesce(l.until::text, '')), '{role}', above.role_name))
            else json_build_object(
                'role', 'office', 'role_name', cast(:office as text), 'name', office.name, 'phone', office.phone,
                'why', replace(case when l.on_leave then :why_leave_office else :why_vacant_office end,
                               '{until}', coalesce(l.until::text, '')))
        end,
        'since', coalesce(l.since, case when l.post_id is null then (
            select max(upper(past.during)) from appointment past, visible
            where past.place_id = l.place_id and past.role = l.role and upper(past.during) <= visible.on_day) end)
    ) as entry
    from ladder l
    cross join lateral (
        select v.name, p.office_phone as phone from visible join place p on p.id = visible.community_id
        join place_version v on v.place_id = p.id and v.valid @> visible.on_day
    ) office
    left join lateral (
        -- The next rank up in which somebody answers today, and not whoever is away from this post.
        select up.role, up.role_name, up.answering, up.answering_phone
        from ladder up
        where l.status <> 'filled' and up.acts and up.answering is not null and (up.level, up.rank) > (l.level, l.rank)
            and up.answering_id is distinct from (case when l.on_leave then coalesce(l.person_id, 0) end)
        order by up.level, up.rank limit 1
    ) above on true
    where l.role_kind <> 'household'
),
contact as (
    select distinct on (problem.code) problem.code as problem, problem.position,
        case when :language = 'zh' then problem.label_zh else problem.label_en end as label,
        coalesce(case when :language = 'zh' then role.label_zh else role.label_en end, fallback.role_name, cast(:office as text))
            as role_name,
        coalesce(case when post.on_leave then post.deputy_name else post.name end, fallback.answering, office.name) as name,
        case when post.id is not null then case when post.on_leave then post.deputy_phone else post.phone end
             when fallback.answering is not null then fallback.answering_phone else office.phone end as phone,
        post.phone_24h, post.id is null as instead
    from problem
    cross join lateral (
        select v.name, p.office_phone as phone from visible join place p on p.id = visible.community_id
        join place_version v on v.place_id = p.id and v.valid @> visible.on_day
    ) office
    left join (
        role_problem join post on post.role = role_problem.role and (not post.on_leave or post.deputy_name is not null)
        join role on role.code = role_problem.role
        join member on member.id = post.place_id and member.on_path
    ) on role_problem.problem = problem.code
    left join lateral (
        -- Never a dead end: where no contact is on record, the leader of the cell or whoever stands above answers.
        select up.role_name, up.answering, up.answering_phone from ladder up
        where post.id is null and up.acts and up.level >= 40 and up.answering is not null
        order by up.level, up.rank limit 1
    ) fallback on true
    order by problem.code, role_problem.priority, member.level
),
answer as (
    select json_build_object(
        'point', json_build_array(round(visible.lon::numeric, 7), round(visible.lat::numeric, 7)),
        'on', visible.on_day,
        'match', visible.match,
        'distance_m', round(visible.distance_m::numeric, 1),
        'community', (select json_build_object('code', p.code, 'name', path.name, 'sample', coalesce(p.sample, false),
                                               'office_phone', p.office_phone)
                      from path join place p on p.id = path.id where path.kind = 'community'),
        'places', (select json_agg(json_build_object('kind', kind, 'code', code, 'name', name, 'households', households)
                                   order by level) from path),
        'chain', (select coalesce(json_agg(entry order by level, code collate "C", rank, role), '[]') from chain),
        'households', case when cast(:households as boolean) then (
            select coalesce(json_agg(json_build_object(
                'role', role, 'role_name', role_name, 'place', json_build_object('kind', kind, 'code', code, 'name', place_name),
                'holder', json_build_object('name', name, 'phone', phone), 'note', note) order by level, code collate "C", rank), '[]')
            from ladder where role_kind = 'household' and post_id is not null) end,
        'services', (select coalesce(json_agg(json_build_object('problem', problem, 'label', label, 'role_name', role_name,
                         'name', name, 'phone', phone, 'phone_24h', phone_24h, 'instead', instead) order by position), '[]') from contact),
        -- Shifts and cases are not kept yet: nobody is on record for tonight, and no case is open.
        'duty_tonight', null,
        'channels', (select coalesce(json_agg(json_build_object('place', member.code, 'name', channel.name)
                         order by member.level, member.code collate "C", channel.id), '[]')
                     from member join channel on channel.place_id = member.id and channel.during @> visible.on_day),
        'open_cases', 0
    )::text as body
    from visible
)
