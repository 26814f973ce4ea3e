-- and below which places. A hand-over moves a leader's places by itself, on the day it is meant for.
, post as (  -- one's own, and those that one holds as a deputy
    select a.place_id, a.role, a.during, null::daterange as away
    from asking join appointment a on a.person_id = asking.person_id
    where asking.level = 'leader'
    union all
    select a.place_id, a.role, a.during, l.during
    from asking join leave l on l.deputy_id = asking.person_id join appointment a on a.id = l.appointment_id
    where asking.level = 'leader'
)
select asking.id, asking.name, asking.level, asking.must_change_password, asking.seen_at,
    case asking.level
        when 'admin' then null
        when 'leader' then array(
            select distinct post.place_id
            from post
            -- A household role or a service contact looks after a place, but leads nobody there.
            join role on role.code = post.role and role.kind in ('leader', 'staff', 'office')
            join place on place.id = post.place_id
            left join place community on community.id = place.community_id
            cross join lateral (select (:now at time zone coalesce(community.timezone, 'Asia/Shanghai'))::date) on_day(today)
            where on_day.today <@ post.during and (post.away is null or on_day.today <@ post.away)
            order by post.place_id)
        else array(select place_id from user_grant where user_id = asking.id order by place_id)
    end as scope
from asking
