"""Passwords: how they are kept and which are refused."""

from __future__ import annotations

import pytest

from gridmap.access.passwords import check_password, hashed, matches, one_time_password
from gridmap.errors import BadInput


def test_a_kept_password_is_argon2id_with_its_own_salt() -> None:
    one, two = hashed("三号楼下有棵老槐树"), hashed("三号楼下有棵老槐树")
    assert one.startswith("$argon2id$")
    assert one != two
    assert matches("三号楼下有棵老槐树", one)
    assert not matches("三号楼下有棵老槐", one)


def test_no_password_matches_an_account_that_does_not_exist() -> None:
    assert not matches("", None)
    assert not matches("anything", None)


def test_a_broken_hash_or_text_matches_nothing() -> None:
    assert not matches("anything", "$argon2id$broken")
    assert not matches("\ud800", hashed("anything"))


def test_full_width_and_half_width_keys_are_one_password() -> None:
    assert matches("ｌａｎｔｅｒｎ　４７", hashed("lantern 47"))


def test_long_passwords_count_to_their_last_sign() -> None:
    long = "网格 " * 100
    assert matches(long, hashed(long))
    assert not matches(long + "x", hashed(long))


@pytest.mark.parametrize(
    "good",
    [
        "eight ok",
        "三号楼下有棵老槐树",
        "correct horse battery staple " * 3,
        "a  b  c  d  e",
        "Tr0ub4dor&3",
        "li is part of brilliance",
    ],
)
def test_length_is_enough_whatever_the_signs(good: str) -> None:
    check_password(good, words=("li", "瑞宁社区"))


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("", "8 characters"),
        ("sevenkk", "8 characters"),
        ("１２３４５６７", "8 characters"),
        ("x" * 1001, "1000"),
        ("password", "tried first"),
        ("PassWord123", "tried first"),
        ("woaini1314", "tried first"),
        ("5201314520", "tried first"),
        ("１２３４５６７８", "tried first"),
        ("87654321", "tried first"),
        ("qwertyuiop", "tried first"),
        ("1qaz2wsx3edc", "tried first"),
        ("abcdefghijk", "tried first"),
        ("aaaaaaaaaaaa", "tried first"),
        ("xyzxyzxyzxyz", "tried first"),
        ("k3v9k3v9k3v9", "tried first"),
        ("my gridmap 2031", "gridmap"),
        ("GridMap-2031-x", "gridmap"),
        ("我们社区最好最棒", "社区"),
        ("瑞宁家园的楼下槐树", "瑞宁家园"),
        ("zhang.wei in the sun", "zhang.wei"),
        ("ZHANG.WEI2031", "zhang.wei"),
    ],
)
def test_what_others_would_try_first_is_refused_with_the_reason(bad: str, why: str) -> None:
    with pytest.raises(BadInput, match=why) as caught:
        check_password(bad, words=("zhang.wei", "瑞宁家园"))
    assert caught.value.field == "new"


def test_one_time_passwords_differ_and_pass_the_rules() -> None:
    made = {one_time_password() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        check_password(password)
        assert len(password) == 14
        assert not set(password) & set("0o1lI")
