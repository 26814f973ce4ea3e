"""The roster as offices keep it: an Excel table whose headings are in any order, in Chinese or English.

In such a table `to` is the last day of a term; everywhere else in GridMap a period ends before its `valid_to`.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
import xml.parsers.expat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.exchange import CONTRACTS
from geodata.load.values import Unusable, day, missing
from geodata.problems import Problem, refuse
from gridmap.errors import BadFile

if TYPE_CHECKING:
    from pandas import DataFrame

MOST_ENTRIES, MOST_BYTES, MOST_RATIO = 200, 100 << 20, 100
RATIO_FROM = 1 << 20  # bytes; small parts compress well without harm
MOST_ROWS, MOST_COLUMNS, HEADER_WITHIN = 20_000, 64, 20
_LAST_DAY = ("to", "until", "last day", "结束日期", "终止日期", "截止日期", "离任日期", "止", "至", "到期日期")
_ORGANIZATION = ("organization", "organisation", "company", "单位", "单位名称", "机构")
_OPEN_END = frozenset({"至今", "长期", "now", "present", "-", "—", "–", "/"})
_NOBODY = frozenset({"空缺", "暂缺", "待定", "无", "vacant"})
_ERRORS_OF_EXCEL = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})
DAYS = (20_000, 80_000)  # the years 1954 to 2119 as Excel counts
_NEEDED = frozenset({"role", "place", "name"})


@dataclass(frozen=True, slots=True)
class _Header:
    sheet: str
    row: int
    columns: dict[int, str]


def read(path: Path) -> DataFrame:
    """Return the roster of an Excel file as the contract of the layer `roster` has it.

    Parameters
    ----------
    path
        An .xlsx file on this machine. Every visible sheet with the headings of a roster is read.

    Returns
    -------
    DataFrame
        The index says where a row stands: its number in Excel, after the sheet's name where there are several.

    Raises
    ------
    BadFile
        Not a workbook, or one made to do harm.
    ImportRefused
        No sheet has the headings, or cells hold errors of Excel.
    """
    from pandas import DataFrame

    check_workbook(path)
    tables = list(_tables(path))
    if not tables:
        missing_ = "a row with headings for post, place and name (岗位, 地点, 姓名; role, place, person) was not found"
        raise refuse("roster", 0, [Problem("workbook", None, None, missing_)])
    rows: dict[str, dict[str, Any]] = {}
    problems: list[Problem] = []
    for header, cells in tables:
        for number, values in cells:
            label = f"row {number}" if len(tables) == 1 else f"{header.sheet}, row {number}"
            if row := _row(header, values, label, problems):
                rows[label] = row
    if problems:
        raise refuse("roster", len(rows), problems)
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    plain = {name: [row.get(name) for row in rows.values()] for name in columns}
    return DataFrame(plain, index=list(rows), dtype=object)


def check_workbook(path: Path) -> None:
    """Refuse a workbook that would fill the memory, or that is none.

    Parameters
    ----------
    path
        A file on this machine.

    Raises
    ------
    BadFile
        With the reason.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            total = sum(entry.file_size for entry in entries)
            if len(entries) > MOST_ENTRIES or total > MOST_BYTES:
                raise BadFile(
                    "the workbook unpacks to {count} parts and {size} MB; {most} parts and {limit} MB are allowed",
                    count=len(entries), size=total >> 20, most=MOST_ENTRIES, limit=MOST_BYTES >> 20,
                )  # fmt: skip
            for entry in entries:
                if entry.file_size > max(RATIO_FROM, entry.compress_size * MOST_RATIO):
                    raise BadFile(
                        "{part} in the workbook is packed more than {ratio}-fold", part=entry.filename, ratio=MOST_RATIO
                    )
                if entry.filename.lower().endswith((".xml", ".rels", ".vml")):
                    _refuse_doctype(archive, entry)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise BadFile("the workbook is damaged: {reason}", reason=error) from error


