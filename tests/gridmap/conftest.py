"""A town small enough to check by hand: two compounds side by side, three cells, three buildings.

41.040 ┌───────────┬───────────┐
       │ cell 002  │           │
41.035 ├──[B2]─────┤ cell 003  │   B2 lies across cells 001 and 002 and belongs to 002.
       │ cell 001  │      [B3] │
       │  [B1]     │           │
41.030 └───────────┴───────────┘
    113.100     113.105     113.110
         K1          K2
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import pytest
from geoalchemy2.shape import from_shape
from shapely import Geometry, Point, box
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from gridmap.database import STORAGE_SRID
from gridmap.duties import Appointment, Leave, Organization, Person, Role
from gridmap.places import PlaceVersion

CODE = "990000000001"


@dataclass
class Town:
    """The ids of what was planted, by the short names of the drawing."""

    session: Session
    code: str = CODE
    ids: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    community: int | None = None

    def place(
        self, name: str, kind: str, geom: Geometry | None, *, valid: Range[date] | None = None, **links: str
    ) -> int:
        """Plant one place with one version; links name other places of the town."""
        code = {"community": self.code, "grid_cell": self.code + name}.get(kind, f"{self.code}-{name}")
        extra = {}
        if kind == "community":
            envelope = from_shape(geom.buffer(0.01).envelope, srid=STORAGE_SRID)
            extra = {
                "metric_srid": 4547 if geom.bounds[0] > 100 else 32638,
                "timezone": "Asia/Shanghai",
                "envelope": envelope,
                "office_phone": "0474-0000001",
            }
        if kind == "facility":
            extra = {"facility_kind": "venue"}
        row = {"kind": kind, "code": code, "source_id": f"test/{name}", **extra}
        columns = ", ".join(row)
        values = ", ".join(f":{column}" for column in row)
        community = ":community" if self.community else "currval(pg_get_serial_sequence('place', 'id'))"
        place_id = self.session.scalar(
            text(f"insert into place ({columns}, community_id) values ({values}, {community}) returning id"),
            {**{k: (str(v) if k == "envelope" else v) for k, v in row.items()}, "community": self.community},
        )
        assert isinstance(place_id, int)
        self.ids[name], self.kinds[name] = place_id, kind
        self.community = self.community or place_id
        self.version(name, geom, valid=valid, **links)
        return place_id

    def version(self, name: str, geom: Geometry | None, *, valid: Range[date] | None = None, **links: str) -> None:
        """Add one version of a place."""
        values = {f"{key}_id": self.ids[target] for key, target in links.items()}
        self.session.add(
            PlaceVersion(
                place_id=self.ids[name], kind=self.kinds[name], community_id=self.community, name=name, aliases=[], search=[],
                valid=valid or Range(None, None), geom=None if geom is None else from_shape(geom, srid=STORAGE_SRID), **values,
            )
        )  # fmt: skip
        self.session.flush()

    def person(self, name: str) -> int:
        """Return the id of a person, made when first named; the phone is the name's."""
        known = self.session.scalar(select(Person.id).where(Person.name == name))
        if known is None:
            person = Person(community_id=self.community, name=name, phone=f"phone of {name}"[:40], search=[])
            self.session.add(person)
            self.session.flush()
            known = person.id
        return known

    def appoint(self, name: str, role: str, place: str, since: date | None = None, until: date | None = None) -> int:
        """Appoint a person; returns the appointment's id."""
        row = self.session.get_one(Role, role)
        appointment = Appointment(
            role=role, single_holder=row.single_holder, place_id=self.ids[place], kind=self.kinds[place],
            person_id=self.person(name), during=Range(since, until), consent=False,
        )  # fmt: skip
        self.session.add(appointment)
        self.session.flush()
        return appointment.id

    def contract(self, name: str, role: str, place: str, *, phone_24h: str | None = None) -> None:
        """Appoint an organization as a service contact."""
        organization = Organization(
            community_id=self.community, name=name, phone=f"phone of {name}", phone_24h=phone_24h, search=[]
        )
        self.session.add(organization)
        self.session.flush()
        self.session.add(
            Appointment(
                role=role, single_holder=self.session.get_one(Role, role).single_holder, place_id=self.ids[place],
                kind=self.kinds[place], organization_id=organization.id, during=Range(None, None), consent=True,
            )
        )  # fmt: skip
        self.session.flush()

    def leave(self, appointment: int, first: date, last_exclusive: date, deputy: str | None) -> None:
        """Send the holder of an appointment on leave."""
        self.session.add(
            Leave(
                appointment_id=appointment,
                during=Range(first, last_exclusive),
                deputy_id=self.person(deputy) if deputy else None,
            )
        )
        self.session.flush()


