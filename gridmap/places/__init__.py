"""Places: what lies where, and what was true of it when."""

from gridmap.places.model import (
    Building,
    Cluster,
    Community,
    Compound,
    Entrance,
    Facility,
    GridCell,
    Kind,
    Place,
    PlaceVersion,
    Region,
)

__all__ = [
    "Building",
    "Cluster",
    "Community",
    "Compound",
    "Entrance",
    "Facility",
    "GridCell",
    "Kind",
    "Place",
    "PlaceVersion",
    "Region",
]
