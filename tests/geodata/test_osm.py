"""Counts are checked against `tests.oracles.osm_pbf`, which reads the file without any library."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely
from shapely.geometry import box

from geodata import osm
from geodata.osm.tags import names, way_kind
from geodata.read import Form, form
from gridmap.errors import BadFile
from tests.oracles import osm_pbf

NODES = """
<node id='1' lon='113.100' lat='41.030'/> <node id='2' lon='113.101' lat='41.030'/>
<node id='3' lon='113.101' lat='41.031'/> <node id='4' lon='113.100' lat='41.031'/>
<node id='5' lon='113.1002' lat='41.0302'/> <node id='6' lon='113.1008' lat='41.0302'/>
<node id='7' lon='113.1008' lat='41.0308'/> <node id='8' lon='113.1002' lat='41.0308'/>
"""


def extract(tmp_path: Path, body: str, boundary: shapely.Geometry | None = None) -> osm.Reading:
    file = tmp_path / "map.osm"
    file.write_text(f"<osm version='0.6'>{NODES}{body}</osm>", "utf-8")
    return osm.read(file, form(file).value, boundary)


def way(id_: int, nodes: str, **tags: str) -> str:
    refs = "".join(f"<nd ref='{n}'/>" for n in nodes.split())
    return f"<way id='{id_}'>{refs}{tagged(tags)}</way>"


def relation(id_: int, ways: str, **tags: str) -> str:
    members = "".join(
        f"<member type='way' ref='{n.strip('-')}' role='{'inner' if '-' in n else 'outer'}'/>" for n in ways.split()
    )
    return f"<relation id='{id_}'>{members}{tagged(tags)}</relation>"


def tagged(tags: dict[str, str]) -> str:
    return "".join(f"<tag k='{key.replace('__', ':')}' v='{value}'/>" for key, value in tags.items())


def reasons(reading: osm.Reading) -> dict[str, str]:
    return {problem.id: problem.reason for problem in reading.report["buildings"].problems}


def test_every_building_object_of_the_extract_is_stored_or_reported(shared: Path) -> None:
    file = shared / "data" / "osm" / "helsinki.osm.pbf"
    raw = osm_pbf.read(file)
    ways = {id_ for id_, (_, tags) in raw.ways.items() if "building" in tags}
    relations = {id_ for id_, (_, tags) in raw.relations.items() if "building" in tags}
    torn_ways = {id_ for id_ in ways if not set(raw.ways[id_][0]) <= raw.nodes}
    whole = {id_ for id_, (nodes, _) in raw.ways.items() if set(nodes) <= raw.nodes}
    torn_relations = {id_ for id_ in relations if not set(raw.relations[id_][0]) <= whole}
    assert (len(ways), len(relations), len(torn_ways), len(torn_relations)) == (433, 67, 48, 6)

    reading = osm.read(file, "pbf")
    assert set(reasons(reading)) == {f"way/{n}" for n in torn_ways} | {f"relation/{n}" for n in torn_relations}
    kept = {f"way/{n}" for n in ways - torn_ways} | {f"relation/{n}" for n in relations - torn_relations}
    assert set(reading.layers.buildings["source_id"]) == kept
    assert (len(kept), len(reasons(reading))) == (446, 54)
    assert shapely.is_valid(reading.layers.buildings.geometry.to_numpy()).all()


def test_a_closed_way_is_a_building_with_what_its_tags_say(tmp_path: Path) -> None:
    tags = {
        "building": "apartments",
        "name": "3号楼",
        "building__levels": "6.5",
        "addr__street": "新华街",
        "addr__housenumber": "12号",
    }
    reading = extract(tmp_path, way(10, "1 2 3 4 1", **tags))
    row = reading.layers.buildings.iloc[0]
    assert (row["source_id"], row["name"], row["aliases"], row["floors"]) == ("way/10", "3号楼", ["新华街12号"], 6)
    assert row.geometry.equals(box(113.1, 41.03, 113.101, 41.031))


def test_a_relation_has_its_courtyard(tmp_path: Path) -> None:
    body = way(10, "1 2 3 4 1") + way(11, "5 6 7 8 5") + relation(20, "10 11-", type="multipolygon", building="yes")
    reading = extract(tmp_path, body)
    (shape,) = reading.layers.buildings.geometry
    assert reading.layers.buildings["source_id"].tolist() == ["relation/20"]
    assert shape.equals(box(113.1, 41.03, 113.101, 41.031) - box(113.1002, 41.0302, 113.1008, 41.0308))


def test_what_is_not_whole_or_no_building_is_reported_with_its_reason(tmp_path: Path) -> None:
    body = (
        way(10, "1 2 3 4 1", building="no")
        + way(11, "1 2 3 99 1", building="yes")
        + way(12, "1 2 3", building="yes")
        + way(13, "1 3 2 4 1", building="yes")
        + way(14, "1 2 3 4 1", building__part="yes")
        + way(15, "1 2 3 4 1")
        + way(16, "1 2 99")
        + way(17, "1 2 3")
        + relation(20, "15 98", type="multipolygon", building="yes")
        + relation(21, "15 16", type="multipolygon", building="yes")
        + relation(22, "17", type="multipolygon", building="yes")
        + relation(23, "15", type="building", building="yes")
        + relation(24, "15", type="multipolygon", building="no")
        + relation(25, "", type="multipolygon", building="yes")
    )
    reading = extract(tmp_path, body)
    assert len(reading.layers.buildings) == 0
    found = reasons(reading)
    assert found.pop("way/13").startswith("its outline is invalid: self-intersection at (113.1005")
    assert found == {
        "way/10": "building=no: not a building",
        "way/11": "1 of its 5 nodes are not in the extract",
        "way/12": "its outline is not closed",
        "relation/20": "its member way/98 is not in the extract",
        "relation/21": "nodes of its member way/16 are not in the extract",
        "relation/22": "its members make no closed outline",
        "relation/23": "is a relation of type building, not a multipolygon",
        "relation/24": "building=no: not a building",
        "relation/25": "has no outline: no way is a member",
    }
    assert not any(problem.fatal for problem in reading.report.problems)


def test_a_building_outside_the_community_is_reported(tmp_path: Path) -> None:
    reading = extract(tmp_path, way(10, "1 2 3 4 1", building="yes"), box(113.2, 41, 113.3, 41.1))
    assert reasons(reading) == {"way/10": "lies outside the community"}


def test_a_building_at_the_border_counts_when_some_of_it_is_inside(tmp_path: Path) -> None:
    body = way(10, "1 2 3 4 1", building="yes")
    assert reasons(extract(tmp_path, body, box(113.1005, 41, 113.2, 41.1))) == {}
    assert len(reasons(extract(tmp_path, body, box(113.101, 41, 113.2, 41.1)))) == 1


def test_doors_are_not_taken_for_stairwells(tmp_path: Path) -> None:
    door = "<node id='9' lon='113.1005' lat='41.030'><tag k='entrance' v='yes'/><tag k='ref' v='2单元'/></node>"
    reading = extract(tmp_path, door + way(10, "1 9 2 3 4 1", building="yes"))
    assert reading.layers.entrances is None


def test_a_building_without_a_name_is_called_by_the_addresses_of_its_doors(tmp_path: Path) -> None:
    doors = "".join(
        f"<node id='{id_}' lon='{lon}' lat='41.0305'><tag k='addr:street' v='Katu'/><tag k='addr:housenumber' v='{n}'/></node>"
        for id_, lon, n in ((9, 113.1004, 12), (19, 113.1006, 8))
    )
    row = extract(tmp_path, doors + way(10, "1 2 3 4 1", building="yes")).layers.buildings.iloc[0]
    assert (row["name"], row["aliases"]) == ("Katu 8", ["Katu 12"])


def test_what_people_walk_by_becomes_ways(tmp_path: Path) -> None:
    gate = "<node id='9' lon='113.1005' lat='41.030'><tag k='barrier' v='gate'/></node>"
    body = (
        gate + way(30, "1 2", highway="footway", surface="paved", note="x") + way(31, "2 3", barrier="wall", name="墙")
    )
    body += (
        way(32, "3 4", highway="residential")
        + way(33, "4 1", waterway="stream")
        + way(34, "1 2 99 3 4", highway="path")
    )
    rows = extract(tmp_path, body).layers.ways.set_index("source_id")
    assert rows["kind"].to_dict() == {
        "node/9": "gate",
        "way/30": "path",
        "way/31": "wall",
        "way/32": "road",
        "way/34": "path",
        "way/34.2": "path",
    }
    assert rows.loc["way/30", "tags"] == {"highway": "footway", "surface": "paved"}
    assert rows.loc["way/31", "name"] == "墙"


def test_ways_far_from_the_community_are_left_out(tmp_path: Path) -> None:
    body = way(30, "1 2", highway="footway")
    assert len(extract(tmp_path, body, box(113.0, 41.0, 113.2, 41.1)).layers.ways) == 1
    assert len(extract(tmp_path, body, box(114.0, 41.0, 114.2, 41.1)).layers.ways) == 0


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        ({"highway": "steps"}, "path"),
        ({"highway": "primary_link"}, "road"),
        ({"highway": "proposed"}, None),
        ({"barrier": "fence"}, "wall"),
        ({"barrier": "kerb"}, None),
        ({"barrier": "bollard"}, "barrier"),
    ],
)
def test_a_way_is_what_it_is_to_somebody_on_foot(tags: dict[str, str], kind: str | None) -> None:
    assert way_kind(tags) == kind


def test_names_come_in_the_order_in_which_people_use_them() -> None:
    tags = {"name": "市府;政府", "addr:street": "街", "addr:housenumber": "1", "alt_name": "楼", "name:en": "Hall"}
    assert names(tags, ["门"]) == ["市府", "政府", "街1", "门", "楼", "Hall"]


@pytest.mark.parametrize("data", [b"<osm version='0.6'><node id='1'", b"<osm><way id='x'/></osm>", b"<osm></wrong>"])
def test_a_damaged_file_is_refused_in_one_sentence(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "map.osm"
    file.write_bytes(data)
    with pytest.raises(BadFile, match="damaged"):
        osm.read(file, Form.OSM_XML.value)


def test_a_cut_off_pbf_is_refused(tmp_path: Path, shared: Path) -> None:
    file = tmp_path / "map.osm.pbf"
    file.write_bytes((shared / "data" / "osm" / "helsinki.osm.pbf").read_bytes()[:300_000])
    with pytest.raises(BadFile, match="damaged"):
        osm.read(file, "pbf")


def test_entities_are_not_expanded(tmp_path: Path) -> None:
    file = tmp_path / "map.osm"
    bomb = "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, 10))
    file.write_text(f"<?xml version='1.0'?><!DOCTYPE osm [<!ENTITY e0 'ha'>{bomb}]><osm version='&e9;'/>", "utf-8")
    with pytest.raises(BadFile, match="document type"):
        form(file)
    with pytest.raises(BadFile, match="damaged"):
        osm.read(file, "osm")
