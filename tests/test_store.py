"""What every store promises: whoever shares snapshots passes these tests. To hold another store to them, add it to `STORES`."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from clocks import ManualClock, kst
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import KRX_KOSDAQ, KRX_KOSPI, NXT_KOSPI

from xlwings_kis import fields
from xlwings_kis.address import Address
from xlwings_kis.clock import to_kst
from xlwings_kis.errors import Problem
from xlwings_kis.fields import FIGURES, Band, Field
from xlwings_kis.markets import ALL_PAIRS, Pair
from xlwings_kis.rows import Row
from xlwings_kis.snapshot import Snapshot, Standing
from xlwings_kis.store.base import BURST, DEMO_SCOPE, LEASE, Ask, Claim, Counters, Store, Verdict
from xlwings_kis.store.guarded import GuardedStore
from xlwings_kis.store.shared.server import Server
from xlwings_kis.store.shared.store import RedisStore
from xlwings_kis.store.sqlite import SqliteStore
from xlwings_kis.today import Memory

TODAY = date(2026, 11, 20)
TOMORROW = "2026-11-21 10:00:00"
TTL = 30.0
RATE = 0.25
"""A power of two: leave comes every four seconds, exactly."""

Opener = Callable[..., Store]


def on_a_file(path: Path, scope: str, clock: ManualClock, rate: float) -> Store:
    return SqliteStore(path / "store.sqlite3", scope, clock, rate)


def in_memory(path: Path, scope: str, clock: ManualClock, rate: float) -> Store:
    return SqliteStore(":memory:", scope, clock, rate)


def guarded(path: Path, scope: str, clock: ManualClock, rate: float) -> Store:
    # More patience than a user has: these tests are about what is promised, `test_guarded` about when it cannot be had.
    return GuardedStore(
        lambda: on_a_file(path, scope, clock, rate), in_memory(path, scope, clock, rate), clock, patience=20
    )


def on_a_server(path: Path, scope: str, clock: ManualClock, rate: float) -> Store:
    # The server's clock is the test's; `test_shared` is about clocks that differ.
    server = Server(Address.read(path.joinpath("redis").read_text()), clock, clock.epoch)
    return RedisStore(server, scope, rate, "this-machine")


def by_passed(path: Path, scope: str, clock: ManualClock, rate: float) -> Store:
    """As `desk` has it: a server, and the machine's own file, which is guarded too."""
    return GuardedStore(
        lambda: on_a_server(path, scope, clock, rate), guarded(path, scope, clock, rate), clock, patience=20
    )


STORES: dict[str, Callable[[Path, str, ManualClock, float], Store]] = {
    "file": on_a_file,
    "memory": in_memory,
    "guarded": guarded,
    "server": on_a_server,
    "guarded server": by_passed,
}
SHARED = [name for name in STORES if name != "memory"]


