"""One snapshot per pair for everybody who asks: fresh for a while, fetched once however many want it, never in Excel's way.

The calling thread reads memory or waits; files, locks, database and network belong to daemon threads (`era`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, cast

from xlwings_kis import workers
from xlwings_kis.clock import Clock, kst_day
from xlwings_kis.era import FETCH_SECONDS, Era
from xlwings_kis.errors import Problem, error, failure
from xlwings_kis.markets import Pair
from xlwings_kis.patience import Patience
from xlwings_kis.reading import Reading
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.store.base import StoreTrouble
from xlwings_kis.workers import Outcome

if TYPE_CHECKING:
    from xlwings_kis.desk import Desk

_R = TypeVar("_R")

IN_USE_SECONDS = 600.0
IN_USE_ROUNDS = 3
"""A pair that no formula asked for this long and for so many recalculations is not fetched along any more."""

BLINK_SECONDS = 0.05
"""What a formula waits for the store where the deadline is used up: a fetch that hangs is no reason not to look."""

SLICE_SECONDS = 0.2
"""How soon whoever waits for several fetches notices that nobody wants them any more."""

AT_HAND_SECONDS = 0.2
"""How long an answer must go on being at hand for somebody who must not wait to take it."""

CHECK_SECONDS = 1.0
"""How often a process that serves from memory looks whether the settings have changed."""


class Feed:
    """The readings of one process. `open_desk` loads the settings and may raise `SettingsError`; `stamp` changes with them.

    `lang` is the language until the settings have been read. `patience`: how formulas wait: for one Excel, or for many people.
    """

    def __init__(
        self,
        open_desk: Callable[[], Desk],
        clock: Clock,
        *,
        deadline: float,
        stamp: Callable[[], object] = lambda: None,
        lang: str = "ko",
        patience: Callable[[Clock, float], Patience] = Patience,
    ) -> None:
        self._open_desk = open_desk
        self._stamp = stamp
        self._clock = clock
        self.patience = patience(clock, deadline)
        self._mutex = threading.Lock()
        self._lang = lang
        self._asked: dict[Pair, tuple[float, int]] = {}
        self._shapes: dict[Pair, tuple[object, tuple[str, ...]]] = {}
        self._era = self._new_era()
        self._checked = clock.monotonic()
        self._checker = workers.Worker("xlwings-kis settings")
        self._late_answers = 0
        self._blinks = True

    @property
    def lang(self) -> str:
        """The language of labels and messages."""
        return self._era.lang

    def read(self, pair: Pair) -> Reading:
        """For a formula: what is known, after waiting at most what the recalculation still may. Never raises."""
        reading = self._read(pair)
        if reading.problem is not None:
            self._late_answers += 1
        return reading

    def _read(self, pair: Pair) -> Reading:
        now = self._clock.epoch()
        self._asked[pair] = (now, self.patience.rounds)
        entry = self._era.entries.get(pair)
        if entry is not None and entry.holds(now) and self._settings_hold():
            self.patience.tick()
            return entry.reading
        era = self._era
        flight = era.launch(pair, formula=True)
        for other in self.in_use():
            if not era.fresh(other, now):  # all pairs together cost about one round trip
                era.launch(other, formula=True)
        if self.patience.wait(flight) and flight.reading:
            return flight.reading
        return self._late(era, pair)

    def at_hand(self, pair: Pair) -> bool:
        """Whether `read` answers from memory, now and for a moment yet: somebody who must not wait at all asks first."""
        entry = self._era.entries.get(pair)
        if entry is None or self._clock.monotonic() - self._checked >= CHECK_SECONDS - AT_HAND_SECONDS:
            return False
        now = self._clock.epoch()
        return entry.holds(now) and entry.holds(now + AT_HAND_SECONDS)

    def peek(self, pair: Pair) -> Reading:
        """What is known without asking anybody: for status lines."""
        era, now = self._era, self._clock.epoch()
        entry = era.entries.get(pair)
        if entry is None:
            return self._late(era, pair, Problem("not_asked"))
        if entry.holds(now) or entry.reading.problem:
            return entry.reading
        return replace(entry.reading, problem=Problem("refreshing"))

    def in_use(self) -> tuple[Pair, ...]:
        """The pairs the formulas of this process asked for lately."""
        now, rounds = self._clock.epoch(), self.patience.rounds
        return tuple(
            pair
            for pair, (asked, round_) in list(self._asked.items())
            if now - asked < IN_USE_SECONDS or rounds - round_ < IN_USE_ROUNDS
        )

    def now(self) -> float:
        """This PC's clock."""
        return self._clock.epoch()

    def late_answers(self) -> int:
        """How many formulas had to answer with old data or none since this was last asked."""
        many, self._late_answers = self._late_answers, 0
        return many

    def refresh(self, pairs: Iterable[Pair], seconds: float) -> dict[Pair, Reading]:
        """Fetch whatever the TTL says, all pairs at once, waiting at most so long together.

        The formulas calculated next wait so much less.
        """
        era, begun = self._era, self._clock.monotonic()
        flights = {pair: era.launch(pair, force=True) for pair in pairs}
        end = begun + seconds
        for flight in flights.values():
            flight.wait(max(0.0, end - self._clock.monotonic()))
        self.patience.spend(self._clock.monotonic() - begun)
        return {pair: flight.reading or self._late(era, pair) for pair, flight in flights.items()}

    def renew(self, pairs: Iterable[Pair]) -> float:
        """Begin to fetch what is no longer fresh, without waiting. Seconds until the first of them has to be: 0 is now."""
        era, now = self._era, self._clock.epoch()
        fresh = {pair: era.entries[pair].end - now for pair in pairs if era.fresh(pair, now)}
        stale = [pair for pair in pairs if pair not in fresh]
        for pair in stale:
            era.launch(pair, formula=True)
        return 0.0 if stale else min(fresh.values(), default=0.0)

    def landed(self, pairs: Iterable[Pair]) -> bool:
        """Whether nothing is under way any more for these pairs."""
        return not self._era.flying(pairs)

    def recall(self, key: Hashable, question: Callable[[Desk], _R]) -> _R:
        """For a formula: what the store knows, after waiting at most what the recalculation still may. No call to KIS.

        Who cannot wait gets today's last answer to the question of that `key`. Raises the typed error of why there is none.
        """
        era = self._era
        outcome = era.ask(question, key)
        if self._answered(outcome):
            return _known(outcome)
        answered = era.recalled.get(key)
        if answered is None or answered.day != kst_day(self._clock.epoch()):
            raise failure("slow", seconds=f"{self.patience.deadline:g}")
        return cast("_R", answered.answer)

    def ask(self, question: Callable[[Desk], _R], seconds: float) -> _R:
        """For commands and macros: what the store knows, waiting at most so long. No call to KIS. Raises like `recall`."""
        outcome = self._era.ask(question)
        if not outcome.wait(seconds):
            raise failure("store_away")
        return _known(outcome)

    def _answered(self, outcome: Outcome[_R]) -> bool:
        """Whether the store has answered within the deadline, or a blink beyond it: all formulas together wait one in vain."""
        done = self.patience.wait(outcome)
        if not done and self._blinks:
            done = outcome.wait(BLINK_SECONDS)
        self._blinks = done
        return done

    def known(self, question: Callable[[Desk], _R], seconds: float, otherwise: _R) -> _R:
        """Like `ask`, for what is shown only if it is known: never raises, but answers otherwise."""
        try:
            return self.ask(question, seconds)
        except Exception:  # noqa: BLE001 - no settings, no store, no threads, or not in time: it is not known
            return otherwise

    def snapshot(self, pair: Pair) -> Snapshot:
        """For scripts: the snapshot, waiting as long as a fetch may take. Raises the typed error of the problem."""
        reading = self.reading(pair)
        if reading.snapshot is None:
            raise error(reading.problem or Problem("empty"))
        return reading.snapshot

    def reading(self, pair: Pair) -> Reading:
        """Like `snapshot`, with everything known beside it. Never raises."""
        return self.readings((pair,))[pair]

    def readings(
        self,
        pairs: Iterable[Pair],
        seconds: float = FETCH_SECONDS + 1,
        keep_waiting: Callable[[], bool] = lambda: True,
    ) -> dict[Pair, Reading]:
        """The same for several pairs, fetched all at once, waiting at most so long together.

        Whoever will `keep_waiting` no longer gets what is known by then.
        """
        pairs = tuple(pairs)
        now, holds, era = self._clock.epoch(), self._settings_hold(), self._era
        known = {pair: era.entries[pair].reading for pair in pairs if holds and era.fresh(pair, now)}
        flights = {pair: era.launch(pair) for pair in pairs if pair not in known}
        end = self._clock.monotonic() + seconds
        for flight in flights.values():
            while keep_waiting() and (left := end - self._clock.monotonic()) > 0:
                if flight.wait_for_landing(min(SLICE_SECONDS, left)):
                    break
        late = Problem("no_answer")
        return {
            pair: known.get(pair) or flights[pair].reading or self._late(era, pair, late)
            for pair in dict.fromkeys(pairs)
        }

    def close(self) -> None:
        """Let go of connections and files; whoever still fetches may finish, but serves nobody."""
        era = self._era
        with self._mutex:
            self._era = self._new_era()
        era.close()
        self._checker.stop()

    def _new_era(self) -> Era:
        return Era(self._open_desk, self._stamp, self._clock, self._succeed, self._shaped, self.patience, self._lang)

    def _succeed(self, ended: Era) -> Era:
        """The era after one whose settings have changed: nothing of the old one is served any more."""
        with self._mutex:
            if self._era is ended:
                self._lang = ended.lang
                self._era = self._new_era()
                workers.start("xlwings-kis close", ended.close_later)
            return self._era

    def _settings_hold(self) -> bool:
        """Whether the settings are still those of the era; looked at once a second, by a worker."""
        now = self._clock.monotonic()
        if now - self._checked < CHECK_SECONDS:
            return True
        self._checked = now
        era = self._era
        look = self._checker.submit(era.check)
        return not (self.patience.wait(look) and self._era is not era)

    def _late(self, era: Era, pair: Pair, problem: Problem | None = None) -> Reading:
        """What can be said before the fetch has landed: the old data of today, or that nobody waited."""
        problem = problem or Problem("slow", facts={"seconds": f"{self.patience.deadline:g}"})
        old = era.figures_of_today(pair)
        if old:
            return replace(era.good[pair], snapshot=old.aged(), problem=problem)
        entry = era.entries.get(pair)
        known = entry.reading if entry else Reading(pair, lang=era.lang)
        return self._shaped(replace(known, snapshot=None, problem=problem))

    def _shaped(self, reading: Reading) -> Reading:
        """A table keeps the rows it had that day, whatever becomes of the store: rows are only ever added."""
        day = kst_day(self._clock.epoch() + reading.skew)
        of, before = self._shapes.get(reading.pair, (day, ()))
        received = tuple(row.code for row in reading.snapshot.rows) if reading.snapshot else ()
        order = tuple(dict.fromkeys((*(before if of == day else ()), *reading.order, *received)))
        self._shapes[reading.pair] = (day, order)
        return reading if order == reading.order else replace(reading, order=order)


def _known(outcome: Outcome[_R]) -> _R:
    try:
        return outcome.result()
    except StoreTrouble:
        raise failure("store_away") from None
