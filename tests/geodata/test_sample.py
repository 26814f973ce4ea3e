"""The sample community: its figures, its geometry, its people, and that it can be stored."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from datetime import date, timedelta
from itertools import combinations, pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from shapely import LineString, Point

from geodata.exchange import CONTRACTS, Layers
from geodata.sample import CODE, FROM, SEED, UNTIL, community
from geodata.sample.facilities import KINDS
from gridmap.errors import BadInput

AS_OF = date(2026, 3, 18)
SERVICES = {
    "property_company", "owners_committee", "heating_contact", "lift_contact", "water_contact", "power_contact",
    "gas_contact", "sanitation_contact", "greenery_contact", "police_officer",
}  # fmt: skip
PERSONAL = {
    "entrance_leader", "building_leader", "cluster_leader", "grid_worker", "grid_leader", "station_deputy",
    "station_head", "branch_secretary", "committee_member", "director", "secretary", "hub_household",
    "vanguard_household", "bastion_household",
}  # fmt: skip
SINGLE = SERVICES | {
    "entrance_leader", "building_leader", "cluster_leader", "grid_leader", "station_head", "branch_secretary",
    "director", "secretary",
}  # fmt: skip


@pytest.fixture(scope="module")
def sample() -> Layers:
    return community(as_of=AS_OF)


@pytest.fixture(scope="module")
def metric(sample: Layers) -> dict[str, gpd.GeoDataFrame]:
    """The geometry layers in the community's own metres, by code."""
    layers = ("boundary", "compounds", "grid_cells", "clusters", "buildings", "entrances", "facilities", "ways")
    frames = {name: getattr(sample, name).to_crs(4547) for name in layers}
    return {name: frame.set_index("source_id" if name == "ways" else "code") for name, frame in frames.items()}


def present(table: pd.DataFrame, on: date = AS_OF) -> pd.DataFrame:
    begun = table["valid_from"].map(lambda day: day <= on)
    open_ = table["valid_to"].map(lambda day: pd.isna(day) or day > on)
    return table[begun & open_]


# The community


def test_the_sample_says_that_it_is_made_up(sample: Layers) -> None:
    assert sample.community is not None
    assert (sample.community.sample, sample.community.code) == (True, "150902008000")
    assert "样例" in sample.community.name
    assert (sample.community.founded.year, sample.community.timezone) == (2013, "Asia/Shanghai")
    assert sample.community.office_phone.startswith("0474-000")


def test_the_area_is_one_and_a_half_square_kilometres(metric: dict[str, gpd.GeoDataFrame]) -> None:
    assert metric["boundary"].area.iloc[0] == pytest.approx(1_500_000, rel=0.005)


def test_it_lies_where_it_should(sample: Layers) -> None:
    middle = sample.boundary.geometry.iloc[0].centroid
    assert (middle.x, middle.y) == pytest.approx((113.10, 41.03), abs=0.002)


def test_totals_are_exact_on_every_level(sample: Layers) -> None:
    for layer in (sample.boundary, sample.compounds, sample.grid_cells, sample.buildings):
        assert (layer["households"].sum(), layer["residents"].sum()) == (4499, 10000)
    assert sample.entrances["households"].sum() == 4499


@pytest.mark.parametrize(("above", "link"), [("compounds", "compound_code"), ("grid_cells", "grid_cell_code")])
def test_counts_of_an_area_are_those_of_its_buildings(sample: Layers, above: str, link: str) -> None:
    summed = sample.buildings.groupby(link)[["households", "residents"]].sum()
    whole = getattr(sample, above).set_index("code")[["households", "residents"]]
    assert summed.loc[whole.index].astype(int).equals(whole.astype(int))


def test_counts_of_a_building_are_those_of_its_entrances(sample: Layers) -> None:
    summed = sample.entrances.groupby("building_code")["households"].sum()
    assert summed.to_dict() == sample.buildings.set_index("code")["households"].to_dict()


