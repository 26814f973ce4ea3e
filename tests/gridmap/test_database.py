"""The tables: migrations, the rights of the runtime role, and the record of every write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from geoalchemy2.alembic_helpers import include_object
from sqlalchemy.orm import Session

from gridmap.database import Base, Database, alembic_config, revision, upgrade


def test_migrations_give_the_tables_that_the_classes_describe(new_database: Callable[..., Database]) -> None:
    database = new_database(template=None)
    upgrade(database)
    engine = sa.create_engine(database.owner_url)
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": include_object})
        assert compare_metadata(context, Base.metadata) == []
        command.downgrade(alembic_config(connection), "base")
        left = connection.scalar(sa.text("select count(*) from pg_tables where schemaname = 'public'"))
    engine.dispose()
    assert left == 2  # spatial_ref_sys and alembic_version


def test_upgrade_twice_changes_nothing(new_database: Callable[..., Database]) -> None:
    database = new_database()
    upgrade(database)
    with database.reading() as session:
        current, head = revision(session)
    assert current == head


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_record set actor = 'nobody'",
        "delete from audit_record",
        "truncate audit_record",
        "insert into audit_record (transaction, actor, action, table_name, key) values (1, 'x', 'x', 'x', 'x')",
        "delete from audit_personal",
        "delete from place",
        "create table mine (id int)",
        "alter table place add column x int",
        "alter table place disable trigger all",
    ],
)
def test_runtime_role_cannot(session: Session, statement: str) -> None:
    with pytest.raises(sa.exc.ProgrammingError, match=r"permission denied|must be owner"):
        session.execute(sa.text(statement))


def test_a_write_that_names_no_actor_is_refused(session: Session) -> None:
    session.execute(sa.text("select set_config('gridmap.actor', '', true)"))
    with pytest.raises(sa.exc.ProgrammingError, match="names no actor"):
        session.execute(sa.text("update role set label_zh = '网格管理员' where code = 'grid_worker'"))


def test_a_write_is_recorded_with_what_changed_and_by_whom(session: Session) -> None:
    session.execute(sa.text("update role set label_zh = '网格管理员' where code = 'grid_worker'"))
    record = session.execute(
        sa.text("select actor, action, table_name, key, before, after from audit_record order by id desc limit 1")
    ).one()
    assert tuple(record) == (
        "test",
        "update",
        "role",
        "grid_worker",
        {"label_zh": "网格员"},
        {"label_zh": "网格管理员"},
    )


def test_reading_session_cannot_write(database: Database) -> None:
    with database.reading() as session, pytest.raises(sa.exc.InternalError, match="read-only"):
        session.execute(sa.text("update role set rank = 1"))


def backend(database: Database) -> int:
    with database.reading() as session:
        pid = session.scalar(sa.text("select pg_backend_pid()"))
    assert isinstance(pid, int)
    return pid


def test_a_reading_connection_that_the_server_closed_is_replaced_unseen(database: Database) -> None:
    pid = backend(database)
    assert backend(database) == pid
    with database.engine.connect() as connection:
        assert connection.scalar(sa.text("select pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    assert backend(database) != pid


def test_a_reading_connection_that_rested_is_asked_first(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    execute = psycopg.Connection.execute

    def noted(connection: psycopg.Connection, query: str, *arguments: Any, **options: Any) -> Any:
        asked.append(query)
        return execute(connection, query, *arguments, **options)

    monkeypatch.setattr(psycopg.Connection, "execute", noted)
    pid = backend(database)
    assert asked == []
    monkeypatch.setattr("gridmap.database.RESTED", -1.0)
    assert backend(database) == pid
    assert asked == ["select"]
