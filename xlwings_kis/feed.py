"""One snapshot per pair for everybody who asks: fresh for a while, fetched once however many want it, never in Excel's way.

The calling thread reads memory or waits; files, locks, database and network belong to daemon threads.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from xlwings_kis import workers
from xlwings_kis.clock import Clock, kst_day
from xlwings_kis.errors import KisError, Problem, error
from xlwings_kis.markets import Pair
from xlwings_kis.patience import Patience
from xlwings_kis.reading import Entry, Reading, of_store, without_store
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.store.base import LEASE, Ask, Kept, Verdict

if TYPE_CHECKING:
    from xlwings_kis.desk import Desk

FETCH_SECONDS = 15.0
"""What a fetch may take on its own, when its formula has long returned."""

REST_SECONDS = 5.0
REST_FOR_USER_SECONDS = 60.0
POLL_SECONDS = 0.05

IN_USE_SECONDS = 120.0
"""A pair no formula asked for this long is not fetched along any more."""

REMEMBER_USE_SECONDS = 4 * 24 * 3600.0
"""What a starting process takes from the last ones: pairs in use since before a long weekend."""


class Flight:
    """One fetch under way. Waiters are let go when it lands, or when it will not land soon and old data is there."""

    def __init__(self) -> None:
        self._wake = threading.Event()
        self.reading: Reading | None = None

    def wait(self, seconds: float) -> bool:
        """Whether it has landed, after at most so long."""
        self._wake.wait(seconds)
        return self.reading is not None

    def land(self, reading: Reading) -> None:
        """Give everybody the reading."""
        self.reading = reading
        self._wake.set()

    def let_go(self) -> None:
        """Nobody need wait: it takes a while, and there is something to show meanwhile."""
        self._wake.set()


class Feed:
    """The readings of one process. `open_desk` loads the settings and may raise `SettingsError`; `stamp` changes with them."""

    def __init__(
        self,
        open_desk: Callable[[], Desk],
        clock: Clock,
        *,
        deadline: float,
        stamp: Callable[[], object] = lambda: None,
    ) -> None:
        self._open_desk = open_desk
        self._stamp = stamp
        self._clock = clock
        self.patience = Patience(clock, deadline)
        self._mutex = threading.Lock()
        self._desk_mutex = threading.Lock()
        self._desk: Desk | None = None
        self._desk_stamp: object = None
        self._entries: dict[Pair, Entry] = {}
        self._good: dict[Pair, Reading] = {}
        self._flights: dict[Pair, Flight] = {}
        self._asked: dict[Pair, float] = {}
        self._held: set[Pair] = set()
        self._recalled = False
        self._holder = f"{os.getpid()}-{os.urandom(4).hex()}"
        self._numbers = itertools.count(1)

    def read(self, pair: Pair) -> Reading:
        """For a formula: what is known, after waiting at most what the recalculation still may. Never raises."""
        now = self._clock.epoch()
        self._asked[pair] = now
        entry = self._entries.get(pair)
        if entry is not None and entry.holds(now):
            self.patience.tick()
            return entry.reading
        flight = self._launch(pair)
        self._launch_stale(now)
        if self.patience.wait(flight) and flight.reading:
            return flight.reading
        return self._late(pair, now)

    def peek(self, pair: Pair) -> Reading:
        """What is known without asking anybody: for status lines."""
        entry, now = self._entries.get(pair), self._clock.epoch()
        if entry is not None and entry.holds(now):
            return entry.reading
        return self._late(pair, now, Problem("not_asked"))

    def in_use(self) -> tuple[Pair, ...]:
        """The pairs the formulas of this process asked for lately."""
        now = self._clock.epoch()
        return tuple(pair for pair, asked in list(self._asked.items()) if now - asked < IN_USE_SECONDS)

    def now(self) -> float:
        """This PC's clock."""
        return self._clock.epoch()

    def refresh(self, pairs: Iterable[Pair], seconds: float) -> dict[Pair, Reading]:
        """Fetch whatever the TTL says, all pairs at once, waiting at most so long together."""
        flights = {pair: self._launch(pair, force=True) for pair in pairs}
        end = self._clock.monotonic() + seconds
        for flight in flights.values():
            flight.wait(max(0.0, end - self._clock.monotonic()))
        now = self._clock.epoch()
        return {pair: flight.reading or self._late(pair, now) for pair, flight in flights.items()}

    def snapshot(self, pair: Pair) -> Snapshot:
        """For scripts: the snapshot, waiting as long as a fetch may take. Raises the typed error of the problem."""
        reading = self.reading(pair)
        if reading.snapshot is None:
            raise error(reading.problem or Problem("empty"))
        return reading.snapshot

    def reading(self, pair: Pair) -> Reading:
        """Like `snapshot`, with everything known beside it. Never raises."""
        now = self._clock.epoch()
        entry = self._entries.get(pair)
        if entry is not None and entry.holds(now):
            return entry.reading
        flight = self._launch(pair, formula=False)
        flight.wait(FETCH_SECONDS + 1)
        return flight.reading or self._late(pair, now, Problem("no_answer"))

    def forget(self) -> None:
        """The settings have changed: serve nothing of what was."""
        with self._mutex:
            self._desk_stamp = object()
            self._entries.clear()
            self._good.clear()
            self._flights.clear()
            self._recalled = False

    def close(self) -> None:
        """Let go of connections and files."""
        self.forget()
        with self._desk_mutex:
            desk, self._desk = self._desk, None
        if desk:
            desk.close()

    def _launch(self, pair: Pair, *, force: bool = False, formula: bool = True) -> Flight:
        """The flight of a pair: the one under way, or a new one."""
        with self._mutex:
            flight = self._flights.get(pair)
            if flight is None:
                flight = self._flights[pair] = Flight()
                workers.start(
                    f"xlwings-kis fetch {next(self._numbers)}", lambda: self._fly(flight, pair, force, formula)
                )
        return flight

    def _launch_stale(self, now: float) -> None:
        """After one miss, whatever else is in use and old comes along: all pairs together cost about one round trip."""
        for pair, asked in list(self._asked.items()):
            entry = self._entries.get(pair)
            if now - asked < IN_USE_SECONDS and not (entry and entry.holds(now)):
                self._launch(pair)

    def _late(self, pair: Pair, now: float, problem: Problem | None = None) -> Reading:
        """What can be said before the fetch has landed: the old data of today, or that nobody waited."""
        problem = problem or Problem("slow", facts={"seconds": f"{self.patience.deadline:g}"})
        old = self._good.get(pair)
        if old and old.snapshot and old.snapshot.asof.date() == kst_day(now + old.skew):
            return replace(old, snapshot=old.snapshot.aged(), problem=problem)
        entry = self._entries.get(pair)
        if entry:
            return replace(entry.reading, snapshot=None, problem=problem)
        return Reading(pair, problem=problem)

    def _fly(self, flight: Flight, pair: Pair, force: bool, formula: bool) -> None:
        """On a daemon thread: everything that may block. It ends in a reading, whatever happens."""
        desk: Desk | None = None
        try:
            desk = self._ready_desk()
            if formula:
                self._share_use(desk)
            entry = self._fetch(desk, flight, pair, force)
        except KisError as failed:
            entry = without_store(pair, failed.problem, self._clock.epoch())
        except BaseException as ours:  # noqa: BLE001 - a formula must get an answer, and the thread is ours
            entry = without_store(pair, _internal(ours), self._clock.epoch())
        with self._mutex:
            if self._flights.get(pair) is flight:
                del self._flights[pair]
                if desk is None or desk is self._desk:
                    self._publish(pair, entry, landed=entry.reading.problem is None)
        flight.land(entry.reading)

    def _publish(self, pair: Pair, entry: Entry, *, landed: bool) -> None:
        self._entries[pair] = entry
        if entry.reading.snapshot:
            self._good[pair] = entry.reading
        if landed:
            self.patience.landed()

    def _fetch(self, desk: Desk, flight: Flight, pair: Pair, force: bool) -> Entry:
        """Claim and fetch, or take what somebody else fetches meanwhile."""
        end = self._clock.monotonic() + FETCH_SECONDS
        kept = desk.store.kept(pair)
        self._remember(desk, pair, kept)
        while True:
            claim = desk.store.claim(Ask(pair, self._holder, desk.settings.ttl, force, desk.settings.mark))
            if claim.verdict is Verdict.GRANTED:
                return self._ask_gateway(desk, pair, end)
            if claim.verdict is Verdict.FRESH:
                return self._entry(desk, pair, desk.store.kept(pair))
            if claim.verdict is Verdict.RESTING:
                kept = desk.store.kept(pair)
                return self._entry(desk, pair, kept, kept.problem or Problem("no_answer"))
            pause = POLL_SECONDS
            if claim.verdict is Verdict.THROTTLED:
                pause = claim.wait
                if pair in self._good:
                    flight.let_go()
            if self._clock.monotonic() + pause >= end:
                return self._entry(desk, pair, kept, Problem("no_answer"))
            self._clock.sleep(pause)

    def _ask_gateway(self, desk: Desk, pair: Pair, end: float) -> Entry:
        self._hold(desk, pair)
        try:
            snapshot, at, skew = desk.fetch(pair, end - self._clock.monotonic())
        except KisError as failed:
            problem = failed.problem
        except Exception as ours:  # noqa: BLE001 - the others waiting for this claim must hear of it
            problem = _internal(ours)
        else:
            kept = desk.store.land(snapshot, self._holder, at, skew)
            return self._entry(desk, pair, kept)
        finally:
            with self._mutex:
                self._held.discard(pair)
        rest = min(desk.settings.ttl, REST_FOR_USER_SECONDS if problem.ask_user else REST_SECONDS)
        kept = desk.store.fail(pair, self._holder, problem, rest, desk.settings.mark)
        return self._entry(desk, pair, replace(kept, rest_until=self._clock.epoch() + rest), problem)

    def _entry(self, desk: Desk, pair: Pair, kept: Kept, failed: Problem | None = None) -> Entry:
        base = Reading(pair, sharing=desk.sharing, warning=desk.warning, lang=desk.settings.lang)
        remembered = self._good[pair].snapshot if pair in self._good else None
        return of_store(base, kept, self._clock.epoch(), desk.settings.ttl, failed, remembered)

    def _remember(self, desk: Desk, pair: Pair, kept: Kept) -> None:
        """Old data of today, at hand for formulas that cannot wait."""
        if kept.good and pair not in self._good:
            self._good[pair] = Reading(
                pair, kept.good, None, kept.order, kept.counters, skew=kept.skew, lang=desk.settings.lang
            )

    def _share_use(self, desk: Desk) -> None:
        """Tell the next process which pairs formulas use, and at the start fetch what the last ones used."""
        now = self._clock.epoch()
        with self._mutex:
            first, self._recalled = not self._recalled, True
        if first:
            for pair in desk.store.in_use(now - REMEMBER_USE_SECONDS):
                if pair not in self._asked:
                    self._launch(pair, formula=False)
        desk.store.asked(self.in_use())

    def _ready_desk(self) -> Desk:
        """The desk of the settings in force; made anew when they have changed."""
        stamp = self._stamp()
        with self._desk_mutex:
            if self._desk is None or stamp != self._desk_stamp:
                old, self._desk = self._desk, None
                if old:
                    self._entries.clear()
                    self._good.clear()
                    self._close_later(old)
                self._desk = self._open_desk()
                self._desk_stamp = stamp
                self.patience.deadline = self._desk.settings.deadline
            return self._desk

    def _close_later(self, desk: Desk) -> None:
        """Fetches under way at the old desk may still land there."""

        def close() -> None:
            self._clock.sleep(FETCH_SECONDS + 1)
            desk.close()

        workers.start("xlwings-kis close", close)

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


def _internal(ours: BaseException) -> Problem:
    return Problem("internal", facts={"what": type(ours).__name__})
