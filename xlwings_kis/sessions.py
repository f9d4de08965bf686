"""When the exchanges trade: dated data, for the hours keep changing, and a calendar library for the days.

Hours: observed (high). Days: the `holidays` library's XKRX, which may miss a closure announced late; so nothing is refused
because of a date: a label says `휴장(추정)`, and data is still asked for when the user asks.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from xlwings_kis.clock import KST
from xlwings_kis.markets import Exchange


@dataclass(frozen=True, slots=True)
class Session:
    """Hours of one exchange, valid on days from `since` until before `until`; `moving`: program trades change figures."""

    exchange: Exchange
    label_ko: str
    label_en: str
    start: time
    end: time
    since: date = date.min
    until: date = date.max
    moving: bool = True

    def label(self, lang: str = "ko") -> str:
        """What people call it."""
        return self.label_ko if lang == "ko" else self.label_en


_AFTER_MARKET = date(2026, 9, 14)
_REGULAR = ("정규장", "regular session")
_CLOSED = ("정규장 마감", "regular session closed")
_CLOSING_PRICE = ("시간외 종가", "after-hours closing price")
_AFTER = ("애프터마켓", "after-market")
_PRE = ("NXT 프리마켓", "NXT pre-market")

SESSIONS = (
    Session(Exchange.KRX, *_REGULAR, time(9), time(15, 30)),
    Session(Exchange.KRX, *_CLOSED, time(15, 30), time(15, 40), moving=False),
    Session(Exchange.KRX, *_CLOSING_PRICE, time(15, 40), time(16), moving=False),
    Session(Exchange.KRX, *_AFTER, time(16), time(20), since=_AFTER_MARKET),
    Session(Exchange.NXT, *_PRE, time(8), time(8, 50)),
    Session(Exchange.NXT, *_REGULAR, time(9, 0, 30), time(15, 20)),
    Session(Exchange.NXT, *_CLOSED, time(15, 20), time(15, 40), moving=False),
    Session(Exchange.NXT, *_AFTER, time(15, 40), time(20)),
    Session(Exchange.UN, *_PRE, time(8), time(8, 50)),
    Session(Exchange.UN, *_REGULAR, time(9), time(15, 30)),
    Session(Exchange.UN, *_CLOSED, time(15, 30), time(15, 40), moving=False),
    Session(Exchange.UN, *_AFTER, time(15, 40), time(20)),
)

BEFORE = ("장 시작 전", "before the open")
OVER = ("장 종료", "closed")
HOLIDAY = ("휴장(추정)", "holiday (presumed)")


_closures: dict[int, frozenset[date]] = {}
_loading = threading.Lock()


def load(year: int) -> None:
    """Read the calendar of a year, once for all threads. It takes a tenth of a second: never on Excel's thread."""
    with _loading:
        if not loaded(year):
            import holidays

            _closures[year] = frozenset(holidays.financial_holidays("XKRX", years=year))


def loaded(year: int) -> bool:
    """Whether the calendar of a year has been read."""
    return year in _closures


def trading_day(day: date) -> bool:
    """Whether the exchange trades that day, as far as a calendar can know."""
    if not loaded(day.year):
        load(day.year)
    return _trades(day)


def _trades(day: date) -> bool:
    """The same by what is loaded so far: weekends always, holidays once the calendar is there."""
    return day.weekday() < 5 and day not in _closures.get(day.year, ())


def previous_trading_day(day: date) -> date:
    """The trading day before."""
    day -= timedelta(days=1)
    while not trading_day(day):
        day -= timedelta(days=1)
    return day


def shown_day(day: date) -> date:
    """The day whose figures are shown on a day: itself, or the trading day before one without trading."""
    return day if trading_day(day) else previous_trading_day(day)


def sessions(exchange: Exchange, day: date) -> tuple[Session, ...]:
    """The sessions of a trading day, in order."""
    return tuple(s for s in SESSIONS if s.exchange is exchange and s.since <= day < s.until)


def opening(exchange: Exchange, day: date) -> datetime:
    """When the first session of a trading day begins (KRX 09:00, NXT and both together 08:00)."""
    return datetime.combine(day, sessions(exchange, day)[0].start, KST)


def closing(exchange: Exchange, day: date) -> datetime:
    """When the last session of a trading day ends: from then on its figures are final."""
    return datetime.combine(day, sessions(exchange, day)[-1].end, KST)


def regular_close(day: date) -> tuple[datetime, datetime]:
    """From when to when the figures of a day's close are there (15:30 to 15:40): KRX's regular session is over, nothing moves."""
    closed = next(s for s in sessions(Exchange.KRX, day) if s.label_ko == _CLOSED[0])
    return datetime.combine(day, closed.start, KST), datetime.combine(day, closed.end, KST)


def in_session(exchange: Exchange, moment: datetime) -> bool:
    """Whether a moment lies in one of the exchange's sessions."""
    return trading_day(moment.date()) and _current(exchange, moment) is not None


def moving(exchange: Exchange, moment: datetime) -> bool:
    """Whether figures may be expected to move: not between the close and the after-market. Does not load the calendar."""
    current = _current(exchange, moment) if _trades(moment.date()) else None
    return current is not None and current.moving


def unseen(exchange: Exchange, seen: datetime, moment: datetime) -> timedelta:
    """How long figures may have moved between their last sight and a later moment of that day, with nobody looking."""
    day = seen.date()
    hours = (
        (datetime.combine(day, s.start, KST), datetime.combine(day, s.end, KST))
        for s in sessions(exchange, day)
        if s.moving
    )
    gaps = (min(end, moment) - max(start, seen) for start, end in hours)
    return sum((gap for gap in gaps if gap > timedelta()), timedelta())


def label(exchange: Exchange, moment: datetime, lang: str = "ko") -> str:
    """The session a moment belongs to: `정규장`, `장 시작 전`, `휴장(추정)` … Does not load the calendar."""
    at = 0 if lang == "ko" else 1
    if not _trades(moment.date()):
        return HOLIDAY[at]
    current = _current(exchange, moment)
    if current:
        return current.label(lang)
    return BEFORE[at] if moment < _last_start(exchange, moment) else OVER[at]


def _current(exchange: Exchange, moment: datetime) -> Session | None:
    of_day = moment.timetz().replace(tzinfo=None)
    return next((s for s in sessions(exchange, moment.date()) if s.start <= of_day < s.end), None)


def _last_start(exchange: Exchange, moment: datetime) -> datetime:
    return datetime.combine(moment.date(), sessions(exchange, moment.date())[-1].start, KST)
