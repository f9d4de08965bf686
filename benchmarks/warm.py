"""A formula whose data is there already: what Excel pays for every cell of every recalculation."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median

from benchmarks.figures import Figure, Measured, Subject, Unit
from benchmarks.gateway import Gateway
from benchmarks.place import Place

_BLOCKS = 30
_FORMULAS = 200
_TRIPS = 20

WARM = Figure(
    "warm",
    "one warm KIS_PROGRAM_TRADE, full table (12 x 20 cells)",
    "bare keep-alive round trip",
    Unit.SECONDS,
    1 / 100,
)


def measure(place: Place) -> Iterator[Measured]:
    """Both in one process, by turns."""
    with Gateway(place) as gateway:
        environment = gateway.environment(place.new_home(), XLWINGS_KIS_TTL="3600")
        ours, trip = place.child("benchmarks.warm:in_child", environment, offset=gateway.offset)
    yield Measured(WARM, ours, trip)


def in_child(offset: float) -> tuple[float, float]:
    """The medians of a formula and of a round trip."""
    from benchmarks import sheet
    from benchmarks.bare import RoundTrip

    sheet.use_clock(offset)
    formula, trip = sheet.six()[0], RoundTrip()
    formula.checked()
    ours: list[float] = []
    trips: list[float] = []
    for _ in range(_BLOCKS):
        start = time.perf_counter()
        for _ in range(_FORMULAS):
            formula.calculate()
        ours.append((time.perf_counter() - start) / _FORMULAS)
        trips += [trip.seconds() for _ in range(_TRIPS)]
    return median(ours), median(trips)


SUBJECT = Subject((WARM,), measure)
