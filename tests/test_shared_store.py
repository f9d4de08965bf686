"""The store on a server: what no file has to bear. Clocks that differ, holders that sleep, a server that goes away."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from clocks import ManualClock
from redis_server import RedisServer
from samples import KRX_KOSDAQ, KRX_KOSPI
from test_store import FRESH, GRANTED, RATE, RESTING, TODAY, ask, body, fail, land, rows_of

from xlwings_kis.clock import SystemClock, kst_day, to_kst
from xlwings_kis.errors import Problem
from xlwings_kis.markets import ALL_PAIRS
from xlwings_kis.snapshot import Standing
from xlwings_kis.store.base import LEASE, LONGEST_REST, Claim, Counters, Store, StoreTrouble, Verdict
from xlwings_kis.store.guarded import AGAIN, PATIENCE, GuardedStore
from xlwings_kis.store.shared import server as room
from xlwings_kis.store.shared.server import Server, prefix
from xlwings_kis.store.shared.store import RedisStore
from xlwings_kis.store.sqlite import SqliteStore

BUSY = Claim(Verdict.BUSY)


@pytest.fixture
def clock() -> ManualClock:
    """The server's clock, and that of whoever has no other."""
    return ManualClock()


class Machine(ManualClock):
    """A machine whose clock is wrong by so many seconds."""

    def __init__(self, true: ManualClock, wrong: float) -> None:
        self.true, self.wrong = true, wrong

    def epoch(self) -> float:
        return self.true.epoch() + self.wrong

    def monotonic(self) -> float:
        return self.true.monotonic()

    def sleep(self, seconds: float) -> None:
        self.true.sleep(seconds)


@pytest.fixture
def machine(redis_server: RedisServer, clock: ManualClock) -> Iterator[Callable[..., tuple[RedisStore, Machine]]]:
    """The store as a machine has it, and that machine's clock."""
    made: list[RedisStore] = []

    def make(wrong: float = 0.0, mark: str = "one", keep_days: int = 0) -> tuple[RedisStore, Machine]:
        own = Machine(clock, wrong)
        made.append(RedisStore(Server(redis_server.address, own, clock.epoch), "scope", RATE, mark, keep_days))
        return made[-1], own

    yield make
    for store in made:
        store.close()


# --- clocks ---


def test_machines_whose_clocks_are_ten_minutes_apart_agree(machine, clock):
    (slow, slow_clock), (fast, fast_clock) = machine(-300.0), machine(+300.0)
    assert slow.claim(ask("slow")) == GRANTED
    assert fast.claim(ask("fast")) == BUSY
    landed = slow.land(body(clock.epoch(), 7), "slow", slow_clock.epoch(), 300.0)
    seen = fast.kept(KRX_KOSPI)
    assert (landed.fetched, seen.fetched) == (slow_clock.epoch(), fast_clock.epoch())
    assert (landed.skew, seen.skew) == (300.0, -300.0)
    assert seen.latest == landed.latest
    assert fast.claim(ask("fast")) == FRESH
    clock.move(29)
    assert fast.claim(ask("fast")) == FRESH
    clock.move(1)
    assert fast.claim(ask("fast")) == GRANTED
    clock.move(LEASE - 0.5)
    assert slow.claim(ask("slow")) == BUSY
    clock.move(0.5)
    assert slow.claim(ask("slow")) == GRANTED
    newer = fast.land(body(clock.epoch(), 8), "fast", fast_clock.epoch(), -300.0)
    assert slow.kept(KRX_KOSPI).latest == newer.latest


def test_a_failure_ends_for_all_at_the_same_moment_and_each_is_told_by_its_own_clock(machine, clock):
    (slow, slow_clock), (fast, fast_clock) = machine(-300.0), machine(+300.0)
    until = slow_clock.epoch() + 60
    told = Problem("token_wait", "EGW00133", {"time": f"{to_kst(until):%H:%M:%S}", "msg": ""}, until=until)
    mine = slow.fail(KRX_KOSPI, "slow", told, 5.0, "")
    theirs = fast.kept(KRX_KOSPI)
    assert (mine.problem, mine.rest_until) == (told, slow_clock.epoch() + 5)
    assert theirs.rest_until == fast_clock.epoch() + 5
    assert theirs.problem.until == fast_clock.epoch() + 60
    assert theirs.problem.facts["time"] == f"{to_kst(fast_clock.epoch() + 60):%H:%M:%S}"
    clock.move(4.5)
    assert fast.claim(ask("fast")) == RESTING
    clock.move(0.5)
    assert fast.claim(ask("fast")) == GRANTED