@pytest.fixture
def town(session: Session) -> Town:
    """The town of the drawing above, without a single appointment."""
    town = Town(session)
    town.place("T", "community", box(113.100, 41.030, 113.110, 41.040))
    town.place("K1", "compound", box(113.100, 41.030, 113.105, 41.040), parent="T")
    town.place("K2", "compound", box(113.105, 41.030, 113.110, 41.040), parent="T")
    town.place("001", "grid_cell", box(113.100, 41.030, 113.105, 41.035), parent="K1")
    town.place("002", "grid_cell", box(113.100, 41.035, 113.105, 41.040), parent="K1")
    town.place("003", "grid_cell", box(113.105, 41.030, 113.110, 41.040), parent="K2")
    town.place("C1", "cluster", None, parent="K1", grid_cell="001")
    town.place("B1", "building", box(113.101, 41.031, 113.102, 41.0315), parent="K1", grid_cell="001", cluster="C1")
    town.place("B2", "building", box(113.103, 41.0348, 113.104, 41.0352), parent="K1", grid_cell="002", cluster="C1")
    town.place("B3", "building", box(113.108, 41.033, 113.109, 41.0335), parent="K2", grid_cell="003")
    town.place("B1-1", "entrance", Point(113.1012, 41.031), parent="B1")
    town.place("B1-2", "entrance", Point(113.1018, 41.031), parent="B1")
    town.place("B2-1", "entrance", Point(113.1035, 41.0348), parent="B2", grid_cell="001")
    town.place("V1", "facility", Point(113.1045, 41.0325), parent="K1", grid_cell="001")
    return town


@pytest.fixture
def elsewhere(town: Town) -> Town:
    """A second community beside the town."""
    other = Town(town.session, "990000000002")
    other.place("T2", "community", box(113.110, 41.030, 113.120, 41.040))
    other.place("K9", "compound", box(113.110, 41.030, 113.120, 41.040), parent="T2")
    other.place("009", "grid_cell", box(113.110, 41.030, 113.120, 41.040), parent="K9")
    other.place("C9", "cluster", None, parent="K9")
    return other


@pytest.fixture
def furnished(town: Town) -> Town:
    """The town with a row in every table under record."""
    town.appoint("Ann", "grid_leader", "001")
    town.contract("Heat", "heating_contact", "K1")
    for statement in (
        """insert into way (community_id, kind, valid, source_id, tags, geom)
           values (:community, 'gate', '(,)', 'way/1', '{}', 'SRID=4490;POINT(113.101 41.031)')""",
        "insert into channel (place_id, name, during) values (:community, 'group', '(,)')",
        "insert into leave (appointment_id, during) select id, '[2024-01-01,2024-02-01)' from appointment where person_id is not null",
        """insert into user_account (name, level, password_hash, must_change_password, locked)
           values ('someone', 'staff', '$argon2id$first', true, false)""",
        "insert into user_grant (user_id, place_id) select id, :community from user_account",
        "insert into api_token (token_hash, user_id) select 'first', id from user_account",
    ):
        town.session.execute(text(statement), {"community": town.community} if ":community" in statement else {})
    return town
