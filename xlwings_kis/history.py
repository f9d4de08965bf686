"""What stood before: a table at a moment, its change since another, the course of a day. From the store alone, never from KIS.

To be called where waiting is allowed (`Feed.recall`): the store and the calendar may take a while. A figure stands for a
moment while it is certain that it could not have moved unseen for longer than `TOLERANCE`; beyond that there is a gap.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from xlwings_kis import sessions
from xlwings_kis.clock import KST, to_kst
from xlwings_kis.errors import Problem, failure
from xlwings_kis.fields import Field
from xlwings_kis.markets import Exchange, Pair
from xlwings_kis.moments import When
from xlwings_kis.reading import Reading
from xlwings_kis.rows import Figure, Row
from xlwings_kis.snapshot import Snapshot, Standing
from xlwings_kis.store.base import Kept, Sight, Store
from xlwings_kis.today import why_not

if TYPE_CHECKING:
    from xlwings_kis.desk import Desk

TOLERANCE = timedelta(minutes=5)
"""How long figures may have moved unseen and still stand for a moment."""


class Moment(NamedTuple):
    """What a wish means: figures seen since the first time, at the latest at the second, are what was wished for."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """The table now less the table then; `reading` has the differences as its snapshot, or why there are none."""

    reading: Reading
    then: datetime | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """One figure at regular times of a day; None where nobody was looking. `asof`: the last sight of the day."""

    times: tuple[datetime, ...]
    figures: tuple[Figure, ...]
    asof: datetime | None = None
    stale: bool = False
    demo: bool = False
    problem: Problem | None = None


def at(desk: Desk, pair: Pair, when: When) -> Reading:
    """A table as it stood; marked as old where nobody had looked for a while."""
    now = now_of(desk, pair)
    moment = meant(when, now)
    if moment.since > now:
        return Reading(pair, problem=Problem("not_yet", facts={"moment": spoken(moment.since)}))
    snapshot = desk.store.at(pair, moment.until.timestamp())
    if snapshot is None:
        return Reading(pair, problem=Problem("not_stored", facts={"moment": spoken(moment.until)}))
    return Reading(pair, snapshot if stands(snapshot, moment.since) else snapshot.aged())


def change(desk: Desk, pair: Pair, minutes: float) -> Change:
    """What the last table of today has changed by since so many minutes before it."""
    kept = desk.store.kept(pair)
    now, shown = to_kst(desk.clock.epoch() + kept.skew), kept.good
    if shown is None or shown.standing is Standing.HOLIDAY:
        return Change(Reading(pair, problem=_why_nothing(pair, kept, now)))
    moment = shown.asof - timedelta(minutes=minutes)
    then = stood(desk.store, pair, moment) if moment.date() == shown.asof.date() else None
    if then is None:
        return Change(Reading(pair, problem=Problem("no_comparison", facts={"moment": spoken(moment)})))
    less = less_than(shown, then)
    return Change(Reading(pair, less if stands(shown, now) else less.aged()), then.asof)


def course(desk: Desk, pair: Pair, code: str, field: Field, when: When, minutes: float) -> Course:
    """One figure through a day, every so many minutes from the opening of the first session to the end of the last."""
    now = now_of(desk, pair)
    day = meant(when, now).until.date() if when.day or when.back else sessions.shown_day(now.date())
    times = grid(pair.exchange, day, minutes)
    sights = desk.store.series(pair, day, [(code, field)])
    if not sights:
        return Course(times, (None,) * len(times), problem=Problem("not_stored", facts={"moment": f"{day:%m/%d}"}))
    asof = to_kst(max(sight.last for sight in sights))
    end = min(now, sessions.closing(pair.exchange, day))
    stale = sessions.unseen(pair.exchange, asof, end) > TOLERANCE
    return Course(times, along(pair.exchange, sights, times, now), asof, stale, desk.settings.demo)


def meant(when: When, now: datetime) -> Moment:
    """The moment a wish means now. Raises `ArgumentError` for a day without a year that no year has had."""
    today = now.date()
    if when.day:
        day = _last_year_of(when.day, today) if when.yearless else when.day
    else:
        day = sessions.previous_trading_day(today) if when.back else sessions.shown_day(today)
    if when.at is None:
        return Moment(*sessions.regular_close(day))
    moment = datetime.combine(day, when.at, KST)
    return Moment(moment, moment)


def stood(store: Store, pair: Pair, moment: datetime, until: datetime | None = None) -> Snapshot | None:
    """The figures that stood at a moment, and of that day for certain; None where nobody was looking.

    `until`: they may have been seen later, up to then, where nothing moves in between.
    """
    then = store.at(pair, (until or moment).timestamp())
    return then if then and then.standing is Standing.TODAY and stands(then, moment) else None


def stands(snapshot: Snapshot, moment: datetime) -> bool:
    """Whether a table still stands for a moment: that of a day without trading always does."""
    if snapshot.standing is Standing.HOLIDAY:
        return True
    return sessions.unseen(snapshot.exchange, snapshot.asof, moment) <= TOLERANCE


def less_than(now: Snapshot, then: Snapshot) -> Snapshot:
    """The differences of two tables, row by row; None where either lacks the figure."""
    return replace(now, rows=tuple(_difference(row, then.by_code.get(row.code)) for row in now.rows), notes=())


def along(
    exchange: Exchange, sights: tuple[Sight, ...], times: tuple[datetime, ...], now: datetime
) -> tuple[Figure, ...]:
    """The first figure of a series at certain times; None in gaps and in the future."""
    return tuple(figures[0] if figures else None for figures in standing(exchange, sights, times, now))


def standing(
    exchange: Exchange, sights: tuple[Sight, ...], times: tuple[datetime, ...], now: datetime
) -> tuple[tuple[Figure, ...] | None, ...]:
    """All figures of a series at certain times; None in gaps and in the future."""
    ordered = sorted(sights, key=lambda sight: sight.first)
    starts = [sight.first for sight in ordered]

    def figures(moment: datetime) -> tuple[Figure, ...] | None:
        place = bisect_right(starts, moment.timestamp()) - 1
        if place < 0 or moment > now:
            return None
        sight = ordered[place]
        seen = min(to_kst(sight.last), moment)
        return sight.figures if sessions.unseen(exchange, seen, moment) <= TOLERANCE else None

    return tuple(figures(moment) for moment in times)


def grid(exchange: Exchange, day: date, minutes: float) -> tuple[datetime, ...]:
    """The times of a day's table: from the first opening, every so many minutes, and the last close. Needs no calendar."""

    def steps() -> Iterator[datetime]:
        moment, end = sessions.opening(exchange, day), sessions.closing(exchange, day)
        while moment < end:
            yield moment
            moment += timedelta(minutes=minutes)
        yield end

    return tuple(steps())


def now_of(desk: Desk, pair: Pair) -> datetime:
    """The corrected clock."""
    return to_kst(desk.clock.epoch() + desk.store.kept(pair).skew)


def spoken(moment: datetime) -> str:
    """`11/20 10:30`; seconds only where there are some."""
    return f"{moment:%m/%d %H:%M:%S}".removesuffix(":00")


def _why_nothing(pair: Pair, kept: Kept, now: datetime) -> Problem:
    why = why_not(Standing.PREVIOUS, pair.exchange, now)
    return Problem("not_asked") if why.key == "still_yesterday" and kept.latest is None else why


def _difference(row: Row, before: Row | None) -> Row:
    then = before.figures if before else (None,) * len(row.figures)
    pairs = zip(row.figures, then, strict=True)
    return Row(row.code, row.name, tuple(None if a is None or b is None else a - b for a, b in pairs))


def _last_year_of(day: date, today: date) -> date:
    """The last such day that is not to come."""
    for year in range(today.year, today.year - 5, -1):
        try:
            found = day.replace(year=year)
        except ValueError:  # 29 February
            continue
        if found <= today:
            return found
    raise failure("unknown_moment", word=f"{day:%m/%d}")