def test_each_cell_has_about_375_households(sample: Layers) -> None:
    assert sample.grid_cells["households"].between(370, 380).all()
    assert sample.compounds["households"].between(1110, 1140).all()


def test_households_fit_into_the_flats(sample: Layers) -> None:
    for building in sample.buildings.itertuples():
        doors = (sample.entrances["building_code"] == building.code).sum()
        flats = building.floors * doors * (4 if building.floors >= 18 else 2)
        assert 0.7 * flats <= building.households <= flats, building.code


# Geometry


def test_every_geometry_is_valid_and_of_the_contract(sample: Layers) -> None:
    for layer in sample.given():
        frame = getattr(sample, layer)
        assert list(frame.columns)[: len([*CONTRACTS[layer]])] == [*CONTRACTS[layer]]
        if allowed := CONTRACTS[layer].geometry:
            assert frame.crs.to_epsg() == 4326
            assert frame.geometry.is_valid.all()
            assert not frame.geometry.is_empty.any()
            assert set(frame.geom_type) <= set(allowed)


def test_four_compounds_lie_apart_from_each_other(sample: Layers, metric: dict[str, gpd.GeoDataFrame]) -> None:
    assert {*sample.compounds["name"]} == {"塞上江南小区", "瑞宁名苑A区", "瑞宁名苑B区", "未命名小区"}
    assert sample.compounds.set_index("name").loc["塞上江南小区", "aliases"] == ["塞上江南"]
    shapes = metric["compounds"].geometry
    assert shapes.within(metric["boundary"].geometry.iloc[0]).all()
    assert min(a.distance(b) for a, b in combinations(shapes, 2)) > 30
    # No rectangle: its own smallest one is clearly larger.
    assert (shapes.area / shapes.minimum_rotated_rectangle().area < 0.97).all()


def test_twelve_cells_tile_the_community_to_the_bit(sample: Layers) -> None:
    cells = sample.grid_cells.geometry.to_numpy()
    assert len(cells) == 12
    assert shapely.coverage_is_valid(cells)
    assert shapely.union_all(cells).equals_exact(sample.boundary.geometry.iloc[0], tolerance=0, normalize=True)
    assert sum(shapely.area(cells)) == pytest.approx(sample.boundary.geometry.iloc[0].area, rel=1e-12)


def test_a_compound_lies_in_its_own_three_cells(sample: Layers) -> None:
    for compound in sample.compounds.itertuples():
        cells = sample.grid_cells[sample.grid_cells["compound_code"] == compound.code]
        assert len(cells) == 3
        assert compound.geometry.within(cells.union_all())


def test_cell_codes_run_on_from_the_community(sample: Layers) -> None:
    assert sorted(sample.grid_cells["code"]) == [f"{CODE}{n:03}" for n in range(1, 13)]


def test_buildings_stand_in_their_compound_and_apart(metric: dict[str, gpd.GeoDataFrame]) -> None:
    buildings, compounds = metric["buildings"], metric["compounds"].geometry
    assert 70 <= len(buildings) <= 90
    for compound, own in buildings.groupby("compound_code"):
        inside = compounds[compound].buffer(-8)
        assert own.within(inside).all()
        assert min(a.distance(b) for a, b in combinations(own.geometry, 2)) > 8


def test_one_long_slab_crosses_into_another_cell(sample: Layers) -> None:
    cells = sample.grid_cells.set_index("code").geometry
    outlines = sample.buildings.geometry.to_numpy()
    own = shapely.intersection(outlines, cells[sample.buildings["grid_cell_code"]].to_numpy())
    share = shapely.area(own) / shapely.area(outlines)
    crossing = sample.buildings[share < 1 - 1e-9]
    assert len(crossing) == 1
    assert share.min() > 0.5
    moved = sample.entrances[sample.entrances["grid_cell_code"].notna()]
    assert {*moved["building_code"]} == {*crossing["code"]}
    assert all(cells[row.grid_cell_code].covers(row.geometry) for row in moved.itertuples())
    assert not (moved["grid_cell_code"] == crossing["grid_cell_code"].iloc[0]).any()


