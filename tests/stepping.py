"""Time that several processes share: it stands while any of them works, and leaps to the next one's waking when all sleep.

So a day takes as long as its work, and nothing that is measured in seconds (leases, rests) is ever late for want of a CPU.
"""

from __future__ import annotations

import select
import socket
import struct
import threading
import time
from collections.abc import Callable

from xlwings_kis.store import guarded, sqlite

WAIT_SECONDS = 60.0


class SteppedClock:
    """A child's clock: its main thread sleeps by the conductor's time, its other threads really wait."""

    def __init__(self, port: int, now: float) -> None:
        self._now = now
        self._conductor = socket.create_connection(("127.0.0.1", port))

    def epoch(self) -> float:
        return self._now

    monotonic = staticmethod(time.monotonic)

    def sleep(self, seconds: float) -> None:
        if threading.current_thread() is not threading.main_thread():
            time.sleep(seconds)
            return
        self._conductor.sendall(struct.pack("!d", self._now + max(0.0, seconds)))
        (self._now,) = struct.unpack("!d", _whole(self._conductor))


def be_patient() -> None:
    """Let a store be waited for longer than a user would: a busy machine is no failure of what a test is about."""
    guarded.PATIENCE = 20.0
    sqlite.BUSY_SECONDS = 10.0


class Conductor:
    """The parent's side: `move` is told of every moment before a child is woken at it, and may say that it is later by now."""

    def __init__(self, children: int, move: Callable[[float], float | None]) -> None:
        self._children = children
        self._move = move
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._door.getsockname()[1]
        self.steps = 0

    def run(self) -> None:
        """Until the last child has ended."""
        self._door.settimeout(WAIT_SECONDS)
        awake = [self._door.accept()[0] for _ in range(self._children)]
        asleep: dict[socket.socket, float] = {}
        while awake or asleep:
            for child in awake:
                if not select.select([child], [], [], WAIT_SECONDS)[0]:
                    raise TimeoutError("a child neither sleeps nor ends")
                wish = _whole(child)
                if wish:
                    (asleep[child],) = struct.unpack("!d", wish)
                else:
                    child.close()
            if not asleep:
                return
            now = min(asleep.values())
            now = max(now, self._move(now) or now)
            self.steps += 1
            awake = [child for child, until in asleep.items() if until <= now]
            for child in awake:
                del asleep[child]
                child.sendall(struct.pack("!d", now))

    def close(self) -> None:
        self._door.close()


def _whole(connection: socket.socket) -> bytes:
    """Eight bytes, or none where the other side has ended."""
    data = b""
    while len(data) < 8:
        try:
            more = connection.recv(8 - len(data))
        except ConnectionError:
            more = b""
        if not more:
            return b""
        data += more
    return data
