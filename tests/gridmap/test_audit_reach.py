"""The record of writes holds no secret, lets personal values be erased, and is out of the runtime role's reach."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from shapely import box
from sqlalchemy.orm import Session

from gridmap import access, audit, duties, groups, places, ways  # noqa: F401 - every mapped class must be known
from gridmap.database import Base, Database
from tests.gridmap.conftest import Town
from tests.gridmap.guards import changed, execute, last_records, refusal

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
