"""Generated towns of any size: square communities side by side, full of buildings, with a roster.

Everything is drawn from one seed and nothing is real. Read as a map, a community is a square of four compounds; each
holds a quarter of the grid cells, and every cell holds rows of buildings, each on its own plot::

    ┌────┬────╥────┬────┐
    │ ▟▙ │ ▟▙ ║ ▟▙ │ ▟▙ │    ║ compound   │ grid cell   ▟▙ buildings
    ├────┼────╫────┼────┤
    ╞════╪════╬════╪════╡    The inner corners are moved a little, so that no border is a straight line.
    │ ▟▙ │ ▟▙ ║ ▟▙ │ ▟▙ │
    └────┴────╨────┴────┘
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geodata.crs import Registered, in_metres, lonlat
from geodata.exchange import CRS, CommunitySettings, Layers

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from pandas import DataFrame

METRIC_SRID = 4547
SOUTH_WEST = (113.10, 41.00)  # lon, lat of the first community's corner
CORNER_SHIFT_M = 3.0
GAP_M = 2.0  # between the plots of neighbours
SMALLEST_PLOT_M = 8.0
SINCE, FORMERLY = date(2022, 7, 1), date(2018, 3, 1)

Floats = NDArray[np.float64]


def _footprint(*parts: tuple[float, float, float, float]) -> Floats:
    whole = shapely.union_all([shapely.box(*part) for part in parts])
    return shapely.get_coordinates(shapely.orient_polygons(shapely.simplify(whole, 0)))[:-1]


#: Outlines in a square of one unit; 12 corners on average.
FOOTPRINTS = {
    "slab with two bays": _footprint((0, 0, 1, 0.8), (0.1, 0.8, 0.4, 1), (0.6, 0.8, 0.9, 1)),
    "stepped slab": _footprint((0, 0, 0.35, 0.8), (0.3, 0.1, 0.65, 0.9), (0.6, 0.2, 1, 1)),
    "comb": _footprint((0, 0, 1, 0.4), (0.1, 0, 0.3, 1), (0.4, 0, 0.6, 1), (0.7, 0, 0.9, 1)),
    "cross": _footprint((0.3, 0, 0.7, 1), (0, 0.3, 1, 0.7)),
    "H": _footprint((0, 0, 0.3, 1), (0.3, 0.4, 0.7, 0.6), (0.7, 0, 1, 1)),
    "court": _footprint((0, 0, 1, 0.5), (0, 0, 0.3, 1), (0.7, 0, 1, 1)),
}
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
STEMS, BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"


@dataclass(frozen=True)
class Plan:
    """How large a town is.

    Parameters
    ----------
    communities
        Squares side by side, in rows of about the root of their number.
    buildings
        Of each community.
    cells
        Of each community: an even number of rows and columns.
    area_km2
        Of each community.
    filled
        Share of the posts that somebody holds; the rest is vacant.
    seed
        The same seed gives the same town.

    Raises
    ------
    ValueError
        Cells do not make a square with an even side, or plots would be too small to build on.
    """

    communities: int = 1
    buildings: int = 3000
    cells: int = 100
    area_km2: float = 1.5
    filled: float = 0.95
    seed: int = 1

    def __post_init__(self) -> None:
        if self.rows % 2 or self.rows**2 != self.cells or not self.cells <= 999:
            msg = f"cells {self.cells}: four compounds need the square of an even number below 32, such as 100"
            raise ValueError(msg)
        if self.communities < 1 or self.buildings < 1 or not 0 <= self.filled <= 1:
            msg = "a town needs at least one community with one building, and a share of posts between 0 and 1"
            raise ValueError(msg)
        if self.plot_m < SMALLEST_PLOT_M:
            msg = (
                f"{self.buildings} buildings on {self.area_km2} km² leave plots of {self.plot_m:.1f} m; make it larger"
            )
            raise ValueError(msg)

    @property
    def rows(self) -> int:
        """Rows of cells, and columns."""
        return math.isqrt(self.cells)

    @property
    def side_m(self) -> float:
        """Side of a community."""
        return math.sqrt(self.area_km2) * 1000

    @property
    def plots(self) -> int:
        """Rows of plots in a cell, and columns."""
        return math.ceil(math.sqrt(math.ceil(self.buildings / self.cells)))

    @property
    def plot_m(self) -> float:
        """Side of a plot."""
        return (self.side_m / self.rows - 2 * CORNER_SHIFT_M) / self.plots


def town(plan: Plan) -> Iterator[Layers]:
    """Give the communities of a town, one by one.

    Parameters
    ----------
    plan
        How large it is.

    Yields
    ------
    Layers
        Boundary, compounds, grid cells, buildings and roster; codes, cells and compounds are given.
    """
    rng = np.random.default_rng(plan.seed)
    for number in range(plan.communities):
        yield _community(plan, number, rng)


def positions(layers: Layers, count: int, *, seed: int = 1) -> Floats:
    """Return random positions in a community, evenly spread over its square.

    Parameters
    ----------
    layers
        One community of a town.
    count
        How many.
    seed
        The same seed gives the same positions.

    Returns
    -------
    (count, 2)
        Longitude and latitude, degrees.
    """
    assert layers.boundary is not None
    [outline] = in_metres(layers.boundary.geometry.to_numpy(), METRIC_SRID)
    west, south, east, north = outline.bounds
    drawn = np.random.default_rng(seed).uniform((west, south), (east, north), (count, 2))
    return shapely.get_coordinates(lonlat(np.asarray(shapely.points(drawn)), Registered(METRIC_SRID)))


def write(layers: Layers, folder: Path) -> dict[str, Path]:
    """Write a community as a surveyor would deliver it: GeoJSON, where no building says to whom it belongs.

    Parameters
    ----------
    layers
        One community of a town.
    folder
        Made when missing.

    Returns
    -------
    dict
        The file of each layer; the roster is an Excel table.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for name in ("boundary", "compounds", "grid_cells", "buildings"):
        frame = getattr(layers, name)
        files[name] = folder / f"{name}.geojson"
        given = frame.drop(columns=[*{"compound_code", "grid_cell_code", "aliases"} & set(frame.columns)])
        given.to_file(files[name], driver="GeoJSON", engine="pyogrio", COORDINATE_PRECISION="9", WRITE_BBOX="NO")
    assert layers.roster is not None
    files["roster"] = folder / "roster.xlsx"
    layers.roster.to_excel(files["roster"], index=False)
    return files


