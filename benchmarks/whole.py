"""Sheets full of warm formulas: what a recalculation costs when nothing has to be fetched."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from benchmarks.figures import Figure, Measured, Subject, Unit
from benchmarks.gateway import Gateway
from benchmarks.place import Place

_TRIP = "bare keep-alive round trip"
_ROUNDS = 40

SIXTY = Figure("sheet-60", "60 warm KIS_PROGRAM_TRADE of ten shapes on six pairs", _TRIP, Unit.SECONDS, 60 / 100)
THOUSAND = Figure("sheet-1000", "1,000 of them", _TRIP, Unit.SECONDS, 1000 / 100)
VALUES = Figure("values-1000", "1,000 warm KIS_PROGRAM_VALUE, each of another figure", _TRIP, Unit.SECONDS, 1000 / 100)


def measure(place: Place) -> Iterator[Measured]:
    """All in one process, by turns."""
    with Gateway(place) as gateway:
        environment = gateway.environment(place.new_home(), XLWINGS_KIS_TTL="3600")
        told = place.child("benchmarks.whole:in_child", environment, offset=gateway.offset)
    floor = f"copying the ready cells alone takes {told['floor'] / told['60']:.0%} of it"
    yield Measured(SIXTY, told["60"], told["trip"], floor)
    yield Measured(THOUSAND, told["1000"], told["trip"])
    yield Measured(VALUES, told["values"], told["trip"])


def in_child(offset: float) -> dict[str, float]:
    """The medians of recalculations and of a round trip."""
    from benchmarks import sheet
    from benchmarks.bare import RoundTrip

    sheet.use_clock(offset)
    trip, values = RoundTrip(), figures(1000)
    sixty, thousand = sheet.formulas(60), sheet.formulas(1000)
    sheet.seconds_of(sixty)
    ready = [formula.calculate() for formula in sixty]
    assert all(isinstance(one(), float) for one in values)
    ways: dict[str, Callable[[], Any]] = {
        "60": lambda: sheet.calculate(sixty),
        "1000": lambda: sheet.calculate(thousand),
        "floor": lambda: _copied(ready),
        "values": lambda: [one() for one in values],
        "trip": trip.seconds,
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(_ROUNDS):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            took[name].append(time.perf_counter() - start)
    return {name: median(times) for name, times in took.items()}


def _copied(tables: list[list[list[Any]]]) -> None:
    for cells in tables:
        _ = [row[:] for row in cells]


def figures(count: int) -> list[Callable[[], Any]]:
    """So many KIS_PROGRAM_VALUE: every figure of every investor of six pairs, over and over."""
    from benchmarks.sheet import WORDS
    from xlwings_kis import udfs
    from xlwings_kis.fields import FIGURES
    from xlwings_kis.investors import INVESTORS

    who = [one.ko for one in INVESTORS if one.code != "7000"]
    every = itertools.cycle(itertools.product(who, [field.ko for field in FIGURES], WORDS))

    def formula(investor: str, field: str, words: tuple[str, str]) -> Callable[[], Any]:
        return lambda: udfs.KIS_PROGRAM_VALUE(*words, investor, field)

    return [formula(*each) for each in itertools.islice(every, count)]


SUBJECT = Subject((SIXTY, THOUSAND, VALUES), measure)
