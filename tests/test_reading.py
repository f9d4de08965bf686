"""What a store knows, as a reading and the time it may be served."""

from __future__ import annotations

from clocks import kst
from making import row, snapshot
from samples import KRX_KOSPI

from xlwings_kis.errors import Problem
from xlwings_kis.reading import Reading, of_store, without_store
from xlwings_kis.snapshot import Standing
from xlwings_kis.store.base import Counters, Kept

BASE = Reading(KRX_KOSPI, sharing=False, lang="en")
TTL = 30.0


def at(text):
    return kst(f"2026-11-20 {text}").timestamp()


def kept(made=None, **more):
    return Kept(made, more.pop("good", made), at("11:20:31"), counters=Counters(3, 1), **more)


def test_figures_are_served_for_their_time_to_live():
    entry = of_store(BASE, kept(snapshot()), at("11:20:32"), TTL)
    assert entry.reading.snapshot.rows
    assert entry.reading.problem is None
    assert entry.holds(at("11:20:31"))
    assert entry.holds(at("11:21:00"))
    assert not entry.holds(at("11:21:01"))
    assert not entry.holds(at("11:20:30"))


def test_what_stands_beside_the_figures_travels_with_them():
    reading = of_store(BASE, kept(snapshot(), order=("9300",), skew=-90.0), at("11:20:32"), TTL).reading
    assert (reading.sharing, reading.lang, reading.order) == (False, "en", ("9300",))
    assert (reading.counters, reading.skew) == ((3, 1), -90.0)


def test_nothing_is_served_past_midnight_in_seoul_by_the_corrected_clock():
    fetched = Kept(snapshot("2026-11-20 23:59:50"), None, at("23:59:50"))
    assert not of_store(BASE, fetched, at("23:59:51"), TTL).holds(kst("2026-11-21 00:00:00").timestamp())
    slow = Kept(snapshot("2026-11-20 23:59:50"), None, at("22:59:50"), skew=3600.0)
    entry = of_store(BASE, slow, at("22:59:51"), TTL)
    assert entry.holds(at("22:59:59"))
    assert not entry.holds(at("23:00:00"))


def test_after_a_failure_the_good_figures_are_marked_and_served_until_the_next_try():
    failed = Problem("no_answer")
    entry = of_store(BASE, kept(snapshot(), failures=2, rest_until=at("11:22:05")), at("11:22:00"), TTL, failed)
    assert entry.reading.snapshot.stale
    assert entry.reading.problem is failed
    assert entry.reading.failures == 2
    assert entry.holds(at("11:22:04"))
    assert not entry.holds(at("11:22:05"))


def test_figures_remembered_by_this_process_stand_in_for_a_store_that_lost_them():
    entry = of_store(BASE, Kept(), at("11:22:00"), TTL, Problem("no_answer"), remembered=snapshot())
    assert entry.reading.snapshot.stale


def test_figures_of_another_day_never_stand_in():
    yesterday = snapshot("2026-11-19 15:31:00")
    entry = of_store(BASE, Kept(), at("11:22:00"), TTL, Problem("no_answer"), remembered=yesterday)
    assert entry.reading.snapshot is None


def test_an_empty_answer_shows_the_figures_of_before_or_says_that_there_are_none():
    before = of_store(BASE, kept(snapshot(), empty=True), at("11:20:32"), TTL).reading
    assert (before.snapshot.stale, before.problem.key) == (True, "empty")
    nothing = of_store(BASE, kept(None, empty=True), at("11:20:32"), TTL).reading
    assert (nothing.snapshot, nothing.problem.key) == (None, "empty")


def test_a_body_that_is_still_yesterdays_shows_no_figure():
    old = snapshot("2026-11-20 08:55:00", row(), standing=Standing.PREVIOUS)
    reading = of_store(BASE, kept(old, good=None), at("11:20:32"), TTL).reading
    assert (reading.snapshot, reading.problem.key) == (None, "before_open")


def test_yesterdays_figures_after_those_of_today_are_no_wait_for_the_open():
    old = snapshot("2026-11-20 11:20:30", row(), standing=Standing.PREVIOUS)
    reading = of_store(BASE, kept(old, good=snapshot("2026-11-20 11:19:00")), at("11:20:32"), TTL).reading
    assert (reading.snapshot.stale, reading.problem.key) == (True, "yesterday_again")


def test_settings_that_cannot_be_used_are_read_again_after_two_seconds():
    entry = without_store(KRX_KOSPI, Problem("no_key"), at("11:20:31"))
    assert entry.holds(at("11:20:32"))
    assert not entry.holds(at("11:20:33"))
