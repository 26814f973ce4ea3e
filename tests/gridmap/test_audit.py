"""The record of writes: complete, without secrets, personal values erasable, out of the runtime role's reach."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from gridmap import access, audit, duties, groups, places, ways  # noqa: F401 - every mapped class must be known
from gridmap.database import Base, Database
from tests.gridmap.conftest import Town
from tests.gridmap.guards import changed, last_records, refusal

NOT_UNDER_RECORD = {"sign_in", "user_session", "audit_record", "audit_personal"}
UNDER_RECORD = sorted(set(Base.metadata.tables) - NOT_UNDER_RECORD)


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
