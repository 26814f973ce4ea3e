-- What tables alone cannot refuse of places and ways. Every function keeps the search path that the migration runs with
-- (public, PostGIS, pg_temp last), so that no temporary table of the same name comes in between.

-- What others rely on never changes: a place's code stands on plates and in letters, its kind and community in every
-- version and appointment, a household role's kind keeps homes from the public.
create function refuse_new_identity() returns trigger language plpgsql set search_path from current as $$
begin
    raise exception '% "%": % never changes', tg_table_name, to_jsonb(old) ->> tg_argv[0], tg_argv[1]
        using errcode = 'check_violation', constraint = 'identity_kept', table = tg_table_name;
end $$;

create trigger identity_kept before update of id, kind, community_id, code on place for each row
    when ((old.id, old.kind, old.community_id, old.code) is distinct from (new.id, new.kind, new.community_id, new.code))
    execute function refuse_new_identity('code', 'its id, kind, community or code');

-- A community's zone of time and of metres, and its envelope, are used by every question asked there.
create function refuse_unusable_community() returns trigger language plpgsql set search_path from current as $$
declare
    stray text;
    stretch float8;
begin
    -- POSIX names such as ABC+3 are known to PostgreSQL alone.
    if new.timezone !~ '^[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+)*$' then
        raise exception 'community "%": "%" is no time zone', new.code, new.timezone
            using errcode = 'check_violation', constraint = 'timezone_known', table = 'place';
    end if;
    begin
        perform now() at time zone new.timezone;
    exception when invalid_parameter_value then
        raise exception 'community "%": "%" is no time zone', new.code, new.timezone
            using errcode = 'check_violation', constraint = 'timezone_known', table = 'place';
    end;
    if not exists (select from spatial_ref_sys where srid = new.metric_srid) then
        raise exception 'community "%": EPSG:% is no coordinate system', new.code, new.metric_srid
            using errcode = 'check_violation', constraint = 'metric_srid_known', table = 'place';
    end if;
    -- Degrees, feet, another zone, web Mercator: all of them measure areas wrongly.
    begin
        stretch := ST_Area(ST_Transform(new.envelope, new.metric_srid)) / ST_Area(new.envelope::geography);
    exception when others then
        stretch := null;
    end;
    if stretch is null or not stretch between 0.98 and 1.02 then
        raise exception 'community "%": EPSG:% does not measure metres there', new.code, new.metric_srid
            using errcode = 'check_violation', constraint = 'metric_srid_measures', table = 'place';
    end if;
    if tg_op = 'UPDATE' and new.envelope is distinct from old.envelope then
        select name into stray from place_version where community_id = new.id and not geom @ new.envelope limit 1;
        if not found then
            select source_id into stray from way where community_id = new.id and not geom @ new.envelope limit 1;
        end if;
        if found then
            raise exception 'community "%": "%" lies outside its new envelope', new.code, stray
                using errcode = 'check_violation', constraint = 'inside_envelope', table = 'place';
        end if;
    end if;
    return null;
end $$;

create trigger community_usable after insert or update of metric_srid, timezone, envelope on place
    for each row when (new.kind = 'community') execute function refuse_unusable_community();

-- A version stands in its community's tree, and inside its envelope. One look a statement, so that an import of
-- thousands is cheap; no race, for what a place is never changes.
create function refuse_stray_versions() returns trigger language plpgsql set search_path from current as $$
declare
    stray record;
