"""Who answers for what in the sample: the office, the leaders of four levels, the three kinds of household."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from geodata.sample.estates import ESTATES, Estate
from geodata.sample.names import Somebody
from geodata.sample.registry import CODE, House, Registry, compound_code, short_name
from geodata.sample.terms import Fate, Holding, Roster

_OPENED = {"SS": 0.2, "WM": 0.4, "MYA": 1.0, "MYB": 2.8}
"""Years after the founding in which the first residents of each compound moved in."""
_STATIONS = {"SS": 3.0, "MYA": 4.0, "MYB": 4.0, "WM": 5.0}
SEATS = 6
"""Members of the residents' committee."""
_VACANT_BUILDINGS, _VACANT_ENTRANCES = 5, 16
_HUBS, _VANGUARDS, _BASTIONS = 48, 34, 26


@dataclass
class Staff:
    """Who holds which single post today, by role and place.

    Parameters
    ----------
    holding
        Filled while the roster is written.
    leaves
        Rows of the layer of leaves.
    """

    holding: dict[tuple[str, str], Holding] = field(default_factory=dict)
    leaves: list[dict[str, Any]] = field(default_factory=list)

    def note(self, role: str, place: str, holding: Holding | None) -> None:
        """Remember the holder of a post, unless it is vacant.

        Parameters
        ----------
        role, place, holding
            See `Roster.fill`.
        """
        if holding:
            self.holding[role, place] = holding


def appoint(registry: Registry, roster: Roster) -> Staff:
    """Fill all posts of persons, and return who holds them.

    Parameters
    ----------
    registry
        The places.
    roster
        Rows are added to it.
    """
    staff = Staff()
    _grid(registry, roster, staff)
    _office(roster, staff)
    _branches_and_stations(registry, roster, staff, _households(registry, roster))
    _neighbours(registry, roster, staff)
    _away(registry, roster, staff)
    return staff


def _cells(registry: Registry, estate: Estate) -> list[str]:
    return sorted(cell.code for cell in registry.cells if cell.estate is estate)


def _grid(registry: Registry, roster: Roster, staff: Staff) -> None:
    """Appoint grid leaders and grid workers.

    One leader holds a whole compound and so the cell there that has none of its own; one cell elsewhere is vacant.
    """
    for estate in ESTATES:
        compound, cells = compound_code(estate.label), _cells(registry, estate)
        begin = roster.day(_OPENED[estate.label])
        fates = [Fate.HELD] * len(cells)
        if estate.label == "SS":
            fates[2] = Fate.NEVER
            staff.note("grid_leader", compound, roster.fill("grid_leader", compound, begin, 5, consent=True))
        elif estate.label == "MYA":
            fates[1] = Fate.LEAVING
        elif estate.label == "MYB":
            fates[1:] = [Fate.CHANGED, Fate.LEFT]
        for cell, fate in zip(cells, fates, strict=True):
            staff.note("grid_leader", cell, roster.fill("grid_leader", cell, begin, 4, fate))
        # Every cell has a worker of its own, and the compound one who steps in anywhere.
        for place in (*cells, compound):
            staff.note("grid_worker", place, roster.fill("grid_worker", place, begin, 3, consent=True))


def _office(roster: Roster, staff: Staff) -> None:
    """Elect the committee: for some years one person has been secretary and director."""
    both = roster.day(5.4)
    head = roster.names.somebody()
    for role in ("secretary", "director"):
        middle = roster.day(2.4)
        roster.add(role, CODE, roster.names.somebody(), roster.day(0), middle, consent=True)
        roster.add(role, CODE, roster.names.somebody(), middle, both, consent=True)
        roster.add(role, CODE, head, both, consent=True)
        staff.note(role, CODE, Holding(head, both))
    # The grid leader of a whole compound sits on the committee as well.
    leader = staff.holding["grid_leader", compound_code("SS")].who
    for seat in range(SEATS):
        fate = Fate.CHANGED if seat == 1 else Fate.HELD
        last = leader if seat == 0 else None
        roster.fill("committee_member", CODE, roster.day(0), 4.5, fate, last=last, consent=True)


