-- The record of every write. Statement-level triggers with transition tables: no path passes them by, and a hundred
-- thousand rows are one statement more. Arguments of the trigger, all made by `audit_table`: columns of the primary key;
-- columns that name the row in the record; personal columns, which stand aside; secret columns, of which only the change
-- is told; columns that are derived from others and left out.
create function audit_rows() returns trigger language plpgsql security definer set search_path from current as $$
declare
    who text := nullif(btrim(current_setting('gridmap.actor', true)), '');
    label text[] := string_to_array(tg_argv[1], ',');
    personal text[] := string_to_array(tg_argv[2], ',');
    secret text[] := string_to_array(tg_argv[3], ',');
    derived text[] := string_to_array(tg_argv[4], ',');
    source text;
begin
    if who is null then
        raise exception 'a write to % names no actor', tg_table_name using errcode = 'insufficient_privilege';
    end if;
    source := case tg_op
        when 'INSERT' then 'select null::jsonb as was, to_jsonb(n) as now from new_rows n'
        when 'DELETE' then 'select to_jsonb(o) as was, null::jsonb as now from old_rows o'
        -- A row whose key changed has no partner: one went and one came. Rows equal to the bit are not worth a look.
        else format('select to_jsonb(o) as was, to_jsonb(n) as now from old_rows o full join new_rows n on %s
                     where (o *= n) is not true',
                    (select string_agg(format('o.%1$I = n.%1$I', k), ' and ') from unnest(string_to_array(tg_argv[0], ',')) k))
    end;
    -- Materialized: each row is turned into JSON once, not once for every use of it below.
    execute format($sql$
        with row as materialized (
            select was - $5 as was, now - $5 as now from (%s) changed
        ), slim as materialized (  -- of an update only what differs
            select case when row.was is null then 'insert' when row.now is null then 'delete' else 'update' end as action,
                (select string_agg(coalesce(row.now, row.was) ->> k, ',' order by place)
                 from unnest($2) with ordinality u(k, place)) as key,
                case when row.now is null then row.was - $4 else diff.was end as was,
                case when row.was is null then row.now - $4 else diff.now end as now
            from row left join lateral (
                select jsonb_object_agg(k, case when k = any ($4) then '"…"' else row.was -> k end) as was,
                    jsonb_object_agg(k, case when k = any ($4) then '"…"' else row.now -> k end) as now
                from jsonb_object_keys(row.was) k
                where row.was -> k <> row.now -> k
            ) diff on row.was is not null and row.now is not null
        ), apart as materialized (
            select nextval(pg_get_serial_sequence('audit_record', 'id')) as id, action, key,
                slim.was - $3 as was, slim.now - $3 as now, mine.was as personal_was, mine.now as personal_now,
                case when mine.was is not null or mine.now is not null then uuid_send(gen_random_uuid()) end as salt
            from slim left join lateral (
                select jsonb_object_agg(k, slim.was -> k) filter (where slim.was ? k) as was,
                    jsonb_object_agg(k, slim.now -> k) filter (where slim.now ? k) as now
                from unnest($3) k
            ) mine on cardinality($3) > 0
            where slim.was is not null or slim.now is not null
        ), recorded as (
            insert into audit_record (id, transaction, actor, action, table_name, key, before, after, personal_hash)
            overriding system value
            select id, txid_current(), $1, action, $6, key, was, now, audit_hash(salt, personal_was, personal_now) from apart
        )
        insert into audit_personal (record_id, salt, before, after)
        select id, salt, personal_was, personal_now from apart where salt is not null
    $sql$, source) using who, label, personal, secret, derived, tg_table_name::text;
    return null;
end $$;

-- What a record keeps of personal values: enough to prove them while they are there, nothing once they are erased.
create function audit_hash(salt bytea, before jsonb, after jsonb) returns bytea language sql stable as
    $$ select sha256(salt || convert_to(concat(before, after), 'UTF8')) $$;

-- An event that is no write of a row: a sign-in, an export.
create function audit_event(event text, subject text, detail jsonb) returns void
language plpgsql security definer set search_path from current as $$
begin
    if event is null or event in ('insert', 'update', 'delete') then
        raise exception '"%" is the record''s own word for a written row, not an event', event
            using errcode = 'invalid_parameter_value';
    end if;
    insert into audit_record (transaction, actor, action, table_name, key, after) values
        (txid_current(), coalesce(nullif(btrim(current_setting('gridmap.actor', true)), ''), 'nobody'), event, '', subject, detail);
end $$;

-- To empty a table at a stroke would pass the record by.
create function refuse_truncate() returns trigger language plpgsql set search_path from current as $$
begin
    raise exception 'table % is never truncated: delete its rows, and the record tells it', tg_table_name
        using errcode = 'insufficient_privilege';
end $$;

-- Put a table under record; `label` names its rows where that is not the primary key.
create function audit_table(name regclass, personal text default '', secret text default '', derived text default '', label text default null)
returns void language plpgsql set search_path from current as $$
declare
    primary_key text := (
        select string_agg(a.attname, ',' order by k.place)
        from pg_index i
        cross join lateral unnest(i.indkey::int[]) with ordinality k(number, place)
        join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
        where i.indrelid = name and i.indisprimary);
    arguments text := format('%L, %L, %L, %L, %L', primary_key, coalesce(label, primary_key), personal, secret, derived);
begin
    execute format('create trigger audit_insert after insert on %s referencing new table as new_rows
        for each statement execute function audit_rows(%s)', name, arguments);
    execute format('create trigger audit_update after update on %s referencing old table as old_rows new table as new_rows
        for each statement execute function audit_rows(%s)', name, arguments);
    execute format('create trigger audit_delete after delete on %s referencing old table as old_rows
        for each statement execute function audit_rows(%s)', name, arguments);
    execute format('create trigger audit_truncate before truncate on %s
        for each statement execute function refuse_truncate()', name);
end $$;

select audit_table('place'), audit_table('place_version', derived => 'search'), audit_table('way'), audit_table('channel'),
    audit_table('role'), audit_table('role_place'), audit_table('problem'), audit_table('role_problem'),
    audit_table('person', personal => 'name,phone', derived => 'search'),
    audit_table('organization', personal => 'name,phone,phone_24h', derived => 'search'),
    audit_table('appointment', personal => 'note'), audit_table('leave'),
    audit_table('user_account', secret => 'password_hash'), audit_table('user_grant'),
    audit_table('api_token', secret => 'token_hash', label => 'user_id,created_at');

-- A trigger function can be hung on any table of whoever may execute it, a temporary one too: that would forge records.
revoke execute on function audit_rows(), audit_event(text, text, jsonb), audit_table(regclass, text, text, text, text) from public;
create trigger audit_truncate before truncate on audit_record for each statement execute function refuse_truncate();
create trigger audit_truncate before truncate on audit_personal for each statement execute function refuse_truncate();
