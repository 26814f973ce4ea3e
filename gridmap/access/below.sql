-- The places that an asker sees, from the ids in :scope; no id list at all (null) is everywhere.
-- `whole_community`: all of it is seen. `single_place`: seen one by one, by each place's own tree: the cell of a cluster
-- is no way into the cluster's buildings in other cells. `outline`: what lies above them, for orientation.
with recursive territory as (
    select p.id, p.kind from unnest(cast(:scope as int[])) s(id) join place p on p.id = s.id and p.kind in ('region', 'community')
    union
    select v.place_id, v.kind from territory t join place_version v on v.parent_id = t.id and v.kind in ('region', 'community')
    where t.kind = 'region'
),
whole_community as materialized (select id from territory where kind = 'community'),
own_place as (
    select p.id from unnest(cast(:scope as int[])) s(id) join place p on p.id = s.id and p.kind not in ('region', 'community')
),
nearest_below as materialized (
    select id from own_place
    union
    select v.place_id from own_place s join place_version v on v.parent_id = s.id
    union
    select v.place_id from own_place s join place_version v on v.grid_cell_id = s.id
    union
    select v.place_id from own_place s join place_version v on v.cluster_id = s.id
),
single_place as materialized (
    select id from nearest_below
    union
    select e.place_id from nearest_below b join place_version e on e.parent_id = b.id and e.kind = 'entrance'
),
outline as (
    select id from own_place
    union
    select above.id from outline o join place_version v on v.place_id = o.id
    cross join lateral (values (v.parent_id), (v.grid_cell_id), (v.cluster_id)) above(id) where above.id is not null
),
