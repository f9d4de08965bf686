"""What one desk's settings have brought: its entries, its fetches, its leases. Nothing of it outlives the settings.

Everything that may block runs here, on daemon threads. When the settings change, the feed begins another era: fetches of
the old one may still land in their own store, but serve nobody.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from xlwings_kis import sessions, workers
from xlwings_kis.clock import Clock, kst_day
from xlwings_kis.errors import KisError, Problem, our_fault
from xlwings_kis.markets import Pair
from xlwings_kis.reading import Entry, Reading, of_store, without_store
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.store.base import LEASE, Ask, Kept, StoreTrouble, Verdict

if TYPE_CHECKING:
    from xlwings_kis.desk import Desk
    from xlwings_kis.patience import Patience

FETCH_SECONDS = 15.0
"""What a fetch may take on its own, when its formula has long returned."""

REST_SECONDS = 5.0
REST_FOR_USER_SECONDS = 60.0
POLL_SECONDS = 0.05

REMEMBER_USE_SECONDS = 4 * 24 * 3600.0
"""What a starting process takes from the last ones: pairs in use since before a long weekend."""

_MOST_RECALLED = 512

_R = TypeVar("_R")
_numbers = itertools.count(1)


class Flight:
    """One fetch under way. Waiters are let go when it lands, or when it will not land soon and old data is there.

    `forced`: one of them wants new figures, whatever the TTL says (set under the era's mutex). `satisfied`: what it brings is
    what even that one wants (set by the thread that flies).
    """

    def __init__(self, *, forced: bool = False) -> None:
        self.forced = forced
        self.satisfied = False
        self._wake = threading.Event()
        self._landed = threading.Event()
        self.reading: Reading | None = None

    def wait(self, seconds: float) -> bool:
        """Whether it has landed, after at most so long."""
        self._wake.wait(seconds)
        return self.reading is not None

    def wait_for_landing(self, seconds: float) -> bool:
        """Like `wait`, for whoever wants no old data."""
        return self._landed.wait(seconds)

    def land(self, reading: Reading) -> None:
        """Give everybody the reading."""
        self.reading = reading
        self._wake.set()
        self._landed.set()

    def let_go(self) -> None:
        """Nobody need wait: it takes a while, and there is something to show meanwhile."""
        self._wake.set()


class Recalled(NamedTuple):
    """What a question to the store came to, and the day it was asked."""

    answer: object
    day: date


class Era:
    """The time of one desk. `succeed` begins the next one and gives it; `shape` keeps a table's rows through the day."""

    def __init__(
        self,
        open_desk: Callable[[], Desk],
        stamp: Callable[[], object],
        clock: Clock,
        succeed: Callable[[Era], Era],
        shape: Callable[[Reading], Reading],
        patience: Patience,
        lang: str,
    ) -> None:
        self.entries: dict[Pair, Entry] = {}
        self.good: dict[Pair, Reading] = {}
        self.recalled: dict[Hashable, Recalled] = {}
        self.lang = lang
        self._open_desk = open_desk
        self._read_stamp = stamp
        self._clock = clock
        self._succeed = succeed
        self._shape = shape
        self._patience = patience
        self._mutex = threading.Lock()
        self._desk_mutex = threading.Lock()
        self._desk: Desk | None = None
        self._ended = threading.Event()
        self._stamp: object = None
        self._flights: dict[Pair, Flight] = {}
        self._wanted: set[Pair] = set()
        self._held: set[Pair] = set()
        self._recalled = False
        self._asker = workers.Worker("xlwings-kis history")
        self._holder = f"{os.getpid()}-{os.urandom(4).hex()}"

    def fresh(self, pair: Pair, now: float) -> bool:
        """Whether memory serves a pair."""
        entry = self.entries.get(pair)
        return entry is not None and entry.holds(now)

    def flying(self, pairs: Iterable[Pair]) -> bool:
        """Whether a fetch of one of them is under way."""
        with self._mutex:
            return any(pair in self._flights for pair in pairs)

    def figures_of_today(self, pair: Pair) -> Snapshot | None:
        """The last good figures, unless they belong to another day."""
        known = self.good.get(pair)
        if known is None or known.snapshot is None:
            return None
        return known.snapshot if known.snapshot.asof.date() == kst_day(self._clock.epoch() + known.skew) else None

    def launch(self, pair: Pair, *, force: bool = False, formula: bool = False) -> Flight:
        """The fetch of a pair: the one under way, or a new one."""
        with self._mutex:
            if formula:
                self._wanted.add(pair)
            flight = self._flights.get(pair)
            if flight is not None:
                flight.forced |= force
                return flight
            flight = self._flights[pair] = Flight(forced=force)
        try:
            workers.start(f"xlwings-kis fetch {next(_numbers)}", lambda: self._fly(flight, pair, formula))
        except RuntimeError as full:  # the system gives no more threads: nobody must wait for this one
            flight.satisfied = True
            self._finish(flight, pair, without_store(pair, our_fault(full), self._clock.epoch(), self.lang))
        return flight

    def ask(self, question: Callable[[Desk], _R], key: Hashable = None) -> workers.Outcome[_R]:
        """Put a question to the desk on a worker thread; it may raise `KisError` or `StoreTrouble`. A `key` is remembered by."""
        return self._asker.submit(lambda: self._answer(question, key))

    def _answer(self, question: Callable[[Desk], _R], key: Hashable) -> _R:
        desk = self._ready_desk()
        if desk is None:
            return self._succeed(self)._answer(question, key)
        answer = question(desk)
        if key is not None:
            if len(self.recalled) >= _MOST_RECALLED:
                self.recalled.clear()
            self.recalled[key] = Recalled(answer, kst_day(self._clock.epoch()))
        return answer

    def check(self) -> None:
        """Begin the next era if the settings have changed."""
        if self._stamp is not None and self._read_stamp() != self._stamp:
            self._succeed(self)

    def close(self) -> None:
        """Let go of connections and files. Does not wait for settings that are still being read."""
        self._ended.set()
        self._asker.stop()
        desk = self._desk
        if desk:
            desk.close()

    def close_later(self) -> None:
        """Fetches under way may still land in their store."""
        self._clock.sleep(FETCH_SECONDS + 1)
        self.close()

    def _fly(self, flight: Flight, pair: Pair, formula: bool) -> None:
        """On a daemon thread: everything that may block. It ends in a reading, whatever happens."""
        landed = False
        while not landed:
            try:
                desk = self._ready_desk()
                if desk is None:
                    self._hand_over(flight, pair, formula)
                    return
                if not desk.settings.demo:  # the simulator trades every day
                    self._load_calendar()
                if formula:
                    self._share_use(desk)
                entry = self._fetch(desk, flight, pair)
            except KisError as failed:
                flight.satisfied = True
                entry = without_store(pair, failed.problem, self._clock.epoch(), self.lang)
            except BaseException as ours:  # noqa: BLE001 - a formula must get an answer, and the thread is ours
                flight.satisfied = True
                entry = without_store(pair, our_fault(ours), self._clock.epoch(), self.lang)
            landed = self._finish(flight, pair, entry)

    def _finish(self, flight: Flight, pair: Pair, entry: Entry) -> bool:
        """Whether it has landed: not where somebody who wants new figures has joined meanwhile."""
        entry = entry._replace(reading=self._shape(entry.reading))
        with self._mutex:
            if flight.forced and not flight.satisfied:
                return False
            self._flights.pop(pair, None)
            self.entries[pair] = entry
            if entry.reading.snapshot:
                self.good[pair] = entry.reading
        if entry.reading.problem is None:
            self._patience.landed()
        flight.land(entry.reading)
        return True

    def _hand_over(self, flight: Flight, pair: Pair, formula: bool) -> None:
        """The settings have changed: whoever waits here gets what the next era fetches."""
        successor = self._succeed(self).launch(pair, force=flight.forced, formula=formula)
        successor.wait(FETCH_SECONDS + 1)
        with self._mutex:
            self._flights.pop(pair, None)
        flight.land(successor.reading or Reading(pair, problem=Problem("no_answer"), lang=self.lang))

    def _fetch(self, desk: Desk, flight: Flight, pair: Pair) -> Entry:
        """Claim and fetch, or take what somebody else fetches meanwhile."""
        end = self._clock.monotonic() + FETCH_SECONDS
        kept = desk.store.kept(pair)
        self._remember(pair, kept)
        while True:
            flight.satisfied = force = flight.forced
            claim = desk.store.claim(Ask(pair, self._holder, desk.settings.ttl, force, desk.settings.mark))
            if claim.verdict is Verdict.GRANTED:
                flight.satisfied = True
                return self._ask_gateway(desk, pair, end)
            if claim.verdict is Verdict.FRESH:
                return self._entry(desk, pair, desk.store.kept(pair))
            if claim.verdict is Verdict.RESTING:
                kept = desk.store.kept(pair)
                return self._entry(desk, pair, kept, kept.problem or Problem("no_answer"))
            pause = POLL_SECONDS
            if claim.verdict is Verdict.THROTTLED:
                pause = claim.wait
                if self.figures_of_today(pair):
                    flight.let_go()
            if self._clock.monotonic() + pause >= end:
                flight.satisfied = True  # nobody gets more than that
                return self._entry(desk, pair, kept, Problem("no_answer"))
            self._clock.sleep(pause)

    def _ask_gateway(self, desk: Desk, pair: Pair, end: float) -> Entry:
        self._hold(desk, pair)
        try:
            snapshot, at, skew = desk.fetch(pair, end - self._clock.monotonic())
        except KisError as failed:
            problem = failed.problem
        except Exception as ours:  # noqa: BLE001 - the others waiting for this claim must hear of it
            problem = our_fault(ours)
        else:
            return self._entry(desk, pair, desk.store.land(snapshot, self._holder, at, skew))
        finally:
            with self._mutex:
                self._held.discard(pair)
        rest = min(desk.settings.ttl, REST_FOR_USER_SECONDS if problem.ask_user else REST_SECONDS)
        kept = desk.store.fail(pair, self._holder, problem, rest, desk.settings.mark)
        return self._entry(desk, pair, replace(kept, rest_until=self._clock.epoch() + rest), problem)

    def _entry(self, desk: Desk, pair: Pair, kept: Kept, failed: Problem | None = None) -> Entry:
        base = Reading(pair, sharing=desk.sharing, warning=desk.warning, lang=self.lang)
        return of_store(base, kept, self._clock.epoch(), desk.settings.ttl, failed, self._remembered(pair))

    def _remembered(self, pair: Pair) -> Snapshot | None:
        known = self.good.get(pair)
        return known.snapshot if known else None

    def _remember(self, pair: Pair, kept: Kept) -> None:
        """Old data of today, at hand for formulas that cannot wait."""
        known = self._remembered(pair)
        if kept.good and (known is None or kept.good.asof > known.asof):
            self.good[pair] = Reading(pair, kept.good, None, kept.order, kept.counters, skew=kept.skew, lang=self.lang)

    def _share_use(self, desk: Desk) -> None:
        """Tell the next process which pairs formulas use, and at the start fetch what the last ones used."""
        with self._mutex:
            first, self._recalled = not self._recalled, True
            wanted, self._wanted = self._wanted, set()
        if first:
            for pair in desk.store.in_use(self._clock.epoch() - REMEMBER_USE_SECONDS):
                if pair not in wanted:
                    self.launch(pair)
        if wanted:
            desk.store.asked(wanted)

    def _ready_desk(self) -> Desk | None:
        """The desk of these settings; None when they have changed since. Raises `StoreTrouble` after the end."""
        with self._desk_mutex:
            stamp = self._read_stamp()
            if self._desk is None:
                if self._ended.is_set():
                    raise StoreTrouble("closed")
                self._desk = self._open_desk()
                if self._ended.is_set():  # meanwhile, by somebody who saw no desk yet
                    self._desk.close()
                self._stamp = stamp
                self.lang = self._desk.settings.lang
                self._patience.deadline = self._desk.settings.deadline
            return self._desk if stamp == self._stamp else None

    def _load_calendar(self) -> None:
        """The calendar loads while the gateway thinks: it takes a while, and must never do so on Excel's thread."""
        year = kst_day(self._clock.epoch()).year
        if not sessions.loaded(year):
            workers.start("xlwings-kis calendar", lambda: sessions.load(year))

    def _hold(self, desk: Desk, pair: Pair) -> None:
        """Keep the claim alive while the fetch lasts."""
        with self._mutex:
            first = not self._held
            self._held.add(pair)
        if first:
            workers.start("xlwings-kis lease", lambda: self._keep_leases(desk))

    def _keep_leases(self, desk: Desk) -> None:
        while True:
            self._clock.sleep(LEASE / 4)
            with self._mutex:
                held = tuple(self._held)
            if not held:
                return
            desk.store.renew(held, self._holder)
