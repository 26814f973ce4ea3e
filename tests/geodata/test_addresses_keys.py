"""The keys by which names are found, and what a typed text asks for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.addresses import keys, query, sort_key
from geodata.addresses.names import KEY_LENGTH
from geodata.addresses.traditional import SIMPLIFIED
from gridmap.errors import BadInput
from gridmap.search import LONGEST_QUERY


def wholes(*names: str) -> set[str]:
    return {key[1:] for key in keys(*names) if key.startswith("=")}


def test_a_compound_is_found_by_name_pinyin_initials_and_without_what_people_leave_out() -> None:
    assert wholes("塞上江南小区") == {
        "塞上江南小区", "saishangjiangnanxiaoqu", "ssjnxq", "塞上江南", "saishangjiangnan", "ssjn",
    }  # fmt: skip


def test_a_later_part_of_a_name_is_a_key_at_each_character_and_syllable() -> None:
    later = {key[1:] for key in keys("塞上江南") if key.startswith("~")}
    assert later == {"上江南", "江南", "南", "shangjiangnan", "jiangnan", "nan", "sjn", "jn"}


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("3号楼", {"b#3"}), ("三号楼", {"b#3"}), ("13栋", {"b#13"}), ("西3栋", {"b#西3"}), ("A座", {"b#a"}), ("塞上江南3号楼", {"b#3", "w#3/塞上江南", "w#3/saishangjiangnan", "w#3/ssjn"}),
        ("2单元", {"e#2"}), ("3号楼2单元", {"b#3", "e#2"}), ("3-2", {"b#3", "e#2"}), ("12", {"b#12", "e#12"}),
        ("A", {"b#a", "e#a"}), ("Mannerheimintie 4 A", {"b#4", "w#4/mannerheimintie", "e#a"}), ("塞上江南小区", set()), ("第一网格", set()),
    ],
)  # fmt: skip
def test_a_numbered_name_has_its_label(name: str, labels: set[str]) -> None:
    assert {key for key in keys(name) if key[1] == "#"} == labels


@pytest.mark.parametrize(
    ("name", "reading"),
    [
        ("单小明", "shanxiaoming"), ("解东", "xiedong"), ("曾一", "zengyi"), ("区海", "ouhai"), ("仇和", "qiuhe"),
        ("尉迟恭", "yuchigong"), ("查良", "zhaliang"), ("任红", "renhong"), ("吕小绿", "lvxiaolv"), ("吕小绿", "luxiaolu"),
        ("临街长楼", "linjiechanglou"), ("临街长楼", "linjiezhanglou"), ("大厦", "daxia"), ("重庆路", "chongqinglu"), ("长安街", "changanjie"), ("银行家属院", "yinhangjiashuyuan"),
    ],
)  # fmt: skip
def test_a_name_is_found_by_the_reading_people_use(name: str, reading: str) -> None:
    assert reading in wholes(name)


def test_the_usual_reading_of_a_surname_is_kept() -> None:
    assert {"danxiaoming", "shanxiaoming", "dxm", "sxm"} <= wholes("单小明")


def test_aliases_add_their_keys_after_the_name() -> None:
    both = keys("议事长廊", "党群联络点")
    assert both[0] == "@" + sort_key("议事长廊")
    assert set(keys("党群联络点")[1:]) < set(both)
    assert len(both) == len(set(both))


def test_blank_names_count_for_nothing() -> None:
    assert keys() == keys("") == keys("  ", "\u200b") == []
    assert keys("", "东苑")[0] == "@dongyuan"


@pytest.mark.parametrize("name", ["%", "_", "\\", "'", "☺", "𠮷", "<b>", "’", "·"])
def test_any_sign_is_a_name_of_its_own(name: str) -> None:
    assert any(key.startswith("=") and len(key) > 1 for key in keys(name))


@settings(deadline=None)
@given(st.lists(st.text(max_size=220), max_size=3))
def test_keys_are_lexemes_that_an_index_takes(names: list[str]) -> None:
    found = keys(*names)
    assert all(found)
    assert len(found) == len(set(found))
    assert all(key[0] in "@=~" or key[:2] in {"b#", "e#", "w#"} for key in found)
    assert max(map(len, found), default=0) <= 7 * KEY_LENGTH  # zeros before each number
    assert keys(*names) == found


@settings(deadline=None)
@given(st.text(min_size=1, max_size=LONGEST_QUERY))
def test_a_name_is_found_by_itself(name: str) -> None:
    try:
        asked = query(name)
    except BadInput:
        return
    assert set(asked.name.wholes) & wholes(name)


def test_lists_sort_by_pinyin_and_by_value_of_numbers() -> None:
    names = ["塞上江南小区", "10号楼", "瑞宁名苑B区", "2号楼", "十一号楼", "瑞宁名苑A区", "东苑", "１号楼"]
    assert sorted(names, key=sort_key) == [
        "１号楼", "2号楼", "10号楼", "十一号楼", "东苑", "瑞宁名苑A区", "瑞宁名苑B区", "塞上江南小区",
    ]  # fmt: skip


def test_traditional_characters_are_one_to_one() -> None:
    assert len(SIMPLIFIED) > 1000
    assert not set(map(chr, SIMPLIFIED)) & set(SIMPLIFIED.values())
    assert wholes("瑞寧名苑") == wholes("瑞宁名苑")


def test_a_mixture_of_characters_and_letters_is_tried_as_pinyin_and_as_initials() -> None:
    assert query("塞上jn").name.parts == ("塞上jn", "saishangjn", "ssjn")


def test_what_stands_above_the_compound_may_be_left_out() -> None:
    words = query("集宁区泉山街道瑞宁社区塞上江南小区3号楼").readings[0].words
    assert {"塞上江南", "塞上江南小区"} <= set(words.wholes)


def test_a_code_is_looked_for_as_typed_and_in_capitals() -> None:
    assert query(" hel-b00001 ").codes == ("hel-b00001", "HEL-B00001")
    assert "HEL-B00001" in query("ＨＥＬ－Ｂ００００１").codes


@pytest.mark.parametrize(
    "text", ["", "   ", "\u200b", "\x00", "a\x00b", "\ud800", "x" * (LONGEST_QUERY + 1), "\u202e\u2066"]
)
def test_what_nobody_can_look_for_is_refused_and_the_field_named(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        query(text)
    assert refused.value.field == "q"


def test_a_query_of_a_hundred_wide_signs_keeps_to_the_length_of_a_key() -> None:
    asked = query("ﷺ" * LONGEST_QUERY)
    assert max(map(len, (*asked.name.wholes, *asked.name.parts))) <= KEY_LENGTH
