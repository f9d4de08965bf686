"""The server's log: JSON, a line each, on stderr, where a service manager keeps it.

Never a query, a header, a body, a token or an exception's text. Formulas are called by the thousand: those that went well
are counted and told once a minute; whatever did not, and scripts, reports and slow calls, have a line of their own.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from xlwings_kis.clock import KST

MINUTE = 60.0
SLOW = 1.0
"""Seconds from which a call is worth a line."""

_CALLS = "/xlwings/custom-functions-call"
_LOUD = ("/xlwings/custom-scripts-call/", "/kis/report", "/kis/refresh")
_LONGEST = 300
_MOST_TIMES = 10_000
_SECRETS = re.compile(
    r"(?i)(bearer|authorization|token|secret|licen[sc]e|password|cookie).*|\?\S*|[A-Za-z0-9_\-+/=.]{40,}"
)
"""What follows a word that speaks of credentials, queries, and whatever is long and random enough to be a secret."""

logger = logging.getLogger("xlwings_kis.server")


class Lines(logging.Formatter):
    """Every line of every library in the same shape."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, KST).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "pid": os.getpid(),
        }
        facts = getattr(record, "facts", None)
        if isinstance(facts, dict):
            line |= facts
        else:
            said = record.msg  # an exception's text may hold anything: its kind will do
            message = type(said).__name__ if isinstance(said, BaseException) else harmless(record.getMessage())
            line |= {"event": record.name, "message": message}
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["at"] = _innermost(record.exc_info[2])
        return json.dumps(line, ensure_ascii=False)


def configuration() -> dict[str, Any]:
    """For `logging.config`: all loggers, of all workers, to stderr."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": "xlwings_kis.server.journal.Lines"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "uvicorn": {"handlers": [], "level": "INFO", "propagate": True},
            "uvicorn.error": {"level": "INFO"},
            "xlwings_kis.server": {"level": "INFO"},
            "asyncio": {"level": "ERROR"},  # it warns of slow callbacks with their arguments
        },
    }


def harmless(message: str) -> str:
    """A library's message without what may be secret, on one line."""
    return _SECRETS.sub("<hidden>", " ".join(message.split()))[:_LONGEST]


class Journal:
    """What a worker was asked. `now` is a clock that never goes back."""

    def __init__(self, now: Any) -> None:
        self._now = now
        self._begun = now()
        self._times: list[float] = []
        self._count = 0
        self._people: Counter[str] = Counter()

    def call(self, method: str, path: str, status: int, seconds: float, who: str) -> None:
        """A call has been answered."""
        if path == _CALLS and status == 200:
            self._count += 1
            self._people[who] += 1
            if len(self._times) < _MOST_TIMES:
                self._times.append(seconds)
        if status >= 400 or seconds >= SLOW or path.startswith(_LOUD):
            facts = {"event": "call", "method": method, "path": path[:_LONGEST], "status": status, "ms": _ms(seconds)}
            level = logging.ERROR if status >= 500 else logging.WARNING if status >= 400 else logging.INFO
            logger.log(level, "call", extra={"facts": facts | ({"user": who} if who else {})})
        if self._count and self._now() - self._begun >= MINUTE:
            self.tell()

    def fault(self, ours: Exception) -> None:
        """Something went wrong that should not."""
        facts = {"event": "fault", "error": type(ours).__name__, "at": _innermost(ours.__traceback__)}
        logger.error("fault", extra={"facts": facts})

    def tell(self) -> None:
        """How many formulas were answered since this was last told, and how fast."""
        if not self._count:
            return
        times = sorted(self._times)
        facts = {
            "event": "calls",
            "count": self._count,
            "users": len(self._people),
            "p50_ms": _ms(times[len(times) // 2]),
            "p95_ms": _ms(times[int(len(times) * 0.95)]),
        }
        logger.info("calls", extra={"facts": facts})
        self._times, self._count, self._people = [], 0, Counter()
        self._begun = self._now()


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _innermost(trace: Any) -> str:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else ""
