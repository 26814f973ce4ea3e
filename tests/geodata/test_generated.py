"""Generated towns: what benchmarks measure must itself be a believable, valid map."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from benchmarks.generate import METRIC_SRID, Plan, positions, town, write
from geodata import read
from geodata.crs import Datum, in_metres
from geodata.exchange import CONTRACTS, Layers

SMALL = Plan(buildings=400, cells=16, seed=7)


@pytest.fixture(scope="module")
def layers() -> Layers:
    return next(town(SMALL))


def metres(frame: gpd.GeoDataFrame | None) -> np.ndarray:
    assert frame is not None
    return in_metres(frame.geometry.to_numpy(), METRIC_SRID)


def codes(frame: gpd.GeoDataFrame | None, column: str = "code") -> list[str]:
    assert frame is not None
    return list(frame[column])


def test_the_same_seed_gives_the_same_town(layers: Layers) -> None:
    again = next(town(SMALL))
    for name in layers.given():
        assert getattr(layers, name).equals(getattr(again, name)), name


def test_another_seed_gives_another_town(layers: Layers) -> None:
    other = next(town(Plan(buildings=400, cells=16, seed=8)))
    assert layers.buildings is not None
    assert not layers.buildings.geometry.equals(other.buildings.geometry)


def test_it_is_as_large_as_planned(layers: Layers) -> None:
    [outline] = metres(layers.boundary)
    assert outline.area == pytest.approx(1_500_000, rel=1e-6)
    assert (len(metres(layers.compounds)), len(metres(layers.grid_cells)), len(metres(layers.buildings))) == (
        4,
        16,
        400,
    )


def test_buildings_are_valid_and_stand_apart(layers: Layers) -> None:
    shapes = metres(layers.buildings)
    assert shapely.is_valid(shapes).all()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=1.0)
    assert (one == other).all()


def test_outlines_have_twelve_corners_on_average(layers: Layers) -> None:
    assert shapely.get_num_coordinates(metres(layers.buildings)).mean() - 1 == pytest.approx(12, abs=0.5)


def test_cells_and_compounds_tile_the_community(layers: Layers) -> None:
    [outline] = metres(layers.boundary)
    for shapes in (metres(layers.grid_cells), metres(layers.compounds)):
        assert shapely.coverage_is_valid(shapes)
        assert shapely.union_all(shapes).symmetric_difference(outline).area == pytest.approx(0, abs=1e-3)


def test_every_building_lies_in_the_cell_and_the_compound_that_it_names(layers: Layers) -> None:
    shapes = metres(layers.buildings)
    for frame, column in ((layers.grid_cells, "grid_cell_code"), (layers.compounds, "compound_code")):
        around = dict(zip(codes(frame), metres(frame), strict=True))
        assert all(
            around[code].covers(shape) for code, shape in zip(codes(layers.buildings, column), shapes, strict=True)
        )


def test_neighbouring_communities_share_their_border() -> None:
    square = np.concatenate([metres(each.boundary) for each in town(Plan(communities=4, buildings=40, cells=4))])
    assert shapely.coverage_is_valid(square)
    assert shapely.area(shapely.union_all(square)) == pytest.approx(6_000_000, rel=1e-6)


def test_codes_of_a_town_are_unique() -> None:
    seen = [
        code
        for each in town(Plan(communities=3, buildings=40, cells=4))
        for frame in (each.boundary, each.compounds, each.grid_cells, each.buildings)
        for code in codes(frame)
    ]
    assert len(seen) == len(set(seen)) == 3 * (1 + 4 + 4 + 40)


def test_frames_keep_to_the_contract(layers: Layers) -> None:
    for name in layers.given():
        assert set(getattr(layers, name).columns) - {"geometry"} <= set(CONTRACTS[name]), name


def test_posts_are_held_over_places_of_the_town_and_some_are_vacant(layers: Layers) -> None:
    assert layers.roster is not None
    frames = (layers.boundary, layers.compounds, layers.grid_cells, layers.buildings)
    assert set(layers.roster["place"]) <= {code for frame in frames for code in codes(frame)}
    held = layers.roster[(layers.roster["role"] == "building_leader") & layers.roster["valid_to"].isna()]
    assert 0.9 < len(held) / SMALL.buildings < 1


def test_positions_lie_in_the_community(layers: Layers) -> None:
    assert layers.boundary is not None
    drawn = positions(layers, 500, seed=3)
    assert np.array_equal(drawn, positions(layers, 500, seed=3))
    assert shapely.covers(layers.boundary.geometry[0], shapely.points(drawn)).all()


def test_files_are_read_as_they_were_written(layers: Layers, tmp_path: Path) -> None:
    files = write(layers, tmp_path)
    layer, frame = read.features(files["buildings"], "buildings", Datum.WGS84)
    assert layer == "buildings"
    assert list(frame["name"]) == codes(layers.buildings, "name")
    written = shapely.hausdorff_distance(metres(frame), metres(layers.buildings))
    assert written.max() < 0.001


@pytest.mark.parametrize(
    "wrong", [{"cells": 99}, {"cells": 25}, {"buildings": 0}, {"filled": 1.5}, {"buildings": 40_000}]
)
def test_a_town_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"cells|at least one|plots"):
        Plan(**wrong)  # type: ignore[arg-type]
