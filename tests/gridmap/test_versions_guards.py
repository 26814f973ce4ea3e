"""What the database itself refuses of versions in time and of grid cells side by side."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from shapely import Geometry, box

from gridmap.database import Database
from tests.gridmap.conftest import Town
from tests.gridmap.guards import (
    accepted,
    address,
    identity,
    refusal,
    refused,
)


def test_a_place_has_one_version_at_a_time(town: Town) -> None:
    place = accepted(town, valid="[2020-01-01,2024-01-01)")
    assert refused(town, place_id=place, valid="[2023-12-31,)") == "one_version_at_a_time"
    accepted(town, place_id=place, valid="[2024-01-01,)")


def test_a_border_date_between_two_versions_is_corrected_in_two_steps(town: Town) -> None:
    place = accepted(town, valid="[2020-01-01,2024-01-01)")
    accepted(town, place_id=place, valid="[2024-01-01,)")
    later = "update place_version set valid = '[2023-01-01,)' where place_id = :place and upper_inf(valid)"
    earlier = (
        "update place_version set valid = '[2020-01-01,2023-01-01)' where place_id = :place and not upper_inf(valid)"
    )
    assert refusal(town.session, later, place=place) == "one_version_at_a_time"
    town.session.execute(sa.text("set constraints one_version_at_a_time deferred"))
    town.session.execute(sa.text(later), {"place": place})
    town.session.execute(sa.text(earlier), {"place": place})
    town.session.execute(sa.text("set constraints one_version_at_a_time immediate"))


@pytest.mark.parametrize(
    "period",
    [
        "empty",
        "[2024-01-01,2024-01-01)",
        "[2024-01-01,infinity)",
        "[-infinity,)",
        "[2024-01-01,10000-01-02)",
        "[0001-01-01 BC,)",
    ],
)
def test_a_period_is_one_that_a_calendar_shows(town: Town, period: str) -> None:
    assert refused(town, valid=period) == "ck_place_version_valid"


# --- cells ------------------------------------------------------------------------------------------------------------


def cell(town: Town, code: str, geom: Geometry, valid: str = "(,)") -> int:
    return accepted(town, "grid_cell", geom, place_id=identity(town, "grid_cell", code), name=code, valid=valid)


def test_cells_that_share_an_edge_are_neighbours(town: Town) -> None:
    cell(town, "east", box(113.110, 41.030, 113.115, 41.040))


def test_cells_do_not_overlap(town: Town) -> None:
    assert refused(town, "grid_cell", box(113.109, 41.030, 113.115, 41.040)) == "cells_disjoint"
    assert refused(town, "grid_cell", box(113.106, 41.031, 113.107, 41.032)) == "cells_disjoint"


def test_an_overlap_is_looked_for_when_a_cell_is_moved(town: Town) -> None:
    place = cell(town, "east", box(113.110, 41.030, 113.115, 41.040))
    statement = "update place_version set geom = ST_Translate(geom, -0.001, 0) where place_id = :place"
    assert refusal(town.session, statement, place=place) == "cells_disjoint"


def test_cells_may_overlap_on_the_way_to_the_commit(town: Town) -> None:
    """Two cells change places: after the first step both lie on the same ground."""
    one, other = town.ids["001"], town.ids["002"]
    query = sa.text("select geom::text from place_version where place_id = :place")
    shapes = {place: town.session.scalar(query, {"place": place}) for place in (one, other)}
    with town.session.begin_nested():
        for place, shape in ((one, shapes[other]), (other, shapes[one])):
            town.session.execute(
                sa.text("update place_version set geom = cast(:geom as geometry) where place_id = :id"),
                {"geom": shape, "id": place},
            )
        town.session.execute(sa.text("set constraints all immediate"))
    town.session.execute(sa.text("set constraints all deferred"))


def test_the_rounding_of_a_shared_border_is_no_overlap(town: Town) -> None:
    # 0.01 degrees of latitude are 1110.6 m; 1e-8 degrees of longitude at 41 N are 0.84 mm: 0.93 square metres.
    cell(town, "sliver", box(113.110 - 1e-8, 41.030, 113.115, 41.040))
    assert refused(town, "grid_cell", box(113.115 - 2e-8, 41.030, 113.119, 41.040)) == "cells_disjoint"


def test_cells_of_different_generations_may_overlap(town: Town) -> None:
    shape = box(113.110, 41.030, 113.115, 41.040)
    cell(town, "old", shape, "[2013-01-01,2024-01-01)")
    new = cell(town, "new", shape, "[2024-01-01,)")
    statement = "update place_version set valid = '[2023-12-31,)' where place_id = :place"
    assert refusal(town.session, statement, place=new) == "cells_disjoint"


def plant(database: Database) -> int:
    """A community and nothing else, committed; its id."""
    with database.writing("test") as session:
        return Town(session).place("T", "community", box(113.100, 41.030, 113.110, 41.040))


def add_cell(connection: psycopg.Connection[Any], community: int, code: str) -> None:
    connection.execute("select set_config('gridmap.actor', 'test', true)")
    connection.execute(
        "with made as (insert into place (kind, community_id, code) values ('grid_cell', %(of)s, %(code)s) returning id) "
        "insert into place_version (place_id, kind, community_id, valid, name, aliases, search, parent_id, geom) "
        "select id, 'grid_cell', %(of)s, '(,)', %(code)s, '{}', '{}', %(of)s, "
        "ST_MakeEnvelope(113.101, 41.031, 113.105, 41.035, 4490) from made",
        {"of": community, "code": code},
    )


def test_of_eight_overlapping_cells_at_once_one_is_stored(new_database: Callable[..., Database]) -> None:
    database = new_database()
    community = plant(database)
    outcomes: list[str] = []
    start = threading.Barrier(8)

    def write(number: int) -> None:
        with psycopg.connect(address(database)) as connection:
            add_cell(connection, community, f"cell-{number}")
            start.wait()
            try:
                connection.commit()
            except psycopg.Error as error:
                outcomes.append(str(error.sqlstate))
            else:
                outcomes.append("stored")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["23P01"] * 7 + ["stored"]


@pytest.mark.parametrize("level", [psycopg.IsolationLevel.REPEATABLE_READ, psycopg.IsolationLevel.SERIALIZABLE])
def test_cells_are_only_written_under_read_committed(
    new_database: Callable[..., Database], level: psycopg.IsolationLevel
) -> None:
    database = new_database()
    community = plant(database)
    with psycopg.connect(address(database)) as connection:
        connection.isolation_level = level
        add_cell(connection, community, "cell")
        with pytest.raises(psycopg.errors.InvalidTransactionState, match="READ COMMITTED"):
            connection.commit()
