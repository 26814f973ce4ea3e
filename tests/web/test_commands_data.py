from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gridmap.database import Database
from web import commands

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def installation(new_database: Callable[..., Database], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Database:
    database = new_database()
    monkeypatch.setenv("DATABASE_URL", database.url)
    monkeypatch.setenv("GRIDMAP_OWNER_URL", database.owner_url)
    monkeypatch.setenv("GRIDMAP_DATA", str(tmp_path))
    return database


@pytest.fixture
def run(installation: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["gridmap", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            commands.main()
        output = capsys.readouterr()
        return int(left.value.code or 0), output.out, output.err

    return call


@pytest.fixture
def helsinki(shared: Path) -> list[object]:
    data = shared / "data" / "osm"
    return [
        data / "helsinki.osm.pbf",
        "--boundary",
        data / "helsinki_boundary.geojson",
        "--compounds",
        data / "helsinki_compounds.geojson",
        "--cells",
        data / "helsinki_grid_cells.geojson",
    ]


def counts(out: str) -> dict[str, tuple[int, int, int, int]]:
    layers = json.loads(out)["layers"]
    return {one["layer"]: (one["read"], one["stored"], one["unchanged"], len(one["problems"])) for one in layers}


def value(database: Database, query: str) -> Any:
    with database.reading() as session:
        return session.execute(sa.text(query)).scalar()


def test_a_real_map_and_its_roster_are_stored_whole_and_once(
    run: Run, installation: Database, helsinki: list[object], shared: Path
) -> None:
    status, out, err = run("import", *helsinki, "--json")
    assert (status, err) == (0, "")
    first = counts(out)
    assert first["buildings"] == (500, 446, 0, 54)
    assert (first["boundary"], first["compounds"], first["grid_cells"]) == ((1, 1, 0, 0), (4, 4, 0, 0), (12, 12, 0, 0))
    second = counts(run("import", *helsinki, "--json")[1])
    assert all(stored == 0 for _, stored, _, _ in second.values())
    assert second["buildings"] == (500, 0, 446, 54)

    roster = shared / "data" / "osm" / "helsinki_roster.xlsx"
    found = counts(run("import", roster, "--community", "091000001001", "--json")[1])
    assert found == {"roster": (163, 148, 0, 15)}
    assert counts(run("import", roster, "--json")[1]) == {"roster": (163, 0, 148, 15)}

    tree = "select count(*) from place_version where kind = 'building' and {} is null"
    assert [value(installation, tree.format(column)) for column in ("parent_id", "grid_cell_id")] == [0, 0]
    across = (
        "select count(*) from place_version v join place p on p.id = v.place_id where p.source_id = 'relation/1688377'"
    )
    assert value(installation, across) == 1


def test_problems_have_id_attribute_value_and_reason(run: Run, helsinki: list[object]) -> None:
    (buildings,) = (
        layer for layer in json.loads(run("import", *helsinki, "--json")[1])["layers"] if layer["layer"] == "buildings"
    )
    assert {frozenset(problem) for problem in buildings["problems"]} == {
        frozenset(("id", "attribute", "value", "reason"))
    }
    assert all(problem["reason"] for problem in buildings["problems"])


def test_a_rehearsal_stores_nothing(run: Run, installation: Database, helsinki: list[object]) -> None:
    status, out, _ = run("import", *helsinki, "--dry-run")
    assert status == 0
    assert "buildings: 500 read, 446 would be stored, 0 unchanged, 54 problems" in out
    assert value(installation, "select count(*) from place") == 0


def test_the_sample_and_a_real_map_stand_in_one_database(
    run: Run, installation: Database, helsinki: list[object]
) -> None:
    assert run("sample", "--as-of", "2026-06-01")[0] == 0
    assert run("import", *helsinki)[0] == 0
    assert value(installation, "select count(*) from place where kind = 'community'") == 2
    status, _, err = run("import", helsinki[0])
    assert (status, "which community" in err or "--community" in err) == (1, True)


def test_who_imported_what_is_on_record(run: Run, installation: Database, helsinki: list[object]) -> None:
    run("import", *helsinki)
    actors = "select distinct actor from audit_record where table_name = 'place'"
    assert value(installation, actors).endswith(
        "import:helsinki_boundary.geojson,helsinki_compounds.geojson,helsinki_grid_cells.geojson,helsinki.osm.pbf"
    )


def test_a_refused_file_leaves_one_line_and_nothing_stored(run: Run, installation: Database, tmp_path: Path) -> None:
    file = tmp_path / "b.geojson"
    file.write_text('{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":1}]}')
    status, out, err = run("import", file, "--layer", "buildings", "--json")
    assert status == 1
    assert err.count("\n") == 1
    assert "features[0].geometry" in err
    assert counts(out) == {"buildings": (1, 0, 0, 1)}
    assert value(installation, "select count(*) from place") == 0


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["import"], 2),
        (["import", "--layer", "nonsense", "x"], 2),
        (["import", "missing.geojson"], 1),
        (["import", "x", "--datum", "mars"], 1),
        (["import", "x", "--as-of", "tomorrow"], 1),
        (["sample", "--as-of", "2026-02-30"], 1),
        (["db", "nonsense"], 2),
    ],
)
def test_wrong_calls_end_with_one_plain_line(run: Run, arguments: list[str], status: int) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (status, "")
    assert err
    assert "Traceback" not in err


