from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from geodata import roster
from geodata.load.rows import read as clean
from geodata.problems import ImportRefused
from gridmap.errors import BadFile

Write = Callable[..., Path]
HEAD = ("role", "place", "person", "phone", "from", "to")


@pytest.fixture
def workbook(tmp_path: Path) -> Write:
    def write(*rows: tuple[Any, ...], sheets: dict[str, list[tuple[Any, ...]]] | None = None) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, listed in (sheets or {"Sheet1": list(rows)}).items():
            sheet = book.create_sheet(title)
            for row in listed:
                sheet.append(row)
        book.save(tmp_path / "roster.xlsx")
        return tmp_path / "roster.xlsx"

    return write


def read(path: Path) -> list[dict[str, Any]]:
    """What storing makes of it."""
    rows = clean("roster", roster.read(path))
    assert not [str(problem) for row in rows for problem in row.problems]
    return [{"label": row.label} | {k: v for k, v in row.given.items() if v is not None} for row in rows]


def test_the_last_day_is_inclusive(workbook: Write) -> None:
    assert read(workbook(HEAD, ("grid_leader", "001", "Zhang", "138", "2023-01-01", "2024-06-30"))) == [
        {
            "label": "row 2",
            "role": "grid_leader",
            "place": "001",
            "name": "Zhang",
            "phone": "138",
            "valid_from": date(2023, 1, 1),
            "valid_to": date(2024, 7, 1),
        }
    ]


def test_chinese_headings_in_any_order_below_a_title(workbook: Write) -> None:
    path = workbook(
        ("瑞宁社区网格长名册",),
        (),
        ("序号", "姓 名", "联系电话", "岗位*", "负责范围", "起始日期", "终止日期", "是否公开"),
        (1, "张甲", 13800000001, "网格长", "一网格", "2024.7.1", "至今", "是"),
    )
    assert read(path) == [
        {
            "label": "row 4",
            "name": "张甲",
            "phone": "13800000001",
            "role": "网格长",
            "place": "一网格",
            "valid_from": date(2024, 7, 1),
            "consent": True,
        }
    ]


@pytest.mark.parametrize(
    "value",
    [
        "2024-07-01",
        "2024/7/1",
        "2024.7.1",
        "2024年7月1日",
        "２０２４-０７-０１",
        datetime(2024, 7, 1),  # noqa: DTZ001 - Excel knows no zones
        date(2024, 7, 1),
        45474,
        20240701,
        "20240701 ",
    ],
)
def test_days_as_people_and_excel_write_them(workbook: Write, value: object) -> None:
    found = read(workbook(HEAD, ("grid_leader", "001", "Zhang", None, value, value)))[0]
    assert (found["valid_from"], found["valid_to"]) == (date(2024, 7, 1), date(2024, 7, 2))


def test_days_that_are_none_are_left_to_the_report(workbook: Write) -> None:
    path = workbook(HEAD, ("a", "1", "x", None, "soon", "31.12.2020"), ("a", "1", "y", None, None, "2024-02-30"))
    problems = [p for row in clean("roster", roster.read(path)) for p in row.problems]
    assert [(p.id, p.attribute, p.value) for p in problems] == [
        ("row 2", "valid_from", "soon"),
        ("row 2", "valid_to", "31.12.2020"),
        ("row 3", "valid_to", "2024-02-30"),
    ]


def test_numbers_that_excel_made_of_codes_and_phones_are_undone(workbook: Write) -> None:
    found = read(workbook(HEAD, ("grid_leader", 91000001001001, "Zhang", 13800000001.0, None, None)))[0]
    assert (found["place"], found["phone"]) == ("91000001001001", "13800000001")


def test_blank_rows_and_vacancies_are_passed_over(workbook: Write) -> None:
    path = workbook(HEAD, ("grid_leader", "001", "空缺"), (None, " ", ""), ("grid_leader", "002", "Zhang"))
    assert [row["label"] for row in read(path)] == ["row 4"]


