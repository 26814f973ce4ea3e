-- From the spot to the answer: the places of its tree, their posts, who acts for the empty ones, the service contacts.
-- `(x @> day) is true` hides a condition from the planner: it believes that one version in 200 is valid on a day, where
-- nearly all are, and would read them all from the index of an exclusion constraint. Every row here is found by a key.
path as materialized (
    select array_position(array['entrance', 'facility', 'building', 'cluster', 'grid_cell', 'compound', 'community'], v.kind)
            as level,
        v.place_id as id, v.kind, p.code, v.name, v.households, v.parent_id, p.sample, p.office_phone
    from spot s
    join place_version v
        on v.place_id = any (array[s.entrance_id, s.facility_id, s.building_id, s.cluster_id, s.grid_cell_id, s.compound_id,
                                   s.community_id])
        and (v.valid @> s.on_day) is true
    join place p on p.id = v.place_id
),
office as (
    select code, name, office_phone as phone, coalesce(sample, false) as sample from path where kind = 'community'
),
regions as (
    with recursive above as (
        select parent_id from path where kind = 'community' and cast(:scope as int[]) is not null
        union
        select v.parent_id from above join spot on true
        join place_version v on v.place_id = above.parent_id and (v.valid @> spot.on_day) is true
    )
    select parent_id as id from above where parent_id is not null
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
    select 1, e.place_id, e.kind, p.code, e.name, false
    from spot
    join place_version e on e.parent_id = spot.building_id and e.kind = 'entrance' and (e.valid @> spot.on_day) is true
    join place p on p.id = e.place_id
    cross join allowed
    where spot.entrance_id is null and (allowed.here or e.place_id = any (cast(:scope as int[])))
),
post as materialized (
    select a.id, a.place_id, a.role, a.note, lower(a.during) as since, a.person_id,
        coalesce(person.name, org.name) as name, coalesce(person.phone, org.phone, org.phone_24h) as phone,
        org.phone_24h, case when org.id is null then 'person' else 'organization' end as holder_kind,
        away.id is not null as on_leave, upper(away.during) - 1 as until, away.deputy_id,
        deputy.name as deputy_name, deputy.phone as deputy_phone, member.level, member.on_path
    from member
    join appointment a on a.place_id = member.id and (a.during @> (select on_day from spot)) is true
    left join person on person.id = a.person_id
    left join organization org on org.id = a.organization_id
    left join leave away on away.appointment_id = a.id and (away.during @> (select on_day from spot)) is true
    left join person deputy on deputy.id = away.deputy_id
),
moved as (
    -- A grid leader appointed over the compound fills the cell's rung where the cell has none, and moves there.
    select grid_cell_id as cell, compound_id as compound from spot
    where exists (select from post where place_id = compound_id and role = 'grid_leader')
        and not exists (select from post where place_id = grid_cell_id and role = 'grid_leader')
),
ladder as materialized (
    select member.level, member.id as place_id, member.kind, member.code, member.name as place_name,
        role.code as role, role.kind as role_kind, role.rank, role.acts, holder.place as holder_place,
        case when :language = 'zh' then role.label_zh else role.label_en end as role_name,
        post.person_id, post.since, post.name, post.phone, post.holder_kind, post.note, post.until,
        case when post.id is null then 'vacant' when post.on_leave then 'on_leave' else 'filled' end as status,
        -- Who answers in this post today, the deputy included; nobody in a vacant one.
        case when post.on_leave then post.deputy_name else post.name end as answering,
        case when post.on_leave then post.deputy_phone else post.phone end as answering_phone,
        case when post.on_leave then post.deputy_id else post.person_id end as answering_id
    from member
    join role_place on role_place.kind = member.kind
    join role on role.code = role_place.role and role.kind <> 'service'
    left join moved on role.code = 'grid_leader' and moved.cell is not null
    cross join lateral (
        select case member.id when moved.cell then moved.compound when moved.compound then null else member.id end as place
    ) holder
    left join post on post.place_id = holder.place and post.role = role.code
    where holder.place is not null and (role_place.required or post.id is not null)
),
chain as (
    select l.level, l.rank, l.code, l.role, json_build_object(
        'role', l.role, 'role_name', l.role_name,
        'place', json_build_object('kind', l.kind, 'code', l.code, 'name', l.place_name),
        'status', l.status,
        'holder', case when l.status <> 'vacant' then json_build_object('name', l.name, 'phone', l.phone) end,
        'holder_kind', l.holder_kind,
        'via', case when l.holder_place <> l.place_id then (
            select json_build_object('kind', kind, 'code', code, 'name', name) from path where id = l.holder_place) end,
        'acting', case
            when l.status = 'filled' then null
            when l.answering is not null then json_build_object(
                'role', l.role, 'role_name', l.role_name, 'name', l.answering, 'phone', l.answering_phone,
                'why', replace(:why_deputy, '{until}', l.until::text))
            when above.role is not null then json_build_object(
                'role', above.role, 'role_name', above.role_name, 'name', above.answering, 'phone', above.answering_phone,
                'why', replace(replace(case when l.status = 'on_leave' then :why_leave_above else :why_vacant_above end,
                               '{until}', coalesce(l.until::text, '')), '{role}', above.role_name))
            else json_build_object(
                'role', 'office', 'role_name', cast(:office as text),
                'name', (select name from office), 'phone', (select phone from office),
                'why', replace(case when l.status = 'on_leave' then :why_leave_office else :why_vacant_office end,
                               '{until}', coalesce(l.until::text, '')))
        end,
        'since', case when l.status <> 'vacant' then l.since else (
            select max(upper(past.during)) from appointment past
            where past.place_id = l.place_id and past.role = l.role and upper(past.during) <= (select on_day from spot)) end
    ) as entry
    from ladder l
    left join lateral (
        -- The next rank up in which somebody answers today, and not whoever is away from this post.
        select up.role, up.role_name, up.answering, up.answering_phone
        from ladder up
        where l.status <> 'filled' and up.acts and up.answering is not null and (up.level, up.rank) > (l.level, l.rank)
            and up.answering_id is distinct from (case when l.status = 'on_leave' then coalesce(l.person_id, 0) end)
        order by up.level, up.rank limit 1
    ) above on true
    where l.role_kind <> 'household'
),
instead as materialized (
    -- Never a dead end: where no contact is on record, the leader of the cell or whoever stands above answers.
    select role_name, answering as name, answering_phone as phone from ladder
    where acts and answering is not null and kind in ('grid_cell', 'compound', 'community')
    order by level, rank limit 1
),
contact as (
    select distinct on (problem.position, problem.code) problem.code as problem,
        case when :language = 'zh' then problem.label_zh else problem.label_en end as label,
        coalesce(case when :language = 'zh' then role.label_zh else role.label_en end, instead.role_name, cast(:office as text))
            as role_name,
        case when post.on_leave then post.deputy_name else coalesce(post.name, instead.name, office.name) end as name,
        case when post.on_leave then post.deputy_phone when post.id is not null then post.phone
             when instead.name is not null then instead.phone else office.phone end as phone,
        post.phone_24h, post.id is null as instead
    from problem
    cross join office
    left join instead on true
    left join (
        role_problem join post on post.role = role_problem.role and post.on_path
            and (not post.on_leave or post.deputy_name is not null)
        join role on role.code = role_problem.role
    ) on role_problem.problem = problem.code
    order by problem.position, problem.code, role_problem.priority, post.level
),
answer as (
    select json_build_object(
        'point', json_build_array(round(spot.lon::numeric, 7), round(spot.lat::numeric, 7)),
        'on', spot.on_day,
        'match', spot.match,
        'distance_m', round(spot.distance_m::numeric, 1),
        'community', json_build_object('code', office.code, 'name', office.name, 'sample', office.sample,
                                       'office_phone', office.phone),
        'places', (select json_agg(json_build_object('kind', kind, 'code', code, 'name', name, 'households', households)
                                   order by level) from path),
        'chain', (select coalesce(json_agg(entry order by level, code collate "C", rank, role), '[]') from chain),
        'households', case when cast(:households as boolean) then (
            select coalesce(json_agg(json_build_object(
                'role', role, 'role_name', role_name, 'place', json_build_object('kind', kind, 'code', code, 'name', place_name),
                'holder', json_build_object('name', name, 'phone', phone), 'note', note) order by level, code collate "C", rank), '[]')
            from ladder where role_kind = 'household' and status <> 'vacant') end,
        'services', (select coalesce(json_agg(contact), '[]') from contact),  -- in the order of `contact`
        -- Shifts and cases are not kept yet: nobody is on record for tonight, and no case is open.
        'duty_tonight', null,
        'channels', (select coalesce(json_agg(json_build_object('place', member.code, 'name', channel.name)
                         order by member.level, member.code collate "C", channel.id), '[]')
                     from member join channel on channel.place_id = member.id and (channel.during @> spot.on_day) is true),
        'open_cases', 0
    )::text as body
    from spot cross join office
    where (select here from allowed) or exists (select from member where not on_path)
)
