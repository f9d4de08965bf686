"""When a recorder looks: from the moment alone, so that no jump of a clock can confuse it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from clocks import kst
from hypothesis import given
from hypothesis import strategies as st

from xlwings_kis.markets import Exchange
from xlwings_kis.record import hours

EVERY = timedelta(seconds=30)
KRX, NXT, UN = Exchange.KRX, Exchange.NXT, Exchange.UN


def look(now: str, seen: str | None = None, asked: str | None = None, *, every=EVERY, exchange=KRX, always=False):
    """The next look as text; 'now' where it is due."""
    moments = [moment and kst(f"2026-11-{moment}") for moment in (now, seen, asked)]
    at = hours.next_look(exchange, *moments, every, always=always)
    return "now" if at <= moments[0] else f"{at:%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("exchange", "day", "expected"),
    [
        (KRX, "2026-11-20", ["09:00-20:00"]),
        (KRX, "2026-09-11", ["09:00-16:00"]),  # before the after-market
        (NXT, "2026-11-20", ["08:00-08:50", "09:00-20:00"]),
        (UN, "2026-11-20", ["08:00-08:50", "09:00-20:00"]),
        (KRX, "2026-11-21", []),
        (KRX, "2026-12-25", []),
    ],
)
def test_sessions_without_a_break_are_one_stretch(exchange, day, expected):
    found = hours.stretches(exchange, kst(f"{day} 12:00:00").date())
    assert [f"{one.opens:%H:%M}-{one.closes:%H:%M}" for one in found] == expected


def test_the_first_look_is_a_minute_before_the_open_so_that_yesterdays_figures_are_unmasked():
    assert look("20 07:00:00") == "20 08:59:00"
    assert look("20 08:59:00") == "now"
    assert look("20 07:00:00", exchange=NXT) == "20 07:59:00"


def test_looks_follow_each_other_counted_from_when_kis_last_answered_whoever_asked():
    assert look("20 11:20:40", "20 11:20:31", "20 11:20:31") == "20 11:21:01"
    assert look("20 11:20:40", "20 11:20:35", "20 11:20:31") == "20 11:21:05"


def test_a_look_that_failed_is_repeated_after_half_a_minute_however_rarely_it_looks():
    assert look("20 11:30:01", "20 11:19:50", "20 11:30:00", every=timedelta(minutes=10)) == "20 11:30:30"
    assert look("20 11:30:31", "20 11:19:50", "20 11:30:00", every=timedelta(minutes=10)) == "now"


def test_the_final_figures_are_seen_after_the_close_however_rarely_it_looks():
    seldom = timedelta(minutes=10)
    assert look("20 19:56:00", "20 19:55:00", "20 19:55:00", every=seldom) == "20 20:02:00"
    assert look("20 20:02:00", "20 19:55:00", "20 19:55:00", every=seldom) == "now"
    assert look("20 20:02:01", "20 20:02:00", "20 20:02:00", every=seldom) == "23 08:59:00"


def test_they_are_asked_for_patiently_where_kis_is_away_as_the_session_ends():
    assert look("20 20:10:00", "20 19:40:00", "20 20:09:50") == "20 20:10:20"
    assert look("20 20:30:01", "20 19:40:00", "20 20:29:50") == "23 08:59:00"


def test_where_kis_has_not_answered_at_all_it_is_asked_no_more_often_than_after_a_failure():
    assert look("20 11:20:40", None, "20 11:20:31") == "20 11:21:01"
    assert look("20 11:21:01", None, "20 11:20:31") == "now"


def test_between_the_pre_market_and_nine_it_rests():
    assert look("20 08:52:01", "20 08:51:50", "20 08:51:50", exchange=NXT) == "20 08:59:30"


@pytest.mark.parametrize(
    ("now", "next_start"),
    [("20 20:02:01", "23 08:59:00"), ("21 11:00:00", "23 08:59:00"), ("22 23:59:59", "23 08:59:00")],
)
def test_weekends_are_slept_through(now, next_start):
    seen = "20 20:02:00"
    assert look(now, seen, seen) == next_start


def test_holidays_are_slept_through_and_the_turn_of_the_year_too():
    at = hours.next_start(KRX, kst("2026-12-24 20:30:00"))
    assert f"{at:%m-%d %H:%M}" == "12-28 08:59"
    at = hours.next_start(KRX, kst("2026-12-30 20:30:00"))
    assert f"{at:%Y-%m-%d %H:%M}" == "2027-01-04 08:59"


def test_a_clock_that_was_set_back_makes_it_look_at_once():
    assert look("20 11:00:00", "20 12:00:00", "20 12:00:00") == "now"


def test_always_means_also_at_night_and_on_saturdays():
    assert look("21 03:00:00", "21 02:59:50", "21 02:59:50", always=True) == "21 03:00:20"
    assert look("21 03:00:00", always=True) == "now"


moments = st.integers(0, 20 * 86400).map(lambda seconds: kst("2026-12-15 00:00:00") + timedelta(seconds=seconds))


@given(
    st.sampled_from(Exchange), moments, st.none() | moments, st.none() | moments, st.integers(1, 3600), st.booleans()
)
def test_whatever_has_happened_there_is_a_next_look_and_in_a_session_it_is_near(
    exchange: Exchange, now: datetime, seen: datetime | None, asked: datetime | None, every: int, always: bool
):
    at = hours.next_look(exchange, now, seen, asked, timedelta(seconds=every), always=always)
    assert at < now + timedelta(days=6)
    stretch = hours.current(exchange, now, now)
    if stretch and now < stretch.closes:
        assert at <= now + timedelta(seconds=every + 1)
