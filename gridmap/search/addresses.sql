-- What the query finds when it is read as an address, or is a code; `gridmap/access/below.sql` stands before this.
-- `array_to_tsvector(search)` is written as the indexes have it; a lexeme query with :* probes them for a prefix.
touched as materialized (
    select id from whole_community
    union
    select p.community_id from unnest(cast(:scope as int[])) s(id) join place p on p.id = s.id where p.kind <> 'region'
),
asked as materialized (
    -- The ways to read the query as an address, the likeliest first.
    select (way - 1)::int as way, ground::tsquery, whole::tsquery, begins::tsquery, own::tsquery, own_whole::tsquery, door::tsquery,
        building, entrance
    from unnest(:grounds, :wholes, :beginnings, :owns, :own_wholes, :doors, :buildings, :entrances)
        with ordinality u(ground, whole, begins, own, own_whole, door, building, entrance, way)
),
-- Each index is probed once for all ways, which of them matched is seen afterwards; and the matches are listed before they
-- are cut off: told of a limit, the planner reads the whole table in the hope of early matches.
named_ground as materialized (
    select v.id, v.place_id, v.kind, v.community_id, v.valid, array_to_tsvector(v.search) as lexemes
    from place_version v
    where array_to_tsvector(v.search) @@ cast(:any_ground as tsquery)
        and v.kind in ('compound', 'grid_cell', 'cluster', 'community')
        and (cast(:scope as int[]) is null or v.community_id = any (array(select id from touched)))
),
numbered_house as materialized (
    select v.id, v.place_id, v.kind, v.community_id, v.valid, array_to_tsvector(v.search) as lexemes
    from place_version v
    where array_to_tsvector(v.search) @@ cast(:any_own as tsquery) and v.kind = 'building'
        and (cast(:scope as int[]) is null or v.community_id = any (array(select id from touched)))
),
numbered_door as materialized (
    select v.id, v.place_id, v.kind, v.community_id, v.valid, array_to_tsvector(v.search) as lexemes
    from place_version v
    where array_to_tsvector(v.search) @@ cast(:any_door as tsquery) and v.kind = 'entrance'
        and (cast(:scope as int[]) is null or v.community_id = any (array(select id from touched)))
),
probe as (
    -- The compounds, cells, clusters and communities that the words of the address name.
    select 'ground' as what, a.way, case when v.lexemes @@ a.whole then 0 when v.lexemes @@ a.begins then 1 else 2 end as grade,
        v.id, v.place_id, v.kind, v.community_id, v.valid
    from (select * from named_ground limit :enough) v join asked a on v.lexemes @@ a.ground
    union all
    -- "Mannerheimintie 4": the words may be the building's own; or there are none.
    select 'house', a.way, case when v.lexemes @@ a.own_whole then 0 else 1 end,
        v.id, v.place_id, v.kind, v.community_id, v.valid
    from (select * from numbered_house limit :enough) v join asked a on v.lexemes @@ a.own
    union all
    select 'door', a.way, 0, v.id, v.place_id, v.kind, v.community_id, v.valid
    from (select * from numbered_door limit :enough) v join asked a on v.lexemes @@ a.door
    union all
    select 'code', 0, 0, v.id, v.place_id, v.kind, v.community_id, v.valid
    from place p join place_version v on v.place_id = p.id
    where p.code = any (:codes) and v.kind <> 'region'
),
live as materialized (
    -- A compound names a building even to those who do not see the compound, so what is not seen stays until the end.
    select p.*, day.on_day,
        cast(:scope as int[]) is null or p.community_id in (select id from whole_community)
            or p.place_id in (select id from single_place) as seen
    from probe p
    join place c on c.id = p.community_id
    cross join lateral (select coalesce(:on_day, (now() at time zone c.timezone)::date) as on_day) day
    where p.valid @> day.on_day
),
house as materialized (
    select l.way, l.grade, l.id, l.place_id, l.community_id, l.on_day from live l where l.what = 'house'
    union all
    select g.way, g.grade, b.id, b.place_id, b.community_id, g.on_day
    from live g
    join asked a on a.way = g.way
    cross join lateral (
        select v.* from place_version v where v.parent_id = g.place_id
        union all select v.* from place_version v where v.grid_cell_id = g.place_id
        union all select v.* from place_version v where v.cluster_id = g.place_id
        union all select v.* from place_version v where v.community_id = g.place_id and v.kind = 'building'
    ) b
    where g.what = 'ground' and b.kind = 'building' and b.valid @> g.on_day and (a.building is null or a.building = any (b.search))
),
addressed as materialized (
    select score, version_id, null as holder_kind, null::int as holder_id, null as role
    from (
        select 0 as score, id as version_id from live where what = 'code' and seen
        union all
        select 10 + 4 * way, id from live where what = 'door' and seen
        union all
        select 10 + 4 * h.way + h.grade, e.id
        from asked a
        join house h on h.way = a.way
        join place_version e on e.parent_id = h.place_id
        where e.kind = 'entrance' and e.valid @> h.on_day and a.entrance = any (e.search)
            and (cast(:scope as int[]) is null or e.community_id in (select id from whole_community)
                 or e.place_id in (select id from single_place))
        union all
        select case when a.entrance is null then 10 else 22 end + 4 * h.way + h.grade, h.id
        from asked a
        join house h on h.way = a.way
        where a.building is not null
            and (cast(:scope as int[]) is null or h.community_id in (select id from whole_community)
                 or h.place_id in (select id from single_place))
        union all
        -- Where the building is not known, at least what its words name: the best match alone, not every cell of a compound.
        select 34 + grade, id
        from (
            select *, rank() over (partition by way order by grade,
                array_position(array['community', 'compound', 'grid_cell', 'cluster'], kind)) as place
            from live where what = 'ground' and seen
        ) l
        where place = 1
    ) found
),
