"""Oracle for the largest overlap: every pair, one by one."""

from __future__ import annotations

from datetime import date

import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point, box

from geodata.load.tree import Area, Item, containing, largest

corners = st.integers(0, 20)


@st.composite
def boxes(draw: st.DrawFn) -> shapely.Geometry:
    west, east = sorted(draw(st.lists(corners, min_size=2, max_size=2, unique=True)))
    south, north = sorted(draw(st.lists(corners, min_size=2, max_size=2, unique=True)))
    return box(west, south, east, north)


@given(st.lists(boxes(), max_size=8), st.lists(boxes(), max_size=6))
def test_the_largest_overlap_wins_and_the_first_of_equals(shapes: list, areas: list) -> None:
    chosen = largest(np.array(shapes, dtype=object), np.array(areas, dtype=object)).tolist()
    for shape, index in zip(shapes, chosen, strict=True):
        sizes = [shape.intersection(area).area for area in areas]
        best = max(sizes, default=0)
        assert index == (sizes.index(best) if best > 0 else -1)


def test_a_point_lies_in_the_first_area_that_covers_it() -> None:
    areas = np.array([box(0, 0, 1, 1), box(1, 0, 2, 1)])
    points = np.array([Point(1, 0.5), Point(1.5, 0.5), Point(9, 9)])
    assert largest(points, areas).tolist() == [0, 1, -1]


def test_areas_that_follow_one_another_divide_the_period_of_what_lies_in_them() -> None:
    wkb = shapely.to_wkb
    plot, day = box(113.1, 41.0, 113.11, 41.01), date(2024, 7, 1)
    areas = [Area(1, (None, day), wkb(plot)), Area(2, (day, None), wkb(plot))]
    house = wkb(box(113.101, 41.001, 113.102, 41.002))
    always, late = Item((None, None), house), Item((date(2025, 1, 1), None), house)
    assert containing([always, late], areas, 4547) == [
        [((None, day), 1), ((day, None), 2)],
        [((date(2025, 1, 1), None), 2)],
    ]


def test_an_area_that_only_changes_its_shape_elsewhere_divides_nothing() -> None:
    day = date(2024, 7, 1)
    narrow, wide = box(113.1, 41.0, 113.11, 41.01), box(113.1, 41.0, 113.12, 41.01)
    areas = [Area(1, (None, day), shapely.to_wkb(narrow)), Area(1, (day, None), shapely.to_wkb(wide))]
    house = Item((None, None), shapely.to_wkb(box(113.101, 41.001, 113.102, 41.002)))
    assert containing([house], areas, 4547) == [[((None, None), 1)]]