def _branches_and_stations(registry: Registry, roster: Roster, staff: Staff, hubs: dict[str, Holding]) -> None:
    """Appoint branch secretaries and the officers of the stations.

    The head of a station is a grid leader; its deputies are the branch secretary and somebody of a hub household.
    """
    for estate in ESTATES:
        compound = compound_code(estate.label)
        # The branch of the unnamed compound waits for its election.
        fate = Fate.LEFT if estate.label == "WM" else Fate.HELD
        begin = roster.day(_OPENED[estate.label] + 0.3)
        staff.note("branch_secretary", compound, roster.fill("branch_secretary", compound, begin, 5, fate))
    # Three stations serve four compounds: A and B share one.
    for estate in ESTATES:
        compound, host = compound_code(estate.label), "MYA" if estate.label == "MYB" else estate.label
        opened = roster.day(_STATIONS[estate.label])
        first_cell = _cells(registry, next(e for e in ESTATES if e.label == host))[0]
        head = staff.holding["grid_leader", compound_code("SS") if host == "SS" else first_cell]
        if head.since > opened:
            roster.add("station_head", compound, roster.names.somebody(), opened, head.since)
        roster.add("station_head", compound, head.who, max(opened, head.since))
        for deputy in (hubs[estate.label], staff.holding.get(("branch_secretary", compound))):
            if deputy:
                roster.add("station_deputy", compound, deputy.who, max(opened, deputy.since), consent=True)


def _neighbours(registry: Registry, roster: Roster, staff: Staff) -> None:
    """Find leaders for clusters, buildings and entrances; some posts stay open."""
    rng = roster.rng
    opened = {house.code: roster.day(_OPENED[house.drawn.estate]) for house in registry.houses}
    fates = _fates(len(registry.clusters), roster, vacant=1, never=0, changed=1)
    for cluster, fate in zip(registry.clusters, fates, strict=True):
        begin = roster.day(_OPENED[cluster.estate.label] + rng.uniform(0.1, 0.8))
        staff.note("cluster_leader", cluster.code, roster.fill("cluster_leader", cluster.code, begin, 4.5, fate))
    fates = _fates(len(registry.houses), roster, vacant=_VACANT_BUILDINGS - 1, never=1, changed=3, leaving=1)
    for house, fate in zip(registry.houses, fates, strict=True):
        begin = opened[house.code] + timedelta(days=int(rng.integers(0, 90)))
        staff.note("building_leader", house.code, roster.fill("building_leader", house.code, begin, 5, fate))
    doors = [(house, entrance) for house in registry.houses for entrance in house.entrances]
    fates = _fates(len(doors), roster, vacant=_VACANT_ENTRANCES - 6, never=6, changed=5, leaving=1)
    for (house, entrance), fate in zip(doors, fates, strict=True):
        begin = opened[house.code] + timedelta(days=int(rng.integers(0, 200)))
        # In many buildings the leader looks after the own stairwell too.
        leader = staff.holding.get(("building_leader", house.code))
        own = leader.who if leader and entrance is house.entrances[0] and rng.random() < 0.4 else None
        holding = roster.fill("entrance_leader", entrance.code, begin, 6, fate, last=own)
        staff.note("entrance_leader", entrance.code, holding)


def _fates(n: int, roster: Roster, *, vacant: int, never: int, changed: int, leaving: int = 0) -> list[Fate]:
    special = [Fate.LEFT] * vacant + [Fate.NEVER] * never + [Fate.CHANGED] * changed + [Fate.LEAVING] * leaving
    fates = [Fate.HELD] * n
    for k, fate in zip(roster.rng.choice(n, len(special), replace=False).tolist(), special, strict=True):
        fates[k] = fate
    return fates


