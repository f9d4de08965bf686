"""What a process that serves formulas weighs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, Measured, Subject, Unit
from benchmarks.gateway import Gateway
from benchmarks.place import Place

_FORMULAS = 60
_ROUNDS = 5

MEMORY = Figure(
    "memory", "peak memory of a process with 60 warm formulas (lean)", "a process that imports xlwings and requests",
    Unit.BYTES,
)  # fmt: skip


def measure(place: Place) -> Iterator[Measured]:
    """Peak resident memory, medians of several processes."""
    if sys.platform == "win32":
        yield Measured(MEMORY, 0, 1, broken="not measured on Windows: the standard library does not tell")
        return
    with Gateway(place) as gateway:
        environment = gateway.environment(place.new_home())
        ours = [
            place.child("benchmarks.memory:ours_in_child", environment, offset=gateway.offset) for _ in range(_ROUNDS)
        ]
        theirs = [place.child("benchmarks.memory:theirs_in_child", environment) for _ in range(_ROUNDS)]
    yield Measured(MEMORY, median(ours), median(theirs))


def ours_in_child(offset: float) -> int:
    """The sheet twice: cold and warm."""
    from benchmarks import sheet

    sheet.use_clock(offset)
    for _ in range(2):
        sheet.seconds_of(sheet.formulas(_FORMULAS))
    return peak()


def theirs_in_child() -> int:
    """Only the two libraries we are built on."""
    import requests  # noqa: F401 - loading it is what is weighed
    import xlwings  # noqa: F401 - the same

    return peak()


def peak() -> int:
    """The most memory this process ever held, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage of Linux counts what our parent held before exec
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


SUBJECT = Subject((MEMORY,), measure)
