"""When to look at a table: through the sessions, a little before and after, and not while they are over. Pure.

Everything follows from the moment alone and from when KIS last answered, so a clock that jumps (the machine slept, somebody
set it) changes the plan at once and needs no care elsewhere.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from xlwings_kis.clock import KST
from xlwings_kis.markets import Exchange
from xlwings_kis.sessions import sessions, trading_day

BEFORE = timedelta(minutes=1)
"""The body of before the open is what unmasks the last day's figures in the first minutes after it (`today`)."""

AFTER = timedelta(minutes=2)
"""KIS computes the figures every 90 seconds: the final ones are there by then."""

PATIENT = timedelta(minutes=30)
"""How long the final figures are still asked for where KIS could not be reached as a session ended."""

AGAIN = timedelta(seconds=30)
"""After a look that failed."""

_MARGIN = timedelta(seconds=0.05)
"""An age of exactly the TTL must not be taken for less: such a look would be in vain."""

_LONGEST_REST = 30


class Stretch(NamedTuple):
    """Sessions without a break between them."""

    opens: datetime
    closes: datetime


@lru_cache(maxsize=64)
def stretches(exchange: Exchange, day: date) -> tuple[Stretch, ...]:
    """Those of a day, in order; none on a day without trading. May load the calendar."""
    joined: list[Stretch] = []
    for session in sessions(exchange, day) if trading_day(day) else ():
        opens, closes = (datetime.combine(day, at, KST) for at in (session.start, session.end))
        if joined and opens <= joined[-1].closes:
            joined[-1] = Stretch(joined[-1].opens, closes)
        else:
            joined.append(Stretch(opens, closes))
    return tuple(joined)


def current(exchange: Exchange, now: datetime, seen: datetime | None = None) -> Stretch | None:
    """The stretch to look through now. `seen`: when KIS last answered; its last figures are asked for patiently."""
    for stretch in stretches(exchange, now.date()):
        missing = seen is None or seen < stretch.closes
        if stretch.opens - BEFORE <= now <= stretch.closes + (PATIENT if missing else AFTER):
            return stretch
    return None


def next_start(exchange: Exchange, now: datetime) -> datetime:
    """When to begin again, weekends and holidays left out."""
    for days in range(_LONGEST_REST):
        for stretch in stretches(exchange, now.date() + timedelta(days=days)):
            if stretch.opens - BEFORE > now:
                return stretch.opens - BEFORE
    return now + timedelta(days=1)


def next_look(
    exchange: Exchange, now: datetime, seen: datetime | None, asked: datetime | None, every: timedelta, *, always: bool
) -> datetime:
    """When to look next; up to `now` means at once. `asked`: when we last looked, with or without an answer."""
    seen, asked = (None if moment is None or moment > now else moment for moment in (seen, asked))
    stretch = current(exchange, now, seen)
    if not stretch and not always:
        return next_start(exchange, now)
    due = seen + every + _MARGIN if seen else asked or now
    if stretch and not always and (seen is None or seen < stretch.closes):
        due = min(due, stretch.closes + AFTER)
    elif stretch and not always and due > stretch.closes + AFTER:
        return next_start(exchange, now)
    if asked and due <= asked:  # we have looked since, in vain
        due = asked + min(every, AGAIN)
    return due
