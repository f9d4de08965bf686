"""Six pairs of which nothing fresh is there: what a recalculation costs in round trips."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median

from benchmarks.figures import Figure, Measured, Subject, Unit
from benchmarks.gateway import Gateway
from benchmarks.place import Place

LATENCY = 0.1
_TTL = 1
_PAUSE = 1.3
"""Longer than the TTL, and long enough for the rate's six calls to be there again."""

_ROUNDS = 15
_PROCESSES = 9

_TRIP = "bare keep-alive round trip at 100 ms"
_OTHERS = {0.02: 9, 0.3: 9}
"""Other latencies in seconds, and rounds: near by, and a bad line."""

COLD = Figure(
    "cold", "six cold pairs, known from an earlier process, program loaded, 100 ms latency", _TRIP, Unit.SECONDS, 1.35
)
NEAR, FAR = (
    Figure(f"cold-{latency * 1e3:.0f}", f"the same at {latency * 1e3:.0f} ms", f"bare round trip at {latency * 1e3:.0f} ms",
           Unit.SECONDS, goal)
    for latency, goal in ((0.02, None), (0.3, 1.15))
)  # fmt: skip
LAPSED = Figure("lapsed", "six pairs whose TTL has passed in a running sheet, 100 ms latency", _TRIP, Unit.SECONDS)
FIRST = Figure("first", "six known pairs in a new process, the program still to be loaded", _TRIP, Unit.SECONDS)


def measure(place: Place) -> Iterator[Measured]:
    """Many rounds in one process that forgets its feed each time; then processes that know nothing."""
    with Gateway(place, LATENCY) as gateway:
        environment = gateway.environment(place.new_home(), XLWINGS_KIS_TTL=str(_TTL))
        cold = place.child("benchmarks.cold:in_child", environment, offset=gateway.offset, lapsed=False)
        lapsed = place.child("benchmarks.cold:in_child", environment, offset=gateway.offset, lapsed=True)
        first = []
        for _ in range(_PROCESSES):
            time.sleep(_PAUSE)
            first.append(place.child("benchmarks.cold:in_new_process", environment, offset=gateway.offset))
    for figure, (latency, rounds) in zip((NEAR, FAR), _OTHERS.items(), strict=True):
        with Gateway(place, latency) as gateway:
            environment = gateway.environment(place.new_home(), XLWINGS_KIS_TTL=str(_TTL))
            arguments = {"offset": gateway.offset, "lapsed": False, "many": rounds}
            yield _measured(figure, place.child("benchmarks.cold:in_child", environment, **arguments))
    yield _measured(COLD, cold)
    yield _measured(LAPSED, lapsed)
    yield _measured(FIRST, first)


def _measured(figure: Figure, rounds: list[list[float]]) -> Measured:
    ours, trips, floors = zip(*rounds, strict=True)
    note = f"{len(rounds)} times: {min(ours) * 1e3:.0f} to {max(ours) * 1e3:.0f} ms"
    note += f"; six bare calls side by side {median(floors) * 1e3:.0f} ms"
    return Measured(figure, median(ours), median(trips), note)


def in_child(offset: float, lapsed: bool, many: int = _ROUNDS) -> list[tuple[float, float, float]]:
    """Each round: forget the feed (or only let the TTL pass), calculate, compare with a round trip."""
    from benchmarks import sheet
    from benchmarks.bare import RoundTrip, side_by_side
    from xlwings_kis import runtime

    sheet.use_clock(offset)
    trip = RoundTrip()
    trip.warm_gateway()
    sheet.seconds_of(sheet.six())
    rounds = []
    for _ in range(many):
        if not lapsed:
            runtime.close()
        time.sleep(_PAUSE)
        rounds.append((sheet.seconds_of(sheet.six()), trip.seconds(), side_by_side()))
    return rounds


def in_new_process(offset: float) -> tuple[float, float, float]:
    """The first recalculation of a process that has imported nothing but the formulas."""
    from benchmarks import sheet

    sheet.use_clock(offset)
    ours = sheet.seconds_of(sheet.six())

    from benchmarks.bare import RoundTrip, side_by_side

    return ours, RoundTrip().seconds(), side_by_side()


SUBJECT = Subject((NEAR, COLD, FAR, LAPSED, FIRST), measure)
