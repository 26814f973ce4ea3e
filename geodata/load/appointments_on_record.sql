-- Every appointment over a place of a community, in order of time.
select a.id, a.role, a.place_id, a.person_id, a.organization_id, lower(a.during) as first, upper(a.during) as last,
    a.consent, a.note
from appointment a
join place p on p.id = a.place_id
where p.community_id = :community
order by a.during, a.id
