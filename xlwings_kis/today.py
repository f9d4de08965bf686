"""Is this body today's? The answer carries no date, so it is decided, not assumed.

Before the open KIS very likely still serves the last day's final table (low confidence, nobody documents it). Shown as
today's it would be a lie, so a body counts only once the exchange has opened and its figures are not the old ones.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import NamedTuple, Protocol

from xlwings_kis.clock import KST
from xlwings_kis.errors import Problem
from xlwings_kis.markets import Exchange
from xlwings_kis.sessions import closing, opening, previous_trading_day, trading_day
from xlwings_kis.snapshot import Standing

UNSURE = timedelta(minutes=5)
"""How long after the open figures stand under 확인 중 where nothing stored could unmask them as yesterday's."""


class Body(Protocol):
    """What is asked of a body; a snapshot has it all."""

    @property
    def exchange(self) -> Exchange: ...
    @property
    def asof(self) -> datetime: ...
    @property
    def content(self) -> bytes: ...
    @property
    def empty(self) -> bool: ...
    @property
    def of(self) -> datetime | None: ...
    @property
    def standing(self) -> Standing: ...


class Memory(NamedTuple):
    """What is stored of a pair that a new body can be held against.

    `earlier`: the last body stored for an earlier day. `waiting`: the last one received today that did not count as
    today's, which is the better witness. `unsure`: the place where others store could not be looked into, so that nothing
    here does not mean that there is nothing; `seen` is then the last body received today, whatever it counted as.
    """

    earlier: Body | None = None
    waiting: Body | None = None
    unsure: bool = False
    seen: Body | None = None


class Verdict(NamedTuple):
    """What a body counts as, and the moment its figures are believed to belong to where that is not its own."""

    standing: Standing
    of: datetime | None = None


def judge(body: Body, memory: Memory, *, trust: bool = False) -> Verdict:
    """What a body counts as. `trust` takes whatever comes as today's (setting `pre_open = "trust"`)."""
    day = body.asof.date()
    if body.empty:
        return Verdict(Standing.EMPTY)
    if trust:
        return Verdict(Standing.TODAY)
    if not trading_day(day):
        return Verdict(Standing.HOLIDAY, _origin(body, memory.earlier, previous_trading_day(day)))
    opened = opening(body.exchange, day)
    if body.asof < opened:
        return Verdict(Standing.PREVIOUS)
    if any(known and known.content == body.content for known in (memory.earlier, memory.waiting)):
        return Verdict(Standing.PREVIOUS)
    if not _comparable(memory, day) and (
        not _moved(body, memory.seen) if memory.unsure else body.asof < opened + UNSURE
    ):
        return Verdict(Standing.UNCONFIRMED)
    return Verdict(Standing.TODAY)


def why_not(standing: Standing, exchange: Exchange, moment: datetime) -> Problem:
    """The sentence for a body that does not count: a holiday, before the open, empty, or still yesterday's after it."""
    if not trading_day(moment.date()):
        return Problem("holiday")
    opened = opening(exchange, moment.date())
    if moment >= opened:
        return Problem("empty" if standing is Standing.EMPTY else "still_yesterday")
    facts = {
        "exchange": exchange.label(),
        "time": f"{opened:%H:%M}",
        "exchange_en": exchange.label("en"),
        "topic": "은" if exchange is Exchange.UN else "는",
    }
    return Problem("before_open", facts=facts)


def _moved(body: Body, seen: Body | None) -> bool:
    """Whether the figures have moved since the open: only today's do, and they stay today's when they rest again."""
    return seen is not None and (seen.standing is Standing.TODAY or seen.content != body.content)


def _comparable(memory: Memory, day: date) -> bool:
    """Whether equality with what is stored would have shown: something from this morning, or yesterday's final figures.

    Figures stored in the middle of an earlier day prove nothing: that day's final ones differ from them too.
    """
    if memory.waiting:
        return True
    if not memory.earlier:
        return False
    last = previous_trading_day(day)
    return memory.earlier.asof >= closing(memory.earlier.exchange, last)


def _origin(body: Body, earlier: Body | None, last: date) -> datetime:
    """The moment holiday figures belong to: that of the equal body stored before, else the last trading day's midnight."""
    if earlier and earlier.content == body.content:
        return earlier.of or earlier.asof
    return datetime.combine(last, time(), KST)
