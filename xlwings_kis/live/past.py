"""What the store knows beside the tables just fetched. Runs on a worker thread (`Feed.ask`): files and the calendar may wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from xlwings_kis import course, history, sessions
from xlwings_kis.course import Day, Total
from xlwings_kis.fields import Band, Field, Measure, Side, figure
from xlwings_kis.investors import FOREIGNERS, INDIVIDUALS, INSTITUTIONS
from xlwings_kis.live.choices import Window
from xlwings_kis.markets import Pair
from xlwings_kis.snapshot import Snapshot, Standing
from xlwings_kis.today import UNSURE

if TYPE_CHECKING:
    from xlwings_kis.desk import Desk

INVESTORS = (FOREIGNERS, INSTITUTIONS, INDIVIDUALS)
"""외국인, 기관계, 개인: those whose course a desk follows."""

BANDS = (Band.ARBITRAGE, Band.NON_ARBITRAGE, Band.ALL)
TOTAL_BANDS = (Band.ALL, Band.NON_ARBITRAGE)
SPANS = (1, 5, 20)
"""당일, 5일, 20일."""

CHARTED = (FOREIGNERS, figure(Band.NON_ARBITRAGE))
"""외국인 비차익 of the chart, whatever the table shows: the last figure of every step."""

_FIRST_MINUTES = 6
"""Who looks once a minute or more often has seen the open by then."""


@dataclass(frozen=True, slots=True)
class Past:
    """A pair's day and its totals over `SPANS`."""

    day: Day
    totals: tuple[Total, ...]


def before(desk: Desk, shown: Mapping[Pair, Snapshot], window: Window) -> dict[Pair, Snapshot | None]:
    """What each table is held against; None where nobody was looking then."""
    return {pair: _before(desk, snapshot, window) for pair, snapshot in shown.items()}


def courses(
    desk: Desk, shown: Mapping[Pair, Snapshot], measure: Measure, minutes: int, now: datetime
) -> dict[Pair, Past]:
    """The day of each table in net buying, and what the last days add up to. Nothing where the store is out of reach."""
    if not desk.sharing:
        return {}  # what this process alone remembers would blank out rows that are known
    figures = (*wanted(BANDS, measure), CHARTED)
    sums = wanted(TOTAL_BANDS, measure)
    made = {}
    for pair, snapshot in shown.items():
        earlier = course.closes(desk.store, pair, course.day_of(snapshot), max(SPANS) - 1)
        day = course.through(desk.store, snapshot, figures, minutes, now)
        made[pair] = Past(day, course.totals(snapshot, earlier, sums, SPANS))
    return made if desk.sharing else {}


def wanted(bands: Sequence[Band], measure: Measure) -> tuple[tuple[str, Field], ...]:
    """The nets of the investors, band by band."""
    return tuple((code, figure(band, Side.NET, measure)) for code in INVESTORS for band in bands)


def minutes_ago(desk: Desk, shown: Snapshot, minutes: float) -> Snapshot | None:
    """The table as it stood so many minutes before another of the same day."""
    moment = shown.asof - timedelta(minutes=minutes)
    return _stood(desk, shown, moment) if moment.date() == shown.asof.date() else None


def _before(desk: Desk, shown: Snapshot, window: Window) -> Snapshot | None:
    if shown.standing is not Standing.TODAY:
        return None
    day = shown.asof.date()
    if window is Window.LAST:
        return desk.store.differing(shown)
    if window.minutes:
        return minutes_ago(desk, shown, window.minutes)
    if window is Window.OPEN:
        return _opening(desk, shown, sessions.opening(shown.exchange, day) + UNSURE)
    return _stood(desk, shown, datetime.combine(sessions.previous_trading_day(day), shown.asof.timetz()))


def _opening(desk: Desk, shown: Snapshot, first: datetime) -> Snapshot | None:
    """The first table that is today's for certain: those of the first five minutes may not be."""
    later = (first + timedelta(minutes=minute) for minute in range(_FIRST_MINUTES))
    return next((then for moment in later if (then := _stood(desk, shown, moment))), None)


def _stood(desk: Desk, shown: Snapshot, moment: datetime) -> Snapshot | None:
    return history.stood(desk.store, shown.pair, moment) if moment <= shown.asof else None