def test_buildings_have_the_measures_of_buildings(metric: dict[str, gpd.GeoDataFrame]) -> None:
    lengths = []
    for outline in metric["buildings"].minimum_rotated_rectangle():
        sides = [Point(a).distance(Point(b)) for a, b in pairwise(outline.exterior.coords)][:2]
        lengths.append(max(sides))
        assert min(sides) > 12
    assert min(lengths) > 25
    assert max(lengths) < 95
    assert metric["buildings"]["floors"].between(6, 22).all()
    assert (metric["buildings"]["floors"] >= 18).sum() == 3


def test_rows_leave_each_other_sun(metric: dict[str, gpd.GeoDataFrame]) -> None:
    # To the south of every slab there is clear ground of 1.2 times the height of what stands there.
    buildings = metric["buildings"]
    for house in buildings.itertuples():
        middle = house.geometry.centroid
        sun = LineString([middle, (middle.x, middle.y - 90)])
        for other in buildings.itertuples():
            if other.Index != house.Index and other.geometry.intersects(sun):
                gap = house.geometry.distance(other.geometry)
                # The shadow of a tower is narrow and soon gone by.
                assert gap > 1.2 * 2.9 * min(other.floors, 11), (house.Index, other.Index, gap)


def test_entrances_are_vertices_of_their_building(sample: Layers) -> None:
    outlines = sample.buildings.set_index("code").geometry
    for building, own in sample.entrances.groupby("building_code"):
        corners = {*outlines[building].exterior.coords}
        assert all((point.x, point.y) in corners for point in own.geometry)
        assert 1 <= len(own) <= 5
        assert list(own["name"]) == [f"{n}单元" for n in range(1, len(own) + 1)]
        assert list(own["code"]) == [f"{building}-{n}" for n in range(1, len(own) + 1)]


def test_names_run_from_one_in_each_compound(sample: Layers) -> None:
    for _, own in sample.buildings.groupby("compound_code"):
        assert list(own["name"]) == [f"{n}号楼" for n in range(1, len(own) + 1)]
    assert ["东1栋"] in list(sample.buildings["aliases"])


def test_clusters_are_four_to_eight_neighbours(sample: Layers, metric: dict[str, gpd.GeoDataFrame]) -> None:
    assert set(sample.buildings["cluster_code"]) == set(sample.clusters["code"])
    assert sample.buildings.groupby("cluster_code").size().between(4, 8).all()
    homes = sample.buildings[["cluster_code", "compound_code", "grid_cell_code"]].drop_duplicates()
    assert homes["cluster_code"].is_unique
    shapes = metric["clusters"].geometry
    assert all(a.intersection(b).area < 0.01 for a, b in combinations(shapes, 2))
    for building in metric["buildings"].itertuples():
        assert shapes[building.cluster_code].buffer(0.01).contains(building.geometry)


# Ways


def test_walls_have_gaps_at_gates_and_nowhere_else(metric: dict[str, gpd.GeoDataFrame]) -> None:
    ways = metric["ways"]
    for label in ("SS", "MYA", "MYB", "WM"):
        ring = metric["compounds"].geometry[f"{CODE}-{label}"].exterior
        gates = ways[ways.index.str.startswith(f"gate/{label}-")]
        wall = ways[ways.index.str.startswith(f"wall/{label}-")].union_all()
        assert 2 <= len(gates) <= 4
        assert gates.distance(ring).max() < 0.01
        for gate in gates.itertuples():
            assert wall.distance(gate.geometry) == pytest.approx(float(gate.tags["width"]) / 2, abs=0.05)
        gaps = sum(float(gate.tags["width"]) for gate in gates.itertuples())
        assert wall.length == pytest.approx(ring.length - gaps, abs=0.1)