def test_a_post_of_a_company(workbook: Write) -> None:
    path = workbook(("岗位", "地点", "姓名", "单位名称", "24小时电话"), ("供热", "001", None, "供热公司", "5550001"))
    assert read(path) == [
        {
            "label": "row 2",
            "role": "供热",
            "place": "001",
            "name": "供热公司",
            "holder": "organization",
            "phone_24h": "5550001",
        }
    ]


def test_every_sheet_with_the_headings_is_read(workbook: Write) -> None:
    row = ("grid_leader", "001", "Zhang")
    path = workbook(sheets={"东苑": [HEAD, row], "说明": [("read me",)], "西苑": [HEAD, row]})
    assert [found["label"] for found in read(path)] == ["东苑, row 2", "西苑, row 2"]


def test_a_workbook_without_the_headings_is_refused(workbook: Write) -> None:
    with pytest.raises(ImportRefused, match="岗位, 地点, 姓名"):
        roster.read(workbook(("name", "phone"), ("Zhang", "138")))


def test_errors_of_excel_are_named_all_at_once(workbook: Write) -> None:
    with pytest.raises(ImportRefused) as caught:
        roster.read(workbook(HEAD, ("grid_leader", "#N/A", "Zhang"), ("grid_leader", "1", "#REF!")))
    assert [(p.id, p.attribute) for p in caught.value.report.problems] == [("row 2", "place"), ("row 3", "name")]


def test_the_real_roster_is_read_whole(shared: Path) -> None:
    rows = read(shared / "data" / "osm" / "helsinki_roster.xlsx")
    assert len(rows) == 163
    assert sum(row["role"] == "building_leader" for row in rows) == 150


def archive(path: Path, parts: dict[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return path


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = archive(tmp_path / "a.xlsx", {"xl/workbook.xml": "<a/>", "xl/worksheets/sheet1.xml": b"0" * (30 << 20)})
    with pytest.raises(BadFile, match="more than 100-fold"):
        roster.read(bomb)
    many = archive(tmp_path / "b.xlsx", {f"xl/{n}.xml": "<a/>" for n in range(201)})
    with pytest.raises(BadFile, match="201 parts"):
        roster.read(many)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused(tmp_path: Path, encoding: str) -> None:
    text = "<?xml version='1.0'?><!DOCTYPE w [<!ENTITY e 'x'>]><w>&e;</w>".encode(encoding)
    with pytest.raises(BadFile, match="declares a document type"):
        roster.read(archive(tmp_path / "a.xlsx", {"xl/workbook.xml": text}))


@pytest.mark.parametrize("parts", [{}, {"xl/workbook.xml": "no xml"}, {"xl/workbook.xml": "<workbook/>"}])
def test_a_damaged_workbook_is_refused_in_one_sentence(tmp_path: Path, parts: dict[str, str]) -> None:
    with pytest.raises(BadFile, match="damaged"):
        roster.read(archive(tmp_path / "a.xlsx", parts))


def test_a_cut_off_workbook_is_refused(tmp_path: Path, shared: Path) -> None:
    file = tmp_path / "a.xlsx"
    file.write_bytes((shared / "data" / "osm" / "helsinki_roster.xlsx").read_bytes()[:6000])
    with pytest.raises(BadFile):
        roster.read(file)


def test_a_cell_at_the_far_end_of_the_sheet_is_not_waited_for(tmp_path: Path, workbook: Write) -> None:
    book = openpyxl.load_workbook(workbook(HEAD, ("grid_leader", "001", "Zhang")))
    book.active["XFD5"] = "x"
    book.save(tmp_path / "wide.xlsx")
    assert len(read(tmp_path / "wide.xlsx")) == 1
    book.active["A1048576"] = "x"
    book.save(tmp_path / "long.xlsx")
    with pytest.raises(BadFile, match="more than 20000 rows"):
        roster.read(tmp_path / "long.xlsx")
