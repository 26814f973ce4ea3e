-- What tables alone cannot refuse of posts and leaves.

create trigger identity_kept before update of code, kind on role for each row
    when ((old.code, old.kind) is distinct from (new.code, new.kind))
    execute function refuse_new_identity('code', 'its code or kind');
create trigger identity_kept before update of code on problem for each row
    when (old.code is distinct from new.code) execute function refuse_new_identity('code', 'its code');
create trigger identity_kept before update of community_id on person for each row
    when (old.community_id is distinct from new.community_id) execute function refuse_new_identity('id', 'its community');
create trigger identity_kept before update of community_id on organization for each row
    when (old.community_id is distinct from new.community_id) execute function refuse_new_identity('id', 'its community');

-- Whoever holds a post belongs to the community of the place. One look a statement; no race, for neither changes.
create function refuse_foreign_holders() returns trigger language plpgsql set search_path from current as $$
declare
    stray record;
begin
    select n.role, p.code into stray
    from new_rows n
    join place p on p.id = n.place_id
    left join person on person.id = n.person_id
    left join organization on organization.id = n.organization_id
    where p.community_id <> coalesce(person.community_id, organization.community_id)
    limit 1;
    if found then
        raise exception 'the holder of "%" over % belongs to another community', stray.role, stray.code
            using errcode = 'check_violation', constraint = 'holder_of_the_community', table = tg_table_name;
    end if;
    return null;
end $$;

create trigger foreign_holder_insert after insert on appointment
    referencing new table as new_rows for each statement execute function refuse_foreign_holders();
create trigger foreign_holder_update after update on appointment
    referencing new table as new_rows for each statement execute function refuse_foreign_holders();

create trigger one_after_another before insert or update of place_id, role, person_id, organization_id, during on appointment
    for each row execute function wait_for_place();

create function wait_for_appointment() returns trigger language plpgsql set search_path from current as $$
begin
    perform from appointment where id = new.appointment_id for no key update;
    return new;
end $$;

create trigger one_after_another before insert or update of appointment_id, during on leave
    for each row execute function wait_for_appointment();

-- A leave lies within its appointment, and a deputy is somebody else of the same community. Both sides are watched, each
-- behind a lock on the appointment's row; deferrable, so that a hand-over may shorten an appointment first.
create function refuse_stray_leaves() returns trigger language plpgsql set search_path from current as $$
declare
    post appointment;
    stray record;
begin
    -- A later snapshot than the lock's is needed to see what the other side wrote.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'leaves are only written under READ COMMITTED, not %', upper(current_setting('transaction_isolation'))
            using errcode = 'invalid_transaction_state';
    end if;
    if tg_table_name = 'leave' then
        select * into post from appointment where id = new.appointment_id;
    else
        select * into post from appointment where id = new.id;
    end if;
    select l.during, case
            when post.person_id is null then 'an organization is never on leave'
            when l.deputy_id = post.person_id then 'the deputy is the holder'
            when deputy.community_id <> holder.community_id then 'the deputy belongs to another community'
            else format('the appointment lasts %s', post.during)
        end as fault
    into stray
    from leave l
    left join person holder on holder.id = post.person_id
    left join person deputy on deputy.id = l.deputy_id
    where l.appointment_id = post.id
        and (post.person_id is null or l.deputy_id = post.person_id or deputy.community_id <> holder.community_id
             or not l.during <@ post.during)
    limit 1;
    if found then
        raise exception 'leave %: %', stray.during, stray.fault
            using errcode = 'check_violation', constraint = 'leave_of_its_post', table = tg_table_name;
    end if;
    return null;
end $$;

create constraint trigger leave_of_its_post after insert or update on leave
    deferrable initially immediate for each row execute function refuse_stray_leaves();
create constraint trigger leave_of_its_post after update of during, person_id, organization_id on appointment
    deferrable initially immediate for each row
    when ((old.during, old.person_id) is distinct from (new.during, new.person_id)) execute function refuse_stray_leaves();
