select id, kind, source_id, name, tags, ST_AsBinary(geom, 'NDR') as geom, lower(valid) as first, upper(valid) as last
from way
where community_id = :community
order by source_id, valid
