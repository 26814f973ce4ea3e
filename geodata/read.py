"""Files into layers: what a file is is found in its content, never in its name, and only four kinds are opened.

OpenStreetMap extract (.osm.pbf, .osm)   buildings, entrances, ways
GeoJSON                                  one layer of places or ways
Excel workbook (.xlsx)                   the roster
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.crs import Datum, Registered, lonlat
from geodata.exchange import CONTRACTS, CRS, Column
from geodata.problems import Problem, refuse
from geodata.validate import Document, Feature, document, shapes
from gridmap.errors import BadFile, BadInput

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

HEAD = 4096  # bytes that tell what a file is


class Form(StrEnum):
    """What a file is."""

    OSM_PBF = "pbf"
    OSM_XML = "osm"
    GEOJSON = "geojson"
    XLSX = "xlsx"


LIMITS = {Form.OSM_PBF: 200 << 20, Form.OSM_XML: 500 << 20, Form.GEOJSON: 64 << 20, Form.XLSX: 20 << 20}
"""Bytes that a file of each form may have."""
_ROOT = re.compile(r"<\??\s*([A-Za-z_][\w:.-]*)")
#: What people bring that is not opened here, by the first bytes; each with what to do.
_ELSE = (
    (b"\xd0\xcf\x11\xe0", "is an old .xls file or a workbook with a password; save it as .xlsx without one"),
    (b"SQLite format 3", "is a GeoPackage or another database; export the layer as GeoJSON"),
    (b"\x1f\x8b", "is packed with gzip; unpack it first"),
    (b"BZh", "is packed with bzip2; unpack it first"),
    (b"%PDF", "is a PDF; bring the table or map that it was made from"),
    (b"\x00\x00\x27\x0a", "is a shapefile; export the layer as GeoJSON"),
)
_XML_ELSE = {"kml": "KML", "gpx": "GPX", "OGRVRTDataSource": "a GDAL virtual file", "svg": "SVG", "html": "HTML"}


def form(path: Path) -> Form:
    """Return what a file is, by its content.

    Parameters
    ----------
    path
        Named by the person who brings it.

    Raises
    ------
    BadFile
        There is no such file, it is empty or too large, or of a kind that is not read here.
    """
    try:
        if not path.is_file():
            raise BadFile("{file}: there is no such file", file=path)
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(HEAD)
    except (OSError, ValueError) as error:
        raise BadFile("{file} cannot be read: {reason}", file=path, reason=error) from error
    found = _form(path, head)
    if size > LIMITS[found]:
        raise BadFile(
            "{file} has {size} MB; {limit} MB are allowed, split it",
            file=path.name,
            size=size >> 20,
            limit=LIMITS[found] >> 20,
        )
    return found


def features(path: Path, layer: str | None, datum: Datum | Registered = Datum.WGS84) -> tuple[str, GeoDataFrame]:
    """Return one layer of a GeoJSON file as its contract has it, and the layer's name.

    Parameters
    ----------
    path
        A GeoJSON file on this machine.
    layer
        Its name in `CONTRACTS`; None where the file says it by its member `name`. Properties count by the names and
        headings of the contract, others do not.
    datum
        Of the coordinates in the file.

    Returns
    -------
    tuple of str and GeoDataFrame
        In lon, lat; the index says where in the file a row stands, such as `features[3]`.

    Raises
    ------
    ImportRefused
        With every fault of the file.
    BadInput
        Nothing says which layer it is, or the coordinates cannot be those of `datum`.
    """
    from geopandas import GeoDataFrame
    from pandas import Series

    content = document(path.read_bytes(), layer=layer or path.name, projected=isinstance(datum, Registered))
    name = layer or content.name
    if name not in CONTRACTS or not CONTRACTS[name].geometry:
        raise BadInput("{file} does not say which layer it is; give --layer", file=path.name, field="layer")
    _check_crs(content, name, datum)
    contract = CONTRACTS[name]
    paths = [feature.path for feature in content.features]
    columns = _columns(content.features, contract.columns)
    if "source_id" in contract and not {"source_id", "code"} & columns.keys():
        columns["source_id"] = [feature.id for feature in content.features]
    geometry = lonlat(shapes(feature.geometry for feature in content.features), datum)
    plain = {column: Series(values, index=paths, dtype=object) for column, values in columns.items()}
    return name, GeoDataFrame(plain, geometry=geometry, index=paths, crs=CRS)


def _form(path: Path, head: bytes) -> Form:
    name = path.name
    if not head.strip():
        raise BadFile("{file} is empty", file=name)
    for magic, advice in _ELSE:
        if head.startswith(magic):
            raise BadFile("{file} {advice}", file=name, advice=advice)
    if head.startswith(b"PK"):
        return _archive(path)
    # A PBF file begins with the length of its first header and that header's type.
    if head[:2] == b"\x00\x00" and b"OSMHeader" in head[:32]:
        return Form.OSM_PBF
    text = head.decode("utf-8-sig", errors="replace").lstrip()
    if text.startswith(("{", "[", '"')):
        return Form.GEOJSON
    if text.startswith("<"):
        return _xml(name, head, text)
    raise BadFile("{file} is neither GeoJSON, nor an OpenStreetMap extract, nor an Excel workbook", file=name)


def _archive(path: Path) -> Form:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise BadFile("{file} is damaged: {reason}", file=path.name, reason=error) from error
    if "xl/workbook.xml" in names:
        return Form.XLSX
    raise BadFile(
        "{file} is an archive, not an Excel workbook; unpack it, and export shapefiles as GeoJSON", file=path.name
    )


def _xml(name: str, head: bytes, text: str) -> Form:
    if re.search(rb"<!(?:DOCTYPE|ENTITY)", head.replace(b"\x00", b""), re.IGNORECASE):
        raise BadFile("{file} declares a document type, which no map file does", file=name)
    without_comments = re.sub(r"<!--.*?-->|<\?.*?\?>", "", text, flags=re.DOTALL)
    root = match.group(1) if (match := _ROOT.search(without_comments)) else "?"
    if root == "osm":
        return Form.OSM_XML
    raise BadFile(
        "{file} is {kind}; export the layer as GeoJSON",
        file=name,
        kind=_XML_ELSE.get(root, f"XML of another kind ({root})"),
    )


def _check_crs(content: Document, layer: str, datum: Datum | Registered) -> None:
    if not content.crs or not isinstance(datum, Registered):
        return
    number = content.crs.rpartition(":")[2]
    if number.isdigit() and int(number) != datum.epsg:
        message = "names another coordinate system than --datum {datum}"
        raise refuse(layer, len(content.features), [Problem("crs", None, content.crs, message, {"datum": datum})])


def _columns(listed: Iterable[Feature], columns: tuple[Column, ...]) -> dict[str, list[Any]]:
    """Return the values of the contract's columns that any feature has."""
    headings = {plain(heading): c for c in columns for heading in (*c.also, c.zh, c.name)}
    rows = []
    for feature in listed:
        row: dict[str, Any] = {}
        for name, value in feature.properties.items():
            column = headings.get(plain(name))
            # The contract's own name wins over what else people call it.
            if column and (name == column.name or column.name not in row):
                row[column.name] = value
        rows.append(row)
    given = [column.name for column in columns if any(column.name in row for row in rows)]
    return {name: [row.get(name) for row in rows] for name in given}


def plain(heading: str) -> str:
    """Return a heading without what people write differently: capitals, blanks, underlines.

    Parameters
    ----------
    heading
        Of a column or property.
    """
    return re.sub(r"[\s_-]+", "", heading).casefold()
