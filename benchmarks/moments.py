"""A wall clock that is moved into a session: what is measured must not depend on when somebody measures."""

from __future__ import annotations

import time
from datetime import datetime

from xlwings_kis.clock import KST

FRIDAY = datetime(2026, 11, 20, 11, 20, 31, tzinfo=KST)
"""In the middle of a regular session."""


class MovedClock:
    """The PC's clock, set `offset` seconds ahead; monotonic time and sleep are real."""

    def __init__(self, offset: float) -> None:
        self.offset = offset

    def epoch(self) -> float:
        return time.time() + self.offset

    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)


def offset_to(moment: datetime = FRIDAY) -> float:
    """How far a clock must be moved to stand at that moment now."""
    return moment.timestamp() - time.time()
