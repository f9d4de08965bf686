"""A report from what is known: the tables asked for, stored ones to compare with, and the day so far as it is stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from xlwings_kis import course, history, sessions
from xlwings_kis.clock import KST
from xlwings_kis.era import FETCH_SECONDS
from xlwings_kis.errors import KisError, Problem, error
from xlwings_kis.fields import Band, figure
from xlwings_kis.investors import FOREIGNERS
from xlwings_kis.markets import Exchange, Market, Pair
from xlwings_kis.moments import When
from xlwings_kis.press import Nets
from xlwings_kis.reading import Reading
from xlwings_kis.report.content import Earlier, Report, Step
from xlwings_kis.report.texts import text
from xlwings_kis.snapshot import Snapshot, Standing

if TYPE_CHECKING:
    from xlwings_kis.desk import Desk
    from xlwings_kis.feed import Feed

STORE_SECONDS = 10.0
"""How long the store may take: nobody's Excel waits here."""

STEP_MINUTES = 10.0
BACK = timedelta(minutes=10)
"""What figures of the open market are compared with."""

USUAL = (Exchange.KRX,)


@dataclass(frozen=True, slots=True)
class Request:
    """What a report is asked for: every market of every exchange, now or as it stood (`at`)."""

    exchanges: tuple[Exchange, ...] = USUAL
    markets: tuple[Market, ...] = tuple(Market)
    at: When | None = None

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The tables, the leading exchange's first."""
        return tuple(Pair(exchange, market) for exchange in self.exchanges for market in self.markets)


def make(feed: Feed, request: Request, seconds: float = FETCH_SECONDS + 1) -> Report:
    """The report, waiting at most so long for KIS. Raises the typed error of the first table if there is none at all."""
    pairs = request.pairs
    readings = feed.readings(pairs, seconds) if request.at is None else _as_it_stood(feed, pairs, request.at)
    report = Report(pairs, readings, feed.lang)
    if not report.snapshots:
        raise error(report.missing.get(pairs[0], Problem("empty")))
    sessions.load(report.day.year)  # labels must not depend on who has read the calendar before
    try:
        return feed.ask(lambda desk: _beside(desk, report), min(seconds, STORE_SECONDS))
    except KisError:  # the tables are there; what stood before is a bonus
        return report


def _as_it_stood(feed: Feed, pairs: tuple[Pair, ...], when: When) -> dict[Pair, Reading]:
    """Stored tables. The close may still be asked for as long as nothing has moved since: a scheduler needs no recorder."""
    found = feed.ask(lambda desk: {pair: _stored(desk, pair, when) for pair in pairs}, STORE_SECONDS)
    open_still = tuple(pair for pair, stored in found.items() if stored.may_ask)
    asked = feed.readings(open_still) if open_still else {}
    readings = {pair: asked.get(pair, stored.reading) for pair, stored in found.items()}
    return {pair: replace(reading, lang=feed.lang) for pair, reading in readings.items()}


class _Stored(NamedTuple):
    """What is stored for a wish; `may_ask`: it is not good enough, and what KIS sends now is still what was wished for."""

    reading: Reading
    may_ask: bool = False


def _stored(desk: Desk, pair: Pair, when: When) -> _Stored:
    reading = history.at(desk, pair, when)
    good = reading.snapshot is not None and not reading.snapshot.stale
    now = history.now_of(desk, pair)
    closed = history.meant(when, now).since
    if good or when.at is not None or now < closed:
        return _Stored(reading)
    rest = _rest(pair.exchange, closed)
    later = desk.store.at(pair, min(rest, now).timestamp())
    if later and later.asof >= closed and later.standing is Standing.TODAY:
        return _Stored(replace(reading, snapshot=later, problem=None))
    return _Stored(reading, may_ask=now < rest)


def _rest(exchange: Exchange, closed: datetime) -> datetime:
    """Until when nothing moves after a close (KRX 16:00, NXT and both 15:40): what is fetched by then is the close."""
    day, of_day = closed.date(), closed.time()
    later = [
        session.start for session in sessions.sessions(exchange, day) if session.moving and session.start >= of_day
    ]
    return datetime.combine(day, min(later), KST) if later else sessions.closing(exchange, day)


def _beside(desk: Desk, report: Report) -> Report:
    """The same report with what is stored of earlier."""
    found = {pair: steps for pair, known in report.snapshots.items() if (steps := _course(desk, known))}
    return replace(report, earlier=tuple(_earlier(desk, report)), course=found)


def _earlier(desk: Desk, report: Report) -> list[Earlier]:
    """15:30 once the regular session is over, else ten minutes before; and the close of the trading day before."""
    close = sessions.regular_close(report.day)[0]
    wishes: list[tuple[str, datetime, datetime]] = []
    if not report.holiday:
        if report.asof > close:
            wishes.append((f"{close:%H:%M}", close, close))
        else:
            before = report.asof - BACK
            wishes.append((text("minutes", report.lang, minutes=f"{BACK.seconds // 60}"), before, before))
    last = sessions.previous_trading_day(report.day)
    wishes.append((text("last_close", report.lang), *sessions.regular_close(last)))
    return [
        Earlier(label, {pair: _stood(desk, pair, since, until) for pair in report.snapshots})
        for label, since, until in wishes
    ]


def _stood(desk: Desk, pair: Pair, since: datetime, until: datetime) -> Snapshot | None:
    known = desk.store.at(pair, until.timestamp())
    return known if known and history.stands(known, since) else None


def _course(desk: Desk, known: Snapshot) -> tuple[Step, ...]:
    """Net buying every ten minutes until the table's own time; empty where only one moment or none is stored."""
    end = datetime.combine(known.of.date(), time.max, KST) if known.of else known.asof
    wanted = [(code, figure(band)) for code in ("", FOREIGNERS) for band in Band]
    day = course.through(desk.store, known, wanted, STEP_MINUTES, end)
    steps = tuple(
        Step(step.moment, Nets(*step.figures[:3]), Nets(*step.figures[3:])) for step in day.steps if step.moment <= end
    )
    return steps if sum(step.market.total is not None for step in steps) > 1 else ()