def test_one_can_walk_from_every_door_to_every_gate_and_street(sample: Layers) -> None:
    group: dict[Any, Any] = {}

    def root(point: Any) -> Any:
        while group.setdefault(point, point) != point:
            point = group[point]
        return point

    for line in sample.ways[sample.ways["kind"].isin(["path", "road"])].geometry:
        for a, b in pairwise(line.coords):
            group[root(a)] = root(b)
    doors = [(p.x, p.y) for p in sample.entrances.geometry]
    gates = [(p.x, p.y) for p in sample.ways[sample.ways["kind"] == "gate"].geometry]
    assert all(point in group for point in doors + gates)
    assert len({root(point) for point in group}) == 1


def test_paths_go_around_buildings_and_through_gates(metric: dict[str, gpd.GeoDataFrame]) -> None:
    ways = metric["ways"]
    paths = ways[ways["kind"] == "path"]
    walls = ways[ways["kind"] == "wall"].union_all()
    for outline in metric["buildings"].geometry:
        assert paths.intersection(outline.buffer(-0.05)).length.max() == 0
    assert paths.distance(walls).min() > 1


# Facilities


def test_the_venues_of_the_community_are_there(sample: Layers) -> None:
    kinds = Counter(sample.facilities["facility_kind"])
    assert set(kinds) <= set(KINDS)
    assert (kinds["party_service_centre"], kinds["station"]) == (1, 3)
    assert (kinds["deliberation_venue"], kinds["notice_board"]) == (6, 4)
    assert kinds["property_office"] == 4
    assert {"pavilion", "heating_station", "green", "square", "water"} <= set(kinds)
    assert "塞上江南议事长廊" in set(sample.facilities["name"])
    assert sample.facilities["code"].is_unique


def test_facilities_stand_in_a_building_only_where_a_room_is_meant(metric: dict[str, gpd.GeoDataFrame]) -> None:
    rooms = {"station", "property_office", "library", "deliberation_venue"}
    houses = metric["buildings"].union_all()
    inside = metric["facilities"][metric["facilities"].intersects(houses)]
    assert set(inside["facility_kind"]) <= rooms
    assert (inside.geom_type == "Point").all()
    assert inside.within(houses.buffer(-0.3)).all()
    offices = metric["facilities"]["facility_kind"].isin(["station", "property_office"])
    assert metric["facilities"][offices].within(houses).all()


def test_facilities_lie_in_the_cell_that_they_name(sample: Layers, metric: dict[str, gpd.GeoDataFrame]) -> None:
    cells = metric["grid_cells"].geometry
    assert metric["facilities"].within(metric["boundary"].geometry.iloc[0].buffer(0.01)).all()
    for facility in metric["facilities"].itertuples():
        assert cells[facility.grid_cell_code].intersects(facility.geometry)
        if facility.geometry.geom_type == "Point" and facility.compound_code:
            assert metric["compounds"].geometry[facility.compound_code].contains(facility.geometry)
    assert sample.facilities["name"].is_unique


# People


def test_every_role_is_held_by_somebody(sample: Layers) -> None:
    assert set(present(sample.roster)["role"]) == SERVICES | PERSONAL


def test_posts_are_held_over_places_that_exist(sample: Layers) -> None:
    layers = (sample.boundary, sample.compounds, sample.grid_cells, sample.clusters, sample.buildings, sample.entrances)
    codes = {code for layer in layers for code in layer["code"]}
    for table in (sample.roster, sample.leaves, sample.channels):
        assert set(table["place"]) <= codes


def test_no_single_post_has_two_holders_on_a_day(sample: Layers) -> None:
    for (role, place), terms in sample.roster.groupby(["role", "place"]):
        ordered = terms.sort_values("valid_from")
        if role in SINGLE:
            for one, other in pairwise(ordered.itertuples()):
                assert one.valid_to <= other.valid_from, (role, place)
        assert not terms.duplicated(["name", "phone", "valid_from"]).any()


