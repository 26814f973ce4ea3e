"""What each level may do: one table, asked by every channel."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gridmap.access.model import Level


class Action(StrEnum):
    """What a route, a count, a search or an export does, as far as permission goes."""

    SEE_RESPONSIBLE = "see who is responsible"
    SEE_PLACES = "see places"
    SEE_HOUSEHOLD_POSTS = "see which homes hold a household role"
    SEE_OWN_ACCOUNT = "see and change one's own account"


EVERYONE = frozenset(Level)
OFFICE = frozenset({Level.ADMIN, Level.STAFF})

RULES: dict[Action, frozenset[Level]] = {
    Action.SEE_RESPONSIBLE: frozenset({Level.ADMIN, Level.STAFF, Level.LEADER, Level.VIEWER}),
    Action.SEE_PLACES: frozenset({Level.ADMIN, Level.STAFF, Level.LEADER, Level.VIEWER}),
    Action.SEE_HOUSEHOLD_POSTS: OFFICE,
    Action.SEE_OWN_ACCOUNT: EVERYONE,
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is asking: an account as it stands at this moment.

    Parameters
    ----------
    user_id, name, level
        The account.
    scope
        Ids of the places below which the user sees; None is everywhere.
    must_change_password
        Nothing but changing the password is open yet.
    """

    user_id: int
    name: str
    level: Level
    scope: tuple[int, ...] | None
    must_change_password: bool = False


def permits(viewer: Viewer, action: Action) -> bool:
    """Whether somebody may do something at all; where, is decided by `viewer.scope` in the query itself."""
    if viewer.must_change_password and action is not Action.SEE_OWN_ACCOUNT:
        return False  # whoever gave out the one-time password knows it too
    return viewer.level in RULES[action]