def test_a_clock_that_was_right_when_it_was_compared_makes_nobody_s_clock_wrong(machine, clock):
    (one, own), (other, _) = machine(0.0), machine(40.0)
    one.land(body(clock.epoch(), 7), "one", own.epoch(), 0.0)
    assert other.kept(KRX_KOSPI).skew == 0.0


@pytest.mark.parametrize("error", [0.5, -0.5, 0.03, -0.03])
def test_clocks_that_agree_but_for_an_instant_cost_no_second_call(redis_server, clock, error):
    """Two machines never hold their clocks against the server's quite alike."""
    one = RedisStore(Server(redis_server.address, clock, clock.epoch), "scope", RATE, "one")
    other = RedisStore(Server(redis_server.address, clock, lambda: clock.epoch() + error), "scope", RATE, "other")
    one.claim(ask("one"))
    assert other.claim(ask("other")) == BUSY
    land(one, clock, holder="one")
    assert other.claim(ask("other")) == FRESH
    fail(one)
    clock.move(29)
    land(one, clock, 9)
    fail(one, 60.0)
    assert other.claim(ask("other", ttl=0.0)) == RESTING
    one.asked([KRX_KOSPI])
    assert other.in_use(clock.epoch() - 5) == (KRX_KOSPI,)
    for handle in (one, other):
        handle.close()


def test_handles_that_disagree_by_an_instant_fill_the_bucket_no_faster(redis_server, clock):
    stores = [
        RedisStore(Server(redis_server.address, clock, lambda by=by: clock.epoch() + by), "scope", RATE, "mark")
        for by in (0.0, 0.5)
    ]
    while not stores[0].take():
        pass
    granted = 0
    for _ in range(40):
        granted += sum(1 for store in (*stores, *stores) if not store.take())
        clock.move(0.5)
    assert granted <= 20 * RATE + 1
    for store in stores:
        store.close()


def test_the_servers_clock_is_measured(redis_server):
    class Wrong(SystemClock):
        @staticmethod
        def epoch() -> float:
            return time.time() + 600

    server = Server(redis_server.address, Wrong())
    assert server.offset() == pytest.approx(-600, abs=1)
    assert server.now() == pytest.approx(time.time(), abs=1)
    server.close()


def test_the_clocks_are_compared_now_and_then_and_when_one_jumps(redis_server, clock):
    asked: list[float] = []
    own = Machine(clock, 0.0)
    server = Server(redis_server.address, own, lambda: asked.append(1) or clock.epoch())
    assert server.offset() == server.offset() == 0.0
    assert len(asked) == 1
    own.wrong = 3600.0  # the user has set the clock
    assert server.offset() == -3600.0
    clock.move(room.AGAIN)
    assert server.offset() == -3600.0
    assert len(asked) == 3


# --- holders ---


@pytest.mark.parametrize("ahead", [0.0, 30.0])
def test_what_an_earlier_grant_brings_is_old_whatever_its_clock_says(machine, clock, ahead):
    (asleep, _), (awake, _) = machine(mark="asleep"), machine(mark="awake")
    asleep.claim(ask("asleep"))
    clock.move(LEASE)
    assert awake.claim(ask("awake")) == GRANTED
    newer = land(awake, clock, 2, holder="awake")
    clock.move(1)
    kept = asleep.land(body(clock.epoch() + ahead, 1), "asleep", clock.epoch() + ahead, 0.0)
    assert kept.latest == newer.latest
    assert awake.kept(KRX_KOSPI).fetched == newer.fetched


def test_what_befell_an_earlier_grant_is_no_failure_of_the_later_one(machine, clock):
    (asleep, _), (awake, _) = machine(), machine()
    asleep.claim(ask("asleep"))
    clock.move(LEASE)
    awake.claim(ask("awake"))
    land(awake, clock, 2, holder="awake")
    kept = fail(asleep, 60.0, "asleep")
    assert (kept.problem, kept.failures, kept.rest_until) == (None, 0, 0.0)


