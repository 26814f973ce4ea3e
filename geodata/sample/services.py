"""Service contacts of the sample: firms and authorities with a number by day and one for 24 hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from geodata.sample.registry import CODE, Registry, compound_code
from geodata.sample.terms import Roster

_LIFTS = 8
"""Floors from which a building has a lift."""


@dataclass(frozen=True)
class Contract:
    """One firm or authority and what it answers for.

    Parameters
    ----------
    role
        Code of the service.
    places
        Labels of compounds, or the community's code.
    name
        Of the organization; every one of them says that it is made up.
    kind
        Of the organization.
    begin
        Years after the founding.
    always
        Whether somebody answers for 24 hours.
    """

    role: str
    places: tuple[str, ...]
    name: str
    kind: str
    begin: float = 0
    always: bool = True


CONTRACTS = (
    Contract("property_company", ("SS",), "江南里物业服务公司(样例)", "property", 0.2),
    Contract("property_company", ("MYA", "MYB"), "名苑管家物业服务公司(样例)", "property", 1.0),
    Contract("property_company", ("WM",), "西片物业服务站(样例)", "property", 0.4, always=False),
    Contract("owners_committee", ("SS",), "塞上江南业主委员会(样例)", "owners_committee", 1.5, always=False),
    Contract("owners_committee", ("MYA",), "名苑A区业主委员会(样例)", "owners_committee", 2.5, always=False),
    Contract("owners_committee", ("MYB",), "名苑B区业主委员会(样例)", "owners_committee", 4.0, always=False),
    Contract("heating_contact", (CODE,), "瑞宁供热服务中心(样例)", "utility"),
    Contract("water_contact", (CODE,), "瑞宁供水服务所(样例)", "utility"),
    Contract("power_contact", (CODE,), "瑞宁供电服务站(样例)", "utility"),
    Contract("gas_contact", (CODE,), "瑞宁燃气服务站(样例)", "utility"),
    Contract("sanitation_contact", (CODE,), "瑞宁环卫清运队(样例)", "public_service", always=False),
    Contract("greenery_contact", (CODE,), "瑞宁园林管护队(样例)", "public_service", always=False),
    Contract("lift_contact", ("MYA", "MYB"), "安梯电梯维保公司(样例)", "lift_maintenance", 1.0),
)
NEW_PROPERTY_COMPANY = "镜池物业服务公司(样例)"
"""Took over one compound last month."""


def engage(registry: Registry, roster: Roster) -> None:
    """Add the service contacts and the police officer.

    Parameters
    ----------
    registry
        Its tall buildings have lifts.
    roster
        Rows are added to it.
    """
    for contract in CONTRACTS:
        day, night = roster.names.landline(), roster.names.landline() if contract.always else None
        for place in contract.places:
            code = CODE if place == CODE else compound_code(place)
            end = roster.last_month if (contract.role, place) == ("property_company", "MYB") else None
            _add(
                roster, contract.role, code, (contract.name, contract.kind, day, night), roster.day(contract.begin), end
            )
    new = (NEW_PROPERTY_COMPANY, "property", roster.names.landline(), roster.names.landline())
    _add(roster, "property_company", compound_code("MYB"), new, roster.last_month)
    # The older compound has lifts in a few buildings only, each under its own contract.
    lifts = ("塞上电梯维保站(样例)", "lift_maintenance", roster.names.landline(), roster.names.landline())
    for house in registry.houses:
        if house.drawn.estate == "SS" and house.drawn.floors >= _LIFTS:
            _add(roster, "lift_contact", house.code, lifts, roster.day(0.2))
    roster.fill("police_officer", CODE, roster.day(0), 4, consent=True)


def _add(
    roster: Roster, role: str, place: str, firm: tuple[str, str, str, str | None], start: date, end: date | None = None
) -> None:
    name, kind, day, night = firm
    roster.rows.append(
        {
            "role": role, "place": place, "holder": "organization", "name": name, "phone": day, "phone_24h": night,
            "organization_kind": kind, "valid_from": start, "valid_to": end, "consent": True, "note": None,
        }
    )  # fmt: skip
