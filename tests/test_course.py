"""The course of a day and what the last days add up to: only what was seen, never more."""

from __future__ import annotations

import dataclasses
from datetime import date, timedelta

import pytest
from clocks import kst
from hypothesis import given
from hypothesis import strategies as st
from making import row, snapshot
from samples import KRX_KOSPI, NXT_KOSPI

from xlwings_kis import course, history
from xlwings_kis.clock import to_kst
from xlwings_kis.fields import Band, figure
from xlwings_kis.markets import Exchange
from xlwings_kis.snapshot import Standing
from xlwings_kis.store.base import Sight

WANTED = [("9100", figure(Band.NON_ARBITRAGE)), ("9100", figure(Band.ALL)), ("", figure(Band.ALL))]
FRIDAY = date(2026, 11, 20)


def foreigners(at: str, net: int | None, **more):
    return snapshot(at, row("9100", nabt_ntby_amt=net, all_ntby_amt=net), **more)


class Remembered:
    """A store that remembers some tables of KRX 코스피."""

    def __init__(self, *tables):
        self.tables = tables

    def at(self, pair, moment):
        then = to_kst(moment)
        day = [table for table in self.tables if table.asof.date() == then.date() and table.asof <= then]
        return max(day, key=lambda table: table.asof, default=None)

    def series(self, pair, day, wanted):
        seen = [table for table in self.tables if table.asof.date() == day]
        return tuple(
            Sight(table.asof.timestamp(), table.asof.timestamp(), (table.by_code["9100"][wanted[0][1]], 1, None))
            for table in seen
        )


def test_a_day_has_a_step_every_so_many_minutes_and_none_is_made_up():
    tables = [foreigners(f"2026-11-20 {at}", net) for at, net in (("09:58:00", 5), ("10:09:00", 7), ("10:35:00", 9))]
    day = course.through(Remembered(*tables), tables[-1], WANTED, 10, kst("2026-11-20 10:36:00"))
    told = {f"{step.moment:%H:%M}": step.figures[0] for step in day.steps if step.moment <= day.end}
    assert told == dict.fromkeys(("09:00", "09:10", "09:20", "09:30", "09:40", "09:50", "10:20", "10:30")) | {
        "10:00": 5, "10:10": 7,
    }  # fmt: skip
    assert (day.seen, day.day, day.steps[-1].moment) == (2, FRIDAY, kst("2026-11-20 20:00:00"))
    assert all(step.figures == (None, None, None) for step in day.steps if step.moment > day.end)


def test_a_day_without_trading_shows_the_course_of_the_day_its_figures_belong_to():
    friday = [foreigners(f"2026-11-20 {at}:00", 3) for at in ("15:20", "15:30")]
    shown = foreigners("2026-11-21 11:00:00", 3, standing=Standing.HOLIDAY, of=kst("2026-11-20 15:30:00"))
    day = course.through(Remembered(*friday), shown, WANTED, 30, kst("2026-11-21 11:00:00"))
    assert day.day == FRIDAY
    assert day.end == kst("2026-11-20 20:00:00")
    assert [f"{step.moment:%H:%M}" for step in day.steps if step.seen] == ["15:30", "16:00"]


def test_a_pair_of_another_exchange_begins_with_its_own_session():
    shown = foreigners("2026-11-20 10:00:00", 1, pair=NXT_KOSPI)
    assert course.through(Remembered(), shown, WANTED, 30, shown.asof).steps[0].moment == kst("2026-11-20 08:00:00")


@given(
    st.lists(st.tuples(st.integers(0, 39_600), st.integers(0, 900), st.integers(-9, 9)), max_size=12),
    st.integers(0, 40_000),
)
def test_the_figures_of_a_step_were_seen_or_could_not_have_moved_for_long(runs, now):
    start = kst("2026-11-20 09:00:00")
    first = 0
    sights = []
    for gap, length, net in runs:
        first += gap
        sights.append(Sight(start.timestamp() + first, start.timestamp() + first + length, (net,)))
        first += length + 1
    times, end = history.grid(Exchange.KRX, FRIDAY, 10), start + timedelta(seconds=now)
    for moment, figures in zip(times, history.standing(Exchange.KRX, tuple(sights), times, end), strict=True):
        before = [sight for sight in sights if sight.first <= moment.timestamp()]
        if figures is None:
            continue
        assert moment <= end
        last = before[-1]
        assert figures == last.figures
        seen = min(to_kst(last.last), moment)
        moved = sum(
            1
            for minute in range(int((moment - seen).total_seconds() // 60))
            if (at := seen + timedelta(minutes=minute)).time() < kst("2026-11-20 15:30:00").time() or at.hour >= 16
        )
        assert moved <= 5


CLOSES = {"2026-11-19": 10, "2026-11-18": 20, "2026-11-16": 40, "2026-11-13": 80}


def closed(**days: int):
    return Remembered(*(foreigners(f"{day} 15:31:00", net) for day, net in (days or CLOSES).items()))


def test_closes_are_those_of_the_trading_days_before_and_none_where_none_is_stored():
    found = course.closes(closed(), KRX_KOSPI, FRIDAY, 6)
    assert [close.by_code["9100"][figure(Band.ALL)] if close else None for close in found] == [
        10, 20, None, 40, 80, None,
    ]  # fmt: skip


@pytest.mark.parametrize(("at", "counts"), [("15:24:00", False), ("15:26:00", True), ("15:40:00", True)])
def test_a_close_that_could_have_moved_unseen_is_none(at, counts):
    store = Remembered(foreigners(f"2026-11-19 {at}", 7))
    assert bool(course.closes(store, KRX_KOSPI, FRIDAY, 1)[0]) is counts


def test_figures_that_were_not_that_days_are_no_close():
    store = Remembered(foreigners("2026-11-19 15:31:00", 7, standing=Standing.UNCONFIRMED))
    assert course.closes(store, KRX_KOSPI, FRIDAY, 1) == (None,)


def test_totals_add_what_is_stored_say_how_much_and_extrapolate_nothing():
    shown = foreigners("2026-11-20 11:20:31", 1)
    earlier = course.closes(closed(), KRX_KOSPI, FRIDAY, 19)
    assert course.totals(shown, earlier, WANTED[:2], (1, 5, 20)) == (
        (1, 1, (1, 1)),
        (5, 4, (71, 71)),
        (20, 5, (151, 151)),
    )
    assert course.totals(None, (None,) * 19, WANTED, (1, 5)) == (
        (1, 0, (None, None, None)),
        (5, 0, (None, None, None)),
    )


def test_a_day_that_lacks_a_figure_leaves_that_total_blank():
    shown = foreigners("2026-11-20 11:20:31", 1)
    lacking = foreigners("2026-11-19 15:31:00", None)
    ((_, _, figures),) = course.totals(shown, [lacking], WANTED, (5,))
    assert figures == (None, None, None)


def test_figures_that_may_be_yesterdays_are_not_counted_twice():
    shown = foreigners("2026-11-20 09:02:00", 10, standing=Standing.UNCONFIRMED)
    ((_, stored, figures),) = course.totals(shown, course.closes(closed(), KRX_KOSPI, FRIDAY, 1), WANTED[:1], (2,))
    assert (stored, figures) == (1, (10,))


def test_a_table_from_a_day_without_trading_counts_for_its_own_day():
    shown = foreigners("2026-11-21 11:00:00", 3, standing=Standing.HOLIDAY, of=kst("2026-11-20 15:30:00"))
    assert course.day_of(shown) == FRIDAY
    assert course.day_of(dataclasses.replace(shown, of=None)) == date(2026, 11, 21)
