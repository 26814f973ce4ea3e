-- Every identity that belongs to a community, the community itself included.
select id, kind, code, source_id, facility_kind
from place
where community_id = :community
