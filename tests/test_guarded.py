"""The guarded store: whatever ails the shared file costs sharing, never figures."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from clocks import ManualClock
from samples import KRX_KOSDAQ, KRX_KOSPI

from xlwings_kis.clock import to_kst
from xlwings_kis.errors import Problem
from xlwings_kis.fields import FIGURES
from xlwings_kis.rows import Row
from xlwings_kis.snapshot import Snapshot, Standing
from xlwings_kis.store import opening
from xlwings_kis.store.base import UNCOUNTED, Ask, Counters, Kept, Store, StoreTrouble, Verdict
from xlwings_kis.store.damage import Opened, healthy, set_aside
from xlwings_kis.store.guarded import AGAIN, SHARE_OF_RATE, GuardedStore
from xlwings_kis.store.sqlite import SqliteStore
from xlwings_kis.store.trouble import DamagedStore

RATE = 4.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite3"


@pytest.fixture
def guard(path: Path, clock: ManualClock) -> Iterator[Callable[..., GuardedStore]]:
    """A guarded store; what is not said is as `desk` has it. Patient, so that slowness is a test's wish, not the machine's."""
    made: list[GuardedStore] = []

    def make(open_shared: Callable[[], Store] | None = None, patience: float = 20.0, **more: Any) -> GuardedStore:
        private = SqliteStore(":memory:", "scope", clock, RATE / SHARE_OF_RATE)
        opened = Opened(path)
        opener = open_shared or partial(opening.open_file, path, "scope", clock, RATE, opened=opened)
        mend, discard = partial(opening.mend, path, clock), partial(opening.mend, path, clock, opened)
        current = opened.still_there if open_shared is None else lambda: True
        made.append(
            GuardedStore(opener, private, clock, mend=mend, discard=discard, current=current, patience=patience, **more)
        )
        return made[-1]

    yield make
    for store in made:
        store.close()


def body(clock: ManualClock, figure: int = 7) -> Snapshot:
    rows = (Row("8000", "개인", (figure,) * len(FIGURES)),)
    return Snapshot(KRX_KOSPI, to_kst(clock.epoch()), rows, sha256="00" * 32)


def land(store: Store, clock: ManualClock, figure: int = 7) -> Kept:
    return store.land(body(clock, figure), "me", clock.epoch(), 0.0)


def ask(holder: str = "me") -> Ask:
    return Ask(KRX_KOSPI, holder, 30.0)


STEPS: dict[str, Callable[[Store, ManualClock], Any]] = {
    "claim": lambda store, clock: store.claim(ask()),
    "renew": lambda store, clock: store.renew([KRX_KOSPI], "me"),
    "land": land,
    "fail": lambda store, clock: store.fail(KRX_KOSPI, "me", Problem("no_answer"), 5.0, ""),
    "kept": lambda store, clock: store.kept(KRX_KOSPI),
    "witnesses": lambda store, clock: store.witnesses(KRX_KOSPI, to_kst(clock.epoch()).date()),
    "take": lambda store, clock: store.take(),
    "count": lambda store, clock: store.count("data"),
    "in_use": lambda store, clock: store.in_use(1),
    "asked": lambda store, clock: store.asked([KRX_KOSPI]),
}


class Double:
    """A shared store in a test's hands: `trouble` is raised by every step, `gate` holds every step back."""

    def __init__(self, behind: Store) -> None:
        self.behind = behind
        self.trouble: Exception | None = None
        self.gate = threading.Event()
        self.gate.set()
        self.steps: list[str] = []

    def __getattr__(self, name: str) -> Any:
        def step(*args: Any) -> Any:
            self.steps.append(name)
            self.gate.wait(20)
            if self.trouble:
                raise self.trouble
            return getattr(self.behind, name)(*args)

        return step


@pytest.fixture
def double(clock: ManualClock) -> Iterator[Double]:
    made = Double(SqliteStore(":memory:", "scope", clock, RATE))
    yield made
    made.trouble = None
    made.gate.set()


# --- trouble of every kind ---


@pytest.mark.parametrize("trouble", [StoreTrouble("disk I/O error"), DamagedStore("malformed"), TypeError("None")])
@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
def test_no_step_fails_where_the_disk_does(guard, double, clock, step, trouble):
    store = guard(lambda: double)
    assert store.sharing
    double.trouble = trouble
    step(store, clock)
    assert not store.sharing