def test_an_earlier_grant_whose_successor_has_brought_nothing_yet_still_counts(machine, clock):
    (asleep, _), (awake, _) = machine(), machine()
    asleep.claim(ask("asleep"))
    clock.move(LEASE)
    awake.claim(ask("awake"))
    assert land(asleep, clock, 1, holder="asleep").latest.rows == rows_of(1)
    assert awake.claim(ask("third", ttl=0.0)) == BUSY
    assert land(awake, clock, 2, holder="awake").latest.rows == rows_of(2)


def test_each_machine_counts_its_own(machine):
    (one, _), (other, _) = machine(mark="one"), machine(mark="other")
    for _ in range(3):
        one.count("data")
    other.count("token")
    assert one.kept(KRX_KOSPI).counters == Counters(3, 0)
    assert other.kept(KRX_KOSPI).counters == Counters(0, 1)


def test_old_days_go_when_a_new_one_begins(machine, clock, redis_server):
    store, _ = machine(keep_days=2)
    for day in ("17", "18", "19", "20"):
        clock.set(f"2026-11-{day} 10:00:00")
        land(store, clock, int(day))
        land(store, clock, int(day), pair=KRX_KOSDAQ)
    kept = {key.decode().rsplit(":", 1)[1] for key in redis_server.client().scan_iter("*day:*KOSPI:*")}
    assert kept == {str(date(2026, 11, day).toordinal()) for day in (18, 19, 20)}
    assert store.witnesses(KRX_KOSPI, date(2026, 11, 18)).earlier is None
    assert store.witnesses(KRX_KOSPI, TODAY).earlier.rows == rows_of(19)


def test_keys_of_a_scope_lie_together_and_name_their_version(machine, clock, redis_server):
    store, _ = machine()
    store.claim(ask())
    land(store, clock, 7, codes=("9300",))
    store.count("data")
    store.asked([KRX_KOSPI])
    keys = [key.decode() for key in redis_server.client().scan_iter()]
    assert len(keys) >= 6
    assert all(key.startswith("xlwings-kis:1:{scope}:") for key in keys)


# --- values of another version, and damaged ones ---


READS: dict[str, Callable[[RedisStore, ManualClock], Any]] = {
    "claim": lambda store, clock: store.claim(ask("me", ttl=0.0)),
    "land": lambda store, clock: land(store, clock, 8),
    "kept": lambda store, clock: store.kept(KRX_KOSPI),
    "series": lambda store, clock: store.series(KRX_KOSPI, TODAY, [("8000", ALL_FIELDS[0])]),
}
from xlwings_kis.fields import FIGURES as ALL_FIELDS  # noqa: E402 - beside the table that reads it

NEWER: dict[str, tuple[str, dict[str, str], tuple[str, ...]]] = {
    "pair": ("pair:KRX_KOSPI", {"v": "2"}, ("claim", "land", "kept")),
    "day": (f"day:KRX_KOSPI:{TODAY.toordinal()}", {"v": "2"}, ("land", "kept", "series")),
    "body": (f"day:KRX_KOSPI:{TODAY.toordinal()}", {"m:1": "2 another line"}, ("land", "kept", "series")),
    "bucket": ("bucket", {"v": "2"}, ("claim",)),
    "clock": ("clock", {"v": "2"}, ("land",)),
    "problem": ("pair:KRX_KOSPI", {"problem": '[2,"x","",{},false,null]'}, ("kept",)),
}


@pytest.mark.parametrize(("key", "fields", "steps"), NEWER.values(), ids=NEWER)
def test_a_value_of_another_version_is_trouble_and_stays_as_it_is(machine, clock, redis_server, key, fields, steps):
    store, _ = machine()
    land(store, clock, 7)
    client = redis_server.client()
    client.hset(prefix("scope") + key, mapping=fields)
    before = client.hgetall(prefix("scope") + key)
    for step in steps:
        with pytest.raises(StoreTrouble):
            READS[step](store, clock)
    assert client.hgetall(prefix("scope") + key) == before