def _community(plan: Plan, number: int, rng: np.random.Generator) -> Layers:
    code = f"99{number:010d}"
    across = math.ceil(math.sqrt(plan.communities))
    [corner] = shapely.get_coordinates(in_metres([shapely.Point(SOUTH_WEST)], METRIC_SRID))
    origin = corner + plan.side_m * np.array([number % across, number // across])
    corners = _corners(plan, rng)
    cells = np.asarray(shapely.polygons(_rings(corners)))
    quarter = _quarters(plan.rows)
    compounds = np.array([shapely.coverage_union_all(cells[quarter == each]) for each in range(4)])
    cell_of, shapes = _buildings(plan, rng)
    cell_codes = np.array([f"{code}{each + 1:03d}" for each in range(plan.cells)])
    compound_codes = np.array([f"{code}-{letter}" for letter in "ABCD"])
    building_codes = np.array([f"{code}-B{each + 1:05d}" for each in range(plan.buildings)])
    floors = rng.integers(3, 19, plan.buildings)
    households = floors * rng.integers(2, 5, plan.buildings)
    boundary = shapely.box(0, 0, plan.side_m, plan.side_m)
    # The outline has a node where a cell has a corner: side by side, communities share them.
    boundary = shapely.segmentize(boundary, plan.side_m / plan.rows * 1.000001)

    def frame(shapes: NDArray[np.object_], **columns: object) -> GeoDataFrame:
        placed = shapely.transform(shapes, lambda xy: xy + origin)
        return geopandas.GeoDataFrame(columns, geometry=lonlat(placed, Registered(METRIC_SRID)), crs=CRS)

    return Layers(
        community=CommunitySettings(
            code, f"样本{number + 1}社区", METRIC_SRID, "Asia/Shanghai", sample=True, office_phone="000-00000000"
        ),
        boundary=frame(
            np.array([boundary]), code=[code], source_id=[f"generated/{code}"], name=[f"样本{number + 1}社区"]
        ),
        compounds=frame(
            compounds,
            code=compound_codes,
            source_id=[f"generated/{each}" for each in compound_codes],
            name=[f"样本花园{letter}区" for letter in "ABCD"],
        ),
        grid_cells=frame(
            cells,
            code=cell_codes,
            source_id=[f"generated/{each}" for each in cell_codes],
            name=[f"第{each + 1}网格" for each in range(plan.cells)],
            compound_code=compound_codes[quarter],
        ),
        buildings=frame(
            shapes,
            code=building_codes,
            source_id=[f"generated/{each}" for each in building_codes],
            name=[f"{each + 1}号楼" for each in range(plan.buildings)],
            compound_code=compound_codes[quarter[cell_of]],
            grid_cell_code=cell_codes[cell_of],
            households=households,
            residents=households * 2 + rng.integers(0, 9, plan.buildings),
            floors=floors,
        ),
        roster=_roster(plan, code, compound_codes, cell_codes, building_codes, rng),
    )


def _corners(plan: Plan, rng: np.random.Generator) -> Floats:
    """Corners of the cells, (rows + 1, rows + 1, 2) metres; those on the community's border stay where they are."""
    side = np.linspace(0, plan.side_m, plan.rows + 1)
    corners = np.stack(np.meshgrid(side, side), axis=-1)
    corners[1:-1, 1:-1] += rng.uniform(-CORNER_SHIFT_M, CORNER_SHIFT_M, (plan.rows - 1, plan.rows - 1, 2))
    return corners


def _rings(corners: Floats) -> Floats:
    """One ring a cell, (cells, 4, 2), row by row from the south-west."""
    return np.stack((corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]), axis=2).reshape(-1, 4, 2)


def _quarters(rows: int) -> NDArray[np.int64]:
    """Which of the four compounds each cell belongs to."""
    far = np.arange(rows) >= rows // 2
    return (2 * far[:, None] + far).astype(np.int64).ravel()


def _buildings(plan: Plan, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """The cell of each building, and its outline: a footprint, turned a little, as large as its plot lets it be."""
    cell_of = np.arange(plan.buildings) % plan.cells
    row, column = np.divmod(cell_of, plan.rows)
    plot_row, plot_column = np.divmod(np.arange(plan.buildings) // plan.cells, plan.plots)
    cell_m = plan.side_m / plan.rows
    # A plot lies in the part of its cell that no corner reaches, however it was moved.
    plot = (
        np.stack((column, row), axis=1) * cell_m
        + CORNER_SHIFT_M
        + np.stack((plot_column, plot_row), axis=1) * plan.plot_m
    )
    kind = rng.integers(0, len(FOOTPRINTS), plan.buildings)
    stretch = rng.uniform(0.55, 1, (plan.buildings, 2))
    angle = np.radians(rng.uniform(-8, 8, plan.buildings))
    turn = np.stack((np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)), axis=-1).reshape(-1, 2, 2)
    shapes = np.empty(plan.buildings, dtype=object)
    for each, footprint in enumerate(FOOTPRINTS.values()):
        mine = np.flatnonzero(kind == each)
        ring = np.einsum("nij,nvj->nvi", turn[mine], (footprint - 0.5) * stretch[mine, None, :])
        # Whatever the angle, the outline fits a square of one unit, and that square fits the plot.
        ring /= np.maximum(1, np.ptp(ring, axis=1).max(axis=-1))[:, None, None]
        middle = (ring.max(axis=1) + ring.min(axis=1))[:, None, :] / 2
        shapes[mine] = shapely.polygons((ring - middle) * (plan.plot_m - GAP_M) + plot[mine, None, :] + plan.plot_m / 2)
    return cell_of, shapes


def _roster(
    plan: Plan,
    code: str,
    compounds: NDArray[np.str_],
    cells: NDArray[np.str_],
    buildings: NDArray[np.str_],
    rng: np.random.Generator,
) -> DataFrame:
    """A holder for most posts, a former one for a third of them, and the service contacts."""
    posts = [("building_leader", place) for place in buildings]
    posts += [("grid_leader", place) for place in cells]
    posts += [("grid_worker", place) for place in cells]
    posts += [("branch_secretary", place) for place in compounds]
    posts += [("director", code), ("secretary", code), ("police_officer", code)]
    held = rng.random(len(posts)) < plan.filled
    formerly = rng.random(len(posts)) < 1 / 3
    people = [
        {"role": role, "place": place, "holder": "person", **_person(code, 2 * number + former)}
        | ({"valid_from": FORMERLY, "valid_to": SINCE} if former else {"valid_from": SINCE, "valid_to": None})
        for number, (role, place) in enumerate(posts)
        for former in (False, True)
        if (formerly if former else held)[number]
    ]
    contacts = [("property_company", place, f"样本物业{place[-1]}") for place in compounds]
    contacts += [
        ("heating_contact", code, "样本供热公司"),
        ("water_contact", code, "样本供水公司"),
        ("lift_contact", code, "样本电梯公司"),
    ]
    organizations = [
        {"role": role, "place": place, "holder": "organization", "name": name, "phone": "000-00000001",
         "phone_24h": "000-00000002", "organization_kind": "company", "valid_from": FORMERLY}
        for role, place, name in contacts
    ]  # fmt: skip
    table = pd.DataFrame(people + organizations)
    return table.astype(object).where(table.notna(), None)


def _person(code: str, number: int) -> dict[str, str]:
    """A name that is plainly made up (某, "so-and-so"), with a number that nobody has."""
    cycle = STEMS[number % 10] + BRANCHES[number % 12]
    return {"name": SURNAMES[number // 60 % len(SURNAMES)] + "某" + cycle, "phone": f"000-{code[-4:]}{number:05d}"}


def main() -> None:
    """Write the first community of a town as files."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--buildings", type=int, default=Plan.buildings)
    parser.add_argument("--seed", type=int, default=Plan.seed)
    given = parser.parse_args()
    for path in write(next(town(Plan(buildings=given.buildings, seed=given.seed))), given.folder).values():
        print(path)


if __name__ == "__main__":
    main()
