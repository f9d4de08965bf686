"""Clocks for tests: the wall stands where a test puts it, the rest is real so that threads can wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
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


class DayClock(WallClock):
    """A day in seconds: where the main thread sleeps time leaps, other threads really wait. What happens `at` moments happens."""

    def __init__(self, now: str = "2026-11-20 11:20:31") -> None:
        super().__init__(now)
        self._to_come: list[tuple[datetime, Callable[[], object]]] = []

    def at(self, text: str, happens: Callable[[], object]) -> None:
        """Let something happen when a Korean moment has come."""
        self._to_come.append((kst(text), happens))
        self._to_come.sort(key=lambda one: one[0])

    def sleep(self, seconds: float) -> None:  # type: ignore[override]
        if threading.current_thread() is not threading.main_thread():
            time.sleep(seconds)
            return
        self.move(seconds)
        while self._to_come and self._to_come[0][0] <= self.now:
            self._to_come.pop(0)[1]()
