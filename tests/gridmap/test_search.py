"""Search over a community of four compounds, small enough to know every answer by heart."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from geoalchemy2.shape import to_shape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Point, box
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from geodata.addresses import keys, query
from gridmap.database import Database
from gridmap.duties import Organization, Person
from gridmap.errors import BadInput
from gridmap.places import PlaceVersion
from gridmap.search import LONGEST_QUERY, hits
from tests.gridmap.conftest import Town

COMPOUNDS = {"S": "塞上江南小区", "RA": "瑞宁名苑A区", "RB": "瑞宁名苑B区", "D": "东苑"}


class Place(Town):
    """The town of the other tests, with a name beside the short one."""

    def called(self, name: str, *names: str) -> None:
        """Give a place its name and aliases, and the keys that every writer stores with them."""
        version = self.session.scalars(sa.select(PlaceVersion).where(PlaceVersion.place_id == self.ids[name])).one()
        version.name, version.aliases, version.search = names[0], list(names[1:]), keys(*names)
        self.session.flush()


def community(session: Session, code: str = "990000000001", west: float = 113.1) -> Place:
    """Four compounds side by side with three buildings (3, 12, 13) of two entrances each, one cell and one cluster."""
    place = Place(session, code)
    place.place("T", "community", box(west, 41.03, west + 0.04, 41.04))
    place.called("T", "瑞宁社区")
    for at, (short, name) in enumerate(COMPOUNDS.items()):
        x = west + 0.01 * at
        place.place(short, "compound", box(x, 41.03, x + 0.01, 41.04), parent="T")
        place.called(short, name)
        for row, number in enumerate((3, 12, 13)):
            y = 41.031 + 0.002 * row
            building = f"{short}{number}"
            place.place(building, "building", box(x + 0.002, y, x + 0.006, y + 0.0005), parent=short)
            place.called(building, f"{number}号楼")
            for door in (1, 2):
                place.place(f"{building}-{door}", "entrance", Point(x + 0.001 + 0.002 * door, y), parent=building)
                place.called(f"{building}-{door}", f"{door}单元")
    return place


@pytest.fixture(scope="module")
def planted(new_database: Callable[..., Database]) -> tuple[Database, dict[str, int]]:
    """A database with the community in it; each test changes it in a transaction that is rolled back."""
    database = new_database()
    with database.writing("test") as session:
        place = community(session)
        place.place("001", "grid_cell", box(113.1, 41.03, 113.11, 41.04), parent="S")
        place.called("001", "第一网格")
        place.place("C1", "cluster", None, parent="S", grid_cell="001")
        place.called("C1", "1号楼群")
        place.place("V1", "facility", Point(113.105, 41.0395), parent="S", grid_cell="001")
        place.called("V1", "塞上江南议事长廊", "党群联络点")
        for building in ("S3", "S12"):
            version = session.scalars(sa.select(PlaceVersion).where(PlaceVersion.place_id == place.ids[building])).one()
            version.grid_cell_id, version.cluster_id = place.ids["001"], place.ids["C1"]
    return database, place.ids


@pytest.fixture(scope="module")
def database(planted: tuple[Database, dict[str, int]]) -> Database:
    return planted[0]


@pytest.fixture
def town(session: Session, planted: tuple[Database, dict[str, int]]) -> Place:
    ids = dict(planted[1])
    kinds = {row.place_id: row.kind for row in session.execute(sa.select(PlaceVersion.place_id, PlaceVersion.kind))}
    return Place(session, ids=ids, kinds={name: kinds[place] for name, place in ids.items()}, community=ids["T"])


def ask(session: Session, text: str, **options: Any) -> list[dict[str, Any]]:
    found = json.loads(hits(session, query(text), **{"scope": None} | options))["hits"]
    assert isinstance(found, list)
    return found


def found(session: Session, text: str, **options: Any) -> list[str]:
    """Hits as "compound building entrance", without the community."""
    shown = []
    for hit in ask(session, text, **options):
        parts = [*hit["context"].split(" · "), hit["name"]]
        shown.append(" ".join(part for part in parts if part and (part != "瑞宁社区" or parts == ["", part])))
    return shown


ENTRANCE, BUILDING, COMPOUND = "塞上江南小区 3号楼 2单元", "塞上江南小区 3号楼", "塞上江南小区"


@pytest.mark.parametrize(
    "text",
    [
        "塞上江南三号楼2单元", "塞上江南小区３号楼二单元", "塞上江南 3-2", "塞上江南3#2单元", "塞上江南小区三栋2门501室", "ssjn3-2",
        "saishangjiangnan3haolou2danyuan", "ssjn3hl2dy", "SSJN3HL2DY", "塞上jn3号楼2单元", "江南3栋2单元", "塞上江南３＃楼２單元",
        "塞上江南2单元3号楼", "Saishang Jiangnan, Building 3, Unit 2",
        "内蒙古乌兰察布市集宁区泉山街道瑞宁社区塞上江南小区3号楼2单元501", "塞\u200b上江南3号楼2单元",
    ],
)  # fmt: skip
def test_an_address_finds_its_entrance_then_its_building_then_its_compound(
    session: Session, town: Place, text: str
) -> None:
    assert found(session, text) == [ENTRANCE, BUILDING, COMPOUND]


@pytest.mark.parametrize(
    "text",
    ["名苑A区12号楼", "瑞宁名苑a区十二栋", "名苑A12栋", "A区12", "rnmya12", "rnmyaq12hl", "ruiningmingyuan A 12"],
)
def test_a_building_of_a_zone_is_found_however_the_zone_is_written(session: Session, town: Place, text: str) -> None:
    assert found(session, text)[0] == "瑞宁名苑A区 12号楼"


def test_a_building_of_two_zones_is_found_in_both(session: Session, town: Place) -> None:
    assert found(session, "名苑12") == ["瑞宁名苑A区 12号楼", "瑞宁名苑B区 12号楼", "瑞宁名苑A区", "瑞宁名苑B区"]


def test_a_number_alone_finds_that_building_of_each_compound_before_longer_numbers(
    session: Session, town: Place
) -> None:
    each = ["东苑 {}", "瑞宁名苑A区 {}", "瑞宁名苑B区 {}", "塞上江南小区 {}"]
    expected = [of.format("3号楼") for of in each] + [of.format("13号楼") for of in each]
    for text in ("3号楼", "三号楼", "3"):
        assert found(session, text) == expected
    for text in ("3#", "第三栋", "No.3"):
        assert found(session, text) == expected[:4]


def test_an_entrance_without_a_compound_is_found_in_each_in_natural_order(session: Session, town: Place) -> None:
    each = ["东苑", "瑞宁名苑A区", "瑞宁名苑B区", "塞上江南小区"]
    expected = [f"{of} 3号楼 2单元" for of in each] + [f"{of} 3号楼" for of in each]
    assert found(session, "3-2") == found(session, "３－２") == found(session, "三号楼二单元") == expected


def test_an_entrance_alone_is_found_by_building_and_number(session: Session, town: Place) -> None:
    assert found(session, "二单元", limit=4) == [f"东苑 {n}号楼 2单元" for n in (3, 12, 13)] + [
        "瑞宁名苑A区 3号楼 2单元"
    ]
    assert found(session, "塞上江南2单元")[:3] == [f"塞上江南小区 {n}号楼 2单元" for n in (3, 12, 13)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("瑞宁社区", "瑞宁社区"), ("瑞宁", "瑞宁社区"), ("rnsq", "瑞宁社区"), ("塞上江南", COMPOUND), ("塞上", COMPOUND), ("江南小区", COMPOUND),
        ("sai shang", COMPOUND), ("jiangnan", COMPOUND), ("ssjn", COMPOUND), ("東苑", "东苑"), ("dy", "东苑"), ("第一网格", "塞上江南小区 第一网格"),
        ("第1网格", "塞上江南小区 第一网格"), ("1号楼群", "塞上江南小区 1号楼群"), ("党群联络点", "塞上江南小区 塞上江南议事长廊"),
        ("长廊", "塞上江南小区 塞上江南议事长廊"), ("yscl", "塞上江南小区 塞上江南议事长廊"), ("990000000001-S3-2", ENTRANCE),
        ("990000000001-s3-2", ENTRANCE), ("990000000001001", "塞上江南小区 第一网格"),
    ],
)  # fmt: skip
def test_every_kind_of_place_is_found(session: Session, town: Place, text: str, first: str) -> None:
    assert found(session, text)[0] == first


def test_a_whole_name_comes_before_a_beginning_and_a_beginning_before_a_later_part(
    session: Session, town: Place
) -> None:
    town.called("V1", "新东苑")
    town.called("S", "东苑花园")
    assert found(session, "东苑") == ["东苑", "东苑花园", "东苑花园 新东苑"]


def test_a_building_is_found_by_the_row_it_stands_in(session: Session, town: Place) -> None:
    town.called("S13", "13号楼", "西3栋")
    assert found(session, "西3栋") == found(session, "西3号楼") == ["塞上江南小区 13号楼"]
    assert ask(session, "西3栋")[0]["aliases"] == ["西3栋"]
    assert found(session, "塞上江南西3栋")[0] == "塞上江南小区 13号楼"
    assert found(session, "塞上江南3号楼") == [BUILDING, COMPOUND]


def test_of_what_the_words_name_only_the_best_stands_behind_the_building(session: Session, town: Place) -> None:
    town.called("001", "塞上江南第一网格")
    assert found(session, "ssjn3") == [BUILDING, COMPOUND]


def test_where_the_building_is_unknown_the_compound_is_the_answer(session: Session, town: Place) -> None:
    assert found(session, "塞上江南99号楼2单元") == [COMPOUND]


def test_a_street_address_finds_building_and_staircase(session: Session, town: Place) -> None:
    town.called("S3", "Hämeentie 4")
    town.called("S12", "Hämeentie 14")
    town.called("S3-1", "A")
    assert found(session, "hameentie 4 a")[:2] == ["塞上江南小区 Hämeentie 4 A", "塞上江南小区 Hämeentie 4"]
    assert found(session, "Hämeentie 4")[0] == "塞上江南小区 Hämeentie 4"
    assert found(session, "hämeen")[:2] == ["塞上江南小区 Hämeentie 4", "塞上江南小区 Hämeentie 14"]


def test_the_number_of_one_street_does_not_go_with_the_name_of_another(session: Session, town: Place) -> None:
    town.called("S3", "Forum", "Simonkatu 4", "Mannerheimintie 20")
    town.called("S12", "Mannerheimintie 4")
    assert found(session, "Mannerheimintie 4") == ["塞上江南小区 Mannerheimintie 4"]
    assert found(session, "simonk 4") == ["塞上江南小区 Forum"]
    town.called("S3", "塞上江南3号楼")
    town.called("S", "小区")
    assert found(session, "ssjn3hl2dy")[:2] == ["小区 塞上江南3号楼 2单元", "小区 塞上江南3号楼"]


def test_a_hit_says_what_and_where_it_is(session: Session, town: Place) -> None:
    first = ask(session, "塞上江南3-2")[0]
    assert first == {
        "kind": "entrance", "code": "990000000001-S3-2", "name": "2单元", "aliases": [],
        "context": "瑞宁社区 · 塞上江南小区 · 3号楼",
        "place": {"kind": "entrance", "code": "990000000001-S3-2", "name": "2单元"},
        "lon": 113.105, "lat": 41.031, "role": None, "role_name": None,
    }  # fmt: skip


def test_a_cluster_without_outline_is_where_its_buildings_are(session: Session, town: Place) -> None:
    hit = ask(session, "1号楼群")[0]
    assert 113.102 <= hit["lon"] <= 113.106
    assert 41.031 <= hit["lat"] <= 41.0335


def someone(session: Session, town: Place, name: str, role: str, place: str, *during: date | None) -> None:
    town.appoint(name, role, place, *during)
    person = session.scalars(sa.select(Person).where(Person.name == name)).one()
    person.search = keys(name)
    session.flush()


@pytest.mark.parametrize(
    "text", ["单小雪", "小雪", "shanxiaoxue", "danxiaoxue", "sxx", "單小雪", "单xiaoxue", "shan xiao"]
)
def test_a_leader_is_found_and_leads_to_the_place(session: Session, town: Place, text: str) -> None:
    someone(session, town, "单小雪", "building_leader", "S3")
    (hit,) = ask(session, text)
    assert (hit["kind"], hit["name"], hit["role"], hit["role_name"]) == (
        "person",
        "单小雪",
        "building_leader",
        "楼栋长",
    )
    assert hit["code"] == hit["place"]["code"] == "990000000001-S3"
    assert hit["context"] == "瑞宁社区 · 塞上江南小区 · 3号楼"
    assert 113.102 <= hit["lon"] <= 113.106
    assert ask(session, text, language="en")[0]["role_name"] == "Building leader"


def test_an_organization_is_found_with_its_service(session: Session, town: Place) -> None:
    town.contract("平安物业公司", "property_company", "D")
    session.scalars(sa.select(Organization)).one().search = keys("平安物业公司")
    session.flush()
    (hit,) = ask(session, "平安")
    assert (hit["kind"], hit["name"], hit["role"], hit["place"]["name"]) == (
        "organization",
        "平安物业公司",
        "property_company",
        "东苑",
    )


def test_only_posts_of_the_day_are_found(session: Session, town: Place) -> None:
    someone(session, town, "钱多", "building_leader", "S3", None, date(2025, 1, 1))
    someone(session, town, "孙好", "building_leader", "S3", date(2025, 1, 1))
    day, before = date(2025, 1, 1), date(2024, 12, 31)
    assert [len(ask(session, name, on=before)) for name in ("钱多", "孙好")] == [1, 0]
    assert [len(ask(session, name, on=day)) for name in ("钱多", "孙好")] == [0, 1]


def test_homes_that_hold_a_role_are_never_found(session: Session, town: Place) -> None:
    someone(session, town, "周家", "hub_household", "S3-1")
    someone(session, town, "吴家", "vanguard_household", "S3")
    someone(session, town, "郑家", "bastion_household", "S")
    for text in ("周家", "吴家", "郑家", "zhoujia", "周", "家"):
        assert ask(session, text) == []


def test_a_home_is_hidden_also_from_who_looks_for_its_other_post(session: Session, town: Place) -> None:
    someone(session, town, "周家", "hub_household", "S3-1")
    someone(session, town, "周家", "building_leader", "S3")
    assert [hit["role"] for hit in ask(session, "周家")] == ["building_leader"]


def test_phones_are_not_searchable(session: Session, town: Place) -> None:
    someone(session, town, "单小雪", "building_leader", "S3")
    session.execute(sa.update(Person).values(phone="13800000000"))
    for text in ("13800000000", "138", "phone of 单小雪"):
        assert ask(session, text) == []


def test_who_holds_many_posts_fills_three_lines_at_most(session: Session, town: Place) -> None:
    for building in ("S3", "S12", "S13", "D3", "D12"):
        someone(session, town, "单小雪", "building_leader", building)
    someone(session, town, "单小雪", "cluster_leader", "C1")
    roles = [hit["role"] for hit in ask(session, "单小雪")]
    assert sorted(roles) == ["building_leader"] * 3 + ["cluster_leader"]


def test_a_place_is_found_by_the_name_of_the_day(session: Session, town: Place) -> None:
    version = session.scalars(sa.select(PlaceVersion).where(PlaceVersion.place_id == town.ids["D"])).one()
    version.valid = Range(None, date(2024, 1, 1))
    session.flush()
    town.version("D", to_shape(version.geom), valid=Range(date(2024, 1, 1), None), parent="T")
    later = session.scalars(sa.select(PlaceVersion).where(PlaceVersion.place_id == town.ids["D"])).all()[-1]
    later.name, later.search = "西苑", keys("西苑")
    session.flush()
    assert found(session, "东苑", on=date(2023, 12, 31)) == ["东苑"]
    assert found(session, "东苑", on=date(2024, 1, 1)) == []
    assert found(session, "西苑3号楼", on=date(2024, 1, 1))[0] == "西苑 3号楼"


SEEN = {
    # What an asker sees of all twelve "… 3号楼 / 2单元" places, by the place below which he sees.
    "T": {"S3", "S3-2", "RA3", "RA3-2", "RB3", "RB3-2", "D3", "D3-2"},
    "S": {"S3", "S3-2"},
    "001": {"S3", "S3-2"},
    "C1": {"S3", "S3-2"},
    "S3": {"S3", "S3-2"},
    "S3-2": {"S3-2"},
    "S12": set(),
    "V1": set(),
}


@pytest.mark.parametrize("below", SEEN)
def test_only_places_at_or_below_the_scope_are_found(session: Session, town: Place, below: str) -> None:
    codes = {hit["code"].removeprefix("990000000001-") for hit in ask(session, "3-2", scope=[town.ids[below]])}
    assert codes == SEEN[below]


def test_a_compound_names_a_building_also_to_who_sees_the_building_alone(session: Session, town: Place) -> None:
    assert found(session, "塞上江南3号楼", scope=[town.ids["S3"]]) == [BUILDING]
    assert found(session, "塞上江南3号楼2单元", scope=[town.ids["S3-2"]]) == [ENTRANCE]
    assert found(session, "塞上江南", scope=[town.ids["S3"]]) == []


def test_people_are_found_only_with_posts_in_the_scope(session: Session, town: Place) -> None:
    someone(session, town, "单小雪", "building_leader", "S3")
    someone(session, town, "单小雪", "grid_leader", "D")
    assert [hit["role"] for hit in ask(session, "单小雪", scope=[town.ids["D"]])] == ["grid_leader"]
    assert ask(session, "单小雪", scope=[town.ids["RA"]]) == []
    assert ask(session, "单小雪", scope=[]) == []


def test_a_region_sees_its_communities_and_no_other(session: Session, town: Place) -> None:
    other = community(session, "990000000002", west=114.1)
    regions = []
    for code in ("R1", "R2"):
        region = session.scalar(
            sa.text("insert into place (kind, code) values ('region', :code) returning id"), {"code": code}
        )
        session.add(
            PlaceVersion(
                place_id=region, kind="region", name=code, aliases=[], search=keys(code), valid=Range(None, None)
            )
        )
        regions.append(region)
    session.flush()
    for place, region in ((town, regions[0]), (other, regions[1])):
        session.execute(sa.update(PlaceVersion).where(PlaceVersion.place_id == place.ids["T"]).values(parent_id=region))
    for region, code in zip(regions, ("990000000001", "990000000002"), strict=True):
        hits_of = ask(session, "塞上江南3-2", scope=[region])
        assert {hit["code"][:12] for hit in hits_of} == {code}
    assert len(ask(session, "塞上江南3号楼")) == 4  # two buildings, two compounds
    assert "region" not in {hit["kind"] for hit in ask(session, "R1")}  # nothing to click on


def test_a_place_found_in_several_ways_stands_once(session: Session, town: Place) -> None:
    for text in ("3号楼", "3-2", "塞上江南", "s", "1", "塞上江南3号楼2单元"):
        answers = ask(session, text)
        assert len(answers) <= 8
        assert len({(hit["kind"], hit["code"], hit["name"]) for hit in answers}) == len(answers)


def test_fewer_hits_may_be_asked_for(session: Session, town: Place) -> None:
    assert found(session, "3号楼", limit=2) == ["东苑 3号楼", "瑞宁名苑A区 3号楼"]
    for limit in (0, 9, -1):
        with pytest.raises(BadInput) as refused:
            hits(session, query("3"), scope=None, limit=limit)
        assert refused.value.field == "limit"


@pytest.mark.parametrize(
    "sign", ["%", "_", "\\", "'", "''", "*", ":*", "&", "|", "!", "(", "<->", "$", "^", ".*", "[a-z]", "?"]
)
def test_signs_of_pattern_languages_are_literal(session: Session, town: Place, sign: str) -> None:
    town.called("V1", f"甲{sign}乙")
    assert found(session, f"甲{sign}乙") == [f"塞上江南小区 甲{sign}乙"]
    assert f"塞上江南小区 甲{sign}乙" in found(session, f"甲{sign}")
    town.called("V1", "甲丙乙")
    assert found(session, f"塞{sign}南") in ([], [COMPOUND] if sign in LOOSE else [])


LOOSE = ("'", "''", "!", "(", "?")  # punctuation that no name is known by


HOSTILE = (
    "<img src=x onerror='window.PWN=1'>", "</script><script>window.PWN=1</script>", "${7*7}", "{{7*7}}", "{% raw %}", "`x`",
    "{{cycler.__init__.__globals__}}", "'; drop table place; --", "%(name)s {name} %s", ":scope", "=塞上江南", "~x", "b#3", "@x",
    "𠮷野家", "\u9fff", "ﷺ", "☺️", "Ω≈ç√∫", "()\"'", "NULL", "\t x",
)  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_found_by_itself_and_comes_back_verbatim(session: Session, town: Place, name: str) -> None:
    town.called("V1", name)
    assert name in [hit["name"] for hit in ask(session, name)]


def test_every_naughty_string_is_answered(session: Session, town: Place, shared: Path) -> None:
    for text in json.loads((shared / "data/badinput/blns/blns.json").read_text("utf-8")):
        try:
            asked = query(text)
        except BadInput:
            continue
        hits(session, asked, scope=None)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=LONGEST_QUERY))
def test_any_text_is_answered_or_refused(session: Session, town: Place, text: str) -> None:
    try:
        asked = query(text)
    except BadInput as refused:
        assert refused.field == "q"  # noqa: PT017 - either is right
    else:
        hits(session, asked, scope=None)


def test_a_search_is_one_statement(session: Session, town: Place, statements: Any) -> None:
    with statements(session.get_bind().engine) as seen:
        hits(session, query("塞上江南3-2"), scope=[town.ids["T"]])
    assert len(seen) == 1


@pytest.mark.parametrize("text", ["塞上江南3号楼2单元", "3-2", "2单元", "塞", "ssjn", "单小雪"])
def test_the_plan_probes_the_indexes_and_reads_no_table_through(session: Session, town: Place, text: str) -> None:
    # The tables are small here, so reading them through is forbidden instead of dear.
    session.execute(sa.text("set local enable_seqscan = off"))
    session.execute(sa.text("set local plan_cache_mode = force_generic_plan"))
    plans: list[str] = []

    def explained(statement: Any, values: Any) -> str:
        explain = sa.text("explain " + statement.text).bindparams(*statement._bindparams.values())
        plans.append("\n".join(session.execute(explain, values).scalars()))
        return "{}"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "scalar", explained)
        hits(session, query(text), scope=None)
    (plan,) = plans
    for index in ("ix_place_version_search", "ix_person_search", "ix_organization_search"):
        assert f"Bitmap Index Scan on {index}" in plan
    for table in ("place_version", "person", "organization", "appointment", "place"):
        assert f"Seq Scan on {table} " not in plan
