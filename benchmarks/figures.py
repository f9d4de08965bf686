"""What a benchmark says: a figure (described once, as data) and what was measured of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.place import Place


class Unit(Enum):
    """Of a value; how it is shown: (smallest value it is used for, divisor, suffix), largest first."""

    SECONDS = ((1.0, 1.0, "s"), (1e-3, 1e-3, "ms"), (0.0, 1e-6, "µs"))
    BYTES = ((2.0**20, 2.0**20, "MiB"), (2.0**10, 2.0**10, "KiB"), (0.0, 1.0, "B"))
    CALLS = ((0.0, 1.0, "calls"),)

    def show(self, value: float) -> str:
        """`show(0.0153)` is `15.3 ms`."""
        divisor, suffix = next((d, s) for least, d, s in self.value if value >= least)
        return f"{value / divisor:.3g} {suffix}" if self is not Unit.CALLS else f"{value:g} {suffix}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `goal`: what ours / baseline must not exceed; None is for information."""

    name: str
    what: str
    baseline: str
    unit: Unit
    goal: float | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What came out. `broken` says what makes the measurement worthless or misses the goal whatever the ratio is."""

    figure: Figure
    ours: float
    baseline: float
    note: str = ""
    broken: str = ""

    @property
    def ratio(self) -> float:
        """Ours against the baseline: smaller is better."""
        return self.ours / self.baseline

    @property
    def verdict(self) -> str:
        """Whether the goal is met."""
        if self.broken:
            return "not met"
        if self.figure.goal is None:
            return "no goal"
        return "met" if self.ratio <= self.figure.goal else "not met"


@dataclass(frozen=True, slots=True)
class Subject:
    """Figures that are measured together."""

    figures: tuple[Figure, ...]
    measure: Callable[[Place], Iterable[Measured]]


def show_ratio(ratio: float) -> str:
    """`0.85`, and small ones as the fraction people say: `1/148`."""
    return f"{ratio:.2f}" if ratio >= 0.1 else f"1/{1 / ratio:.0f}" if ratio else "0"