HISTORY: dict[str, Callable[[Store, ManualClock], Any]] = {
    "at": lambda store, clock: store.at(KRX_KOSPI, clock.epoch()),
    "differing": lambda store, clock: store.differing(body(clock)),
    "series": lambda store, clock: store.series(KRX_KOSPI, clock.now.date(), [("8000", FIGURES[0])]),
}


@pytest.mark.parametrize("step", HISTORY.values(), ids=HISTORY.keys())
def test_history_that_cannot_be_read_is_told_and_never_made_up(guard, double, clock, step):
    store = guard(lambda: double)
    double.trouble = StoreTrouble("disk I/O error")
    land(store, clock)
    with pytest.raises(StoreTrouble):
        step(store, clock)
    assert not store.sharing
    assert store.kept(KRX_KOSPI).latest


def test_a_store_that_cannot_be_opened_is_done_without(guard, clock):
    def refuse() -> Store:
        raise StoreTrouble("PermissionError")

    store = guard(refuse)
    assert store.claim(ask()).verdict is Verdict.GRANTED
    assert land(store, clock).latest
    assert store.kept(KRX_KOSPI).latest.rows == body(clock).rows
    assert store.claim(ask("other")).verdict is Verdict.FRESH
    assert not store.sharing


def test_a_state_folder_that_is_a_file_is_done_without(guard, path, clock, tmp_path):
    (tmp_path / "file").write_text("a file")
    store = guard(partial(opening.open_file, tmp_path / "file" / "store.sqlite3", "scope", clock, RATE))
    assert land(store, clock).latest
    assert not store.sharing


def test_a_locked_file_is_done_without(guard, path, clock):
    store = guard()
    land(store, clock, 1)
    clock.move(40)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert land(store, clock, 2).latest.rows == body(clock, 2).rows
        assert not store.sharing
        other.execute("ROLLBACK")
    clock.move(AGAIN)
    assert store.kept(KRX_KOSPI).latest.rows == body(clock, 1).rows
    assert store.sharing


def test_a_file_locked_from_the_start_is_done_without(guard, path, clock):
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE theirs (a)")
        other.execute("BEGIN EXCLUSIVE")
        store = guard()
        assert land(store, clock).latest
        assert not store.sharing
        other.execute("ROLLBACK")
    clock.move(AGAIN)
    assert store.kept(KRX_KOSPI).latest is None
    assert store.sharing


def test_the_file_of_a_newer_program_is_done_without_and_left_alone(guard, path, clock):
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    store = guard()
    assert land(store, clock).latest
    assert not store.sharing
    assert path.exists()
    assert not list(path.parent.glob("*.damaged-*"))


def test_slow_opening_is_not_waited_for(guard, double, clock):
    may_open = threading.Event()

    def open_slowly() -> Store:
        may_open.wait(20)
        return double

    store = guard(open_slowly, patience=0.02)
    assert store.kept(KRX_KOSPI).latest is None
    assert not store.sharing
    assert land(store, clock).latest
    assert double.steps == []
    may_open.set()


def test_what_comes_before_the_first_step_is_done_once_and_before_anybody_s_step(guard, double, clock):
    may_go_on, done = threading.Event(), []

    def greet() -> None:
        may_go_on.wait(20)
        done.append(tuple(double.steps))

    store = guard(lambda: double, ahead=(greet, greet))
    callers = [threading.Thread(target=store.take) for _ in range(3)]
    for caller in callers:
        caller.start()
    may_go_on.set()
    for caller in callers:
        caller.join(20)
    assert store.sharing
    assert done == [(), ()]
    assert double.steps == ["take"] * 3


def test_a_server_that_cannot_be_met_is_done_without_until_the_time_away_is_over(guard, double, clock):
    may_go_on, tried = threading.Event(), []

    def greet() -> None:
        tried.append(1)
        may_go_on.wait(20)

    store = guard(lambda: double, patience=0.02, ahead=(greet, greet))
    assert land(store, clock).latest
    assert not store.sharing
    assert land(store, clock).latest
    assert (tried, double.steps) == ([1], [])
    may_go_on.set()
    clock.move(AGAIN)
    store = guard(lambda: double, ahead=(lambda: double.unknown_to_it(),))
    store.take()
    assert not store.sharing
    clock.move(AGAIN)
    store.take()
    assert store.sharing


