-- The runtime role reads and writes rows; it changes no table, deletes no place and cannot touch the record. Called after
-- every migration, so that new tables get their rights; what a table's rights are is written here and nowhere else.
create function grant_runtime(role_name text) returns void language plpgsql set search_path from current as $$
declare
    t record;
    rights text;
begin
    execute format('grant usage on schema public to %I', role_name);
    execute format('grant execute on function audit_event(text, text, jsonb) to %I', role_name);
    for t in
        select c.oid::regclass as name, c.relname, c.relkind
        from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S')
            and c.relowner = current_user::regrole
            -- PostGIS' own tables belong to whoever made the extension.
            and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
    loop
        execute format('revoke all on %s %s from %I', case t.relkind when 'S' then 'sequence' else 'table' end, t.name, role_name);
        rights := case
            when t.relname in ('audit_personal', 'audit_record_id_seq') then null
            when t.relkind = 'S' then 'usage'
            when t.relkind in ('v', 'm') or t.relname in ('alembic_version', 'audit_record') then 'select'
            when t.relname = 'place' then 'select, insert, update'
            else 'select, insert, update, delete'
        end;
        if rights is not null then
            execute format('grant %s on %s %s to %I', rights, case t.relkind when 'S' then 'sequence' else 'table' end, t.name, role_name);
        end if;
    end loop;
end $$;
revoke execute on function grant_runtime(text) from public;
