"""A worker's beginning and end: threads to wait on, signals that end it gently, connections let go of."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from types import FrameType
from typing import Any

from xlwings_kis import log, runtime
from xlwings_kis.era import FETCH_SECONDS
from xlwings_kis.patience import Apart
from xlwings_kis.server.environment import DRAIN

THREADS = 64
"""So many calls may wait for KIS at the same time, and others still be answered."""

_ASKING = ("SIGTERM", "SIGINT", "SIGBREAK")


class Service:
    """Whether this worker serves."""

    def __init__(self) -> None:
        self.serving = False
        self.stopping = False

    @property
    def healthy(self) -> bool:
        """Whether somebody who spreads calls over workers and machines should send one here."""
        return self.serving and not self.stopping


service = Service()
"""Of this process."""


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """For as long as the worker serves."""
    loop = asyncio.get_running_loop()
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="xlwings-kis call")
    loop.set_default_executor(threads)
    runtime.patience = Apart
    log.command = "serve"  # who asked, in the log of requests
    end_gently(loop, float(os.environ.get(DRAIN) or 0))
    threads.submit(_prepare)
    service.serving = True
    try:
        yield
    finally:
        service.serving = False
        runtime.close()
        threads.shutdown(wait=False, cancel_futures=True)


def _prepare() -> None:
    """Read the settings and open the store before the first call: none of them has to be answered yet."""
    runtime.feed().known(lambda _desk: None, FETCH_SECONDS, None)


def end_gently(loop: asyncio.AbstractEventLoop, drain: float) -> None:
    """Say so first, listen on for a while, then end: whoever spreads calls over workers has time to look elsewhere.

    The web server has set its own handlers by now; they are called when the time has come, or when somebody asks again.
    """
    if threading.current_thread() is not threading.main_thread():  # Python hands signals to no other
        return
    last: Callable[[int, FrameType | None], Any] | None = None
    for name in _ASKING:
        number = getattr(signal, name, None)  # SIGBREAK is Windows' own
        before = None if number is None else signal.getsignal(number)
        if number is not None and callable(before):
            signal.signal(number, _gentle(loop, drain, before))
            last = before
    hangup = getattr(signal, "SIGHUP", None)  # the terminal was closed; nohup, and a worker of several, do not listen
    if hangup is not None and last is not None and callable(signal.getsignal(hangup)):
        signal.signal(hangup, _gentle(loop, drain, last))


def _gentle(
    loop: asyncio.AbstractEventLoop, drain: float, end: Callable[[int, FrameType | None], Any]
) -> Callable[[int, FrameType | None], None]:
    def asked(number: int, frame: FrameType | None) -> None:
        again, service.stopping = service.stopping, True
        if not again:
            loop.call_soon_threadsafe(loop.call_later, drain, end, number, None)
        elif number == signal.SIGINT:  # a second Ctrl+C is meant; a manager's SIGTERM after it is not
            end(number, frame)

    return asked
