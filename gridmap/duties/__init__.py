"""Duties: who holds which post over which place, and who answers for a position."""

from gridmap.duties.model import (
    Appointment,
    Leave,
    Organization,
    Person,
    Problem,
    Role,
    RolePlace,
    RoleProblem,
)
from gridmap.duties.responsible import Wording, responsible_at

__all__ = [
    "Appointment",
    "Leave",
    "Organization",
    "Person",
    "Problem",
    "Role",
    "RolePlace",
    "RoleProblem",
    "Wording",
    "responsible_at",
]
