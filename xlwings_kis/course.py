"""The course of a pair's day at regular times, and what the closes of the last days add up to. From the store alone.

To be called where waiting is allowed, like `history`. Nothing is ever filled in: a moment at which nobody was looking has
no figures, and a day of which no close is stored is not counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from xlwings_kis import history, sessions
from xlwings_kis.fields import Field
from xlwings_kis.markets import Pair
from xlwings_kis.rows import Figure
from xlwings_kis.snapshot import Snapshot, Standing

if TYPE_CHECKING:
    from xlwings_kis.store.base import Store

Wanted = Sequence[tuple[str, Field]]
"""Figures by investor code and field; the empty code means 합계, as in `Store.series`."""


class Step(NamedTuple):
    """One moment of a day: the figures asked for in their order, all None where nobody was looking."""

    moment: datetime
    figures: tuple[Figure, ...]

    @property
    def seen(self) -> bool:
        """Whether figures stood for that moment."""
        return any(figure is not None for figure in self.figures)


@dataclass(frozen=True, slots=True)
class Day:
    """A pair's day. Steps after `end` are still to come; those before it without figures are gaps."""

    pair: Pair
    day: date
    end: datetime
    steps: tuple[Step, ...]

    @property
    def seen(self) -> int:
        """At how many moments figures stood."""
        return sum(step.seen for step in self.steps)


class Total(NamedTuple):
    """What so many days add up to, as far as they are stored; None where a stored day lacks the figure, or none is stored."""

    days: int
    stored: int
    figures: tuple[Figure, ...]


def day_of(shown: Snapshot) -> date:
    """The trading day a table's figures belong to."""
    return (shown.of or shown.asof).date()


def through(store: Store, shown: Snapshot, wanted: Wanted, minutes: float, now: datetime) -> Day:
    """The day a table belongs to, every so many minutes, as far as it is stored."""
    pair, day = shown.pair, day_of(shown)
    times = history.grid(pair.exchange, day, minutes)
    end = min(now, sessions.closing(pair.exchange, day))
    blank: tuple[Figure, ...] = (None,) * len(wanted)
    stood = history.standing(pair.exchange, store.series(pair, day, wanted), times, end)
    steps = tuple(Step(moment, figures or blank) for moment, figures in zip(times, stood, strict=True))
    return Day(pair, day, end, steps)


def closes(store: Store, pair: Pair, before: date, days: int) -> tuple[Snapshot | None, ...]:
    """The regular closes of the trading days before a day, the last one first; None where none is stored."""
    found = []
    for _ in range(days):
        before = sessions.previous_trading_day(before)
        found.append(history.stood(store, pair, *sessions.regular_close(before)))
    return tuple(found)


def totals(
    shown: Snapshot | None, earlier: Sequence[Snapshot | None], wanted: Wanted, spans: Sequence[int]
) -> tuple[Total, ...]:
    """What the last days add up to: the table shown is the first of them, the closes of the days before follow."""
    days = (shown if shown and shown.standing is not Standing.UNCONFIRMED else None, *earlier)
    return tuple(_total(days[:span], wanted, span) for span in spans)


def _total(days: Sequence[Snapshot | None], wanted: Wanted, span: int) -> Total:
    stored = [day for day in days if day is not None]
    columns = ([day.figure(code, field) for day in stored] for code, field in wanted)
    return Total(span, len(stored), tuple(_sum(column) for column in columns))


def _sum(figures: Sequence[Figure]) -> Figure:
    known = [figure for figure in figures if figure is not None]
    return sum(known) if known and len(known) == len(figures) else None
