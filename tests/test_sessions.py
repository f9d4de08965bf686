"""When the exchanges trade: hours with dates, days by a calendar, labels at the very minute."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from clocks import kst

from xlwings_kis import sessions
from xlwings_kis.markets import Exchange

KRX, NXT, UN = Exchange.KRX, Exchange.NXT, Exchange.UN
FRIDAY = "2026-11-20"

HOLIDAYS_2026 = [
    *("2026-01-01", "2026-02-16", "2026-02-17", "2026-02-18", "2026-03-02", "2026-05-01", "2026-05-05", "2026-05-25"),
    *("2026-06-03", "2026-07-17", "2026-08-17", "2026-09-24", "2026-09-25", "2026-10-05", "2026-10-09", "2026-12-25"),
    "2026-12-31",
]
"""Weekdays of 2026 without trading: the usual ones, the elections, 제헌절, substitutes and the year's last day."""

LABELS = [
    (KRX, "00:00:00", "장 시작 전"),
    (KRX, "08:59:59", "장 시작 전"),
    (KRX, "09:00:00", "정규장"),
    (KRX, "15:29:59", "정규장"),
    (KRX, "15:30:00", "정규장 마감"),
    (KRX, "15:39:59", "정규장 마감"),
    (KRX, "15:40:00", "시간외 종가"),
    (KRX, "15:59:59", "시간외 종가"),
    (KRX, "16:00:00", "애프터마켓"),
    (KRX, "19:59:59", "애프터마켓"),
    (KRX, "20:00:00", "장 종료"),
    (KRX, "23:59:59", "장 종료"),
    (NXT, "07:59:59", "장 시작 전"),
    (NXT, "08:00:00", "NXT 프리마켓"),
    (NXT, "08:49:59", "NXT 프리마켓"),
    (NXT, "08:50:00", "장 시작 전"),
    (NXT, "09:00:29", "장 시작 전"),
    (NXT, "09:00:30", "정규장"),
    (NXT, "15:19:59", "정규장"),
    (NXT, "15:20:00", "정규장 마감"),
    (NXT, "15:39:59", "정규장 마감"),
    (NXT, "15:40:00", "애프터마켓"),
    (NXT, "20:00:00", "장 종료"),
    (UN, "07:59:59", "장 시작 전"),
    (UN, "08:00:00", "NXT 프리마켓"),
    (UN, "08:50:00", "장 시작 전"),
    (UN, "09:00:00", "정규장"),
    (UN, "15:30:00", "정규장 마감"),
    (UN, "15:40:00", "애프터마켓"),
    (UN, "20:00:00", "장 종료"),
]


@pytest.mark.parametrize(("exchange", "time", "label"), LABELS)
def test_the_label_changes_at_the_very_second(exchange, time, label):
    assert sessions.label(exchange, kst(f"{FRIDAY} {time}")) == label


@pytest.mark.parametrize(
    ("time", "before", "since"),
    [
        ("15:59:59", "시간외 종가", "시간외 종가"),
        ("16:00:00", "장 종료", "애프터마켓"),
        ("19:59:59", "장 종료", "애프터마켓"),
    ],
)
def test_the_krx_after_market_exists_since_2026_09_14(time, before, since):
    assert sessions.label(KRX, kst(f"2026-09-11 {time}")) == before
    assert sessions.label(KRX, kst(f"2026-09-14 {time}")) == since


def test_the_krx_day_ended_at_16_before_the_after_market_and_ends_at_20_since():
    assert sessions.closing(KRX, date(2026, 9, 11)) == kst("2026-09-11 16:00:00")
    assert sessions.closing(KRX, date(2026, 9, 14)) == kst("2026-09-14 20:00:00")
    assert sessions.closing(NXT, date(2026, 9, 11)) == kst("2026-09-11 20:00:00")


def test_there_is_no_krx_pre_market():
    assert not [s for s in sessions.sessions(KRX, date(2027, 12, 30)) if s.start.hour < 9]