begin
    select p.code, n.kind, n.name, case
            when not n.geom @ c.envelope then format('lies outside the envelope of community %s', c.code)
            when parent.kind <> all (k.parents) then format('cannot stand in %s "%s", which is a %s', parent.code, n.parent_id, parent.kind)
            when parent.community_id <> n.community_id then format('stands in %s of another community', parent.code)
            when cell.kind <> 'grid_cell' then format('has the cell %s, which is a %s', cell.code, cell.kind)
            when cluster.kind <> 'cluster' then format('has the cluster %s, which is a %s', cluster.code, cluster.kind)
        end as fault
    into stray
    from new_rows n
    join (values
        ('entrance', array['building']),
        ('building', array['compound', 'community']),
        ('facility', array['compound', 'community']),
        ('cluster', array['compound', 'community']),
        ('grid_cell', array['compound', 'community']),
        ('compound', array['community']),
        ('community', array['region']),
        ('region', array['region'])
    ) k (kind, parents) on k.kind = n.kind
    left join place c on c.id = n.community_id
    left join place parent on parent.id = n.parent_id
    left join place cell on cell.id = n.grid_cell_id
    left join place cluster on cluster.id = n.cluster_id
    left join place p on p.id = n.place_id
    where not n.geom @ c.envelope or parent.kind <> all (k.parents) or parent.community_id <> n.community_id
        or cell.kind <> 'grid_cell' or cluster.kind <> 'cluster'
    limit 1;
    if found then
        raise exception '% "%" (%) %', stray.kind, stray.name, stray.code, stray.fault
            using errcode = 'check_violation',
                constraint = case when stray.fault like 'lies %' then 'inside_envelope' else 'tree' end, table = tg_table_name;
    end if;
    return null;
end $$;

create trigger stray_insert after insert on place_version
    referencing new table as new_rows for each statement execute function refuse_stray_versions();
create trigger stray_update after update on place_version
    referencing new table as new_rows for each statement execute function refuse_stray_versions();

create function refuse_stray_ways() returns trigger language plpgsql set search_path from current as $$
declare
    stray record;
begin
    select n.source_id, c.code into stray from new_rows n join place c on c.id = n.community_id
    where not n.geom @ c.envelope limit 1;
    if found then
        raise exception 'way "%" lies outside the envelope of community %', stray.source_id, stray.code
            using errcode = 'check_violation', constraint = 'inside_envelope', table = tg_table_name;
    end if;
    return null;
end $$;

create trigger stray_insert after insert on way
    referencing new table as new_rows for each statement execute function refuse_stray_ways();
create trigger stray_update after update on way
    referencing new table as new_rows for each statement execute function refuse_stray_ways();

-- Whoever writes to the same place at the same moment waits here. Without it each would enter its row and then wait in
-- the exclusion constraint for the other: a deadlock, seen after a second, and no word of what is wrong.
create function wait_for_place() returns trigger language plpgsql set search_path from current as $$
begin
    perform from place where id = new.place_id for no key update;
    return new;
end $$;

create trigger one_after_another before insert or update of place_id, valid on place_version
    for each row execute function wait_for_place();

-- Grid cells of one day do not overlap. An exclusion constraint on && would refuse neighbours.
create function refuse_overlapping_cells() returns trigger language plpgsql set search_path from current as $$
declare
    clash record;
begin
    -- Under REPEATABLE READ two transactions would each miss the other's cell.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'grid cells are only written under READ COMMITTED, not %', upper(current_setting('transaction_isolation'))
            using errcode = 'invalid_transaction_state';
    end if;
    perform pg_advisory_xact_lock('place_version'::regclass::oid::int, new.community_id);
    select mine.name as one, other.name as two into clash
    from place_version mine
    join place community on community.id = mine.community_id
    join place_version other
        on other.geom && mine.geom and other.kind = 'grid_cell' and other.community_id = mine.community_id
        and other.place_id <> mine.place_id and other.valid && mine.valid
    where mine.id = new.id
        -- A square metre: less is the rounding of shared borders.
        and ST_Area(ST_Transform(ST_Intersection(mine.geom, other.geom), community.metric_srid)) > 1
    limit 1;
    if found then
        raise exception 'grid cells "%" and "%" overlap', clash.one, clash.two
            using errcode = 'exclusion_violation', constraint = 'cells_disjoint', table = 'place_version';
    end if;
    return null;
end $$;

create constraint trigger cells_disjoint after insert or update of geom, valid, place_id on place_version
    deferrable initially deferred for each row when (new.kind = 'grid_cell') execute function refuse_overlapping_cells();
