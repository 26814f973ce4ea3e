"""Oracle: each day of a short calendar, looked at alone."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from geodata.load import versions
from geodata.load.versions import ALWAYS, Change, Version

ZERO = date(2024, 1, 1)
DAYS = [ZERO + timedelta(days=n) for n in range(-2, 14)]
BLANK = {"name": None, "households": None}


def day(n: int | None) -> date | None:
    return None if n is None else ZERO + timedelta(days=n)


@st.composite
def periods(draw: st.DrawFn) -> versions.Period:
    first, last = sorted(draw(st.lists(st.integers(0, 12), min_size=2, max_size=2, unique=True)))
    return (draw(st.sampled_from([None, day(first)])), draw(st.sampled_from([None, day(last)])))


@st.composite
def timelines(draw: st.DrawFn) -> list[Version]:
    cuts = sorted(draw(st.sets(st.integers(0, 12), max_size=5)))
    bounds = [None, *cuts, None]
    return [
        Version((day(a), day(b)), {"name": draw(st.sampled_from("ab")), "households": draw(st.integers(1, 2))}, number)
        for number, (a, b) in enumerate(pairwise(bounds), 1)
        if draw(st.booleans())
    ]


@st.composite
def changes(draw: st.DrawFn) -> Change:
    said = {"name": draw(st.sampled_from("abc")), "households": draw(st.integers(1, 3))}
    named = draw(st.sampled_from([("name",), ("households",), ("name", "households")]))
    return Change(draw(periods()), {key: said[key] for key in named})


def values(timeline: list[Version]) -> list[object]:
    return [found.attributes if (found := versions.at(timeline, d)) else None for d in DAYS]


@given(timelines(), changes())
def test_a_change_is_true_on_its_days_and_nothing_else_moves(timeline: list[Version], change: Change) -> None:
    after = versions.changed(timeline, [change], BLANK)
    for was, now, d in zip(values(timeline), values(after), DAYS, strict=True):
        if versions.starts(change.period) <= d < versions.ends(change.period):
            assert now is not None
            assert change.attributes.items() <= now.items()
            if was is not None:
                assert now == {**was, **change.attributes}
        else:
            assert now == was


@given(timelines(), st.lists(changes(), max_size=3))
def test_versions_never_share_a_day_and_each_row_is_used_once(timeline: list[Version], said: list[Change]) -> None:
    after = versions.changed(timeline, said, BLANK)
    assert not any(versions.overlap(a.period, b.period) for a, b in pairwise(after))
    kept = [v.id for v in after if v.id is not None]
    assert len(kept) == len(set(kept))
    assert set(kept) <= {v.id for v in timeline}


@given(timelines(), st.lists(changes(), max_size=3))
def test_the_same_changes_again_write_nothing(timeline: list[Version], said: list[Change]) -> None:
    once = [Version(v.period, v.attributes, n) for n, v in enumerate(versions.changed(timeline, said, BLANK), 100)]
    if not any(versions.overlap(a.period, b.period) for a in said for b in said if a is not b):
        assert not versions.difference(once, versions.changed(once, said, BLANK))


@given(timelines(), changes())
def test_the_rows_to_write_lead_from_one_timeline_to_the_other(timeline: list[Version], change: Change) -> None:
    after = versions.changed(timeline, [change], BLANK)
    rows = versions.difference(timeline, after)
    stored = {v.id: v for v in timeline if v.id not in rows.delete}
    stored.update({v.id: v for v in rows.update})
    written = sorted([*stored.values(), *rows.insert], key=lambda v: versions.starts(v.period))
    assert values(written) == values(after)


def test_a_change_as_of_a_day_ends_one_version_and_begins_the_next() -> None:
    timeline = [Version(ALWAYS, {"name": "old"}, 1)]
    period = versions.meant(timeline, day(5), today=ZERO)
    after = versions.changed(timeline, [Change(period, {"name": "new"})], BLANK)
    assert after == [Version((None, day(5)), {"name": "old"}, 1), Version((day(5), None), {"name": "new"})]


def test_a_correction_edits_the_version_of_today() -> None:
    timeline = [Version((None, day(3)), {"name": "old"}, 1), Version((day(3), None), {"name": "nwe"}, 2)]
    period = versions.meant(timeline, None, today=day(8) or ZERO)
    after = versions.changed(timeline, [Change(period, {"name": "new"})], BLANK)
    assert versions.difference(timeline, after).update == (Version((day(3), None), {"name": "new"}, 2),)


def test_what_changes_nothing_cuts_nothing() -> None:
    timeline = [Version(ALWAYS, {"name": "same"}, 1)]
    after = versions.changed(timeline, [Change((day(5), None), {"name": "same"})], BLANK)
    assert after == timeline


def test_something_new_has_always_been_so_unless_a_day_is_given() -> None:
    assert versions.meant([], None, today=ZERO) == ALWAYS
    assert versions.meant([], day(4), today=ZERO) == (day(4), None)


def test_a_change_before_the_first_version_ends_where_that_begins() -> None:
    timeline = [Version((day(5), None), {"name": "later"}, 1)]
    assert versions.meant(timeline, day(2), today=ZERO) == (day(2), day(5))