DAY_KEY = f"day:KRX_KOSPI:{TODAY.toordinal()}"
DAMAGE: dict[str, tuple[str, dict[str, bytes]]] = {
    "figures": (DAY_KEY, {"f:1": b"\x14damaged"}),
    "no line": (DAY_KEY, {"m:1": b""}),
    "half a line": (DAY_KEY, {"m:1": b"1 1795141231.0 1795141231.0 today"}),
    "text for a time": (DAY_KEY, {"m:1": b"1 a b today - 00 00 00 "}),
    "roster": (DAY_KEY, {}),
    "order": (DAY_KEY, {"o": b"{not json\n"}),
    "fetched": ("pair:KRX_KOSPI", {"fetched": b"often"}),
    "fetched not text": ("pair:KRX_KOSPI", {"fetched": b"\xff\xfe"}),
    "problem": ("pair:KRX_KOSPI", {"problem": b"[1, 2]"}),
    "count": (DAY_KEY, {"n": b"many"}),
    "skew": ("clock", {"skew": b"much"}),
}


@pytest.mark.parametrize(("key", "fields"), DAMAGE.values(), ids=DAMAGE)
def test_what_is_damaged_is_trouble_and_never_misread(machine, clock, redis_server, key, fields):
    store, _ = machine()
    land(store, clock, 7)
    client = redis_server.client()
    if fields:
        client.hset(prefix("scope") + key, mapping=fields)
    else:
        for name in client.hkeys(prefix("scope") + key):
            if name.startswith(b"p:"):
                client.hset(prefix("scope") + key, name, "[[1]]")
    with pytest.raises(StoreTrouble):
        store.kept(KRX_KOSPI)


def test_figures_of_another_body_are_not_taken_for_these(machine, clock, redis_server):
    store, _ = machine()
    land(store, clock, 7)
    clock.move(40)
    land(store, clock, 8)
    client, key = redis_server.client(), prefix("scope") + DAY_KEY
    client.hset(key, "f:2", client.hget(key, "f:1"))
    with pytest.raises(StoreTrouble):
        store.kept(KRX_KOSPI)


# --- numbers that no step of ours has written ---


@pytest.mark.parametrize("level", ["-1e300", "-inf", "nan", "x"])
def test_however_empty_the_bucket_is_said_to_be_it_fills_as_from_nothing(machine, clock, redis_server, level):
    store, _ = machine()
    store.take()
    redis_server.client().hset(prefix("scope") + "bucket", "level", level)
    assert store.take() <= 1 / RATE
    clock.move(1 / RATE)
    assert store.take() == 0.0


def test_a_bucket_of_no_time_at_all_fills(machine, clock, redis_server):
    store, _ = machine()
    while not store.take():
        pass
    redis_server.client().hset(prefix("scope") + "bucket", "at", "nan")
    waits = []
    for _ in range(10):
        clock.move(1 / RATE)
        waits.append(store.take())
    assert waits[-1] == 0.0


@pytest.mark.parametrize("until", [LONGEST_REST + 1, 1e300, float("inf"), float("nan")])
def test_a_rest_longer_than_any_that_is_ordered_keeps_figures_from_nobody(machine, clock, redis_server, until):
    store, _ = machine()
    fail(store)
    assert store.claim(ask()) == RESTING
    redis_server.client().hset(prefix("scope") + "pair:KRX_KOSPI", "rest_until", repr(clock.epoch() + until))
    assert store.kept(KRX_KOSPI).rest_until == 0.0
    assert store.claim(ask()) == GRANTED
    kept = fail(store, LONGEST_REST)
    assert kept.rest_until == clock.epoch() + LONGEST_REST
    assert store.claim(ask()) == RESTING


def test_the_longest_rest_that_is_ordered_is_kept(machine, clock):
    store, _ = machine()
    assert fail(store, LONGEST_REST).rest_until == clock.epoch() + LONGEST_REST
    clock.move(LONGEST_REST - 1)
    assert store.claim(ask()) == RESTING


def test_what_was_stored_and_is_not_the_latest_is_trouble(machine, clock, redis_server):
    store, _ = machine()
    land(store, clock, 7)
    redis_server.client().hset(prefix("scope") + DAY_KEY, "n", "-5")
    with pytest.raises(StoreTrouble):
        land(store, clock, 8)


