"""What is known of a pair now, and how long it may be served without asking anybody. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from xlwings_kis.clock import day_start, kst_day, to_kst
from xlwings_kis.errors import Problem
from xlwings_kis.markets import Exchange, Pair
from xlwings_kis.snapshot import Snapshot, Standing
from xlwings_kis.store.base import UNCOUNTED, Counters, Kept
from xlwings_kis.today import why_not

NO_DESK_SECONDS = 2.0
"""How long settings that cannot be used are not read again."""

_SECONDS_A_DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class Reading:
    """Figures or not, and why not: `problem` says why they are old or missing. The rest is for the status line.

    `fetched`: when KIS last answered at all (PC clock), with figures or without; 0 where nobody knows of today.
    """

    pair: Pair
    snapshot: Snapshot | None = None
    problem: Problem | None = None
    order: tuple[str, ...] = ()
    counters: Counters = UNCOUNTED
    failures: int = 0
    rest_until: float = 0.0
    sharing: bool = True
    skew: float = 0.0
    warning: Problem | None = None
    lang: str = "ko"
    fetched: float = 0.0


class Entry(NamedTuple):
    """A reading and the times (PC clock) between which it is served from memory."""

    reading: Reading
    start: float
    end: float

    def holds(self, now: float) -> bool:
        """Whether it may be served now; one from the future (a clock set back) may not."""
        return self.start <= now < self.end


def of_store(
    base: Reading, kept: Kept, now: float, ttl: float, failed: Problem | None = None, remembered: Snapshot | None = None
) -> Entry:
    """What a store knows, as an entry. `failed`: why the fetch did not succeed; `remembered`: figures of this process.

    Without new figures the last good ones of today are served, marked as old; those of another day never are.
    """
    midnight = day_start(kst_day(now + kept.skew)) - kept.skew
    good = max((known for known in (kept.good, remembered) if known), key=lambda known: known.asof, default=None)
    if good and good.asof.timestamp() - kept.skew < midnight:
        good = None
    problem = failed or _no_figures(base.pair.exchange, kept, seen_today=good is not None)
    reading = replace(
        base,
        snapshot=(good.aged() if good else None) if problem else kept.latest,
        problem=problem,
        order=kept.order,
        counters=kept.counters,
        failures=kept.failures,
        rest_until=kept.rest_until,
        skew=kept.skew,
        fetched=kept.fetched,
    )
    start, end = (now, kept.rest_until) if failed else (min(kept.fetched, now), kept.fetched + ttl)
    return Entry(reading, start, min(end, midnight + _SECONDS_A_DAY))


def without_store(pair: Pair, problem: Problem, now: float, lang: str = "ko") -> Entry:
    """An entry for when the settings cannot be used, or we failed ourselves."""
    return Entry(Reading(pair, problem=problem, lang=lang), now, now + NO_DESK_SECONDS)


def _no_figures(exchange: Exchange, kept: Kept, *, seen_today: bool) -> Problem | None:
    """Why a successful answer shows no figures. Who has seen today's does not wait for the open any more."""
    if kept.empty or kept.latest is None:
        return why_not(Standing.EMPTY, exchange, to_kst(kept.fetched + kept.skew))
    if kept.latest.standing is Standing.PREVIOUS:
        if seen_today:
            return Problem("yesterday_again")
        return why_not(kept.latest.standing, kept.latest.exchange, kept.latest.asof)
    return None