def test_while_away_nobody_waits_for_the_shared_store(guard, double, clock):
    store = guard(lambda: double, patience=0.02)
    store.take()
    double.gate.clear()
    store.kept(KRX_KOSPI)
    steps = list(double.steps)
    for _ in range(50):
        store.claim(ask())
        store.kept(KRX_KOSPI)
    assert double.steps == steps


# --- giving up and coming back ---


def test_it_comes_back_after_the_time_away(guard, double, clock):
    store = guard(lambda: double)
    land(store, clock, 1)
    clock.move(40)
    double.trouble = StoreTrouble("disk I/O error")
    land(store, clock, 2)
    double.trouble = None
    clock.move(AGAIN - 0.5)
    assert store.kept(KRX_KOSPI).latest.rows == body(clock, 2).rows
    assert not store.sharing
    clock.move(0.5)
    assert store.kept(KRX_KOSPI).latest.rows == body(clock, 1).rows
    assert store.sharing


def test_where_it_still_fails_it_stays_away_as_long_again(guard, double, clock):
    store = guard(lambda: double)
    double.trouble = StoreTrouble("disk I/O error")
    for _ in range(3):
        store.take()
        tried = len(double.steps)
        clock.move(AGAIN - 0.5)
        store.take()
        assert len(double.steps) == tried
        clock.move(0.5)
    assert len(double.steps) == 3


def test_the_wall_clock_does_not_bring_it_back_sooner_or_later(guard, double, clock, monkeypatch):
    ticks = [100.0]
    monkeypatch.setattr(clock, "monotonic", lambda: ticks[0])
    store = guard(lambda: double)
    double.trouble = StoreTrouble("disk I/O error")
    store.take()
    double.trouble = None
    clock.move(3600)
    store.take()
    assert not store.sharing
    clock.move(-7200)
    ticks[0] += AGAIN
    store.take()
    assert store.sharing


def test_counters_are_unknown_while_away(guard, double, clock):
    store = guard(lambda: double)
    store.count("data")
    assert store.kept(KRX_KOSPI).counters == Counters(1, 0)
    double.trouble = StoreTrouble("disk I/O error")
    store.count("data")
    assert store.kept(KRX_KOSPI).counters == UNCOUNTED
    assert land(store, clock).counters == UNCOUNTED
    assert store.fail(KRX_KOSPI, "me", Problem("no_answer"), 5.0, "").counters == UNCOUNTED
    double.trouble = None
    clock.move(AGAIN)
    assert store.kept(KRX_KOSPI).counters.data >= 1


def test_alone_it_takes_a_quarter_of_the_rate(guard, double, clock):
    store = guard(lambda: double)
    double.trouble = StoreTrouble("disk I/O error")
    while not (wait := store.take()):
        pass
    assert wait == 1 / (RATE / SHARE_OF_RATE) == 1.0


def release(double: Double, store: GuardedStore) -> None:
    """Let what was held back go on, and wait until the store's thread has done all of it."""
    double.gate.set()
    done = threading.Event()
    store._worker.submit(done.set)
    assert done.wait(20)


def test_a_claim_given_up_on_is_not_granted_later(guard, double, clock):
    store = guard(lambda: double, patience=0.02)
    store.take()
    double.gate.clear()
    # The first step hangs in the store; the claim stands behind it when its asker gives up.
    hanging = threading.Thread(target=store.kept, args=(KRX_KOSPI,))
    hanging.start()
    while "kept" not in double.steps:
        pass
    assert store.claim(ask()).verdict is Verdict.GRANTED  # by the private store
    hanging.join()
    release(double, store)
    assert "claim" not in double.steps
    assert double.behind.claim(ask("other")).verdict is Verdict.GRANTED


def test_a_claim_given_up_on_while_the_file_is_opened_is_not_granted_later(guard, double, clock):
    may_open = threading.Event()

    def open_slowly() -> Store:
        may_open.wait(20)
        return double

    store = guard(open_slowly, patience=0.02)
    store.claim(ask())
    may_open.set()
    release(double, store)
    assert "claim" not in double.steps
    assert double.behind.claim(ask("other")).verdict is Verdict.GRANTED


def test_what_landed_late_is_still_shared(guard, double, clock):
    store = guard(lambda: double, patience=0.02)
    store.take()
    double.gate.clear()
    land(store, clock, 5)
    release(double, store)
    assert double.behind.kept(KRX_KOSPI).latest.rows == body(clock, 5).rows


# --- damage ---


