-- Every version of every place of a community, in order of time.
select id, place_id, lower(valid) as first, upper(valid) as last, name, aliases, parent_id, grid_cell_id, cluster_id,
    ST_AsBinary(geom, 'NDR') as geom, households, residents, floors
from place_version
where community_id = :community
order by place_id, valid