def test_terms_begin_after_the_founding_and_before_they_end(sample: Layers) -> None:
    founded = sample.community.founded
    for table in (sample.roster, sample.leaves, sample.channels):
        assert (table["valid_from"] >= founded).all()
        assert all(row.valid_to is None or row.valid_from < row.valid_to for row in table.itertuples())


def test_a_number_belongs_to_one_name_and_is_of_the_made_up_series(sample: Layers) -> None:
    people = sample.roster[sample.roster["holder"] == "person"]
    assert people["phone"].str.fullmatch(r"1550000\d{4}").all()
    pairs = people[["name", "phone"]].drop_duplicates()
    assert pairs["name"].is_unique
    assert pairs["phone"].is_unique
    firms = sample.roster[sample.roster["holder"] == "organization"]
    assert firms["phone"].str.fullmatch(r"0474-000\d{4}").all()
    assert firms["name"].str.endswith("(样例)").all()
    assert firms["phone_24h"].dropna().str.fullmatch(r"0474-000\d{4}").all()


def holder(sample: Layers, role: str, place: str, on: date = AS_OF) -> str | None:
    rows = present(sample.roster, on)
    found = rows[(rows["role"] == role) & (rows["place"] == place)]["name"]
    return found.iloc[0] if len(found) else None


def test_one_person_is_secretary_and_director(sample: Layers) -> None:
    assert holder(sample, "secretary", CODE) == holder(sample, "director", CODE)


def test_a_leader_of_a_whole_compound_sits_on_the_committee_and_heads_the_station(sample: Layers) -> None:
    compound = f"{CODE}-SS"
    leader = holder(sample, "grid_leader", compound)
    members = present(sample.roster).query("role == 'committee_member'")["name"]
    assert leader in set(members)
    assert holder(sample, "station_head", compound) == leader


def test_heads_of_stations_are_grid_leaders(sample: Layers) -> None:
    now = present(sample.roster)
    heads = now[now["role"] == "station_head"]
    assert len(heads) == 4
    assert set(heads["name"]) <= set(now[now["role"] == "grid_leader"]["name"])


def test_one_cell_is_filled_by_its_compound_and_one_is_vacant(sample: Layers) -> None:
    vacant = [
        (cell.code, holder(sample, "grid_leader", cell.compound_code))
        for cell in sample.grid_cells.itertuples()
        if holder(sample, "grid_leader", cell.code) is None
    ]
    assert sorted(leader is None for _, leader in vacant) == [False, True]


@pytest.mark.parametrize(
    ("layer", "role", "vacancies"),
    [("clusters", "cluster_leader", 1), ("buildings", "building_leader", 5), ("entrances", "entrance_leader", 16)],
)
def test_nearly_every_post_of_the_neighbours_is_filled(sample: Layers, layer: str, role: str, vacancies: int) -> None:
    now = present(sample.roster)
    held = set(now[now["role"] == role]["place"])
    assert len(set(getattr(sample, layer)["code"]) - held) == vacancies


def test_posts_changed_hands_in_the_past_last_month_and_will_soon(sample: Layers) -> None:
    people = sample.roster[sample.roster["holder"] == "person"]
    begins = people.groupby(["role", "place"])["valid_from"].agg(lambda days: sorted(days)[1:]).explode().dropna()
    months = Counter((day.year, day.month) for day in begins)
    assert {year for year, _ in months} >= {*range(2016, 2026)}
    assert months[2026, 2] >= 8
    assert sum(day > AS_OF for day in begins) == 3


def test_leave_with_and_without_deputy(sample: Layers) -> None:
    assert sorted(present(sample.leaves)["deputy_name"].notna()) == [False, True]
    for leave in sample.leaves.itertuples():
        last = leave.valid_to - timedelta(days=1)
        assert holder(sample, leave.role, leave.place, leave.valid_from) == leave.name
        assert holder(sample, leave.role, leave.place, min(last, AS_OF)) == leave.name
    known = set(zip(sample.roster["name"], sample.roster["phone"], strict=True))
    deputies = sample.leaves[sample.leaves["deputy_name"].notna()]
    assert set(zip(deputies["deputy_name"], deputies["deputy_phone"], strict=True)) <= known


