"""How long formulas may keep Excel waiting: one deadline for a whole recalculation, not one each.

Excel calls our functions one after the other, so n formulas that each wait would freeze it n times. Calls less than half a
second apart are one recalculation; once it has used up its deadline, the rest return at once.
"""

from __future__ import annotations

import threading
from typing import Protocol
from weakref import WeakKeyDictionary

from xlwings_kis.clock import Clock

GAP = 0.5
TIRED_SECONDS = 10.0


class Waitable(Protocol):
    """Something that will be done."""

    def wait(self, seconds: float) -> bool:
        """Whether it is done, after at most so long."""


class Patience:
    """Waits on behalf of the formulas of one process; threads that wait at the same time share the clock."""

    def __init__(self, clock: Clock, deadline: float) -> None:
        self.deadline = deadline
        self._clock = clock
        self._mutex = threading.Lock()
        self._last_call = float("-inf")
        self._spent = 0.0
        self._waiting = 0
        self._since = 0.0
        self._tired_at: float | None = None
        self.rounds = 0
        """Recalculations so far."""

    def tick(self) -> None:
        """A formula was called and did not have to wait."""
        now = self._clock.monotonic()
        if now - self._last_call >= GAP:
            self.rounds += 1
        self._last_call = now

    def wait(self, thing: Waitable) -> bool:
        """Wait for it as long as this recalculation still may; whether it is done."""
        with self._mutex:
            now = self._clock.monotonic()
            left = self._left(now)
            if now - self._last_call >= GAP:
                self.rounds += 1
            self._last_call = now
            if left > 0:
                if not self._waiting:
                    self._since = now
                self._waiting += 1
        if left <= 0:
            done = thing.wait(0)
            if not done and self._tired_at is None:
                self._tired_at = now
            return done
        try:
            return thing.wait(left)
        finally:
            with self._mutex:
                now = self._clock.monotonic()
                self._last_call = now
                self._waiting -= 1
                if not self._waiting:
                    self._spent += now - self._since
                if self._spent + (now - self._since if self._waiting else 0) >= self.deadline:
                    self._tired_at = now

    def spend(self, seconds: float) -> None:
        """Somebody has waited so long on Excel's behalf: the recalculation that follows at once has that much less."""
        with self._mutex:
            now = self._clock.monotonic()
            self._spent, self._last_call = seconds, now
            self._tired_at = now if seconds >= self.deadline else None

    def landed(self) -> None:
        """A fetch arrived: the next recalculation may wait again."""
        self._tired_at = None

    def _left(self, now: float) -> float:
        """What this recalculation may still wait."""
        if not self._waiting:
            tired = self._tired_at is not None and now - self._tired_at < TIRED_SECONDS
            rested = self._tired_at is not None and not tired
            if rested or (not tired and now - self._last_call >= GAP):
                self._spent, self._tired_at = 0.0, None
            elif tired:
                return 0.0
        return self.deadline - self._spent - (now - self._since if self._waiting else 0.0)


class Apart(Patience):
    """Waits on behalf of many people who share a process: the waits of one take nothing from another.

    Each call is a recalculation of its own and may wait the whole deadline. But nobody waits for what somebody has already
    waited for that long: where KIS hangs, the desk waits once, not each of its calls.
    """

    def __init__(self, clock: Clock, deadline: float) -> None:
        super().__init__(clock, deadline)
        self._begun: WeakKeyDictionary[Waitable, float] = WeakKeyDictionary()

    def tick(self) -> None:
        """A formula was called and did not have to wait."""
        self.rounds += 1

    def wait(self, thing: Waitable) -> bool:
        """Wait for it as long as a deadline lasts that began with whoever waited first; whether it is done."""
        with self._mutex:
            self.rounds += 1
            now = self._clock.monotonic()
            begun = self._begun.setdefault(thing, now)
        return thing.wait(max(0.0, self.deadline - (now - begun)))

    def spend(self, seconds: float) -> None:
        """A refresh of one user is no wait of the others."""

    def landed(self) -> None:
        """Nobody is tired."""
