"""Moments as people write them: every way to say one, and an error with examples for any other."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import refusal_of

from xlwings_kis import moments
from xlwings_kis.errors import ArgumentError
from xlwings_kis.moments import When

FRIDAY = date(2026, 11, 20)
HALF_PAST = time(10, 30)
SERIAL = 46346.0
"""2026-11-20 as Excel counts days."""

WORDS = [
    ("10:30", When(at=HALF_PAST)),
    (" 10:30 ", When(at=HALF_PAST)),
    ("9:05", When(at=time(9, 5))),
    ("10:30:15", When(at=time(10, 30, 15))),
    ("00:00", When(at=time())),
    ("10시 30분", When(at=HALF_PAST)),
    ("10시30분", When(at=HALF_PAST)),
    ("15시", When(at=time(15))),
    ("마감", When()),
    ("종가", When()),
    ("Close", When()),
    ("전일마감", When(back=True)),
    ("전일 마감", When(back=True)),
    ("전일", When(back=True)),
    ("전일 10:30", When(at=HALF_PAST, back=True)),
    ("previous close", When(back=True)),
    ("2026-11-20", When(FRIDAY)),
    ("2026/11/20", When(FRIDAY)),
    ("2026.11.20.", When(FRIDAY)),
    ("20261120", When(FRIDAY)),
    ("2026-11-20 마감", When(FRIDAY)),
    ("2026-11-20 10:30", When(FRIDAY, HALF_PAST)),
    ("20261120 10:30:15", When(FRIDAY, time(10, 30, 15))),
    ("11/20 10:30", When(date(2000, 11, 20), HALF_PAST, yearless=True)),
    ("11-20 마감", When(date(2000, 11, 20), yearless=True)),
    ("2/29 마감", When(date(2000, 2, 29), yearless=True)),
    ("2026-11-20T10:30:00+09:00", When(FRIDAY, HALF_PAST)),
    ("2026-11-20T01:30:00Z", When(FRIDAY, HALF_PAST)),
]
VALUES = [
    (datetime(2026, 11, 20, 10, 30), When(FRIDAY, HALF_PAST)),  # noqa: DTZ001 - Excel has no zones
    (datetime(2026, 11, 20, 1, 30, tzinfo=timezone.utc), When(FRIDAY, HALF_PAST)),  # noqa: UP017 - 3.11 has both
    (datetime(2026, 11, 20), When(FRIDAY)),  # noqa: DTZ001
    (date(2026, 11, 20), When(FRIDAY)),
    (time(10, 30), When(at=HALF_PAST)),
    (datetime(1899, 12, 30, 10, 30), When(at=HALF_PAST)),  # noqa: DTZ001 - a cell with a time alone, over COM
    (SERIAL, When(FRIDAY)),
    (SERIAL + 10.5 / 24, When(FRIDAY, HALF_PAST)),
    (10.5 / 24, When(at=HALF_PAST)),
    (SERIAL + (10 * 3600 + 40 * 60) / 86400, When(FRIDAY, time(10, 40))),
    (20261120.0, When(FRIDAY)),
    (20261120, When(FRIDAY)),
    ([[SERIAL]], When(FRIDAY)),
    ((("10:30",),), When(at=HALF_PAST)),
]


@pytest.mark.parametrize(("word", "meant"), [*WORDS, *VALUES])
def test_every_way_to_say_a_moment_is_understood(word, meant):
    assert moments.when(word) == meant


@pytest.mark.parametrize(
    "word",
    [None, "", " ", "곧", "25:00", "10:60", "10:30:60", "2026-13-01", "2026-02-30", "20261320", "마감전일", "내일 마감",
     "전일 2026-11-20", "2026-11-20 10", True, False, 0, 0.0, 1.0, -1.0, 59.0, 1e300, float("nan"), float("inf"),
     -2146826246, [[1.0, 2.0]], [], object(), "1" * 5000, "10:30" * 1000],
)  # fmt: skip
def test_whatever_is_no_moment_is_refused_with_examples(word):
    error = refusal_of(lambda: moments.when(word), ArgumentError)
    assert "10:30, 2026-11-20 10:30, 마감 또는 전일마감" in str(error)
    assert len(str(error)) < 120


@given(st.integers(61, 2_958_465), st.integers(1, 86_399))
def test_every_second_of_excels_serial_numbers_is_read_to_the_second(day, second):
    moment = datetime(1899, 12, 30) + timedelta(days=day, seconds=second)  # noqa: DTZ001
    assert moments.when(day + second / 86_400) == When(moment.date(), moment.time())


@given(st.one_of(st.text(max_size=20), st.floats(), st.integers(), st.datetimes(), st.binary(max_size=3)))
def test_whatever_is_written_is_a_moment_or_an_argument_error(word):
    assert isinstance(refusal_of(lambda: moments.when(word), ArgumentError), ArgumentError | None)


@pytest.mark.parametrize("blank", [None, "", " ", [[None]]])
def test_a_blank_day_is_the_current_one(blank):
    assert moments.day(blank) == When()


@pytest.mark.parametrize(
    ("word", "meant"), [(SERIAL, When(FRIDAY)), ("11/20", When(date(2000, 11, 20), yearless=True))]
)
def test_a_day_is_a_moment_without_a_time(word, meant):
    assert moments.day(word) == meant


@pytest.mark.parametrize("word", ["10:30", "2026-11-20 10:30", SERIAL + 0.5, "어제"])
def test_a_time_is_no_day(word):
    with pytest.raises(ArgumentError, match="날짜를 알 수 없음"):
        moments.day(word)


@pytest.mark.parametrize(
    ("word", "number"),
    [(10, 10), (10.0, 10), ("10", 10), ("10분", 10), (" 5 min", 5), (0.5 * 3, 1.5), (720, 720), ([[30.0]], 30)],
)
def test_minutes_are_understood_as_people_write_them(word, number):
    assert moments.minutes(word) == number


@pytest.mark.parametrize("word", [None, "", 0, 0.99, -5, 721, "열", True, float("nan"), float("inf"), [[1, 2]], "1e2"])
def test_whatever_is_no_number_of_minutes_is_refused(word):
    with pytest.raises(ArgumentError, match="간격을 알 수 없음"):
        moments.minutes(word)


def test_blank_minutes_may_have_a_meaning():
    assert moments.minutes(None, blank=10.0) == 10
    assert moments.minutes("", blank=10.0) == 10
    with pytest.raises(ArgumentError):
        moments.minutes("0", blank=10.0)
