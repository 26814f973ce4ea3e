"""How many households and residents live behind each door: exact totals, spread as flats allow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodata.sample.buildings import Building

HOUSEHOLDS = 4499
RESIDENTS = 10000
_SPREAD = (-5, -4, -3, -2, -1, -1, 0, 1, 2, 3, 4, 5)
"""How far the twelve cells are from 375 households each; in sum one less than 4,500."""


@dataclass(frozen=True)
class Census:
    """Who lives in one building.

    Parameters
    ----------
    households
        Behind each of its doors.
    residents
        In the whole building.
    """

    households: tuple[int, ...]
    residents: int


def counted(buildings: list[Building], rng: np.random.Generator) -> list[Census]:
    """Return the households and residents of each building.

    Parameters
    ----------
    buildings
        In twelve cells; each cell has at least 380 flats, of which the surplus stands empty.
    rng
        Draws which flats stand empty, and which buildings are crowded.
    """
    cells = list(dict.fromkeys((b.estate, b.cell) for b in buildings))
    wanted = {cell: HOUSEHOLDS // len(cells) + 1 + spread for cell, spread in zip(cells, _permuted(rng), strict=True)}
    lived_in: dict[int, list[int]] = {}
    for cell in cells:
        doors = [(k, d.dwellings) for k, b in enumerate(buildings) if (b.estate, b.cell) == cell for d in b.doors]
        flats = np.array([dwellings for _, dwellings in doors])
        empty = rng.multivariate_hypergeometric(flats, int(flats.sum()) - wanted[cell])
        for (k, _), households in zip(doors, flats - empty, strict=True):
            lived_in.setdefault(k, []).append(int(households))
    crowd = np.array([sum(lived_in[k]) for k in range(len(buildings))]) * rng.normal(1, 0.06, len(buildings))
    return [Census(tuple(lived_in[k]), residents) for k, residents in enumerate(apportioned(RESIDENTS, crowd))]


def _permuted(rng: np.random.Generator) -> list[int]:
    return [int(spread) for spread in rng.permutation(_SPREAD)]


def apportioned(total: int, weights: NDArray[np.float64]) -> list[int]:
    """Return whole numbers in proportion to weights that add up to a total (largest remainders).

    Parameters
    ----------
    total
        What they add up to.
    weights : (n,) float
        Positive.

    Examples
    --------
    >>> apportioned(10, np.array([1.0, 1.0, 1.0]))
    [4, 3, 3]
    """
    shares = weights * (total / weights.sum())
    whole = np.floor(shares).astype(int)
    order = np.argsort(whole - shares, kind="stable")
    whole[order[: total - int(whole.sum())]] += 1
    return [int(n) for n in whole]
