"""Tiles in one file."""

from __future__ import annotations

import mmap
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pmtiles.reader import Reader
from pmtiles.tile import Compression, MagicNumberNotFound, SpecVersionUnsupported, TileType

from gridmap.errors import NotConfigured


@dataclass(frozen=True)
class Archive:
    """Raster tiles in one PMTiles file.

    Parameters
    ----------
    reader
        Reads through a memory map: a look-up is about a millisecond.
    max_zoom
        The last zoom level in the file.
    credits
        What the file says about whose map it is, tags taken out.
    """

    reader: Any
    max_zoom: int
    credits: str

    @classmethod
    def open(cls, file: Path) -> Archive:
        """Open a file.

        Parameters
        ----------
        file
            PMTiles version 3 with PNG, JPEG or WebP tiles.

        Raises
        ------
        NotConfigured
            The file is missing, no PMTiles, or holds vector tiles.
        """
        try:
            with file.open("rb") as stream:
                memory = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
            reader: Any = Reader(lambda offset, length: memory[offset : offset + length])  # type: ignore[no-untyped-call]
            header = reader.header()
            about = reader.metadata()
        except (MagicNumberNotFound, SpecVersionUnsupported) as error:
            raise NotConfigured("GRIDMAP_BASEMAP: {file} is no PMTiles file of version 3", file=file) from error
        except (OSError, ValueError, KeyError, IndexError, EOFError) as error:
            raise NotConfigured(
                "GRIDMAP_BASEMAP: {file} cannot be read as PMTiles: {reason}", file=file, reason=error
            ) from error
        pictures = {TileType.PNG, TileType.JPEG, TileType.WEBP}
        if header["tile_type"] not in pictures or header["tile_compression"] not in {
            Compression.NONE,
            Compression.UNKNOWN,
        }:
            raise NotConfigured(
                "GRIDMAP_BASEMAP: {file} holds no raster tiles; make it with PNG, JPEG or WebP", file=file
            )
        said = re.sub(r"<[^>]*>", "", str(about.get("attribution") or about.get("name") or file.stem))
        return cls(reader, int(header["max_zoom"]), said[:200])

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return a tile's picture, None where the file has none."""
        found = self.reader.get(z, x, y) if z <= self.max_zoom else None
        return bytes(found) if found else None