@pytest.mark.parametrize("landed", ["1e300", "inf", "9000"])
def test_a_landing_of_a_grant_that_was_never_given_keeps_no_later_one_out(machine, clock, redis_server, landed):
    """As where a server has lost some of its keys."""
    store, _ = machine()
    store.claim(ask())
    land(store, clock, 7)
    redis_server.client().hset(prefix("scope") + "pair:KRX_KOSPI", "landed", landed)
    clock.move(40)
    assert store.claim(ask()) == GRANTED
    assert land(store, clock, 8).latest.rows == rows_of(8)


def lose_all(client: Any) -> None:
    client.flushall()


def lose_the_numbers(client: Any) -> None:
    client.delete(prefix("scope") + "fence")


LOSSES = pytest.mark.parametrize("lose", [lose_all, lose_the_numbers])


def calls_of(store: RedisStore, clock: ManualClock, seconds: int) -> list[Any]:
    """The rows kept by each call that was granted, while somebody asks every second."""
    seen = []
    for at in range(seconds):
        if store.claim(ask()) == GRANTED:
            seen.append(land(store, clock, 100 + at).latest.rows == rows_of(100 + at))
        clock.move(1)
    return seen


@LOSSES
@pytest.mark.parametrize("numbers", [5, 5000])
def test_what_is_lost_while_a_fetch_is_under_way_keeps_no_later_body_out(machine, clock, redis_server, lose, numbers):
    (store, _), (other, _) = machine(), machine(mark="other")
    client = redis_server.client()
    client.set(prefix("scope") + "fence", numbers)
    assert store.claim(ask()) == GRANTED
    clock.move(0.7)
    lose(client)
    for pair in ALL_PAIRS[1:4]:  # others go on, and number their grants anew
        other.claim(ask("other", pair))
        clock.move(1)
    assert land(store, clock, 1).latest.rows == rows_of(1)
    clock.move(40)
    assert calls_of(store, clock, 90) == [True, True, True]
    assert store.claim(ask()) == GRANTED
    assert fail(store).problem == Problem("no_answer")


@LOSSES
def test_a_grant_from_before_a_loss_is_older_than_any_after_it(machine, clock, redis_server, lose):
    (asleep, _), (awake, _) = machine(mark="asleep"), machine(mark="awake")
    redis_server.client().set(prefix("scope") + "fence", 3)
    asleep.claim(ask("asleep"))
    clock.move(LEASE)
    lose(redis_server.client())
    for pair in ALL_PAIRS[1:4]:
        awake.claim(ask("others", pair))
        clock.move(1)
    assert awake.claim(ask("awake")) == GRANTED
    assert land(asleep, clock, 1, holder="asleep").latest.rows == rows_of(1)
    assert land(awake, clock, 2, holder="awake").latest.rows == rows_of(2)
    clock.move(40)
    assert awake.claim(ask("awake")) == GRANTED
    assert land(awake, clock, 3, holder="awake").latest.rows == rows_of(3)


@LOSSES
def test_a_grant_that_was_awaited_before_a_loss_does_not_undo_a_later_one(machine, clock, redis_server, lose):
    (asleep, _), (awake, _) = machine(mark="asleep"), machine(mark="awake")
    asleep.claim(ask("asleep"))
    clock.move(LEASE)
    lose(redis_server.client())
    assert awake.claim(ask("awake")) == GRANTED
    newer = land(awake, clock, 2, holder="awake")
    clock.move(1)
    assert land(asleep, clock, 1, holder="asleep").latest == newer.latest
    assert awake.kept(KRX_KOSPI).fetched == newer.fetched


def test_no_landing_is_written_that_these_data_have_not_granted(machine, clock, redis_server):
    store, _ = machine()
    store.claim(ask())
    redis_server.client().flushall()
    land(store, clock, 1)
    assert redis_server.client().hget(prefix("scope") + "pair:KRX_KOSPI", "landed") == b"0"


# --- when it cannot be had ---


