-- What tables alone cannot refuse, the record of every write, and the rights of the runtime role.

-- Nothing of a community lies outside its envelope. Statement-level, so that an import of thousands is one look.
create function refuse_outside_envelope() returns trigger language plpgsql as $$
declare
    stray record;
begin
    select c.code as community, to_jsonb(n) as row into stray
    from new_rows n join place c on c.id = n.community_id
    where n.geom is not null and not n.geom @ c.envelope
    limit 1;
    if found then
        raise exception '% lies outside the envelope of community %',
            coalesce(stray.row ->> 'name', stray.row ->> 'source_id'), stray.community
            using errcode = 'check_violation', constraint = 'inside_envelope', table = tg_table_name;
    end if;
    return null;
end $$;

create trigger inside_envelope_insert after insert on place_version
    referencing new table as new_rows for each statement execute function refuse_outside_envelope();
create trigger inside_envelope_update after update on place_version
    referencing new table as new_rows for each statement execute function refuse_outside_envelope();
create trigger inside_envelope_insert after insert on way
    referencing new table as new_rows for each statement execute function refuse_outside_envelope();
create trigger inside_envelope_update after update on way
    referencing new table as new_rows for each statement execute function refuse_outside_envelope();

-- Grid cells of one day do not overlap. An exclusion constraint on && would refuse neighbours.
create function refuse_overlapping_cells() returns trigger language plpgsql as $$
declare
    clash record;
begin
    -- Under REPEATABLE READ two transactions would each miss the other's cell.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'grid cells are only written under READ COMMITTED, not %', current_setting('transaction_isolation')
            using errcode = 'invalid_transaction_state';
    end if;
    perform pg_advisory_xact_lock('place_version'::regclass::oid::int, new.community_id::int);
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

create constraint trigger cells_disjoint after insert or update of geom, valid on place_version
    deferrable initially deferred for each row when (new.kind = 'grid_cell') execute function refuse_overlapping_cells();

-- The record. Arguments of the trigger: key columns; personal columns; columns that are never recorded.
create function audit_rows() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
    who text := nullif(current_setting('gridmap.actor', true), '');
    key_columns text[] := string_to_array(tg_argv[0], ',');
    personal text[] := string_to_array(tg_argv[1], ',');
    hidden text[] := string_to_array(tg_argv[2], ',');
    source text;
begin
    if who is null then
        raise exception 'a write to % names no actor', tg_table_name using errcode = 'insufficient_privilege';
    end if;
    source := case tg_op
        when 'INSERT' then 'select null::jsonb as old, to_jsonb(n) as new from new_rows n'
        when 'DELETE' then 'select to_jsonb(o) as old, null::jsonb as new from old_rows o'
        else format(
            'select to_jsonb(o) as old, to_jsonb(n) as new from old_rows o join new_rows n on (%s) = (%s)',
            (select string_agg('o.' || quote_ident(k), ',') from unnest(key_columns) k),
            (select string_agg('n.' || quote_ident(k), ',') from unnest(key_columns) k))
    end;
    execute format($sql$
        with row as (
            select old - $3 as old, new - $3 as new,
                (select string_agg(coalesce(new, old) ->> k, ',' order by place)
                 from unnest($1) with ordinality u(k, place)) as key
            from (%s) changed
        ), slim as (  -- of an update only what differs
            select key, old as was, new as is,
                case when new is null or old is null then old
                     else (select coalesce(jsonb_object_agg(k, v), '{}') from jsonb_each(old) e(k, v) where new -> k <> v) end as before,
                case when new is null or old is null then new
                     else (select coalesce(jsonb_object_agg(k, v), '{}') from jsonb_each(new) e(k, v) where old -> k <> v) end as after
            from row
        ), apart as (
            select nextval(pg_get_serial_sequence('audit_record', 'id')) as id, uuid_send(gen_random_uuid()) as salt, key,
                before - $2 as before, after - $2 as after,
                (select jsonb_object_agg(k, before -> k) from unnest($2) k where before ? k) as personal_before,
                (select jsonb_object_agg(k, after -> k) from unnest($2) k where after ? k) as personal_after
            from slim where before is distinct from after
        ), recorded as (
            insert into audit_record (id, transaction, actor, action, table_name, key, before, after, personal_hash)
            overriding system value
            select id, txid_current(), $4, $5, $6, key, before, after,
                case when coalesce(personal_before, personal_after) is not null
                     then sha256(salt || convert_to(concat(personal_before, personal_after), 'UTF8')) end
            from apart
        )
        insert into audit_personal (record_id, salt, before, after)
        select id, salt, personal_before, personal_after from apart
        where coalesce(personal_before, personal_after) is not null
    $sql$, source) using key_columns, personal, hidden, who, lower(tg_op), tg_table_name;
    return null;
end $$;

-- An event that is no write of a row: a sign-in, an export.
create function audit_event(event text, subject text, detail jsonb) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
begin
    insert into audit_record (transaction, actor, action, table_name, key, after)
    values (txid_current(), coalesce(nullif(current_setting('gridmap.actor', true), ''), 'nobody'), event, '', subject, detail);
end $$;

create function audit_table(name regclass, key_columns text, personal text, hidden text) returns void language plpgsql as $$
begin
    execute format('create trigger audit_insert after insert on %s referencing new table as new_rows
        for each statement execute function audit_rows(%L, %L, %L)', name, key_columns, personal, hidden);
    execute format('create trigger audit_update after update on %s referencing old table as old_rows new table as new_rows
        for each statement execute function audit_rows(%L, %L, %L)', name, key_columns, personal, hidden);
    execute format('create trigger audit_delete after delete on %s referencing old table as old_rows
        for each statement execute function audit_rows(%L, %L, %L)', name, key_columns, personal, hidden);
end $$;

select audit_table('place', 'id', '', ''), audit_table('place_version', 'id', '', 'search'), audit_table('way', 'id', '', ''),
    audit_table('channel', 'id', '', ''),
    audit_table('role', 'code', '', ''), audit_table('role_place', 'role,kind', '', ''),
    audit_table('problem', 'code', '', ''), audit_table('role_problem', 'problem,role', '', ''),
    audit_table('person', 'id', 'name,phone', 'search'), audit_table('organization', 'id', 'name,phone,phone_24h', 'search'),
    audit_table('appointment', 'id', 'note', ''), audit_table('leave', 'id', '', ''),
    audit_table('user_account', 'id', '', 'password_hash'), audit_table('user_grant', 'user_id,place_id', '', ''),
    audit_table('api_token', 'user_id,created_at', '', 'token_hash');

-- The runtime role reads and writes rows; it changes no table, deletes no place and cannot touch the record.
create function grant_runtime(role_name text) returns void language plpgsql as $$
declare
    t record;
begin
    execute format('grant usage on schema public to %I', role_name);
    for t in select tablename from pg_tables where schemaname = 'public' and tableowner = current_user loop
        execute format('revoke all on %I from %I', t.tablename, role_name);
        execute format('grant select on %I to %I', t.tablename, role_name);
        if t.tablename not in ('alembic_version', 'audit_record', 'audit_personal') then
            execute format('grant insert, update on %I to %I', t.tablename, role_name);
            if t.tablename <> 'place' then
                execute format('grant delete on %I to %I', t.tablename, role_name);
            end if;
        end if;
    end loop;
    execute format('grant usage on all sequences in schema public to %I', role_name);
    execute format('revoke all on sequence audit_record_id_seq from %I', role_name);
end $$;