def test_households_stay_private_and_name_a_door(sample: Layers) -> None:
    households = sample.roster[sample.roster["role"].str.endswith("_household")]
    assert not households["consent"].any()
    assert households["note"].str.fullmatch(r"\d单元\d{1,2}0\d室").all()


def test_services_answer_day_and_night(sample: Layers) -> None:
    now = present(sample.roster)
    firms = now[now["holder"] == "organization"]
    assert set(firms["role"]) == SERVICES - {"police_officer"}
    assert set(now[now["role"] == "property_company"]["place"]) == set(sample.compounds["code"])
    assert firms[firms["role"] == "heating_contact"]["phone_24h"].notna().all()


def test_most_entrances_have_a_group_chat(sample: Layers) -> None:
    groups = present(sample.channels)
    covered = set(groups["place"]) & set(sample.entrances["code"])
    assert 0.8 < len(covered) / len(sample.entrances) < 0.95
    assert not groups.duplicated("place").any()


# The generator


def same(one: Layers, other: Layers) -> bool:
    return all(
        a is b is None or (a.equals(b) if isinstance(a, pd.DataFrame) else a == b)
        for a, b in ((getattr(one, f.name), getattr(other, f.name)) for f in fields(Layers))
    )


def test_the_same_seed_and_day_give_the_same_community(sample: Layers) -> None:
    assert same(sample, community(as_of=AS_OF, seed=SEED))


def test_another_seed_gives_other_people_in_the_same_place(sample: Layers) -> None:
    other = community(as_of=AS_OF, seed=7)
    assert not same(sample, other)
    assert other.boundary.geometry.equals(sample.boundary.geometry)
    assert list(other.buildings["code"]) == list(sample.buildings["code"])


def test_another_day_moves_nothing_but_dates_of_people(sample: Layers) -> None:
    later = community(as_of=AS_OF + timedelta(days=400))
    assert later.buildings.geometry.equals(sample.buildings.geometry)
    assert later.ways.geometry.equals(sample.ways.geometry)


@pytest.mark.parametrize("day", [date(2013, 1, 1), FROM - timedelta(days=1), UNTIL, date.max])
def test_a_day_without_a_sample_is_refused(day: date) -> None:
    with pytest.raises(BadInput, match=str(day)):
        community(as_of=day)


@settings(max_examples=8, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(st.integers(0, 2**32), st.dates(FROM, UNTIL - timedelta(days=1)))
def test_every_seed_and_day_give_a_sound_community(seed: int, day: date) -> None:
    drawn = community(as_of=day, seed=seed)
    metric = drawn.buildings.to_crs(4547)
    near = metric.sindex.query(metric.geometry, predicate="dwithin", distance=8)
    assert (near[0] == near[1]).all()
    assert (drawn.buildings["households"].sum(), drawn.buildings["residents"].sum()) == (4499, 10000)
    assert (drawn.buildings["residents"] > drawn.buildings["households"]).all()
    test_no_single_post_has_two_holders_on_a_day(drawn)
    test_terms_begin_after_the_founding_and_before_they_end(drawn)
    test_one_can_walk_from_every_door_to_every_gate_and_street(drawn)
    test_entrances_are_vertices_of_their_building(drawn)
    test_one_long_slab_crosses_into_another_cell(drawn)
    paths = drawn.ways[drawn.ways["kind"] == "path"].to_crs(4547)
    crossed = shapely.intersection(
        paths.geometry.to_numpy()[:, None], metric.geometry.buffer(-0.05).to_numpy()[None, :]
    )
    assert np.max(shapely.length(crossed)) == 0