@pytest.fixture
def desk_store(tmp_path: Path, clock: ManualClock) -> Iterator[Callable[..., GuardedStore]]:
    """A store as a process on a machine has it: the server, the machine's file (`folder`), memory."""
    made: list[GuardedStore] = []

    def make(server: RedisServer, folder: str = "machine", patience: float = 20.0, url: str = "") -> GuardedStore:
        from xlwings_kis.address import Address

        address = Address.read(url) if url else server.address
        (tmp_path / folder).mkdir(exist_ok=True)

        def own() -> Store:
            return SqliteStore(tmp_path / folder / "store.sqlite3", "scope", clock, RATE)

        def shared() -> Store:
            return RedisStore(Server(address, clock, clock.epoch), "scope", RATE, folder)

        memory = SqliteStore(":memory:", "scope", clock, RATE)
        file = GuardedStore(own, memory, clock, patience=20)
        made.append(GuardedStore(shared, file, clock, patience=patience))
        return made[-1]

    yield make
    for store in made:
        store.close()


def replica(server: RedisServer) -> None:
    server.client().execute_command("REPLICAOF", "127.0.0.1", "1")


def full(server: RedisServer) -> None:
    server.client().config_set("maxmemory", "1")


def locked_out(server: RedisServer) -> None:
    client = server.client()
    client.config_set("requirepass", "another")
    client.execute_command("AUTH", "another")
    client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def no_scripts(server: RedisServer) -> None:
    server.client().execute_command("ACL", "SETUSER", "default", "-@scripting")


TROUBLES = {
    "killed": RedisServer.kill, "a replica": replica, "full": full, "password": locked_out, "no scripts": no_scripts,
}  # fmt: skip


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
def test_whatever_ails_the_server_the_machine_goes_on_with_its_own_file(own_server, desk_store, clock, trouble):
    one, other, elsewhere = desk_store(own_server), desk_store(own_server), desk_store(own_server, "another machine")
    land(one, clock, 1)
    trouble(own_server)
    clock.move(40)
    assert one.claim(ask("one")) == GRANTED
    landed = land(one, clock, 2, holder="one")
    assert landed.latest.rows == rows_of(2)
    assert not one.sharing
    assert other.claim(ask("other")) == FRESH, "the processes of a machine share its file"
    assert other.kept(KRX_KOSPI).latest == landed.latest
    assert elsewhere.claim(ask("elsewhere")) == GRANTED
    assert elsewhere.kept(KRX_KOSPI).latest is None


def test_it_comes_back_by_itself_with_what_it_kept(own_server, desk_store, clock):
    store = desk_store(own_server)
    landed = land(store, clock, 1)
    own_server.kill()
    clock.move(1)
    store.take()
    assert not store.sharing
    own_server.start()
    clock.move(AGAIN)
    assert store.kept(KRX_KOSPI) == landed
    assert store.sharing
    clock.move(30)
    assert store.claim(ask()) == GRANTED
    assert land(store, clock, 2).latest.rows == rows_of(2)


def test_a_server_that_forgot_everything_begins_anew(own_server, desk_store, clock):
    store = desk_store(own_server)
    land(store, clock, 1)
    own_server.flush()
    own_server.client().script_flush()
    assert store.kept(KRX_KOSPI).latest is None
    assert store.claim(ask()) == GRANTED
    assert land(store, clock, 2).latest.rows == rows_of(2)
    assert store.sharing


def test_a_server_that_accepts_and_never_answers_costs_the_patience_once(own_server, desk_store, clock):
    store = desk_store(own_server, patience=PATIENCE)
    other = desk_store(own_server)
    land(other, clock, 1)
    own_server.stall()
    asked: list[float] = []
    begun = time.monotonic()
    store.take()
    asked.append(time.monotonic() - begun)
    assert not store.sharing
    for _ in range(50):
        assert store.kept(KRX_KOSPI).latest is None
    assert asked[0] >= PATIENCE
    own_server.go_on()
    clock.move(AGAIN)
    deadline = time.monotonic() + 20
    while store.kept(KRX_KOSPI).latest is None and time.monotonic() < deadline:
        clock.move(AGAIN)
    assert store.sharing
    assert store.kept(KRX_KOSPI).latest.rows == rows_of(1)