def _households(registry: Registry, roster: Roster) -> dict[str, Holding]:
    """Name hub, vanguard and bastion households, and return one hub of each compound.

    They are residents' homes: never published.
    """
    hubs: dict[str, Holding] = {}
    doors = [(house, entrance) for house in registry.houses for entrance in house.entrances]
    for role, number in (
        ("hub_household", _HUBS),
        ("vanguard_household", _VANGUARDS),
        ("bastion_household", _BASTIONS),
    ):
        for k in sorted(roster.rng.choice(len(doors), number, replace=False).tolist()):
            house, entrance = doors[k]
            start = roster.day(_OPENED[house.drawn.estate] + roster.rng.uniform(0.5, 5))
            door = f"{entrance.name}{_flat(house, roster)}室"
            # Some moved away, and the neighbours elected another one.
            if roster.rng.random() < 0.15:
                moved = start + (roster.as_of - start) / 2
                roster.add(role, entrance.code, roster.names.somebody(), start, moved, consent=False, note=door)
                start, door = moved, f"{entrance.name}{_flat(house, roster)}室"
            resident = roster.names.somebody()
            roster.add(role, entrance.code, resident, start, consent=False, note=door)
            if role == "hub_household":
                hubs.setdefault(house.drawn.estate, Holding(resident, start))
    return hubs


def _flat(house: House, roster: Roster) -> str:
    floor, flat = roster.rng.integers(2, house.drawn.floors + 1), roster.rng.integers(1, 3)
    return f"{floor}0{flat}"


def _away(registry: Registry, roster: Roster, staff: Staff) -> None:
    """Let some leaders be away: one with a deputy today, one without, one long ago, one soon."""
    today = roster.as_of

    def leave(role: str, place: str, start: int, end: int, deputy: Somebody | None) -> None:
        staff.leaves.append(
            {
                "role": role, "place": place, "name": staff.holding[role, place].who.name,
                "valid_from": today + timedelta(days=start), "valid_to": today + timedelta(days=end),
                "deputy_name": deputy and deputy.name, "deputy_phone": deputy and deputy.phone,
            }
        )  # fmt: skip

    unnamed = _cells(registry, next(e for e in ESTATES if not e.aliases))[0]
    worker = staff.holding["grid_worker", unnamed].who
    leave("grid_leader", unnamed, -5, 10, worker)
    leave("grid_leader", unnamed, -70, -63, worker)
    settled = [house for house in registry.houses if _settled(staff, "building_leader", house.code, today)]
    leave("building_leader", settled[len(settled) // 3].code, -3, 12, None)
    away = settled[2 * len(settled) // 3]
    others = [h for h in settled if h.cluster == away.cluster and h is not away]
    leave(
        "building_leader", away.code, 20, 34, staff.holding["building_leader", others[0].code].who if others else None
    )


def _settled(staff: Staff, role: str, place: str, today: date) -> bool:
    return (role, place) in staff.holding and staff.holding[role, place].since < today - timedelta(days=75)


def channels(registry: Registry, roster: Roster) -> list[dict[str, Any]]:
    """Return the group chats: one for most entrances, some under a new name, and one for each compound.

    Parameters
    ----------
    registry
        The places.
    roster
        For its dates and draws.
    """
    rows = [_channel(compound_code(e.label), f"{short_name(e)}议事圈", roster.day(5)) for e in ESTATES]
    short = {estate.label: short_name(estate) for estate in ESTATES}
    for house in registry.houses:
        for entrance in house.entrances:
            if roster.rng.random() < 0.12:
                continue
            start = roster.day(_OPENED[house.drawn.estate] + roster.rng.uniform(1.5, 4))
            name = f"{short[house.drawn.estate]}{house.drawn.number}-{entrance.name}"
            if roster.rng.random() < 0.06:
                renamed = start + (roster.as_of - start) / 2
                rows.append(_channel(entrance.code, f"{name}邻居群", start, renamed))
                start = renamed
            rows.append(_channel(entrance.code, f"{name}微信群", start))
    return rows


def _channel(place: str, name: str, start: date, end: date | None = None) -> dict[str, Any]:
    return {"place": place, "name": name, "valid_from": start, "valid_to": end}
