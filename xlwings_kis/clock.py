"""Time, handed in: nothing else in the package asks the operating system what time it is.

KIS speaks Korean time and Korea has no daylight saving, so a fixed offset is exact and needs no time zone data
(Windows ships none).
"""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta, timezone
from typing import Protocol

KST = timezone(timedelta(hours=9), "KST")

LARGEST_SKEW = 60.0
"""Seconds by which the PC's clock may differ from the gateway's before the gateway's is believed."""


class Clock(Protocol):
    """What the package may ask about time; tests hand in one that they move."""

    def epoch(self) -> float:
        """Seconds since 1970 by this PC's clock."""

    def monotonic(self) -> float:
        """Seconds that never jump, for budgets and time-outs."""

    def sleep(self, seconds: float) -> None:
        """Let time pass."""


class SystemClock:
    """This PC's clock."""

    epoch = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)


def to_kst(epoch: float) -> datetime:
    """Seconds since 1970 as an aware Korean date-time."""
    return datetime.fromtimestamp(epoch, KST)


def kst_day(epoch: float) -> date:
    """The Korean calendar day an instant belongs to."""
    return to_kst(epoch).date()


def day_start(day: date) -> float:
    """Midnight in Seoul, in seconds since 1970."""
    return datetime(day.year, day.month, day.day, tzinfo=KST).timestamp()