def _refuse_doctype(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    parser = xml.parsers.expat.ParserCreate()

    def found(*_: object) -> None:
        raise BadFile("{part} in the workbook declares a document type; Excel never does", part=entry.filename)

    parser.StartDoctypeDeclHandler = found
    # A document type stands before the first element.
    parser.StartElementHandler = lambda *_: _stop()
    try:
        with archive.open(entry) as stream:
            while block := stream.read(1 << 16):
                parser.Parse(block, False)
    except (StopIteration, xml.parsers.expat.ExpatError):
        return  # what is not XML is for the reader to refuse


def _stop() -> None:
    raise StopIteration


def _tables(path: Path) -> Iterator[tuple[_Header, list[tuple[int, tuple[Any, ...]]]]]:
    """Yield header and cells of each visible sheet that holds a roster."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings():
            # Styles and extensions that openpyxl does not know are of no interest here.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
            try:
                for sheet in book.worksheets:
                    if sheet.sheet_state != "visible":
                        continue
                    sheet.reset_dimensions()  # what a sheet says of its own size is not to be trusted
                    cells = _cells(sheet)
                    if header := _header(sheet.title, cells):
                        yield header, [(number, values) for number, values in cells if number > header.row]
            finally:
                book.close()
    except (
        InvalidFileException,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        SyntaxError,
        zipfile.BadZipFile,
    ) as error:
        raise BadFile("the workbook is damaged: {reason}", reason=error) from error


def _cells(sheet: Any) -> list[tuple[int, tuple[Any, ...]]]:
    found = []
    for number, values in enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS, max_row=MOST_ROWS + 1), 1):
        if number > MOST_ROWS:
            raise BadFile("sheet {sheet} has more than {limit} rows; split it", sheet=sheet.title, limit=MOST_ROWS)
        if not all(missing(value) for value in values):
            found.append((number, values))
    return found


def _header(sheet: str, cells: list[tuple[int, tuple[Any, ...]]]) -> _Header | None:
    headings = _headings()
    for number, values in cells[:HEADER_WITHIN]:
        columns: dict[int, str] = {}
        for position, value in enumerate(values):
            name = headings.get(_plain(value)) if isinstance(value, str) else None
            if name and name not in columns.values():
                columns[position] = name
        named = set(columns.values()) | ({"name"} if "organization" in columns.values() else set())
        if named >= _NEEDED:
            return _Header(sheet, number, columns)
    return None


def _headings() -> dict[str, str]:
    found = {}
    for column in CONTRACTS["roster"].columns:
        for heading in (column.name, column.zh, *column.also):
            found[_plain(heading)] = column.name
    found.update({_plain(heading): "last_day" for heading in _LAST_DAY})
    found.update({_plain(heading): "organization" for heading in _ORGANIZATION})
    return found


def _row(header: _Header, values: tuple[Any, ...], label: str, problems: list[Problem]) -> dict[str, Any] | None:
    """Return a row by column; None for a blank one, and for one that says that nobody holds the post."""
    cells = {name: values[position] if position < len(values) else None for position, name in header.columns.items()}
    row = {name: None if missing(value) else value for name, value in cells.items()}
    for name, value in row.items():
        if isinstance(value, str) and value.strip() in _ERRORS_OF_EXCEL:
            problems.append(Problem(label, name, value, "is an error of Excel"))
    nobody = str(row.get("name")).strip().lower() in _NOBODY
    return None if nobody or not any(row.values()) else _as_contracted(row)


def _as_contracted(row: dict[str, Any]) -> dict[str, Any]:
    organization = row.pop("organization", None)
    if organization is not None and row.get("name") is None:
        row |= {"name": organization, "holder": "organization"}
    if "last_day" in row:
        row["valid_to"] = _day_after(row.pop("last_day"))
    if "valid_from" in row:
        row["valid_from"] = _date(row["valid_from"])
    for name in ("phone", "phone_24h", "place"):
        if name in row:
            row[name] = _digits(row[name])
    return row


def _date(value: Any) -> Any:
    """Turn Excel's own count of days, which a cell without a date format shows, into a day."""
    from openpyxl.utils.datetime import from_excel

    if isinstance(value, int | float) and not isinstance(value, bool) and DAYS[0] <= value <= DAYS[1]:
        return from_excel(value)
    return value


def _day_after(value: Any) -> Any:
    """Turn the last day into the first day after; what is no day is left for the report to name."""
    if isinstance(value, str) and value.strip().lower() in _OPEN_END:
        return None
    try:
        last: date | None = day(_date(value))
    except Unusable:
        return value
    return last + timedelta(days=1) if last else None


def _digits(value: Any) -> Any:
    """Undo what Excel does to telephone numbers and codes that it takes for numbers."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _plain(heading: object) -> str:
    text = unicodedata.normalize("NFKC", str(heading)).casefold()
    return re.sub(r"[\s_*:()\[\]（）:：·-]+", "", text)
