"""Addresses as residents write them: over two hundred spellings, and the rules that hold for all."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.addresses import Address, parse, readings
from geodata.addresses.text import compact, integer, normalise

#: spelling | compound | building | entrance | room | rest
SPELLINGS = """
塞上江南三号楼2单元 | 塞上江南 | 3 | 2 | |
塞上江南3号楼2单元 | 塞上江南 | 3 | 2 | |
塞上江南３号楼２单元 | 塞上江南 | 3 | 2 | |
塞上江南三号楼二单元 | 塞上江南 | 3 | 2 | |
塞上江南叁号楼贰单元 | 塞上江南 | 3 | 2 | |
塞上江南三號樓二單元 | 塞上江南 | 3 | 2 | |
塞上江南小区3栋二单元501室 | 塞上江南小区 | 3 | 2 | 501 |
塞上江南小区3幢2单元501 | 塞上江南小区 | 3 | 2 | 501 |
塞上江南小区3座2单元501户 | 塞上江南小区 | 3 | 2 | 501 |
塞上江南小区 3号楼 2单元 501室 | 塞上江南小区 | 3 | 2 | 501 |
塞上江南小区，3号楼，2单元，501室 | 塞上江南小区 | 3 | 2 | 501 |
塞上江南小区-3-2-501 | 塞上江南小区 | 3 | 2 | 501 |
塞上江南3-2-501 | 塞上江南 | 3 | 2 | 501 |
塞上江南3-2 | 塞上江南 | 3 | 2 | |
塞上江南 3-2 | 塞上江南 | 3 | 2 | |
塞上江南 3 2 501 | 塞上江南 | 3 | 2 | 501 |
塞上江南—3—2 | 塞上江南 | 3 | 2 | |
塞上江南3#2-501 | 塞上江南 | 3 | 2 | 501 |
塞上江南3#楼2单元 | 塞上江南 | 3 | 2 | |
塞上江南#3-2 | 塞上江南 | 3 | 2 | |
塞上江南3 | 塞上江南 | 3 | | |
塞上江南 3 | 塞上江南 | 3 | | |
塞上江南3号 | 塞上江南 | 3 | | |
塞上江南3楼 | 塞上江南 | 3 | | |
塞上江南第3栋 | 塞上江南 | 3 | | |
塞上江南十三栋 | 塞上江南 | 13 | | |
塞上江南小区十三号楼三单元 | 塞上江南小区 | 13 | 3 | |
塞 上 江 南 3 号 楼 2 单 元 | 塞上江南 | 3 | 2 | |
塞上江南3号楼2门 | 塞上江南 | 3 | 2 | |
塞上江南3号楼2号门 | 塞上江南 | 3 | 2 | |
塞上江南3号楼2梯 | 塞上江南 | 3 | 2 | |
塞上江南3号楼2单元501号 | 塞上江南 | 3 | 2 | 501 |
塞上江南3号楼501 | 塞上江南 | 3 | | 501 |
塞上江南3号楼501室 | 塞上江南 | 3 | | 501 |
塞上江南3-501 | 塞上江南 | 3 | | 501 |
塞上江南2单元 | 塞上江南 | | 2 | |
塞上江南2单元501 | 塞上江南 | | 2 | 501 |
塞上江南501室 | 塞上江南 | | | 501 |
塞上江南小区3号楼2单元5层501 | 塞上江南小区 | 3 | 2 | 501 | 5层
塞上江南小区3号楼2单元5楼西户 | 塞上江南小区 | 3 | 2 | | 5楼西户
塞上江南小区3号楼2单元东户 | 塞上江南小区 | 3 | 2 | | 东户
塞上江南小区3号楼下 | 塞上江南小区 | 3 | | | 下
塞上江南小区3号楼门口 | 塞上江南小区 | 3 | | | 门口
塞上江南小区3号楼东侧 | 塞上江南小区 | 3 | | | 东侧
塞上江南小区3号楼（幼儿园对面） | 塞上江南小区 | 3 | | | 幼儿园对面
塞上江南小区（北区）3号楼 | 塞上江南小区北区 | 3 | | |
塞上江南二期3号楼 | 塞上江南二期 | 3 | | |
塞上江南2期3号楼1单元 | 塞上江南2期 | 3 | 1 | |
名苑A区12号楼 | 名苑a区 | 12 | | |
名苑Ａ区１２号楼 | 名苑a区 | 12 | | |
名苑a区12号楼 | 名苑a区 | 12 | | |
瑞宁名苑a区3号楼 | 瑞宁名苑a区 | 3 | | |
瑞宁名苑A區3號樓 | 瑞宁名苑a区 | 3 | | |
瑞寧名苑A區3號樓 | 瑞宁名苑a区 | 3 | | |
瑞宁名苑B区十栋贰单元伍零壹室 | 瑞宁名苑b区 | 10 | 2 | 501 |
瑞宁名苑B区10-2-501 | 瑞宁名苑b区 | 10 | 2 | 501 |
瑞宁名苑 B 区 10 号楼 | 瑞宁名苑b区 | 10 | | |
A区十二栋 | a区 | 12 | | |
A区12 | a区 | 12 | | |
A区12-1 | a区 | 12 | 1 | |
b区3幢1单元 | b区 | 3 | 1 | |
名苑A3栋 | 名苑 | a3 | | |
名苑a-3栋 | 名苑a | 3 | | |
东苑 13号楼 2 门 | 东苑 | 13 | 2 | |
东苑13#2 | 东苑 | 13 | 2 | |
東苑十三號樓二門 | 东苑 | 13 | 2 | |
东苑13栋2单元 1201 | 东苑 | 13 | 2 | 1201 |
3-2 | | 3 | 2 | |
３-２ | | 3 | 2 | |
３－２ | | 3 | 2 | |
3—2 | | 3 | 2 | |
3~2 | | 3 | 2 | |
3～2 | | 3 | 2 | |
3_2 | | 3 | 2 | |
3/2 | | 3 | 2 | |
3、2 | | 3 | 2 | |
3.2 | | 3 | 2 | |
3。2 | | 3 | 2 | |
3，2 | | 3 | 2 | |
3 2 | | 3 | 2 | |
三-二 | | 3 | 2 | |
三 二 | | 3 | 2 | |
3-2-501 | | 3 | 2 | 501 |
13-2-501 | | 13 | 2 | 501 |
三-二-五零一 | | 3 | 2 | 501 |
3-2-5-501 | | 3 | 2 | 501 | 5
3-501 | | 3 | | 501 |
3-12 | | 3 | 12 | |
03-02 | | 3 | 2 | |
3 | | 3 | | |
12 | | 12 | | |
三 | | 3 | | |
十二 | | 12 | | |
3号 | | 3 | | |
3号楼 | | 3 | | |
三号楼 | | 3 | | |
03号楼 | | 3 | | |
3 号 楼 | | 3 | | |
3號樓 | | 3 | | |
第三栋 | | 3 | | |
第3幢 | | 3 | | |
第十三号楼 | | 13 | | |
3栋 | | 3 | | |
3棟 | | 3 | | |
3幢 | | 3 | | |
3座 | | 3 | | |
3楼 | | 3 | | |
3# | | 3 | | |
3＃ | | 3 | | |
#3 | | 3 | | |
#3楼 | | 3 | | |
3#楼 | | 3 | | |
No.3楼 | | 3 | | |
no 3 | | 3 | | |
十号楼 | | 10 | | |
十一号楼 | | 11 | | |
二十号楼 | | 20 | | |
廿号楼 | | 20 | | |
廿一号楼 | | 21 | | |
二十一号楼 | | 21 | | |
卅二号楼 | | 32 | | |
九十九号楼 | | 99 | | |
一百号楼 | | 100 | | |
一百零二号楼 | | 102 | | |
一百〇二号楼 | | 102 | | |
一百一十号楼 | | 110 | | |
一百十二号楼 | | 112 | | |
一百二号楼 | | 120 | | |
一二〇号楼 | | 120 | | |
两号楼 | | 2 | | |
两百号楼 | | 200 | | |
壹号楼 | | 1 | | |
拾贰号楼 | | 12 | | |
贰拾壹号楼 | | 21 | | |
壹佰零贰号楼 | | 102 | | |
3号楼2单元 | | 3 | 2 | |
3号楼二单元 | | 3 | 2 | |
3#楼二单元 | | 3 | 2 | |
3#2单元 | | 3 | 2 | |
3栋二单元501室 | | 3 | 2 | 501 |
3幢1单元 | | 3 | 1 | |
3-2单元 | | 3 | 2 | |
3号2单元 | | 3 | 2 | |
3楼2单元 | | 3 | 2 | |
3号楼2 | | 3 | 2 | |
3号楼-2 | | 3 | 2 | |
3号楼 二 | | 3 | 2 | |
3栋501 | | 3 | | 501 |
3号501 | | 3 | | 501 |
3号楼2号 | | 3 | 2 | |
3栋2单元1号 | | 3 | 2 | 1 |
3栋2单元1户 | | 3 | 2 | 1 |
3栋2门1号 | | 3 | 2 | 1 |
3栋第2单元第501室 | | 3 | 2 | 501 |
3号楼甲单元 | | 3 | 甲 | |
3号楼东单元 | | 3 | 东 | |
3号楼A单元 | | 3 | a | |
3号楼2单元502A | | 3 | 2 | 502a |
3号楼5楼501 | | 3 | | 501 | 5楼
3号楼A座 | | 3 | | | a座
3号楼2单元旁5号楼 | | 3 | 2 | | 旁5号楼
2单元3号楼 | | 3 | 2 | |
12#1-302 | | 12 | 1 | 302 |
12# 1 302 | | 12 | 1 | 302 |
12＃１－３０２ | | 12 | 1 | 302 |
2单元 | | | 2 | |
二单元 | | | 2 | |
第二单元 | | | 2 | |
贰单元 | | | 2 | |
2單元 | | | 2 | |
2门 | | | 2 | |
二门 | | | 2 | |
2号门 | | | 2 | |
东单元 | | | 东 | |
2单元501 | | | 2 | 501 |
501室 | | | | 501 |
五零一室 | | | | 501 |
A座 | | a | | |
Ｂ座 | | b | | |
B座1201 | | b | | 1201 |
国贸B座1201室 | 国贸 | b | | 1201 |
A3 | | a3 | | |
A3-2 | | a3 | 2 | |
a3栋2单元 | | a3 | 2 | |
3A号楼 | | 3a | | |
3a栋1单元 | | 3a | 1 | |
甲1号楼 | | 甲1 | | |
西3栋 | | 西3 | | |
东3号楼2单元 | | 东3 | 2 | |
甲栋 | | 甲 | | |
人民路12号 | 人民路 | 12 | | |
人民路12号院 | 人民路 | 12 | | |
人民路12号3号楼2单元 | 人民路12号 | 3 | 2 | |
人民路12号院3号楼2单元501 | 人民路12号院 | 3 | 2 | 501 |
12号院3号楼 | 12号院 | 3 | | |
3号院2单元 | | 3 | 2 | |
花园路8号3号楼 | 花园路8号 | 3 | | |
内蒙古乌兰察布市集宁区泉山街道瑞宁社区塞上江南小区3号楼2单元501 | 内蒙古乌兰察布市集宁区泉山街道瑞宁社区塞上江南小区 | 3 | 2 | 501 |
三门峡小区3栋 | 三门峡小区 | 3 | | |
三栋屋小区5号楼 | 三栋屋小区 | 5 | | |
三座店小区2号楼 | 三座店小区 | 2 | | |
五层楼小区2栋 | 五层楼小区 | 2 | | |
八一小区5栋 | 八一小区 | 5 | | |
二七小区三栋二单元 | 二七小区 | 3 | 2 | |
十字街小区12栋 | 十字街小区 | 12 | | |
五里坡小区六栋 | 五里坡小区 | 6 | | |
百合苑三号楼 | 百合苑 | 3 | | |
千禧园10栋 | 千禧园 | 10 | | |
万达广场3号楼 | 万达广场 | 3 | | |
一号公馆2栋3单元 | 一号公馆 | 2 | 3 | |
阳光100小区3号楼 | 阳光100小区 | 3 | | |
1812小区5栋 | 1812小区 | 5 | | |
360小区 3栋 | 360小区 | 3 | | |
ssjn3 | ssjn | 3 | | |
ssjn3hl | ssjn | 3 | | |
ssjn3hl2dy | ssjn | 3 | 2 | |
ssjn3hl2dy501 | ssjn | 3 | 2 | 501 |
SSJN3-2 | ssjn | 3 | 2 | |
ssjn 3-2-501 | ssjn | 3 | 2 | 501 |
saishangjiangnan3haolou | saishangjiangnan | 3 | | |
saishangjiangnan 3 hao lou 2 dan yuan | saishangjiangnan | 3 | 2 | |
sai shang jiang nan 3haolou2danyuan | saishangjiangnan | 3 | 2 | |
saishangjiangnan3dong2men | saishangjiangnan | 3 | 2 | |
rnmyaq12hl | rnmyaq | 12 | | |
ruiningmingyuan A qu 3 zhuang | ruiningmingyuanaqu | 3 | | |
塞上jn3号楼 | 塞上jn | 3 | | |
3hl | | 3 | | |
3haolou | | 3 | | |
2dy | | | 2 | |
Building 3 | | 3 | | |
Building 3 Unit 2 | | 3 | 2 | |
building3unit2room501 | | 3 | 2 | 501 |
Bldg. 3, Unit 2, Room 501 | | 3 | 2 | 501 |
Block B Flat 1201 | | b | | 1201 |
Saishang Jiangnan Building 3 Entrance 2 | saishangjiangnan | 3 | 2 | |
Unit 2, Building 3, Saishang Jiangnan | | 3 | 2 | | saishangjiangnan
Mannerheimintie 4 | mannerheimintie | 4 | | |
Mannerheimintie 4 A | mannerheimintie | 4 | a | |
Mannerheimintie 4 A 12 | mannerheimintie | 4 | a | 12 |
Hämeentie 15 B | hameentie | 15 | b | |
Iso Roobertinkatu 20-22 | isoroobertinkatu | 20 | 22 | |
Mannerheimintie 4a | mannerheimintie | 4a | | |
塞上江南 | 塞上江南 | | | |
塞上江南小区 | 塞上江南小区 | | | |
瑞宁名苑A区 | 瑞宁名苑a区 | | | |
塞上江南东门 | 塞上江南东门 | | | |
塞上江南议事长廊 | 塞上江南议事长廊 | | | |
党群服务中心 | 党群服务中心 | | | |
第3网格 | 第3网格 | | | |
第三网格 | 第三网格 | | | |
3号网格 | 3号网格 | | | |
1号楼群 | 1号楼群 | | | |
150902008001003 | 150902008001003 | | | |
13800000000 | 13800000000 | | | |
张三 | 张三 | | | |
陆建国 | 陆建国 | | | |
伍一鸣 | 伍一鸣 | | | |
迪丽热巴·买买提 | 迪丽热巴买买提 | | | |
王 小明 | 王小明 | | | |
三号线地铁站 | 三号线地铁站 | | | |
三八商店 | 三八商店 | | | |
saishangjiangnan | saishangjiangnan | | | |
dalou | dalou | | | |
𠮷野家 | 𠮷野家 | | | |
100% | 100% | | | |
<b>x</b> | bx/b | | | |
"""
TABLE = [[cell.strip() for cell in line.split("|")] for line in SPELLINGS.strip().splitlines()]


def test_the_table_is_long_enough_and_every_spelling_stands_once() -> None:
    assert len(TABLE) >= 200
    assert len({row[0] for row in TABLE}) == len(TABLE)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0])
def test_a_spelling_has_its_parts(row: list[str]) -> None:
    spelling, compound, building, entrance, room, *rest = row
    expected = Address(compound, building or None, entrance or None, room or None, rest[0] if rest else "")
    assert parse(spelling) == expected


@pytest.mark.parametrize(
    ("spelling", "ways"),
    [
        ("名苑A3栋", [("名苑", "a3", None), ("名苑a", "3", None)]),
        ("A-3-2", [("a", "3", "2"), ("", "a3", "2")]),
        ("4a", [("", "4a", None), ("", "4", "a")]),
        ("ssjn3d", [("ssjn", "3d", None), ("ssjn", "3", "d"), ("ssjn", "3", None)]),
        ("塞上江南三", [("塞上江南", "3", None), ("塞上江", "南3", None)]),
        ("东3", [("", "东3", None), ("东", "3", None)]),
        ("东苑西3栋", [("东苑西", "3", None), ("东苑", "西3", None)]),
        ("张三", [("张", "3", None)]),
        ("a", [("", "a", None)]),
        ("Unit 2, Building 3, Ruining Court", [("ruiningcourt", "3", "2"), ("", "3", "2")]),
        ("塞上江南", []),
        ("党群服务中心", []),
        ("501室", []),
    ],
)
def test_an_ambiguous_spelling_is_read_every_sensible_way(
    spelling: str, ways: list[tuple[str, str | None, str | None]]
) -> None:
    assert [(way.compound, way.building, way.entrance) for way in readings(spelling)] == ways


def spoken(number: int) -> str:
    """A number below 1000 as it is said, written from the other side than the parser reads it."""
    signs = "零一二三四五六七八九"
    hundreds, tens, ones = number // 100, number // 10 % 10, number % 10
    text = f"{signs[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else signs[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (signs[ones] if ones or not text else "")


@pytest.mark.parametrize("number", range(1, 200))
def test_arabic_full_width_and_chinese_numerals_are_one_number(number: int) -> None:
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in str(number))
    cheque = spoken(number).translate(str.maketrans("一二三四五六七八九十百", "壹贰叁肆伍陆柒捌玖拾佰"))
    digits = "".join("〇一二三四五六七八九"[int(digit)] for digit in str(number))
    expected = Address("塞上江南", str(number), "2")
    for written in (str(number), wide, spoken(number), cheque, digits, f"0{number}", f"第{spoken(number)}"):
        assert parse(f"塞上江南{written}号楼2单元") == expected
    assert integer(spoken(number)) == number


@pytest.mark.parametrize("numeral", ["百", "千", "十十", "廿十", "百合", "", "三十百", "一二三四五"])
def test_what_is_no_numeral_has_no_value(numeral: str) -> None:
    assert integer(numeral) is None


@settings(deadline=None)
@given(st.text())
def test_normalising_is_idempotent(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
    assert compact(compact(normalise(text))) == compact(normalise(text))


@settings(deadline=None)
@given(st.text(alphabet="三3３十百零号樓楼栋单元室#-— 　AＡa塞上江南东门第.,/\u200b\u202e一二五"))
def test_any_text_is_parsed_and_its_width_and_invisible_signs_do_not_matter(text: str) -> None:
    address = parse(text)
    assert parse(unicodedata.normalize("NFKC", text)) == address
    assert parse("\u200b".join(text)) == address
    for label in (address.building, address.entrance, address.room):
        assert label is None or (label and " " not in label)


@settings(deadline=None)
@given(st.integers(1, 9999), st.integers(1, 99), st.sampled_from(["栋", "幢", "座", "号楼", "#", "#楼"]))
def test_every_mark_of_a_building_means_the_same(building: int, entrance: int, mark: str) -> None:
    assert parse(f"东苑{building}{mark}{entrance}单元") == Address("东苑", str(building), str(entrance))


@pytest.mark.parametrize("around", ["\u200b{}", "{}\ufeff", "\u202e{}\u202c", "\u2066{}\u2069", " {} ", "\u3000{}\t"])
def test_invisible_signs_and_spaces_around_do_not_matter(around: str) -> None:
    assert parse(around.format("塞上江南3号楼2单元")) == parse("塞上江南3号楼2单元")


LONG = 100_000


@pytest.mark.parametrize(
    "piece",
    ["1", "1-", "1 ", "一", "一号楼", " ", "3 ", "- ", "a", "no.", "第", "三门峡", "hao ", "building ", "(", "a1", "甲", "东1号", "#", "1#",
     "\u0301", "ﷺ", "\u200b", "三号楼小区", "1单元", "十", "0", "百", "号", "%", "'", "\\", "区", "路12号", "𠮷", "é", "..", "1.", "塞 ", "A座"],
)  # fmt: skip
def test_a_very_long_text_comes_back(piece: str) -> None:
    # Quadratic work on 100 KB takes minutes: the run itself is the assertion.
    text = "3" + piece * (LONG // len(piece.encode())) + "x"
    assert isinstance(parse(text), Address)