def test_the_state_of_the_tables_is_told(run: Run) -> None:
    status, out, _ = run("db", "upgrade")
    assert status == 0
    current = out.split()[-1]
    assert run("db", "status") == (0, f"revision {current}, newest {current}\n", "")


@pytest.mark.parametrize("arguments", [["import"], ["sample"], ["db"], ["db", "upgrade"], ["db", "status"]])
def test_every_command_shows_an_example(run: Run, arguments: list[str]) -> None:
    status, out, _ = run(*arguments, "--help")
    assert status == 0
    assert "Example" in out


def test_three_thousand_buildings_are_stored_at_once(run: Run, installation: Database, tmp_path: Path) -> None:
    def layer(name: str, features: list[tuple[dict[str, Any], list[list[float]]]]) -> Path:
        file = tmp_path / f"{name}.geojson"
        listed = [
            {"type": "Feature", "properties": said, "geometry": {"type": "Polygon", "coordinates": [ring]}}
            for said, ring in features
        ]
        file.write_text(json.dumps({"type": "FeatureCollection", "name": name, "features": listed}), "utf-8")
        return file

    def box(west: float, south: float, east: float, north: float) -> list[list[float]]:
        return [[west, south], [east, south], [east, north], [west, north], [west, south]]

    def house(number: int) -> list[list[float]]:
        lon, lat = 113.09 + number % 60 * 0.00024 + 0.00012, 41.02 + number // 60 * 0.0002 + 0.0001
        around = [(math.cos(a * math.pi / 6), math.sin(a * math.pi / 6)) for a in range(12)]
        ring = [[lon + x * 0.00008, lat + y * 0.00006] for x, y in around]
        return [*ring, ring[0]]

    whole = (113.09, 41.02, 113.1044, 41.03)
    middle = (whole[0] + whole[2]) / 2
    halves = [box(whole[0], whole[1], middle, whole[3]), box(middle, whole[1], whole[2], whole[3])]
    files = [
        "--boundary",
        layer("boundary", [({"code": "150902999001", "name": "生成"}, box(*whole))]),
        "--compounds",
        layer("compounds", [({"code": code}, half) for code, half in zip("AB", halves, strict=True)]),
        "--cells",
        layer("grid_cells", [({}, half) for half in halves]),
        layer("buildings", [({"source_id": f"gen/{n}", "name": f"{n}号楼"}, house(n)) for n in range(3000)]),
    ]
    assert counts(run("import", *files, "--json")[1])["buildings"] == (3000, 3000, 0, 0)
    per_cell = "select array_agg(n) from (select count(*) n from place_version where kind = 'building' group by grid_cell_id) c"
    assert value(installation, per_cell) == [1500, 1500]
    assert counts(run("import", *files, "--json")[1])["buildings"] == (3000, 0, 3000, 0)
