"""What Alembic's comparison does not see: exclusions, triggers, functions, rights. And that all of it survives a dump."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from shapely import box
from sqlalchemy.orm import Session

from gridmap import access, audit, duties, groups, places, ways  # noqa: F401 - every mapped class must be known
from gridmap.database import Base, Database, alembic_config
from gridmap.postgis import RUNTIME, PrivatePostgis, server_binaries
from tests.gridmap.conftest import Town

EXCLUSIONS = {
    "appointment.one_holder_at_a_time": "(place_id WITH =, role WITH =, during WITH &&) WHERE (single_holder)",
    "appointment.one_term_of_a_person":
        "(place_id WITH =, role WITH =, person_id WITH =, during WITH &&) WHERE ((person_id IS NOT NULL))",
    "appointment.one_term_of_an_organization":
        "(place_id WITH =, role WITH =, organization_id WITH =, during WITH &&) WHERE ((organization_id IS NOT NULL))",
    "leave.one_leave_at_a_time": "(appointment_id WITH =, during WITH &&)",
    "place_version.one_version_at_a_time": "(place_id WITH =, valid WITH &&)",
    "way.one_way_at_a_time": "(community_id WITH =, source_id WITH =, valid WITH &&)",
}  # fmt: skip

ONCE_A_STATEMENT = "REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT"
TRIGGERS = {
    "appointment.foreign_holder_insert": f"AFTER INSERT {ONCE_A_STATEMENT} refuse_foreign_holders()",
    "appointment.foreign_holder_update": f"AFTER UPDATE {ONCE_A_STATEMENT} refuse_foreign_holders()",
    "appointment.leave_of_its_post": "AFTER UPDATE OF during, person_id, organization_id "
        "DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW refuse_stray_leaves()",
    "appointment.one_after_another":
        "BEFORE INSERT OR UPDATE OF place_id, role, person_id, organization_id, during FOR EACH ROW wait_for_place()",
    "leave.leave_of_its_post": "AFTER INSERT OR UPDATE DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW refuse_stray_leaves()",
    "leave.one_after_another": "BEFORE INSERT OR UPDATE OF appointment_id, during FOR EACH ROW wait_for_appointment()",
    "organization.identity_kept":
        "BEFORE UPDATE OF community_id FOR EACH ROW refuse_new_identity('id', 'its community')",
    "person.identity_kept": "BEFORE UPDATE OF community_id FOR EACH ROW refuse_new_identity('id', 'its community')",
    "place.community_usable":
        "AFTER INSERT OR UPDATE OF metric_srid, timezone, envelope FOR EACH ROW refuse_unusable_community()",
    "place.identity_kept": "BEFORE UPDATE OF id, kind, community_id, code FOR EACH ROW "
        "refuse_new_identity('code', 'its id, kind, community or code')",
    "place_version.cells_disjoint": "AFTER INSERT OR UPDATE OF geom, valid, place_id "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW refuse_overlapping_cells()",
    "place_version.one_after_another": "BEFORE INSERT OR UPDATE OF place_id, valid FOR EACH ROW wait_for_place()",
    "place_version.stray_insert": f"AFTER INSERT {ONCE_A_STATEMENT} refuse_stray_versions()",
    "place_version.stray_update": f"AFTER UPDATE {ONCE_A_STATEMENT} refuse_stray_versions()",
    "problem.identity_kept": "BEFORE UPDATE OF code FOR EACH ROW refuse_new_identity('code', 'its code')",
    "role.identity_kept": "BEFORE UPDATE OF code, kind FOR EACH ROW refuse_new_identity('code', 'its code or kind')",
    "way.stray_insert": f"AFTER INSERT {ONCE_A_STATEMENT} refuse_stray_ways()",
    "way.stray_update": f"AFTER UPDATE {ONCE_A_STATEMENT} refuse_stray_ways()",
}  # fmt: skip

ALL_OF_A_ROW = "DELETE INSERT SELECT UPDATE"
RIGHTS = {
    **dict.fromkeys(Base.metadata.tables, ALL_OF_A_ROW),
    **{f"{table}_id_seq": "USAGE" for table in
       ("appointment", "channel", "leave", "organization", "person", "place", "place_version", "sign_in", "user_account", "way")},
    "alembic_version": "SELECT",
    "audit_record": "SELECT",
    "place": "INSERT SELECT UPDATE",
}  # fmt: skip
del RIGHTS["audit_personal"]

OURS = "from pg_proc p where p.pronamespace = 'public'::regnamespace and pg_get_userbyid(p.proowner) = 'gridmap_owner'"


def pairs(session: Session, query: str) -> dict[str, Any]:
    return {name: value for name, value in session.execute(sa.text(query))}  # noqa: C416 - rows are no pairs to mypy


def exclusions(session: Session) -> dict[str, str]:
    found = pairs(
        session,
        "select conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) from pg_constraint where contype = 'x'",
    )
    return {
        name: text.removeprefix("EXCLUDE USING gist ").removesuffix(" DEFERRABLE")
        for name, text in found.items()
        if text.endswith(" DEFERRABLE")
    }


def triggers(session: Session) -> dict[str, str]:
    found = pairs(
        session,
        "select tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) from pg_trigger "
        "where not tgisinternal and tgname not like 'audit_%' and tgenabled = 'O'",
    )
    shortened = {}
    for name, text in found.items():
        words = re.fullmatch(
            r"CREATE (?:CONSTRAINT )?TRIGGER \w+ (.*?) ON public\.\w+ (.*?)(?: WHEN \(.*\))? EXECUTE FUNCTION (.*)",
            text,
        )
        assert words, text
        shortened[name] = " ".join(words.groups())
    return shortened


def test_the_exclusion_constraints_are_these(session: Session) -> None:
    assert exclusions(session) == EXCLUSIONS


def test_the_triggers_that_guard_rows_are_these(session: Session) -> None:
    assert triggers(session) == TRIGGERS


def test_the_generated_columns_are_these(session: Session) -> None:
    query = "select attrelid::regclass || '.' || attname from pg_attribute where attgenerated <> ''"
    assert session.scalars(sa.text(query)).all() == ["place.as_community"]


def test_every_function_has_its_search_path_and_temporary_tables_last(session: Session) -> None:
    rows = pairs(
        session,
        f"select proname::text, proconfig {OURS} and prolang <> (select oid from pg_language where lanname = 'sql')",
    )
    assert rows
    assert set(map(str, rows.values())) == {"['search_path=public, pg_temp']"}


def test_only_the_record_is_written_with_the_owners_rights(session: Session) -> None:
    assert session.scalars(sa.text(f"select proname::text {OURS} and prosecdef order by 1")).all() == [
        "audit_event",
        "audit_rows",
    ]


def test_the_runtime_role_executes_no_function_of_the_record_but_events(session: Session) -> None:
    query = sa.text(
        f"select proname::text {OURS} and (proname like 'audit%' or proname = 'grant_runtime') "
        "and has_function_privilege(current_user, oid, 'execute') order by 1"
    )
    assert session.scalars(query).all() == ["audit_event", "audit_hash"]


def test_the_rights_of_the_runtime_role_are_these(session: Session) -> None:
    found = pairs(
        session,
        "select c.relname::text, string_agg(a.privilege_type, ' ' order by a.privilege_type) from pg_class c "
        "cross join aclexplode(c.relacl) a where a.grantee = current_user::regrole group by 1",
    )
    assert found == RIGHTS
    by_column = (
        "select count(*) from pg_attribute where attacl is not null and attrelid::regclass::text not like 'pg_%'"
    )
    assert session.scalar(sa.text(by_column)) == 0


def test_postgis_own_table_stays_out_of_reach(session: Session) -> None:
    rights = "select has_table_privilege('spatial_ref_sys', 'select'), has_table_privilege('spatial_ref_sys', 'update')"
    assert tuple(session.execute(sa.text(rights)).one()) == (True, False)


@contextmanager
def owning(database: Database) -> Iterator[sa.Connection]:
    engine = sa.create_engine(database.owner_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        yield connection


def test_a_table_of_a_later_migration_gets_its_rights_and_its_record(new_database: Callable[..., Database]) -> None:
    database = new_database()
    with owning(database) as owner:
        for statement in (
            "create table later (id int generated by default as identity primary key, name text, phone text)",
            "create view later_names as select name from later",
            "select audit_table('later', personal => 'phone')",
            f"select grant_runtime('{RUNTIME}')",
        ):
            owner.execute(sa.text(statement))
    with database.writing("test") as session:
        session.execute(sa.text("insert into later (id, name, phone) select nextval('later_id_seq'), 'x', '1'"))
        session.execute(sa.text("update later set name = 'y'"))
        session.execute(sa.text("delete from later"))
        assert session.scalar(sa.text("select count(*) from later_names")) == 0
        query = sa.text(
            "select array_agg(action order by id), bool_or(coalesce(after, before) ? 'phone') from audit_record where table_name = 'later'"
        )
        assert tuple(session.execute(query).one()) == (["insert", "update", "delete"], False)
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"), session.begin_nested():
            session.execute(sa.text("delete from later_names"))


def test_a_right_given_by_hand_is_taken_back(new_database: Callable[..., Database]) -> None:
    database = new_database()
    with owning(database) as owner:
        owner.execute(sa.text(f"grant all on audit_record, audit_personal to {RUNTIME}"))
        owner.execute(sa.text(f"select grant_runtime('{RUNTIME}')"))
    with database.reading() as session:
        query = (
            "select has_table_privilege('audit_record', 'delete') or has_table_privilege('audit_personal', 'select')"
        )
        assert session.scalar(sa.text(query)) is False


def test_a_downgrade_leaves_no_function_behind(new_database: Callable[..., Database]) -> None:
    database = new_database()
    with owning(database) as owner:
        command.downgrade(alembic_config(owner), "base")
        assert owner.scalar(sa.text(f"select count(*) {OURS}")) == 0


def test_a_dump_brings_back_rows_and_guards(new_database: Callable[..., Database], cluster: PrivatePostgis) -> None:
    """Dumped and restored as docs/database.md says."""
    database = new_database()
    with database.writing("test") as session:
        town = Town(session)
        town.place("T", "community", box(113.100, 41.030, 113.110, 41.040))
        town.place("001", "grid_cell", box(113.100, 41.030, 113.105, 41.035), parent="T")
        town.appoint("Ann", "grid_leader", "001")
    name = str(sa.make_url(database.url).database)
    with cluster.superuser() as server:
        server.execute("create database restored template template0")
    tools, at = server_binaries(), ["-h", str(cluster.socket_dir), "-U", "postgres"]
    dump = subprocess.run([tools / "pg_dump", *at, "-Fc", name], check=True, capture_output=True).stdout
    restore = [tools / "pg_restore", *at, "--exit-on-error", "--single-transaction", "-d", "restored"]
    subprocess.run(restore, input=dump, check=True, capture_output=True)

    digest = "select md5(string_agg(t::text, '' order by t::text)) from {} t"
    again = Database(cluster.url(RUNTIME, "restored"), cluster.url("gridmap_owner", "restored"))
    with database.reading() as old, again.reading() as new:
        for table in set(RIGHTS) & set(Base.metadata.tables):
            assert old.scalar(sa.text(digest.format(table))) == new.scalar(sa.text(digest.format(table)))
        assert exclusions(new) == EXCLUSIONS
        assert triggers(new) == TRIGGERS
    with again.writing("test") as session:
        town.session = session
        town.place("002", "grid_cell", box(113.104, 41.030, 113.106, 41.035), parent="T")
        with pytest.raises(sa.exc.IntegrityError, match="overlap"):
            session.execute(sa.text("set constraints all immediate"))
        session.rollback()
    again.close()
