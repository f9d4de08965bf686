"""Which day's table the gateway would serve at a given time, and how far that day has come.

A day is divided into steps of 90 seconds from 08:00 to 20:00 KST: the exchange computes its program
trading figures every 90 seconds (observation, H for KRX). Sessions: observation, H, state of 2026-10.
Holidays are not known here: only weekends are days without trading.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

from . import wire

KST = timezone(timedelta(hours=9), "KST")

STEP_SECONDS = 90
DAY_START = 8 * 3600  # seconds since midnight, KST
LAST_STEP = 12 * 3600 // STEP_SECONDS  # 20:00

_FIRST_SESSION = {wire.KRX: time(9, 0), wire.NXT: time(8, 0), wire.UNIFIED: time(8, 0)}

# The pretend session of `loop_session` starts 40 minutes in, so that every table is well filled, and ends
# with NXT's main session, so that every table moves.
_LOOP_START = 9 * 3600 + 40 * 60
_LOOP_END = 15 * 3600 + 20 * 60
_LOOP_SECONDS = _LOOP_END - _LOOP_START
# A real session's first figures come 90 seconds after its start; three minutes leave no zero table.
_REAL_START = 9 * 3600 + 3 * 60
_REAL_END = 15 * 3600 + 30 * 60


@dataclass(frozen=True)
class Moment:
    """A place in the market's time: `step` of `day`, 0 (nothing yet) to LAST_STEP (final)."""

    day: date
    step: int


def in_kst(when: datetime) -> datetime:
    """`when` in Korean time; a naive value is refused, for nobody knows which zone it means."""
    if when.tzinfo is None:
        raise ValueError("the simulator's clock needs aware datetimes")
    return when.astimezone(KST)


def is_weekday(day: date) -> bool:
    return day.weekday() < 5


def previous_trading_day(day: date) -> date:
    """The last weekday before `day`."""
    day -= timedelta(days=1)
    while not is_weekday(day):
        day -= timedelta(days=1)
    return day


def moment_served(when: datetime, exchange: str, *, loop_session: bool = False) -> Moment:
    """What the gateway serves at `when`.

    Before the first session of the exchange and on weekends that is the last trading day's final table, which
    carries no date (observation, L). With `loop_session` a pretend session runs where there is no real one.
    """
    local = in_kst(when)
    if loop_session:
        return _looping(local)
    day = local.date()
    if not is_weekday(day) or local.time() < _FIRST_SESSION[exchange]:
        return Moment(previous_trading_day(day), LAST_STEP)
    return Moment(day, step_at(_seconds_of_day(local)))


def final_before(moment: Moment) -> Moment:
    """The final table of the trading day before the one being served."""
    return Moment(previous_trading_day(moment.day), LAST_STEP)


def step_at(seconds_of_day: float) -> int:
    return max(0, min(LAST_STEP, int(seconds_of_day - DAY_START) // STEP_SECONDS))


def _looping(local: datetime) -> Moment:
    seconds = _seconds_of_day(local)
    if is_weekday(local.date()) and _REAL_START <= seconds < _REAL_END:
        return Moment(local.date(), step_at(seconds))
    # Counted from a fixed point and not from midnight: the figures must not jump back at 00:00.
    elapsed = int(local.timestamp())
    within = elapsed % _LOOP_SECONDS
    began = datetime.fromtimestamp(elapsed - within, UTC).astimezone(KST)
    return Moment(began.date(), step_at(_LOOP_START + within))


def _seconds_of_day(local: datetime) -> float:
    return local.hour * 3600 + local.minute * 60 + local.second + local.microsecond / 1e6