def filled(path: Path, clock: ManualClock) -> bytes:
    store = SqliteStore(path, "scope", clock, RATE)
    for figure in range(200):
        land(store, clock, figure)
        clock.move(1)
    store.close()
    return path.read_bytes()


@pytest.mark.parametrize(
    "damage",
    [lambda data: os.urandom(50_000), lambda data: bytes(100) + data[100:], lambda data: data[: len(data) // 2]],
    ids=["garbage", "header of zeros", "truncated"],
)
def test_a_damaged_file_is_set_aside_and_sharing_goes_on(guard, path, clock, damage):
    damaged = damage(filled(path, clock))
    path.write_bytes(damaged)
    store, other = guard(), guard()
    for each in (store, other):  # all the steps, for damage shows where it is touched
        for step in STEPS.values():
            step(each, clock)
    assert land(store, clock, 9).latest == other.kept(KRX_KOSPI).latest
    assert store.sharing
    assert other.sharing
    assert healthy(path)
    (aside,) = (found for found in path.parent.glob("*.damaged-*") if not found.name.endswith(("-wal", "-shm")))
    assert len(aside.read_bytes()) >= len(damaged) // 2
    if damaged[:16] != b"SQLite format 3\0":
        assert aside.read_bytes() == damaged


def test_guards_that_find_the_damage_at_once_set_it_aside_once(guard, path, clock):
    filled(path, clock)
    path.write_bytes(os.urandom(50_000))
    stores, gun = [guard() for _ in range(6)], threading.Barrier(6)

    def use(store: GuardedStore) -> None:
        gun.wait()
        store.asked([KRX_KOSPI, KRX_KOSDAQ])

    threads = [threading.Thread(target=use, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    clock.move(AGAIN)  # whoever found the mending under way comes back now
    land(stores[0], clock, 9)
    assert all(store.kept(KRX_KOSPI).latest.rows == body(clock, 9).rows for store in stores)
    assert all(store.sharing for store in stores)
    assert len(list(path.parent.glob("*.damaged-*"))) == 1
    assert healthy(path)


def test_whoever_still_has_a_file_open_that_was_set_aside_follows_to_the_new_one(guard, path, clock):
    first, second = guard(), guard()
    land(first, clock, 1)
    second.kept(KRX_KOSPI)
    set_aside(path, clock.now)
    third = guard()
    land(third, clock, 2)
    clock.move(AGAIN)
    for store in (first, second):
        assert store.kept(KRX_KOSPI).latest.rows == body(clock, 2).rows
        assert store.sharing


def test_a_file_damaged_while_in_use_is_replaced(guard, path, clock):
    store = guard()
    land(store, clock, 1)
    store._worker.submit(store._shared.close).wait(20)
    path.write_bytes(os.urandom(50_000))
    assert land(store, clock, 2).latest.rows == body(clock, 2).rows
    assert store.sharing
    assert healthy(path)


def test_a_healthy_file_is_never_set_aside(path, clock):
    before = filled(path, clock)
    opening.mend(path, clock)
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*.damaged-*"))


def test_a_damaged_file_that_cannot_be_moved_is_done_without(guard, path, clock, monkeypatch):
    path.write_bytes(os.urandom(50_000))

    def held(path: Path, moment: Any) -> Path:
        raise PermissionError("in use by another process")

    monkeypatch.setattr(opening, "set_aside", held)
    store = guard()
    assert land(store, clock).latest
    assert not store.sharing


UNSEEN = {
    "undecodable figures": "UPDATE snapshot SET figures = x'04ff'",
    "other figures": "UPDATE snapshot SET content = zeroblob(16)",
    "bad JSON": "UPDATE snapshot SET notes = '['",
    "a dropped table": "DROP TABLE counter",
}


def spoil(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(statement)
        db.commit()
    assert healthy(path)


def asides(path: Path) -> list[Path]:
    return [found for found in path.parent.glob("*.damaged-*") if not found.name.endswith(("-wal", "-shm"))]


@pytest.mark.parametrize("statement", UNSEEN.values(), ids=UNSEEN.keys())
def test_damage_that_sqlite_does_not_see_is_set_aside_and_sharing_goes_on(guard, path, clock, statement):
    filled(path, clock)
    spoil(path, statement)
    store = guard()
    assert store.kept(KRX_KOSPI).latest is None
    assert store.sharing
    assert land(store, clock, 9).latest == guard().kept(KRX_KOSPI).latest
    assert len(asides(path)) == 1


def test_guards_that_find_unseen_damage_at_once_never_set_the_new_store_aside(guard, path, clock):
    filled(path, clock)
    stores, gun = [guard() for _ in range(6)], threading.Barrier(6)
    for store in stores:
        store.take()
    spoil(path, UNSEEN["undecodable figures"])

    def use(store: GuardedStore) -> None:
        gun.wait()
        store.kept(KRX_KOSPI)

    threads = [threading.Thread(target=use, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    clock.move(AGAIN)
    land(stores[0], clock, 9)
    assert all(store.kept(KRX_KOSPI).latest.rows == body(clock, 9).rows for store in stores)
    assert len(asides(path)) == 1


def test_a_file_that_replaced_the_damaged_one_is_not_set_aside(path, clock):
    filled(path, clock)
    late = Opened(path)
    late.note()
    opening.mend(path, clock, late)
    assert len(asides(path)) == 1
    new = filled(path, clock)
    opening.mend(path, clock, late)
    assert path.read_bytes() == new
    assert len(asides(path)) == 1


def test_a_store_damaged_again_as_soon_as_it_is_new_is_not_set_aside_for_ever(double, clock):
    discarded: list[int] = []
    private = SqliteStore(":memory:", "scope", clock, RATE)
    store = GuardedStore(lambda: double, private, clock, discard=lambda: discarded.append(1), patience=20)
    double.trouble = DamagedStore("ValueError")
    for _ in range(5):
        store.kept(KRX_KOSPI)
        clock.move(AGAIN)
    assert discarded == [1]
    assert not store.sharing
    double.trouble = None
    store.kept(KRX_KOSPI)
    assert store.sharing
    store.close()


def test_what_is_no_file_is_done_without_and_never_replaced(guard, path, clock):
    path.mkdir()
    store = guard()
    assert land(store, clock).latest
    assert not store.sharing
    assert path.is_dir()
    assert not asides(path)


@pytest.mark.skipif(os.name != "posix", reason="a pipe in a folder")
def test_a_pipe_is_not_opened_at_all(path, clock):
    os.mkfifo(path)
    with pytest.raises(StoreTrouble):
        opening.open_file(path, "scope", clock, RATE)
    assert path.is_fifo()


# --- what is not known while away ---


def test_while_away_the_witnesses_are_unsure_and_name_the_last_body_seen_today(guard, double, clock):
    store, day = guard(lambda: double), to_kst(clock.epoch()).date()
    assert not store.witnesses(KRX_KOSPI, day).unsure
    double.trouble = StoreTrouble("disk I/O error")
    memory = store.witnesses(KRX_KOSPI, day)
    assert (memory.unsure, memory.seen) == (True, None)
    seen = land(store, clock, 5).latest
    memory = store.witnesses(KRX_KOSPI, day)
    assert (memory.unsure, memory.seen) == (True, seen)
    assert seen.standing is Standing.TODAY
    assert store.witnesses(KRX_KOSDAQ, day).seen is None
    double.trouble = None
    clock.move(AGAIN)
    assert not store.witnesses(KRX_KOSPI, day).unsure


# --- the thread ---


def test_a_closed_store_leaves_no_thread_behind(double, clock):
    store = GuardedStore(lambda: double, SqliteStore(":memory:", "scope", clock, RATE), clock, patience=20)
    store.take()
    thread = store._worker._thread
    store.close()
    thread.join(20)
    assert not thread.is_alive()
    assert double.steps[-1] == "close"


def test_closing_waits_no_longer_than_the_patience(double, clock):
    store = GuardedStore(lambda: double, SqliteStore(":memory:", "scope", clock, RATE), clock, patience=0.02)
    store.take()
    thread = store._worker._thread
    double.gate.clear()
    store.close()
    assert thread.is_alive()
    double.gate.set()
    thread.join(20)
    assert not thread.is_alive()


def test_after_the_end_nothing_is_opened_that_nobody_would_close(path, clock, guard):
    opened: list[Store] = []

    def open_shared() -> Store:
        opened.append(SqliteStore(path, "scope", clock, RATE))
        return opened[-1]

    store = guard(open_shared)
    store.asked([KRX_KOSPI])
    store.close()
    with pytest.raises(StoreTrouble):
        store.kept(KRX_KOSPI)
    assert len(opened) == 1
