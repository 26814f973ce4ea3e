"""What a file must be before anything in it is believed: our own checks, no driver that opens whatever it likes."""

from geodata.validate.geojson import Document, Feature, document
from geodata.validate.shapes import faults, shapes

__all__ = ["Document", "Feature", "document", "faults", "shapes"]