@pytest.mark.parametrize(("exchange", "time"), [(KRX, "09:00:00"), (NXT, "08:00:00"), (UN, "08:00:00")])
def test_the_first_session_begins_at_nine_at_krx_and_at_eight_elsewhere(exchange, time):
    assert sessions.opening(exchange, date(2026, 11, 20)) == kst(f"{FRIDAY} {time}")


@pytest.mark.parametrize("exchange", Exchange)
def test_sessions_of_an_exchange_follow_each_other_and_never_overlap(exchange):
    for day in (date(2026, 9, 11), date(2026, 9, 14)):
        ordered = sessions.sessions(exchange, day)
        assert all(one.start < one.end for one in ordered)
        assert all(one.end <= other.start for one, other in itertools.pairwise(ordered))


def test_figures_may_move_in_a_session_and_not_outside():
    assert sessions.in_session(KRX, kst(f"{FRIDAY} 09:00:00"))
    assert sessions.in_session(KRX, kst(f"{FRIDAY} 19:59:59"))
    assert not sessions.in_session(KRX, kst(f"{FRIDAY} 08:59:59"))
    assert not sessions.in_session(KRX, kst(f"{FRIDAY} 20:00:00"))
    assert not sessions.in_session(NXT, kst(f"{FRIDAY} 08:55:00"))
    assert not sessions.in_session(KRX, kst("2026-11-21 10:00:00"))


@pytest.mark.parametrize("day", HOLIDAYS_2026)
def test_a_holiday_is_no_trading_day_and_says_that_it_is_presumed(day):
    assert not sessions.trading_day(date.fromisoformat(day))
    assert sessions.label(KRX, kst(f"{day} 10:00:00")) == "휴장(추정)"


def test_every_other_weekday_of_2026_is_a_trading_day():
    first = date(2026, 1, 1)
    year = [first + timedelta(days=n) for n in range(365)]
    closed = [str(day) for day in year if day.weekday() < 5 and not sessions.trading_day(day)]
    assert closed == HOLIDAYS_2026
    assert not any(sessions.trading_day(day) for day in year if day.weekday() >= 5)


@pytest.mark.parametrize(
    ("day", "before"),
    [
        ("2026-11-20", "2026-11-19"),
        ("2026-11-23", "2026-11-20"),
        ("2026-11-22", "2026-11-20"),
        ("2026-06-04", "2026-06-02"),
        ("2026-09-28", "2026-09-23"),
        ("2026-10-06", "2026-10-02"),
        ("2027-01-04", "2026-12-30"),
        ("2026-02-19", "2026-02-13"),
    ],
)
def test_the_previous_trading_day_lies_before_weekends_and_holidays(day, before):
    assert sessions.previous_trading_day(date.fromisoformat(day)) == date.fromisoformat(before)


def test_labels_are_english_where_english_is_wanted():
    told = {sessions.label(exchange, kst(f"{FRIDAY} {time}"), "en") for exchange, time, _ in LABELS}
    told.add(sessions.label(KRX, kst("2026-11-21 10:00:00"), "en"))
    assert all(label.isascii() for label in told)
    assert {"before the open", "regular session", "holiday (presumed)", "closed"} <= told


UNSEEN = [
    (KRX, "11:00:00", "11:05:00", 300),
    (KRX, "11:05:00", "11:05:00", 0),
    (KRX, "15:29:00", "15:40:00", 60),
    (KRX, "15:30:00", "16:00:00", 0),
    (KRX, "15:29:30", "16:00:20", 50),
    (KRX, "14:00:00", "21:00:00", (90 + 240) * 60),
    (NXT, "08:49:00", "09:00:30", 60),
    (UN, "08:50:00", "09:00:00", 0),
]


@pytest.mark.parametrize(("exchange", "seen", "moment", "seconds"), UNSEEN)
def test_figures_move_unseen_only_while_the_exchange_trades(exchange, seen, moment, seconds):
    between = sessions.unseen(exchange, kst(f"{FRIDAY} {seen}"), kst(f"{FRIDAY} {moment}"))
    assert between == timedelta(seconds=seconds)