def test_a_server_that_still_loads_what_it_kept_is_done_without(tmp_path, desk_store, clock, redis_server):
    server = RedisServer(
        tmp_path / "slow to load", "--key-load-delay", "30000", "--loading-process-events-interval-bytes", "1024"
    )
    try:
        store = desk_store(server)
        landed = land(store, clock, 1)
        client = server.client()
        for at in range(100):
            client.set(f"filler:{at}", os.urandom(300))
        client.save()
        server.kill()
        server.start(wait=False)
        while not answers_with(server, "LOADING"):
            time.sleep(0.01)
        store.take()
        assert not store.sharing
        assert store.claim(ask()) == GRANTED
        while answers_with(server, "LOADING"):
            time.sleep(0.05)
        clock.move(AGAIN)
        assert store.kept(KRX_KOSPI).latest == landed.latest
        assert store.sharing
    finally:
        server.kill()


def answers_with(server: RedisServer, word: str) -> bool:
    import redis

    try:
        server.client(socket_timeout=1).ping()
    except redis.RedisError as error:
        return word in str(error) or isinstance(error, redis.exceptions.BusyLoadingError)
    return False


# --- TLS ---


@pytest.fixture
def tls_server(tmp_path: Path, authority: Path, redis_server: RedisServer) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path / "tls", tls=authority)
    yield server
    server.kill()


def test_tls_is_trusted_as_the_system_trusts(tls_server, clock, trusted):
    store = RedisStore(Server(tls_server.address, clock, clock.epoch), "scope", RATE, "mark")
    assert store.claim(ask()) == GRANTED
    store.close()


def test_a_certificate_nobody_vouches_for_is_no_server(tls_server, clock):
    store = RedisStore(Server(tls_server.address, clock, clock.epoch), "scope", RATE, "mark")
    with pytest.raises(StoreTrouble):
        store.claim(ask())


def test_a_certificate_of_another_host_is_no_server(tls_server, clock, trusted):
    from xlwings_kis.address import Address

    elsewhere = Address.read(tls_server.url.replace("127.0.0.1", "localhost"))
    with pytest.raises(StoreTrouble):
        RedisStore(Server(elsewhere, clock, clock.epoch), "scope", RATE, "mark").claim(ask())


def test_a_server_is_entered_by_user_and_password_and_neither_is_told(own_server, clock):
    from xlwings_kis.address import Address

    own_server.client().execute_command(
        "ACL", "SETUSER", "desk", "on", ">hunter2", "~xlwings-kis:*", "+@all", "-@dangerous", "-@admin"
    )
    own_server.client().execute_command("ACL", "SETUSER", "default", "off")
    right = Address.read(own_server.url.replace("//", "//desk:hunter2@"))
    store = RedisStore(Server(right, clock, clock.epoch), "scope", RATE, "mark")
    assert store.claim(ask()) == GRANTED
    assert land(store, clock, 7).latest
    store.asked([KRX_KOSPI])
    assert store.in_use(1) == (KRX_KOSPI,)
    wrong = Address.read(own_server.url.replace("//", "//desk:hunter3@"))
    with pytest.raises(StoreTrouble) as raised:
        RedisStore(Server(wrong, clock, clock.epoch), "scope", RATE, "mark").take()
    assert "hunter" not in f"{raised.value!r} {raised.value.__cause__!r}"


def test_the_day_is_that_of_the_gateway(machine, clock):
    store, own = machine()
    clock.set("2026-11-20 23:30:00")
    store.land(body(clock.epoch() + 3600, 7), "me", own.epoch(), 3600.0)
    assert store.kept(KRX_KOSPI).latest.asof.date() == kst_day(clock.epoch()).replace(day=21)


def test_six_at_once_for_all_machines_together(machine):
    stores = [machine(mark=str(number))[0] for number in range(3)]
    granted = [
        store.claim(ask(f"machine {number}", pair)).verdict for number, store in enumerate(stores) for pair in ALL_PAIRS
    ]
    assert granted.count(Verdict.GRANTED) == 6
    assert granted.count(Verdict.BUSY) == 12


def test_an_empty_answer_needs_no_body(machine, clock):
    store, _ = machine()
    assert land(store, clock, 0, standing=Standing.EMPTY).empty
