"""Clocks for tests: the wall stands where a test puts it, the rest is real so that threads can wait."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from xlwings_kis.clock import KST


def kst(text: str) -> datetime:
    """`kst("2026-11-20 15:31:05")`, a Korean moment."""
    return datetime.fromisoformat(text).replace(tzinfo=KST)


class WallClock:
    """Wall time that a test moves; monotonic time and sleep are real."""

    def __init__(self, now: str = "2026-11-20 11:20:31") -> None:
        self.now = kst(now)

    def set(self, text: str) -> None:
        """Put the wall clock at a Korean moment."""
        self.now = kst(text)

    def move(self, seconds: float) -> None:
        """Let wall time pass."""
        self.now += timedelta(seconds=seconds)

    def __call__(self) -> datetime:
        """The moment, for the simulator."""
        return self.now

    def epoch(self) -> float:
        return self.now.timestamp()

    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)


class ManualClock(WallClock):
    """A clock on which nothing is real: sleeping moves it, and it remembers for how long."""

    def __init__(self, now: str = "2026-11-20 11:20:31") -> None:
        super().__init__(now)
        self.slept: list[float] = []
        self._started = self.now

    def monotonic(self) -> float:  # type: ignore[override]
        return (self.now - self._started).total_seconds()

    def sleep(self, seconds: float) -> None:  # type: ignore[override]
        self.slept.append(seconds)
        self.move(seconds)
