"""The command line from its start to its end."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, Measured, Subject, Unit
from benchmarks.place import Place

_ROUNDS = 15
_COMMAND = ("table", "KRX", "KOSPI", "--demo", "--format", "json")

START_UP = Figure(
    "start-up",
    f"xlwings-kis {' '.join(_COMMAND)}, whole process",
    'python -c "import xlwings, requests" (lean)',
    Unit.SECONDS,
)


def measure(place: Place) -> Iterator[Measured]:
    """Both by turns."""
    script = Path(sys.executable).with_name("xlwings-kis" + (".exe" if sys.platform == "win32" else ""))
    command = [str(script)] if script.exists() else [sys.executable, "-m", "xlwings_kis"]
    environment = place.environment(home=place.new_home())
    ours, theirs, empty = [], [], []
    for _ in range(_ROUNDS):
        seconds, out = _timed(place, [*command, *_COMMAND], environment)
        assert len(json.loads(out)["rows"]) == 11
        ours.append(seconds)
        theirs.append(_timed(place, [sys.executable, "-c", "import xlwings, requests"], environment)[0])
        empty.append(_timed(place, [sys.executable, "-c", "pass"], environment)[0])
    yield Measured(START_UP, median(ours), median(theirs), f"an empty process takes {median(empty) * 1e3:.0f} ms")


def _timed(place: Place, command: list[str], environment: dict[str, str]) -> tuple[float, str]:
    start = time.perf_counter()
    out = place.run(command, environment)
    return time.perf_counter() - start, out


SUBJECT = Subject((START_UP,), measure)
