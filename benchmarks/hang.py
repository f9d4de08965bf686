"""A gateway that never answers: how long Excel stands still."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median

from benchmarks.figures import Figure, Measured, Subject, Unit
from benchmarks.gateway import Gateway
from benchmarks.place import Place

_DEADLINE = 3.0
_FORMULAS = 200
_ROUNDS = 3

HANG = Figure(
    "hang", "200 formulas, one after the other, the gateway never answers", "the deadline of a recalculation",
    Unit.SECONDS, (_DEADLINE + 1) / _DEADLINE,
)  # fmt: skip


def measure(place: Place) -> Iterator[Measured]:
    """New processes, each with nothing stored."""
    with Gateway(place) as gateway:
        gateway.tell(fault="hang")
        took = []
        for _ in range(_ROUNDS):
            environment = gateway.environment(place.new_home(), XLWINGS_KIS_DEADLINE=str(_DEADLINE))
            took.append(place.child("benchmarks.hang:in_child", environment, offset=gateway.offset))
    yield Measured(HANG, median(took), _DEADLINE, f"{_ROUNDS} times: {min(took):.2f} to {max(took):.2f} s")


def in_child(offset: float) -> float:
    """One recalculation; every table must say that nothing came."""
    from benchmarks import sheet

    sheet.use_clock(offset)
    formulas = sheet.formulas(_FORMULAS)
    start = time.perf_counter()
    tables = [formula.calculate() for formula in formulas]
    took = time.perf_counter() - start
    assert all(table[0][0].startswith("#KIS!") for table in tables)
    return took


SUBJECT = Subject((HANG,), measure)
