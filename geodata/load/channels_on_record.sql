-- Every channel of a place of a community.
select c.id, c.place_id, c.name, lower(c.during) as first, upper(c.during) as last
from channel c
join place p on p.id = c.place_id
where p.community_id = :community
order by c.during, c.id
