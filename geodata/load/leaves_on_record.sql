-- Every leave of a post over a place of a community.
select l.id, l.appointment_id, l.deputy_id, lower(l.during) as first, upper(l.during) as last
from leave l
join appointment a on a.id = l.appointment_id
join place p on p.id = a.place_id
where p.community_id = :community
order by l.during, l.id
