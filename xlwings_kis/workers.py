"""Threads that may wait for files, locks and networks so that Excel's need not.

All are daemons: closing Excel must never wait for a gateway. None of them may touch a COM object.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

_R = TypeVar("_R")


class Outcome(Generic[_R]):
    """What a job will have come to: wait for it, then ask."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._value: _R | None = None
        self._error: BaseException | None = None

    def run(self, job: Callable[[], _R]) -> None:
        """Do the job and keep what it gives or raises."""
        try:
            self._value = job()
        except BaseException as error:  # noqa: BLE001 - it is raised again where the outcome is asked for
            self._error = error
        finally:
            self._done.set()

    def wait(self, seconds: float | None) -> bool:
        """Whether it is done, after at most so long."""
        return self._done.wait(seconds)

    def result(self) -> _R:
        """The value, or the error raised again. Only once done."""
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value] # a finished job without error has its value


class _Ended(Exception):  # noqa: N818 - a signal within the thread
    """The thread is told to end."""


def _end() -> None:
    raise _Ended


class Worker:
    """One thread that does jobs in order; it starts at the first."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._mutex = threading.Lock()
        self._thread: threading.Thread | None = None

    def submit(self, job: Callable[[], _R]) -> Outcome[_R]:
        """Put a job at the end of the queue."""
        outcome: Outcome[_R] = Outcome()
        self._jobs.put(lambda: outcome.run(job))
        with self._mutex:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
                self._thread.start()
        return outcome

    def stop(self) -> None:
        """End the thread once it has done what was put before this."""
        with self._mutex:
            if self._thread is not None:
                self._jobs.put(_end)
                self._thread = None

    def _work(self) -> None:
        with contextlib.suppress(_Ended):
            while True:
                self._jobs.get()()


def start(name: str, job: Callable[[], None]) -> None:
    """Do one job on a thread of its own."""
    threading.Thread(target=job, name=name, daemon=True).start()
