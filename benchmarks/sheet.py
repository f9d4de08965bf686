"""Formulas of a sheet, called as Excel does: through `udfs`, in a process of its own, at a moved wall clock."""

from __future__ import annotations

import itertools
import time
from typing import Any, NamedTuple

from benchmarks.moments import MovedClock
from xlwings_kis import runtime, udfs
from xlwings_kis.markets import ALL_PAIRS

FIELDS = (
    None, "순매수", "순매수 대금", "비차익, 순매수", "차익", "전체순매수대금", "비차익", "매도 대금", "매수 수량", "전체",
)  # fmt: skip
WORDS = tuple((pair.exchange.value.ko, pair.market.value.ko) for pair in ALL_PAIRS)


class Formula(NamedTuple):
    """The arguments of one KIS_PROGRAM_TRADE."""

    exchange: str
    market: str
    fields: str | None = None

    def calculate(self) -> list[list[Any]]:
        """What the cells get."""
        return udfs.KIS_PROGRAM_TRADE(self.exchange, self.market, self.fields)

    def checked(self) -> None:
        """Calculate; figures must have come, or nothing was measured."""
        corner = self.calculate()[0][0]
        assert not corner.startswith("#KIS!"), corner


def six() -> tuple[Formula, ...]:
    """One full table of each pair."""
    return tuple(Formula(*words) for words in WORDS)


def formulas(count: int) -> tuple[Formula, ...]:
    """So many formulas on six pairs, of ten different shapes, as they might stand in a sheet."""
    shapes = itertools.cycle((fields, words) for fields in FIELDS for words in WORDS)
    return tuple(Formula(*words, fields) for fields, words in itertools.islice(shapes, count))


def use_clock(offset: float) -> MovedClock:
    """Let the feed of this process go by a moved clock."""
    clock = MovedClock(offset)
    vars(runtime)["SystemClock"] = lambda: clock  # its wall clock, and nothing else, is ours
    return clock


def calculate(sheet: tuple[Formula, ...]) -> None:
    """One recalculation as Excel does it: each table is taken over and let go."""
    for formula in sheet:
        formula.calculate()


def seconds_of(sheet: tuple[Formula, ...]) -> float:
    """One recalculation: the formulas one after the other."""
    start = time.perf_counter()
    tables = [formula.calculate() for formula in sheet]
    took = time.perf_counter() - start
    bad = [table[0][0] for table in tables if table[0][0].startswith("#KIS!")]
    assert not bad, bad
    return took
