"""The record of writes: complete, without secrets, personal values erasable, out of the runtime role's reach."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from shapely import box
from sqlalchemy.orm import Session

from gridmap import access, audit, duties, groups, places, ways  # noqa: F401 - every mapped class must be known
from gridmap.database import Base, Database
from tests.gridmap.conftest import Town
from tests.gridmap.guards import execute, refusal

NOT_UNDER_RECORD = {"sign_in", "user_session", "audit_record", "audit_personal"}
UNDER_RECORD = sorted(set(Base.metadata.tables) - NOT_UNDER_RECORD)


def last_records(session: Session, table: str) -> list[dict[str, Any]]:
    rows = session.execute(
        sa.text("select * from audit_record where table_name = :table order by id desc limit 20"), {"table": table}
    )
    return [dict(row._mapping) for row in rows]


def changed(session: Session, table: str, statement: str, **values: Any) -> dict[str, Any]:
    """The only record that a statement leaves of a table."""
    before = session.scalar(sa.text("select coalesce(max(id), 0) from audit_record"))
    session.execute(sa.text(statement), values)
    [record] = [r for r in last_records(session, table) if r["id"] > before]
    assert record["actor"] == "test"
    assert record["transaction"] == session.scalar(sa.text("select txid_current()"))
    return record


@pytest.fixture
def furnished(town: Town) -> Town:
    """The town with a row in every table under record."""
    town.appoint("Ann", "grid_leader", "001")
    town.contract("Heat", "heating_contact", "K1")
    for statement in (
        """insert into way (community_id, kind, valid, source_id, tags, geom)
           values (:community, 'gate', '(,)', 'way/1', '{}', 'SRID=4490;POINT(113.101 41.031)')""",
        "insert into channel (place_id, name, during) values (:community, 'group', '(,)')",
        "insert into leave (appointment_id, during) select id, '[2024-01-01,2024-02-01)' from appointment where person_id is not null",
        """insert into user_account (name, level, password_hash, must_change_password, locked)
           values ('someone', 'staff', '$argon2id$first', true, false)""",
        "insert into user_grant (user_id, place_id) select id, :community from user_account",
        "insert into api_token (token_hash, user_id) select 'first', id from user_account",
    ):
        town.session.execute(sa.text(statement), {"community": town.community} if ":community" in statement else {})
    return town


def test_every_table_that_users_write_is_under_record(session: Session) -> None:
    rows = session.execute(
        sa.text(
            "select tgrelid::regclass::text, string_agg(substr(tgname, 7), ' ' order by tgname), bool_and(tgenabled = 'O') "
            "from pg_trigger where tgname like 'audit_%' group by 1"
        )
    )
    assert {table: (events, on) for table, events, on in rows} == {
        **dict.fromkeys(UNDER_RECORD, ("delete insert truncate update", True)),
        "audit_record": ("truncate", True),
        "audit_personal": ("truncate", True),
    }


CHANGES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "place": ("source_id = 'way/9' where code like '%B1'", {"source_id": "test/B1"}, {"source_id": "way/9"}),
    "place_version": ("households = 9 where name = 'B1'", {"households": None}, {"households": 9}),
    "way": ("kind = 'barrier'", {"kind": "gate"}, {"kind": "barrier"}),
    "channel": ("name = 'other'", {"name": "group"}, {"name": "other"}),
    "role": ("label_en = 'Keeper' where code = 'director'",
             {"label_en": "Residents' committee director"}, {"label_en": "Keeper"}),
    "role_place": ("required = true where role = 'grid_worker' and kind = 'compound'", {"required": False}, {"required": True}),
    "problem": ("position = 11 where code = 'heating'", {"position": 10}, {"position": 11}),
    "role_problem": ("priority = 5 where problem = 'gas'", {"priority": 1}, {"priority": 5}),
    "person": ("phone = '110' where name = 'Ann'", {}, {}),
    "organization": ("kind = 'utility'", {"kind": None}, {"kind": "utility"}),
    "appointment": ("consent = true where person_id is not null", {"consent": False}, {"consent": True}),
    "leave": ("during = '[2024-01-01,2024-01-15)'",
              {"during": "[2024-01-01,2024-02-01)"}, {"during": "[2024-01-01,2024-01-15)"}),
    "user_account": ("locked = true", {"locked": False}, {"locked": True}),
    "api_token": ("revoked_at = '2024-01-01T00:00:00Z'", {"revoked_at": None}, {"revoked_at": "2024-01-01T00:00:00+00:00"}),
}  # fmt: skip


@pytest.mark.parametrize("table", CHANGES)
def test_an_update_is_recorded_with_nothing_but_what_changed(furnished: Town, table: str) -> None:
    change, before, after = CHANGES[table]
    furnished.session.execute(sa.text("set local timezone = 'UTC'"))
    record = changed(furnished.session, table, f"update {table} set {change}")
    assert (record["action"], record["before"], record["after"]) == ("update", before, after)


@pytest.mark.parametrize("table", UNDER_RECORD)
def test_an_insert_is_recorded(furnished: Town, table: str) -> None:
    record = last_records(furnished.session, table)[0]
    assert record["action"] == "insert"
    assert record["before"] is None
    row = furnished.session.execute(sa.text(f"select * from {table} limit 1")).one()
    hidden = {"search", "password_hash", "token_hash"} | {
        "person": {"name", "phone"}, "organization": {"name", "phone", "phone_24h"}, "appointment": {"note"},
    }.get(table, set())  # fmt: skip
    assert set(record["after"]) == set(row._mapping) - hidden


@pytest.mark.parametrize("table", [table for table in UNDER_RECORD if table != "place"])
def test_a_delete_is_recorded_with_what_was_there(furnished: Town, table: str) -> None:
    session = furnished.session
    posts = ("leave", "appointment")
    pointing = {"person": posts, "organization": posts, "role": posts, "role_place": posts, "appointment": ("leave",),
                "user_account": ("api_token", "user_grant")}  # fmt: skip
    for other in pointing.get(table, ()):
        session.execute(sa.text(f"delete from {other}"))
    before = session.scalar(sa.text("select max(id) from audit_record"))
    count = session.scalar(sa.text(f"select count(*) from {table}"))
    session.execute(sa.text(f"delete from {table}"))
    records = session.execute(
        sa.text("select action, before, after from audit_record where id > :id and table_name = :table"),
        {"id": before, "table": table},
    ).all()
    assert len(records) == count > 0
    assert all(action == "delete" and was and now is None for action, was, now in records)


@pytest.mark.parametrize("table", UNDER_RECORD)
@pytest.mark.parametrize("actor", ["", "   "])
def test_a_write_that_names_no_actor_is_refused(furnished: Town, table: str, actor: str) -> None:
    session = furnished.session
    session.info["actor"] = actor
    session.execute(sa.text("select set_config('gridmap.actor', :actor, true)"), {"actor": actor})
    column = {"role_place": "required", "role_problem": "priority", "user_grant": "place_id"}.get(table, "id")
    column = {"role": "rank", "problem": "position", "api_token": "revoked_at"}.get(table, column)
    assert refusal(session, f"update {table} set {column} = {column}") == "42501"
    if table != "place":
        assert refusal(session, f"delete from {table} where false") == "42501"


def test_an_insert_that_names_no_actor_is_refused(town: Town) -> None:
    town.session.execute(sa.text("select set_config('gridmap.actor', '', true)"))
    with pytest.raises(sa.exc.ProgrammingError, match="a write to problem names no actor"):
        town.session.execute(
            sa.text("insert into problem (code, label_zh, label_en, position) values ('x_y', 'x', 'x', 1)")
        )


def test_the_actor_of_one_transaction_is_not_the_next_ones(database: Database) -> None:
    with database.engine.connect() as connection:
        with connection.begin() as outer:
            connection.execute(sa.text("select set_config('gridmap.actor', 'test', true)"))
            connection.execute(sa.text("update role set rank = rank"))
            outer.rollback()
        with connection.begin() as outer, pytest.raises(sa.exc.ProgrammingError, match="names no actor"):
            connection.execute(sa.text("update role set rank = rank"))


@pytest.mark.parametrize("table", ["sign_in", "user_session"])
def test_tries_and_sessions_are_no_writes_of_a_user(furnished: Town, table: str) -> None:
    session = furnished.session
    session.execute(sa.text("select set_config('gridmap.actor', '', true)"))
    session.execute(
        sa.text(
            {
                "sign_in": "insert into sign_in (name, address, succeeded) values ('x', '::1', false)",
                "user_session": "insert into user_session (token_hash, user_id) select 'x', id from user_account",
            }[table]
        )
    )
    assert last_records(session, table) == []


def test_an_update_that_changes_nothing_leaves_no_record(furnished: Town) -> None:
    session = furnished.session
    before = session.scalar(sa.text("select max(id) from audit_record"))
    for table in UNDER_RECORD:
        column = {"role_place": "required", "role_problem": "priority", "user_grant": "place_id"}.get(table)
        column = column or {"role": "rank", "problem": "position", "api_token": "revoked_at"}.get(table, "id")
        session.execute(sa.text(f"update {table} set {column} = {column}"))
    session.execute(sa.text("update place_version set search = '{anew}', geom = ST_Force2D(geom)"))
    assert session.scalar(sa.text("select max(id) from audit_record")) == before


def test_a_changed_key_is_one_row_gone_and_one_come(furnished: Town) -> None:
    session = furnished.session
    user = session.scalar(sa.text("select id from user_account"))
    session.execute(sa.text("update user_grant set place_id = :place"), {"place": furnished.ids["K1"]})
    came, went = sorted(last_records(session, "user_grant")[:2], key=lambda record: record["action"], reverse=True)
    assert (went["action"], went["key"], went["after"]) == ("delete", f"{user},{furnished.ids['T']}", None)
    assert (came["action"], came["key"], came["before"]) == ("insert", f"{user},{furnished.ids['K1']}", None)


def test_rows_that_exchange_their_keys_are_two_changes(town: Town) -> None:
    session = town.session
    ann, ben = town.person("Ann"), town.person("Ben")
    session.execute(
        sa.text("update person set name = case id when :ann then 'Ben' else 'Ann' end where id in (:ann, :ben)"),
        {"ann": ann, "ben": ben},
    )
    assert {r["key"] for r in last_records(session, "person")[:2]} == {str(ann), str(ben)}


def test_tokens_of_one_moment_are_told_apart(furnished: Town) -> None:
    session = furnished.session
    session.execute(sa.text("insert into api_token (token_hash, user_id) select 'second', id from user_account"))
    before = session.scalar(sa.text("select max(id) from audit_record"))
    session.execute(sa.text("update api_token set revoked_at = now()"))
    assert session.scalar(sa.text("select count(*) from audit_record where id > :id"), {"id": before}) == 2


def test_what_a_write_draws_along_is_recorded_too(furnished: Town) -> None:
    session = furnished.session
    record = changed(session, "appointment", "update role set single_holder = false where code = 'grid_leader'")
    assert (record["before"], record["after"]) == ({"single_holder": True}, {"single_holder": False})
    session.execute(sa.text("delete from role where code = 'gas_contact'"))
    assert {r["key"] for r in last_records(session, "role_place")[:3]} == {
        "gas_contact,building", "gas_contact,community", "gas_contact,compound",
    }  # fmt: skip


def test_an_upsert_is_recorded_as_what_became_of_each_row(session: Session) -> None:
    session.execute(
        sa.text(
            "insert into problem (code, label_zh, label_en, position) values ('heating', '暖气', 'Heating', 10), ('new_one', '新', 'New', 99) "
            "on conflict (code) do update set label_zh = excluded.label_zh"
        )
    )
    assert {(r["action"], r["key"]) for r in last_records(session, "problem")[:2]} == {
        ("update", "heating"),
        ("insert", "new_one"),
    }


def test_ten_thousand_rows_are_recorded_by_one_statement(town: Town) -> None:
    session = town.session
    before = session.scalar(sa.text("select max(id) from audit_record"))
    session.execute(
        sa.text(
            "insert into person (community_id, name, phone, search) "
            "select :community, 'P' || n, '1' || n, array['p' || n] from generate_series(1, 10000) n"
        ),
        {"community": town.community},
    )
    session.execute(sa.text("update person set phone = '2' || phone"))
    count = sa.text("select action, count(*) from audit_record where id > :id group by 1")
    assert dict(session.execute(count, {"id": before}).all()) == {"insert": 10000, "update": 10000}  # type: ignore[arg-type]


# --- personal values and secrets --------------------------------------------------------------------------------------


@pytest.fixture
def committed(new_database: Callable[..., Database]) -> Database:
    """A database of its own in which somebody was entered, called and renamed."""
    database = new_database()
    with database.writing("test") as session:
        town = Town(session)
        town.place("T", "community", box(113.1, 41.03, 113.11, 41.04))
        town.person("Ann Example")
    with database.writing("test") as session:
        session.execute(sa.text("update person set phone = '13800000000', search = '{changed}'"))
    return database


@contextmanager
def as_owner(database: Database) -> Iterator[sa.Connection]:
    engine = sa.create_engine(database.owner_url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


PERSONAL = "select r.action, r.before, r.after, r.personal_hash, p.salt, p.before as p_before, p.after as p_after, \
concat(p.before, p.after) as text from audit_record r join audit_personal p on p.record_id = r.id order by r.id"


def test_personal_values_stand_aside_under_a_salted_hash(committed: Database) -> None:
    with as_owner(committed) as owner:
        entered, called = owner.execute(sa.text(PERSONAL)).all()
    assert entered.p_after == {"name": "Ann Example", "phone": "phone of Ann Example"}
    assert (called.p_before, called.p_after) == ({"phone": "phone of Ann Example"}, {"phone": "13800000000"})
    assert (called.before, called.after) == ({}, {})
    assert set(entered.after) == {"id", "community_id"}
    assert len({entered.salt, called.salt}) == 2
    for record in (entered, called):
        assert len(record.salt) == 16
        assert record.personal_hash == hashlib.sha256(record.salt + record.text.encode()).digest()


def test_personal_values_are_nowhere_in_the_record_itself(committed: Database) -> None:
    with committed.reading() as session:
        whole = " ".join(session.scalars(sa.text("select r::text from audit_record r")))
    assert "person" in whole
    for word in ("Ann", "13800000000", "phone of"):
        assert word not in whole


def test_erased_personal_values_leave_the_record_and_its_hash(committed: Database) -> None:
    count = sa.text("select count(*), count(personal_hash) from audit_record where table_name = 'person'")
    with as_owner(committed) as owner:
        before = owner.execute(count).one()
        owner.execute(sa.text("delete from audit_personal"))
        assert owner.execute(count).one() == before == (2, 2)


def test_a_note_on_a_home_is_personal(town: Town) -> None:
    appointment = town.appoint("Ann", "hub_household", "K1")
    record = changed(
        town.session, "appointment", "update appointment set note = '3-2-501' where id = :id", id=appointment
    )
    assert (record["before"], record["after"]) == ({}, {})
    assert record["personal_hash"]


def test_no_secret_is_ever_recorded_but_that_it_changed(furnished: Town) -> None:
    session = furnished.session
    secret = "$argon2id$" + secrets.token_hex(8)
    record = changed(session, "user_account", "update user_account set password_hash = :hash", hash=secret)
    assert (record["before"], record["after"]) == ({"password_hash": "…"}, {"password_hash": "…"})
    session.execute(sa.text("update api_token set token_hash = 'second'"))
    session.execute(sa.text("delete from api_token"))
    whole = " ".join(session.scalars(sa.text("select r::text from audit_record r")))
    for word in (secret, "argon2id", b"second".hex(), b"first".hex()):
        assert word not in whole


# --- events -----------------------------------------------------------------------------------------------------------


def test_an_event_is_recorded_under_the_actor(session: Session) -> None:
    session.execute(sa.text("select audit_event('export', 'roster', cast('{\"rows\": 3}' as jsonb))"))
    record = last_records(session, "")[0]
    assert (record["actor"], record["action"], record["key"], record["after"]) == (
        "test",
        "export",
        "roster",
        {"rows": 3},
    )


def test_an_event_before_anybody_signed_in_has_nobody_as_actor(session: Session) -> None:
    session.execute(sa.text("select set_config('gridmap.actor', '', true)"))
    session.execute(sa.text("select audit_event('sign in refused', 'x', null)"))
    assert last_records(session, "")[0]["actor"] == "nobody"


@pytest.mark.parametrize("event", ["insert", "update", "delete", None])
def test_an_event_is_not_taken_for_a_written_row(session: Session, event: str | None) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="not an event"):
        session.execute(sa.text("select audit_event(cast(:event as text), 'person', null)"), {"event": event})


# --- out of reach -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "insert into audit_record (transaction, actor, action, table_name, key) values (1, 'x', 'x', 'x', 'x')",
        "select * from audit_personal",
        "insert into audit_personal (record_id, salt) values (1, 'x')",
        "select nextval('audit_record_id_seq')",
        "select setval('person_id_seq', 1)",
        "alter table person disable trigger audit_insert",
        "drop trigger audit_insert on person",
        "alter table person drop column phone",
        "set local session_replication_role = replica",
        "create or replace function audit_rows() returns trigger language plpgsql as 'begin return null; end'",
        "create or replace function public.mine() returns int language sql as 'select 1'",
        "alter function audit_rows() security invoker",
        "drop function audit_event(text, text, jsonb)",
        "select audit_table('person')",
        "select grant_runtime('gridmap_app')",
        "create schema mine",
        "set local role gridmap_owner",
        "alter role gridmap_app superuser",
        "lock table audit_record",
        "create rule quiet as on update to person do instead nothing",
        "comment on table audit_record is 'x'",
        *(f"truncate {table}" for table in Base.metadata.tables),
    ],
)
def test_the_runtime_role_has_no_right_to(session: Session, statement: str) -> None:
    with pytest.raises(sa.exc.DBAPIError) as caught:
        session.execute(sa.text(statement))
    assert caught.value.orig.sqlstate == "42501"  # type: ignore[union-attr]


def test_no_trigger_of_ours_is_hung_on_a_table_of_the_runtime_roles_own(session: Session) -> None:
    """Hung on a temporary table named `person`, it would record writes that never were."""
    session.execute(sa.text("create temporary table person (id int, name text) on commit drop"))
    with pytest.raises(sa.exc.ProgrammingError, match="permission denied for function audit_rows"):
        session.execute(
            sa.text(
                "create trigger forged after insert on pg_temp.person referencing new table as new_rows "
                "for each statement execute function audit_rows('id', 'id', '', '', '')"
            )
        )


def test_a_temporary_table_does_not_stand_in_for_the_record(town: Town) -> None:
    session = town.session
    for table in ("audit_record", "audit_personal"):
        session.execute(sa.text(f"create temporary table {table} (like public.audit_record) on commit drop"))
    session.execute(sa.text("update public.person set phone = '1'"))
    town.person("Ann")
    assert session.scalar(sa.text("select count(*) from pg_temp.audit_record")) == 0
    query = "select count(*) from public.audit_record where table_name = 'person' and action = 'insert'"
    assert session.scalar(sa.text(query)) == 1


def test_a_temporary_table_does_not_stand_in_for_the_places(town: Town) -> None:
    session = town.session
    execute(
        session,
        "create temporary table place on commit drop as "
        "select id, kind, community_id, code, metric_srid, ST_MakeEnvelope(-180, -90, 180, 90, 4490) as envelope from public.place",
    )
    execute(
        session, "create temporary table place_version on commit drop as select * from public.place_version limit 0"
    )
    statement = "update public.place_version set geom = ST_Translate(geom, :shift, 0) where name = '001'"
    assert refusal(session, statement, shift=2) == "inside_envelope"
    assert refusal(session, statement, shift=0.002) == "cells_disjoint"


def test_a_search_path_of_ones_own_changes_nothing(town: Town) -> None:
    session = town.session
    session.execute(sa.text("set local search_path = pg_temp, pg_catalog, public"))
    statement = "update public.place_version set geom = public.ST_Translate(geom, 2, 0) where name = '001'"
    assert refusal(session, statement) == "inside_envelope"
    session.execute(sa.text("update public.role set rank = 99 where code = 'director'"))
    session.execute(sa.text("set local search_path = public"))
    assert last_records(session, "role")[0]["after"] == {"rank": 99}


def test_not_even_the_owner_empties_a_table_at_a_stroke(committed: Database) -> None:
    with as_owner(committed) as owner:
        for table in ("person", "audit_record", "audit_personal"):
            with pytest.raises(sa.exc.ProgrammingError, match="never truncated"), owner.begin_nested():
                owner.execute(sa.text(f"truncate {table} cascade"))
