"""Excel's date-times: days since the end of 1899, in whatever zone people think. Excel knows none."""

from __future__ import annotations

from datetime import date, datetime, timedelta

DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel has no time zones
FIRST, LAST = 61, 2_958_465
"""From the first day that Excel counts right (1900-03-01) to its last."""

_SECONDS_A_DAY = 86_400


def serial(moment: datetime) -> float:
    """A moment as Excel counts, by its own clock, to the second: a real date-time, whatever the language of the PC."""
    wall = moment.replace(tzinfo=None, microsecond=0)
    return (wall - DAY_ZERO).total_seconds() / _SECONDS_A_DAY


def day(number: float) -> date:
    """The day of a number from 1 to `LAST` and its fraction."""
    return (DAY_ZERO + timedelta(days=int(number))).date()