@pytest.fixture(params=STORES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def open_store(kind: str, tmp_path: Path, clock: ManualClock, request: pytest.FixtureRequest) -> Iterator[Opener]:
    """Handles on one store, as processes have them. What is in memory has one handle for each scope."""
    if "server" in kind:
        tmp_path.joinpath("redis").write_text(request.getfixturevalue("redis_server").url)
    handles: list[Store] = []
    by_scope: dict[str, Store] = {}

    def make(scope: str = "scope", rate: float = RATE) -> Store:
        if kind not in SHARED and scope in by_scope:
            return by_scope[scope]
        handles.append(STORES[kind](tmp_path, scope, clock, rate))
        by_scope[scope] = handles[-1]
        return handles[-1]

    yield make
    for handle in handles:
        handle.close()


@pytest.fixture
def store(open_store: Opener) -> Store:
    return open_store()


only_shared = pytest.mark.parametrize("kind", SHARED, indirect=True)


def rows_of(*figures: int | None, codes: tuple[str, ...] = ()) -> tuple[Row, ...]:
    """Rows of these all-figures-equal investors: 개인 with the first figure, and so on, or the codes given."""
    names = codes or ("8000", "9100", "8888")
    return tuple(
        Row(code, f"이름 {code}", (figure,) * len(FIGURES)) for code, figure in zip(names, figures, strict=False)
    )


def body(at: float, *figures: int | None, pair: Pair = KRX_KOSPI, codes: tuple[str, ...] = (), **more: Any) -> Snapshot:
    """A body that came at `at`."""
    rows = rows_of(*(figures or (7,)), codes=codes)
    moment = to_kst(at)
    mark = sha256(repr(rows).encode()).hexdigest()
    return Snapshot(pair, moment, rows, more.pop("notes", ()), changed=moment, sha256=mark, **more)


def ask(holder: str = "me", pair: Pair = KRX_KOSPI, **more: Any) -> Ask:
    return Ask(pair, holder, more.pop("ttl", TTL), **more)


def land(
    store: Store, clock: ManualClock, *figures: int | None, holder: str = "me", skew: float = 0.0, **more: Any
) -> Any:
    return store.land(body(clock.epoch() + skew, *figures, **more), holder, clock.epoch(), skew)


def fail(store: Store, rest: float = 5.0, holder: str = "me", settings: str = "") -> Any:
    return store.fail(KRX_KOSPI, holder, Problem("no_answer"), rest, settings)


GRANTED, FRESH, BUSY, RESTING = (Claim(v) for v in (Verdict.GRANTED, Verdict.FRESH, Verdict.BUSY, Verdict.RESTING))


# --- claims ---


def test_a_pair_nobody_asked_for_is_granted(store):
    assert store.claim(ask()) == GRANTED


def test_data_younger_than_the_ttl_is_fresh(store, clock):
    land(store, clock)
    clock.move(TTL - 0.5)
    assert store.claim(ask()) == FRESH
    assert store.claim(ask(ttl=TTL - 1)) == GRANTED
    assert store.claim(ask("another", ttl=TTL - 1)) == BUSY
    clock.move(0.5)
    assert store.claim(ask()) == GRANTED


def test_data_of_one_pair_says_nothing_of_another(store, clock):
    land(store, clock)
    assert store.claim(ask(pair=KRX_KOSDAQ)) == GRANTED
    assert store.claim(ask(pair=NXT_KOSPI)) == GRANTED


def test_data_of_another_day_is_not_fresh(store, clock):
    clock.set("2026-11-20 23:59:59")
    land(store, clock)
    assert store.claim(ask()) == FRESH
    clock.set("2026-11-21 00:00:00")
    assert store.claim(ask()) == GRANTED


def test_the_day_ends_by_the_gateways_clock(store, clock):
    clock.set("2026-11-20 22:59:58")
    land(store, clock, 7, skew=3600.0)
    clock.move(1)
    assert store.claim(ask()) == FRESH
    assert store.kept(KRX_KOSPI).latest.rows == rows_of(7)
    clock.move(1)
    assert store.claim(ask()) == GRANTED
    assert store.kept(KRX_KOSPI).latest is None


def test_an_empty_answer_is_fresh_too(store, clock):
    land(store, clock, 0, standing=Standing.EMPTY)
    clock.move(TTL - 1)
    assert store.claim(ask()) == FRESH
    clock.move(1)
    assert store.claim(ask()) == GRANTED


def test_a_pair_somebody_fetches_is_busy_for_the_others(store):
    store.claim(ask("other"))
    assert store.claim(ask("me")) == BUSY
    assert store.claim(ask("me", force=True)) == BUSY
    assert store.claim(ask("me", settings="changed")) == BUSY
    assert store.claim(ask("me", pair=KRX_KOSDAQ)) == GRANTED


def test_a_dead_holder_delays_the_others_by_one_lease(store, clock):
    store.claim(ask("dead"))
    clock.move(LEASE - 0.5)
    assert store.claim(ask("me")) == BUSY
    clock.move(0.5)
    assert store.claim(ask("me")) == GRANTED
    assert store.claim(ask("third")) == BUSY


def test_a_lease_is_renewed_by_its_holder_alone(store, clock):
    store.claim(ask("holder"))
    clock.move(LEASE - 1)
    store.renew([KRX_KOSPI, KRX_KOSDAQ], "holder")
    clock.move(LEASE - 1)
    assert store.claim(ask("me")) == BUSY
    store.renew([KRX_KOSPI], "stranger")
    clock.move(1)
    assert store.claim(ask("me")) == GRANTED


def test_a_holder_that_lost_its_lease_does_not_renew_it_from_another(store, clock):
    store.claim(ask("asleep"))
    clock.move(LEASE)
    store.claim(ask("me"))
    clock.move(LEASE - 1)
    store.renew([KRX_KOSPI], "asleep")
    clock.move(1)
    assert store.claim(ask("third")) == GRANTED


@pytest.mark.parametrize("end", [lambda s, c: land(s, c, holder="holder"), lambda s, c: fail(s, 0.0, "holder")])
def test_landing_and_failing_end_the_claim(store, clock, end):
    store.claim(ask("holder"))
    end(store, clock)
    clock.move(2)
    assert store.claim(ask("me", force=True)) == GRANTED


@pytest.mark.parametrize("end", [lambda s, c: land(s, c, holder="late"), lambda s, c: fail(s, 0.0, "late")])
def test_a_late_one_does_not_end_the_claim_of_another(store, clock, end):
    store.claim(ask("holder"))
    end(store, clock)
    clock.move(2)
    assert store.claim(ask("me", force=True)) == BUSY


def test_after_a_failure_all_rest(store, clock):
    fail(store, 5.0)
    clock.move(4.5)
    assert store.claim(ask("me")) == store.claim(ask("another")) == RESTING
    clock.move(0.5)
    assert store.claim(ask("another")) == GRANTED


def test_a_changed_setting_lifts_a_rest(store):
    fail(store, 60.0, settings="before")
    assert store.claim(ask(settings="before")) == RESTING
    assert store.claim(ask(settings="after")) == GRANTED


def test_a_refresh_lifts_a_rest(store):
    fail(store, 60.0)
    assert store.claim(ask(force=True)) == GRANTED


def test_a_success_ends_a_rest(store, clock):
    fail(store, 60.0)
    land(store, clock)
    clock.move(TTL)
    assert store.claim(ask()) == GRANTED


def test_a_refresh_takes_data_younger_than_two_seconds(store, clock):
    land(store, clock)
    clock.move(1.9)
    assert store.claim(ask(force=True)) == FRESH
    clock.move(0.1)
    assert store.claim(ask(force=True)) == GRANTED


def test_six_at_once_and_then_the_rate(store, clock):
    assert [store.claim(ask(pair=pair)) for pair in ALL_PAIRS] == [GRANTED] * BURST
    for pair in ALL_PAIRS:
        land(store, clock, pair=pair)
    clock.move(2)
    assert store.claim(ask(force=True)) == Claim(Verdict.THROTTLED, 2.0)
    clock.move(2)
    assert store.claim(ask(force=True)) == GRANTED
    assert store.take() == 4.0
    clock.move(3600)
    assert [store.take() for _ in range(7)] == [0.0] * 6 + [4.0]


def test_a_throttled_claim_holds_nothing(store, clock):
    while not store.take():
        pass
    assert store.claim(ask("me")).verdict is Verdict.THROTTLED
    clock.move(4)
    assert store.claim(ask("another")) == GRANTED


def test_only_a_grant_costs_leave(store, clock):
    land(store, clock)
    store.claim(ask("other", KRX_KOSDAQ))
    store.fail(NXT_KOSPI, "me", Problem("no_answer"), 5.0, "")
    for _ in range(20):
        assert store.claim(ask()) == FRESH
        assert store.claim(ask(pair=KRX_KOSDAQ)) == BUSY
        assert store.claim(ask(pair=NXT_KOSPI)) == RESTING
    assert [store.take() for _ in range(BURST)] == [0.0] * 5 + [4.0]


LEASES = {"free": None, "another's": ("other", 3.0), "mine": ("me", 3.0), "expired": ("other", LEASE + 0.5)}
AGES = (None, 1.0, 10.0, 40.0)
RESTS = {"none": None, "mine": "mark", "under other settings": "other mark"}


def expected(lease: str, age: float | None, rest: str, force: bool, empty: bool) -> Verdict:
    """The rule in words: a fetch in flight, then young data, then a rest, then the rate."""
    if lease == "another's":
        return Verdict.BUSY
    if age is not None and age < (2.0 if force else TTL):
        return Verdict.FRESH
    if rest == "mine" and not force:
        return Verdict.RESTING
    return Verdict.THROTTLED if empty else Verdict.GRANTED


def arranged(store: Store, clock: ManualClock, lease: str, age: float | None, rest: str) -> None:
    """Let things have happened so long ago that now the lease, the age of the data and the rest are these."""
    events = [(age, lambda: land(store, clock, holder="stranger"))] if age is not None else []
    if holding := LEASES[lease]:
        events.append((holding[1], lambda: store.claim(ask(holding[0], force=True))))
    if RESTS[rest]:
        events.append((0.5, lambda: fail(store, 5.0, "stranger", RESTS[rest])))
    now = 0.0
    for ago, event in sorted(events, key=lambda pair: -pair[0]):
        clock.move(-ago - now)
        now = -ago
        event()
    clock.move(-now)


def test_every_combination_has_its_verdict(open_store, clock):
    cases = itertools.product(LEASES, AGES, RESTS, (False, True), (False, True))
    for number, (lease, age, rest, force, empty) in enumerate(cases):
        store = open_store(f"scope {number}", 2**-20)
        arranged(store, clock, lease, age, rest)
        while empty and not store.take():
            pass
        verdict = store.claim(ask("me", force=force, settings="mark")).verdict
        assert verdict is expected(lease, age, rest, force, empty), (lease, age, rest, force, empty)
        store.close()


# --- what landed ---


def test_a_body_reads_back_as_it_came(store, clock):
    came = body(
        clock.epoch(),
        5,
        None,
        -(10**17),
        standing=Standing.HOLIDAY,
        of=to_kst(clock.epoch() - 86400),
        notes=("본 것", 'odd "한" thing'),
    )
    kept = store.land(came, "me", clock.epoch(), 0.0)
    assert kept == store.kept(KRX_KOSPI)
    got = kept.latest
    for name in ("pair", "asof", "rows", "changed", "of", "standing", "stale", "demo", "sha256", "content", "notes"):
        assert getattr(got, name) == getattr(came, name), name
    assert kept.fetched == clock.epoch()
    assert not kept.empty
    assert kept.problem is None
    assert (kept.failures, kept.rest_until, kept.skew) == (0, 0.0, 0.0)


def test_what_is_read_back_is_checked_again(store, clock):
    rows = (Row("8000", "개인", (1, 9, *(0,) * 16)),)
    kept = store.land(Snapshot(KRX_KOSPI, to_kst(clock.epoch()), rows, sha256="00" * 32), "me", clock.epoch(), 0.0)
    assert kept.latest.failed_checks


def test_equal_content_moves_only_its_last_sight(store, clock):
    first = land(store, clock, 7).latest
    clock.move(40)
    again = land(store, clock, 7).latest
    assert again.asof == first.asof + timedelta(seconds=40)
    assert again.changed == first.asof
    clock.move(40)
    other = land(store, clock, 8).latest
    assert other.asof == other.changed == first.asof + timedelta(seconds=80)
    clock.move(40)
    back = land(store, clock, 7).latest
    assert back.changed == back.asof == first.asof + timedelta(seconds=120)


def test_equal_content_of_another_day_is_another_body(store, clock):
    first = land(store, clock, 7)
    clock.set(TOMORROW)
    kept = land(store, clock, 7)
    assert kept.latest.changed == kept.latest.asof == to_kst(clock.epoch())
    assert store.witnesses(KRX_KOSPI, kept.latest.asof.date()).earlier == first.latest


def test_equal_content_may_change_what_it_counts_as(store, clock):
    land(store, clock, 7, standing=Standing.UNCONFIRMED)
    clock.move(40)
    assert land(store, clock, 7, standing=Standing.PREVIOUS).good is None


def test_an_older_body_never_replaces_a_newer_one(store, clock):
    store.claim(ask("asleep"))
    old = body(clock.epoch(), 1)
    at = clock.epoch()
    clock.move(LEASE)
    store.claim(ask("me"))
    new = land(store, clock, 2)
    kept = store.land(old, "asleep", at, -7200.0)
    assert kept == new
    assert kept.latest.rows == rows_of(2)
    assert store.kept(KRX_KOSPI).fetched == clock.epoch()


def test_a_body_of_yesterday_that_comes_late_does_not_make_today_fresh(store, clock):
    clock.set("2026-11-20 23:59:59")
    late, at = body(clock.epoch(), 1), clock.epoch()
    clock.set("2026-11-21 00:00:05")
    land(store, clock, 2)
    store.land(late, "me", at, 0.0)
    assert store.claim(ask()) == FRESH
    assert store.kept(KRX_KOSPI).latest.rows == rows_of(2)


def test_an_empty_answer_leaves_no_snapshot_and_hides_none(store, clock):
    kept = land(store, clock, 0, standing=Standing.EMPTY)
    assert (kept.latest, kept.good, kept.empty, kept.fetched) == (None, None, True, clock.epoch())
    clock.move(40)
    figures = land(store, clock, 7)
    assert not figures.empty
    clock.move(40)
    kept = land(store, clock, 0, standing=Standing.EMPTY)
    assert kept.empty
    assert kept.latest == kept.good == figures.latest
    assert kept.fetched == clock.epoch()


def test_an_empty_answer_of_one_day_says_nothing_of_another(store, clock):
    land(store, clock, 0, standing=Standing.EMPTY)
    assert store.kept(KRX_KOSPI).empty
    clock.set(TOMORROW)
    assert not store.kept(KRX_KOSPI).empty
    assert store.kept(KRX_KOSPI).fetched == 0


@pytest.mark.parametrize("standing", [Standing.TODAY, Standing.UNCONFIRMED, Standing.HOLIDAY])
def test_a_body_that_shows_figures_is_good(store, clock, standing):
    kept = land(store, clock, standing=standing)
    assert kept.good == kept.latest
    assert kept.good.standing is standing


def test_a_body_of_the_last_day_is_the_latest_but_not_good(store, clock):
    kept = land(store, clock, 1, standing=Standing.PREVIOUS)
    assert kept.good is None
    assert kept.latest.standing is Standing.PREVIOUS
    clock.move(40)
    today = land(store, clock, 2)
    assert today.good == today.latest
    clock.move(40)
    kept = land(store, clock, 3, standing=Standing.PREVIOUS)
    assert kept.good == today.latest
    assert kept.latest.rows == rows_of(3)


def test_nothing_is_known_of_a_day_without_answers(store, clock):
    land(store, clock, 7, codes=("9300",))
    clock.set(TOMORROW)
    kept = store.kept(KRX_KOSPI)
    assert (kept.latest, kept.good, kept.fetched, kept.empty, kept.order) == (None, None, 0.0, False, ())


def test_failures_are_counted_until_a_success(store, clock):
    problem = Problem("refused", "EGW00999", {"msg": '알 수 없는 "오류"'}, ask_user=True, until=1234.5)
    store.fail(KRX_KOSPI, "me", Problem("no_answer"), 5.0, "")
    clock.move(1)
    kept = store.fail(KRX_KOSPI, "me", problem, 5.0, "")
    assert kept == store.kept(KRX_KOSPI)
    assert (kept.problem, kept.failures, kept.rest_until) == (problem, 2, clock.epoch() + 5)
    kept = land(store, clock)
    assert (kept.problem, kept.failures, kept.rest_until) == (None, 0, 0.0)


def test_a_failure_leaves_the_figures(store, clock):
    figures = land(store, clock, 7)
    clock.move(40)
    kept = fail(store)
    assert kept.good == kept.latest == figures.latest
    assert kept.fetched == figures.fetched


def test_codes_stand_in_the_order_they_were_first_seen_that_day(open_store, clock):
    one, other = open_store(), open_store()
    land(one, clock, 1, 2, codes=("8000", "9300"))
    clock.move(40)
    land(other, clock, 1, 2, 3, 4, codes=("7000", "9400", "9300", "9100"))
    clock.move(40)
    land(one, clock, 5, codes=("9400",))
    assert one.kept(KRX_KOSPI).order == other.kept(KRX_KOSPI).order == ("9300", "7000", "9400")
    assert one.kept(KRX_KOSDAQ).order == ()
    clock.set(TOMORROW)
    assert one.kept(KRX_KOSPI).order == ()
    assert land(other, clock, 1, 2, codes=("9400", "9300")).order == one.kept(KRX_KOSPI).order == ("9400", "9300")


def test_counters_add_up_over_handles_and_start_anew_each_day(open_store, clock):
    one, other = open_store(), open_store()
    assert one.kept(KRX_KOSPI).counters == Counters(0, 0)
    for _ in range(3):
        one.count("data")
        other.count("data")
    other.count("token")
    assert one.kept(KRX_KOSPI).counters == other.kept(KRX_KOSDAQ).counters == Counters(6, 1)
    clock.set(TOMORROW)
    one.count("data")
    assert other.kept(KRX_KOSPI).counters == Counters(1, 0)
    clock.set("2026-11-20 23:59:59")
    assert one.kept(KRX_KOSPI).counters == Counters(6, 1)


def test_a_body_is_held_against_the_last_one_of_an_earlier_day(store, clock):
    assert store.witnesses(KRX_KOSPI, TODAY) == Memory(None, None)
    for day, figure in (("2026-11-17", 1), ("2026-11-18", 2), ("2026-11-18", 3)):
        clock.set(f"{day} 15:40:0{figure}")
        land(store, clock, figure)
        land(store, clock, 9, pair=KRX_KOSDAQ)
    clock.set("2026-11-20 08:59:00")
    land(store, clock, 4)
    memory = store.witnesses(KRX_KOSPI, TODAY)
    assert memory.earlier.rows == rows_of(3)
    assert memory.waiting is None
    assert store.witnesses(KRX_KOSPI, date(2026, 11, 18)).earlier.rows == rows_of(1)


def test_a_body_is_held_against_what_did_not_count_this_morning(store, clock):
    for figure in (1, 2):
        land(store, clock, figure, standing=Standing.PREVIOUS)
        clock.move(40)
    land(store, clock, 3)
    assert store.witnesses(KRX_KOSPI, TODAY).waiting.rows == rows_of(2)
    assert store.witnesses(KRX_KOSPI, date(2026, 11, 21)).waiting is None
    assert store.witnesses(KRX_KOSDAQ, TODAY) == Memory(None, None)


def test_pairs_in_use_are_those_asked_for_since_then(open_store, clock):
    one, other = open_store(), open_store()
    began = clock.epoch()
    assert one.in_use(1) == ()
    one.asked([NXT_KOSPI])
    clock.move(10)
    other.asked([KRX_KOSPI, KRX_KOSDAQ])
    assert set(one.in_use(began)) == {NXT_KOSPI, KRX_KOSPI, KRX_KOSDAQ}
    assert set(one.in_use(began + 1)) == {KRX_KOSPI, KRX_KOSDAQ}
    assert one.in_use(began + 11) == ()


def test_how_far_the_clock_is_off_is_known_to_all_pairs(open_store, clock):
    one, other = open_store(), open_store()
    land(one, clock, skew=-3600.0)
    assert other.kept(KRX_KOSDAQ).skew == -3600.0
    clock.move(40)
    land(other, clock, pair=KRX_KOSDAQ, skew=0.0)
    assert one.kept(KRX_KOSPI).skew == 0.0


def test_scopes_never_mix(open_store, clock):
    ours, theirs = open_store("ours"), open_store("theirs")
    land(theirs, clock, 7, 8, codes=("8000", "9300"), skew=-3600.0)
    fail(theirs, 60.0)
    theirs.count("data")
    theirs.asked([KRX_KOSPI])
    theirs.claim(ask("them", KRX_KOSDAQ))
    while not theirs.take():
        pass
    kept = ours.kept(KRX_KOSPI)
    assert kept == type(kept)(counters=Counters(0, 0))
    assert ours.in_use(1) == ()
    assert ours.witnesses(KRX_KOSPI, date(2026, 11, 21)) == Memory(None, None)
    assert [ours.claim(ask(pair=pair)) for pair in ALL_PAIRS] == [GRANTED] * BURST


def test_what_the_simulator_sent_is_marked_wherever_it_goes(open_store, clock):
    assert land(open_store(DEMO_SCOPE), clock).latest.demo
    assert not land(open_store(), clock).latest.demo


def test_a_store_that_serves_all_it_was_opened_for_shares(store):
    assert store.sharing


# --- clocks ---


def test_nothing_of_the_future_binds_when_the_clock_is_set_back(store, clock):
    land(store, clock, 1)
    store.claim(ask("other", KRX_KOSDAQ))
    store.fail(NXT_KOSPI, "me", Problem("no_answer"), 5.0, "")
    store.asked([KRX_KOSPI])
    clock.move(-3600)
    assert store.claim(ask()) == GRANTED
    assert store.claim(ask(pair=KRX_KOSDAQ)) == GRANTED
    assert store.claim(ask(pair=NXT_KOSPI)) == GRANTED
    assert store.in_use(1) == ()


def test_what_came_last_is_the_latest_though_the_clock_was_set_back(store, clock):
    land(store, clock, 1)
    clock.move(-3600)
    kept = land(store, clock, 2)
    assert kept.latest.rows == kept.good.rows == rows_of(2)
    assert kept.fetched == clock.epoch()
    clock.move(40)
    kept = land(store, clock, 2)
    assert kept.latest.rows == rows_of(2)
    assert kept.latest.asof == to_kst(clock.epoch())


def test_what_came_just_before_midnight_and_is_put_down_just_after_is_no_damage(store, clock):
    clock.set("2026-11-20 23:59:59")
    came, at = body(clock.epoch(), 7), clock.epoch()
    clock.move(2)
    kept = store.land(came, "me", at, 0.0)
    assert kept.latest is None
    assert store.at(KRX_KOSPI, at).rows == rows_of(7)


def test_the_bucket_goes_on_filling_when_the_clock_is_set_back(store, clock):
    while not store.take():
        pass
    clock.move(-3600)
    assert store.take() == 4.0
    clock.move(4)
    assert store.take() == 0.0
    assert store.take() == 4.0


def test_setting_the_clock_back_gives_no_leave(store, clock):
    while not store.take():
        pass
    for _ in range(10):
        clock.move(-600)
        assert store.take() > 0


# --- history ---


def stored(store: Store, clock: ManualClock, at: str, *figures: int, **more: Any) -> Snapshot:
    """A body that landed at a Korean moment of the tests' day."""
    clock.set(f"2026-11-20 {at}")
    made = body(clock.epoch(), *figures, **more)
    store.land(made, "me", clock.epoch(), 0.0)
    return made


def at(store: Store, moment: str, pair: Pair = KRX_KOSPI) -> tuple[int | None, str] | None:
    """The first figure as it stood, and when it was last known to."""
    found = store.at(pair, kst(moment if " " in moment else f"2026-11-20 {moment}").timestamp())
    return (found.rows[0].figures[0], f"{found.asof:%H:%M:%S}") if found else None


def test_a_table_stands_from_its_first_sight_to_its_last_and_is_dated_after_that(store, clock):
    stored(store, clock, "10:00:00", 1)
    stored(store, clock, "10:05:00", 1)
    stored(store, clock, "10:20:00", 2)
    assert at(store, "09:59:59") is None
    assert at(store, "10:00:00") == (1, "10:00:00")
    assert at(store, "10:03:00") == (1, "10:03:00")
    assert at(store, "10:19:59") == (1, "10:05:00")
    assert at(store, "10:20:00") == (2, "10:20:00")
    assert at(store, "15:40:00") == (2, "10:20:00")


def test_a_table_of_one_day_never_stands_on_another(store, clock):
    stored(store, clock, "19:59:30", 1)
    assert at(store, "2026-11-21 09:05:00") is None


@pytest.mark.parametrize("standing", Standing)
def test_only_tables_that_show_figures_stand(store, clock, standing):
    stored(store, clock, "10:00:00", 1, standing=standing)
    shows = standing in (Standing.TODAY, Standing.UNCONFIRMED, Standing.HOLIDAY)
    assert at(store, "10:00:00") == ((1, "10:00:00") if shows else None)


def test_tables_stand_for_their_own_pair_and_scope(store, open_store, clock):
    stored(store, clock, "10:00:00", 1)
    assert at(store, "10:00:00", KRX_KOSDAQ) is None
    assert at(open_store(scope="another"), "10:00:00") is None


def test_after_the_clock_was_set_back_tables_stand_by_their_time(store, clock):
    stored(store, clock, "10:20:00", 2)
    stored(store, clock, "10:00:00", 1)
    assert at(store, "10:00:00") == (1, "10:00:00")
    assert at(store, "10:20:00") == (2, "10:20:00")


def test_the_last_different_table_is_the_one_before_the_figures_changed(store, clock):
    first, second = stored(store, clock, "10:00:00", 1), stored(store, clock, "10:01:00", 2)
    stored(store, clock, "10:02:00", 2)
    again = stored(store, clock, "10:03:00", 1)
    assert store.differing(first) is None
    assert store.differing(second).rows == first.rows
    shown = store.kept(KRX_KOSPI).latest
    assert store.differing(shown).rows == second.rows
    assert store.differing(shown).asof == kst("2026-11-20 10:02:00")
    assert shown.rows == again.rows


def test_the_last_different_table_was_seen_before_the_one_shown(store, clock):
    first, second = stored(store, clock, "10:00:00", 1), stored(store, clock, "10:01:00", 2)
    stored(store, clock, "10:02:00", 3)
    assert store.differing(second).rows == first.rows


@pytest.mark.parametrize("standing", [Standing.UNCONFIRMED, Standing.PREVIOUS, Standing.HOLIDAY])
def test_what_may_be_of_another_day_is_no_different_table(store, clock, standing):
    stored(store, clock, "10:00:00", 1, standing=standing)
    assert store.differing(stored(store, clock, "10:01:00", 2)) is None


def test_the_tables_of_yesterday_are_no_different_ones(store, clock):
    stored(store, clock, "10:00:00", 1)
    clock.set("2026-11-23 09:05:00")
    store.land(monday := body(clock.epoch(), 2), "me", clock.epoch(), 0.0)
    assert store.differing(monday) is None


NET = fields.figure(Band.NON_ARBITRAGE)


def course(
    store: Store, *wanted: tuple[str, Field], day: date = TODAY, pair: Pair = KRX_KOSPI
) -> list[tuple[Any, ...]]:
    """The sights of a day: from, to, figures."""
    return [
        (f"{to_kst(sight.first):%H:%M}", f"{to_kst(sight.last):%H:%M}", *sight.figures)
        for sight in store.series(pair, day, wanted or [("8000", NET)])
    ]


def test_the_course_of_a_day_is_each_of_its_tables_in_order(store, clock):
    stored(store, clock, "10:00:00", 1)
    stored(store, clock, "10:05:00", 1)
    stored(store, clock, "10:20:00", 2)
    stored(store, clock, "10:21:00", 1)
    assert course(store) == [("10:00", "10:05", 1), ("10:20", "10:20", 2), ("10:21", "10:21", 1)]
    assert course(store, day=TODAY - timedelta(days=1)) == []
    assert course(store, pair=KRX_KOSDAQ) == []


def test_a_course_has_the_figures_asked_for_and_none_where_a_table_lacks_them(store, clock):
    every = ("8000", "9100", "8888", "7100")
    stored(store, clock, "10:00:00", 1, 20, 300, 4000, codes=every)
    stored(store, clock, "10:01:00", 1, None, 300, 4000, codes=every)
    stored(store, clock, "10:02:00", 1, 20, 300, codes=every)
    wanted = [("9100", NET), ("", NET), ("8888", fields.figure(Band.ALL))]
    assert course(store, *wanted) == [
        ("10:00", "10:00", 20, 4321, 300),
        ("10:01", "10:01", None, None, 300),
        ("10:02", "10:02", 20, None, 300),
    ]


@pytest.mark.parametrize("standing", set(Standing) - {Standing.TODAY})
def test_what_may_be_of_another_day_is_no_part_of_the_course(store, clock, standing):
    stored(store, clock, "10:00:00", 1, standing=standing)
    assert course(store) == []


FIGURE = st.one_of(st.none(), st.integers(-(2**31), 2**31), st.integers(-(10**18) + 1, 10**18 - 1))
TABLE = st.lists(st.tuples(*[FIGURE] * len(FIGURES)), min_size=1, max_size=3)


@st.composite
def days(draw: st.DrawFn) -> list[Snapshot]:
    """Tables as they may land: some again and again, seconds or half a day after each other."""
    tables = draw(st.lists(TABLE, min_size=1, max_size=3))
    moment, landed = kst("2026-11-19 09:00:00"), []
    for seconds in draw(st.lists(st.one_of(st.integers(1, 60), st.integers(60, 40_000)), min_size=1, max_size=12)):
        moment += timedelta(seconds=seconds)
        people = zip(("8000", "9100", "8888"), draw(st.sampled_from(tables)), strict=False)
        rows = tuple(Row(code, f"이름 {code}", figures) for code, figures in people)
        standing = draw(st.sampled_from([Standing.TODAY, Standing.UNCONFIRMED]))
        landed.append(Snapshot(KRX_KOSPI, moment, rows, (), moment, standing=standing, sha256=f"{seconds:064x}"))
    return landed


@settings(deadline=None, max_examples=80)
@given(days())
def test_any_sequence_of_tables_reads_back_exactly(landed):
    clock = ManualClock("2026-11-19 09:00:00")
    reads_back(SqliteStore(":memory:", "scope", clock, RATE), clock, landed)


def test_any_sequence_of_tables_reads_back_exactly_from_a_server(redis_server):
    numbers = itertools.count()

    @settings(deadline=None, max_examples=40)
    @given(days())
    def check(landed: list[Snapshot]) -> None:
        clock = ManualClock("2026-11-19 09:00:00")
        server = Server(redis_server.address, clock, clock.epoch)
        reads_back(RedisStore(server, f"scope {next(numbers)}", RATE, "mark"), clock, landed)

    check()


def reads_back(store: Store, clock: ManualClock, landed: list[Snapshot]) -> None:
    for made in landed:
        clock.now = made.asof
        assert store.land(made, "me", clock.epoch(), 0.0).latest.rows == made.rows
    for made, following in itertools.zip_longest(landed, landed[1:]):
        then = store.at(KRX_KOSPI, made.asof.timestamp())
        assert (then.rows, then.asof) == (made.rows, made.asof)
        just_before = (following.asof if following else made.asof + timedelta(days=2)) - timedelta(microseconds=1)
        end = min(just_before, made.asof.replace(hour=23, minute=59, second=59))
        then = store.at(KRX_KOSPI, end.timestamp())
        assert then.rows == made.rows
    for day, of_day in itertools.groupby(landed, key=lambda made: made.asof.date()):
        runs = [list(run) for _, run in itertools.groupby(of_day, key=lambda made: made.content)]
        assert store.series(KRX_KOSPI, day, [("8000", NET)]) == tuple(
            (run[0].asof.timestamp(), run[-1].asof.timestamp(), (run[0].by_code["8000"][NET],))
            for run in runs
            if run[-1].standing is Standing.TODAY
        )
    store.close()


# --- at the same moment ---


@only_shared
def test_what_one_handle_keeps_another_sees(open_store, clock):
    one, other = open_store(), open_store()
    landed = land(one, clock, 7)
    assert other.kept(KRX_KOSPI) == landed
    assert other.claim(ask("other")) == FRESH


@only_shared
def test_what_was_kept_is_there_after_a_restart(open_store, clock):
    first = open_store()
    landed = land(first, clock, 7)
    first.asked([KRX_KOSPI])
    first.close()
    again = open_store()
    assert again.kept(KRX_KOSPI) == landed
    assert again.in_use(1) == (KRX_KOSPI,)


def test_of_threads_that_claim_at_the_same_moment_one_is_granted(open_store):
    gun, verdicts = threading.Barrier(8), []

    def claim(number: int, store: Store) -> None:
        gun.wait()
        verdicts.append(store.claim(ask(f"holder {number}")).verdict)

    threads = [threading.Thread(target=claim, args=(number, open_store())) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(verdict.name for verdict in verdicts) == ["BUSY"] * 7 + ["GRANTED"]


def test_threads_that_count_at_the_same_moment_lose_nothing(open_store):
    def count(store: Store) -> None:
        for _ in range(25):
            store.count("data")

    threads = [threading.Thread(target=count, args=(open_store(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert open_store().kept(KRX_KOSPI).counters.data == 100


PROCESS = """
import sys
from pathlib import Path
from xlwings_kis.clock import SystemClock
from xlwings_kis.markets import ALL_PAIRS
from xlwings_kis.store.base import Ask
from xlwings_kis.store.sqlite import SqliteStore

store = SqliteStore(Path(sys.argv[1]), "scope", SystemClock(), 1e-6)
print("ready", flush=True)
sys.stdin.readline()
print(store.claim(Ask(ALL_PAIRS[0], sys.argv[2], 30.0)).verdict.name, flush=True)
print(sum(1 for _ in range(20) if not store.take()), flush=True)
"""


def test_processes_share_one_claim_and_one_bucket(tmp_path):
    path = tmp_path / "한글 store.sqlite3"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    environ = {**os.environ, "PYTHONUTF8": "1"}
    processes = [
        subprocess.Popen([sys.executable, "-c", PROCESS, str(path), str(n)], text=True, env=environ, **pipes)
        for n in range(4)
    ]
    try:
        for process in processes:
            assert process.stdout.readline() == "ready\n", process.stderr.read()
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        verdicts, leaves = zip(
            *((p.stdout.readline().strip(), p.stdout.readline().strip()) for p in processes), strict=True
        )
        assert sorted(verdicts) == ["BUSY"] * 3 + ["GRANTED"]
        assert sum(map(int, leaves)) == BURST - 1
    finally:
        for process in processes:
            process.kill()
            process.communicate()
