"""The recorder: looks, learns, tells, sleeps. What is stored is the feed's doing; here it is only asked often enough.

Whether KIS has to be asked at all is decided by the store that all processes share: data that another recorder or a
formula has fetched within the TTL is taken as it is, and the next look counts from then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from xlwings_kis import sessions, wording
from xlwings_kis.clock import Clock, to_kst
from xlwings_kis.errors import Problem, error
from xlwings_kis.markets import Pair
from xlwings_kis.reading import Reading
from xlwings_kis.record import hours
from xlwings_kis.record.events import Event, Kind, Listener, Progress, Wish
from xlwings_kis.status import UNCHANGED

NAP = 0.5
"""Seconds between two glances at the clock: how soon an end that is asked for comes, and a clock that jumped is noticed."""

MISSED = timedelta(seconds=60)
"""A look that is later than this did not wait for KIS alone: the machine slept."""

_TOGETHER = timedelta(seconds=1)
"""Pairs whose turns lie so close are asked at once, at the later turn."""


@dataclass
class _Seen:
    """What is known of one pair."""

    reading: Reading
    asked: datetime | None = None
    answered: datetime | None = None
    changed: datetime | None = None
    trouble: Problem | None = None
    halted: bool = False


class _News(NamedTuple):
    """Something to tell of a pair."""

    kind: Kind
    then: datetime | None = None
    problem: Problem | None = None

    @property
    def topic(self) -> object:
        """Equal for pairs of which the same is told."""
        return self.kind, self.then, _name(self.problem)


class Recorder:
    """`ask` gives the readings of some pairs, `going_on` turns False when it shall end. Everything happens in `run`."""

    def __init__(
        self,
        ask: Callable[[Sequence[Pair]], dict[Pair, Reading]],
        clock: Clock,
        wish: Wish,
        listener: Listener,
        going_on: Callable[[], bool] = lambda: True,
        known: dict[Pair, Reading] | None = None,
    ) -> None:
        self.tables = 0
        self.looks = 0
        self._ask = ask
        self._clock = clock
        self._wish = wish
        self._listener = listener
        self._going_on = going_on
        self._seen = {pair: _Seen((known or {}).get(pair) or Reading(pair)) for pair in wish.pairs}
        for seen in self._seen.values():
            known_table = seen.reading.snapshot
            seen.changed = known_table.changed if known_table else None
        self._resting: bool | None = None
        self._stored = True
        self._planned: datetime | None = None
        self._glanced = self._now()

    @property
    def problem(self) -> Problem | None:
        """What keeps it from recording now; a store that cannot be written comes first."""
        if not self._stored:
            return Problem("store_held")
        return next((seen.trouble for seen in self._seen.values() if seen.trouble), None)

    def run(self) -> None:
        """Record until the wish is fulfilled or the end is asked for.

        Raises the typed error of a problem that only the user can mend, unless something had been recorded before it.
        """
        self._record()
        now = self._now()
        self._listener.progress(self._progress(now, now))  # what the last look brought

    def _record(self) -> None:
        while self._going_on():
            now = self._now()
            self._notice_a_jump(now)
            if self._wish.until and now >= self._wish.until:
                return
            looks = {pair: self._next_look(pair, now) for pair in self._wish.pairs}
            first = min(looks.values())
            turn = max(at for at in looks.values() if at <= first + _TOGETHER)
            self._planned = turn
            resting = turn > now and all(self._rests(pair, now) for pair in self._wish.pairs)
            if resting and self._wish.until and turn >= self._wish.until:
                return
            self._rest(resting, now, turn)
            if turn <= now:
                self._look([pair for pair, at in looks.items() if at <= now])
            else:
                self._listener.progress(self._progress(now, turn))
                end = min(turn, self._wish.until or turn)
                self._clock.sleep(min(NAP, (end - now).total_seconds()))

    def _now(self) -> datetime:
        """The corrected clock, by what is known of this PC's."""
        skew = next((seen.reading.skew for seen in self._seen.values() if seen.reading.skew), 0.0)
        return to_kst(self._clock.epoch() + skew)

    def _next_look(self, pair: Pair, now: datetime) -> datetime:
        seen, wish = self._seen[pair], self._wish
        return hours.next_look(pair.exchange, now, seen.answered, seen.asked, wish.every, always=wish.always)

    def _rests(self, pair: Pair, now: datetime) -> bool:
        return not self._wish.always and hours.current(pair.exchange, now, self._seen[pair].answered) is None

    def _rest(self, resting: bool, now: datetime, turn: datetime) -> None:
        if resting is self._resting:
            return
        self._resting = resting
        awake = tuple(pair for pair in self._wish.pairs if not self._rests(pair, now))
        self._tell(Event(Kind.RESTING, now, then=turn) if resting else Event(Kind.RECORDING, now, awake))

    def _notice_a_jump(self, now: datetime) -> None:
        """Told only where a look was missed: a machine may sleep through the night."""
        if self._planned and now - self._planned > MISSED and now - self._glanced > MISSED:
            self._tell(Event(Kind.MISSED, now, then=self._glanced))
        self._glanced = now

    def _look(self, pairs: list[Pair]) -> None:
        begun = self._now()
        readings = self._ask(pairs)
        if not self._going_on():  # nobody waited for the answers
            return
        self.looks += 1
        told: dict[object, list[tuple[Pair, _News]]] = {}
        for pair, reading in readings.items():
            for news in self._learn(pair, reading, begun):
                told.setdefault(news.topic, []).append((pair, news))
            self._give_up(reading.problem)
        now = self._now()
        for about in told.values():
            _, news = about[0]
            self._tell(Event(news.kind, now, tuple(pair for pair, _ in about), news.then, news.problem))
        self._notice_storing(now, all(reading.sharing for reading in readings.values()))
        self._glanced = now  # waiting for KIS is no sleep
        self._planned = None

    def _learn(self, pair: Pair, reading: Reading, begun: datetime) -> list[_News]:
        """Take in what was read; what there is to tell of it."""
        seen, told = self._seen[pair], []
        trouble = reading.problem if _is_trouble(reading.problem) else None
        if trouble and (seen.trouble is None or _name(seen.trouble) != _name(trouble)):
            told.append(_News(Kind.TROUBLE, problem=trouble))
        if seen.trouble and not trouble:
            told.append(_News(Kind.BACK, _to_the_second(seen.answered)))
        seen.reading, seen.asked, seen.trouble = reading, begun, trouble
        if reading.fetched:
            seen.answered = to_kst(reading.fetched + reading.skew)
        if reading.snapshot and not trouble:
            told += self._compare(pair, reading.snapshot.changed or reading.snapshot.asof, reading.sharing)
        return told

    def _compare(self, pair: Pair, changed: datetime, stored: bool) -> list[_News]:
        """Whether the figures are new, or stand still although the market is open."""
        seen, now = self._seen[pair], self._now()
        new = changed != seen.changed
        seen.changed = changed
        self.tables += new and stored
        still = changed.date() == now.date() and sessions.unseen(pair.exchange, changed, now) >= UNCHANGED
        if still and not seen.halted and sessions.moving(pair.exchange, now):
            seen.halted = True
            return [_News(Kind.HALTED, _to_the_second(changed))]
        if new and seen.halted:
            seen.halted = False
            return [_News(Kind.MOVING)]
        return []

    def _give_up(self, problem: Problem | None) -> None:
        """At the start somebody looks on, or a scheduler does: what only the user can mend is told by the exit status."""
        if problem and problem.ask_user and not self.tables:
            raise error(problem)

    def _notice_storing(self, now: datetime, stored: bool) -> None:
        if stored is not self._stored:
            self._stored = stored
            self._tell(Event(Kind.STORED if stored else Kind.UNSTORED, now))

    def _progress(self, now: datetime, turn: datetime) -> Progress:
        readings = {pair: seen.reading for pair, seen in self._seen.items()}
        return Progress(now, turn, bool(self._resting), self.tables, readings)

    def _tell(self, event: Event) -> None:
        self._listener.event(event)


def _is_trouble(problem: Problem | None) -> bool:
    """Whether KIS could not be asked; that it has nothing yet is no trouble."""
    return problem is not None and wording.family(problem.key) != "no_data"


def _name(problem: Problem | None) -> tuple[str, str] | None:
    """What it is, without the facts that change from one time to the next."""
    return (problem.key, problem.code) if problem else None


def _to_the_second(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(microsecond=0)
