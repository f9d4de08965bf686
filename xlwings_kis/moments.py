"""Moments as people write them in cells and on the command line, read: `10:30`, `마감`, `전일마감`, Excel's date-times. Pure.

What is read is a wish; which moment it means today `history.meant` says.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any, NamedTuple

from xlwings_kis import serials
from xlwings_kis.clock import KST
from xlwings_kis.errors import ArgumentError, failure
from xlwings_kis.words import echo, plain, scalar

_DATE = re.compile(r"(?:(\d{4})[-/.]?)?(\d{1,2})[-/.](\d{1,2})\.?|(\d{4})(\d{2})(\d{2})", re.ASCII)
_TIME = re.compile(r"(\d{1,2})(?::(\d{2})(?::(\d{2})(?:\.\d+)?)?|시(?: ?(\d{1,2})분)?)", re.ASCII)
_PREVIOUS = ("전일", "previous")
_CLOSE = ("마감", "종가", "close")
_LEAP_YEAR = 2000
MOST_MINUTES = 720.0
"""The longest stretch there is: a day's sessions."""


class When(NamedTuple):
    """A wish: a day and a time of day. No day means the current one, `back` the trading day before it; no time its close.

    Of a day without a year (`yearless`) the last one is meant.
    """

    day: date | None = None
    at: time | None = None
    back: bool = False
    yearless: bool = False


def when(word: Any) -> When:
    """The wish a word, an Excel date-time or a date-time expresses. Raises `ArgumentError` with examples."""
    value = scalar(word)
    found = _of_value(value)
    if found is None and isinstance(value, str):
        found = _of_text(value)
    if found is None:
        raise failure("unknown_moment", word=echo(word))
    return found


def day(word: Any) -> When:
    """The day a word means; blank is the current one. Raises `ArgumentError` for one nobody knows, or with a time."""
    if scalar(word) is None or plain(word) == "":
        return When()
    try:
        found = when(word)
    except ArgumentError:
        raise failure("unknown_day", word=echo(word)) from None
    if found.at is not None:
        raise failure("unknown_day", word=echo(word))
    return found


def minutes(word: Any, blank: float | None = None) -> float:
    """A number of minutes, from 1 to a day's sessions; blank may have a meaning. Raises `ArgumentError`."""
    value = scalar(word)
    if blank is not None and (value is None or plain(word) == ""):
        return blank
    if isinstance(value, str):
        written = re.fullmatch(r"\s*(\d{1,4}(?:\.\d{1,4})?)\s*(?:분|min(?:utes)?)?\s*", value, re.ASCII)
        value = float(written.group(1)) if written else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= MOST_MINUTES:
        raise failure("unknown_minutes", word=echo(word))
    return float(value)


def _of_value(value: Any) -> When | None:
    """Excel passes date-times as such or as serial numbers; a time alone lies on its day zero, a date alone at midnight."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _of_number(value)
    if isinstance(value, datetime):
        value = value.astimezone(KST) if value.tzinfo else value
        if value.year <= serials.DAY_ZERO.year:
            return When(at=value.time())
        midnight = value.time() == time()
        return When(value.date(), None if midnight else value.timetz().replace(tzinfo=None))
    if isinstance(value, date):
        return When(value)
    return When(at=value.replace(tzinfo=None)) if isinstance(value, time) else None


def _of_number(value: float) -> When | None:
    if 0 < value < 1:
        return When(at=_clock(value))
    if serials.FIRST <= value < serials.LAST + 1:
        whole = int(value)
        return When(serials.day(value), None if value == whole else _clock(value - whole))
    return _of_text(str(int(value))) if value == value // 1 and 19_000_000 < value < 99_999_999 else None


def _clock(fraction: float) -> time:
    """A fraction of a day as Excel keeps it, to the nearest second."""
    seconds = min(round(fraction * 86_400), 86_399)
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60)


def _of_text(text: str) -> When | None:
    """[전일 or a date] [a time or 마감], in that order; at least one of them."""
    iso = _of_iso(text)
    if iso is not None:
        return iso
    left = text.strip().casefold()
    back = next((word for word in _PREVIOUS if left.startswith(word)), "")
    left = left[len(back) :].strip()
    day, yearless = None, False
    written = None if back else _DATE.match(left)
    if written and (written.end() == len(left) or not left[written.end()].isdigit()):
        day, yearless = _day(written)
        if day is None:
            return None
        left = left[written.end() :].strip()
    if left in _CLOSE:
        return When(day, None, bool(back), yearless)
    if not left:
        return When(day, None, yearless=yearless) if day else When(back=True) if back else None
    at = _time(left)
    return When(day, at, bool(back), yearless) if at is not None else None


def _of_iso(text: str) -> When | None:
    """A date-time with a zone, as JSON and the command line have it."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return _of_value(moment) if moment.tzinfo else None


def _time(text: str) -> time | None:
    written = _TIME.fullmatch(text)
    if written is None:
        return None
    hour, minute, second, in_words = (int(part or 0) for part in written.groups())
    try:
        return time(hour, minute or in_words, second)
    except ValueError:
        return None


def _day(written: re.Match[str]) -> tuple[date | None, bool]:
    """The date, and whether it has no year."""
    year, month, day = written.group(1, 2, 3) if written.group(2) else written.group(4, 5, 6)
    try:
        return date(int(year or _LEAP_YEAR), int(month), int(day)), not year
    except ValueError:
        return None, False
