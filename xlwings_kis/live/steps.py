"""What is to be done to a sheet, as values: a plan is a list of these, and the writer carries them out one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from xlwings_kis.live.places import Rect
from xlwings_kis.table import Missing

Value = str | float | Missing | None
"""What a cell is given: text, a figure, nothing, or what a chart leaves out (`NOT_AVAILABLE`)."""


@dataclass(frozen=True, slots=True)
class Write:
    """Values into a rectangle."""

    rect: Rect
    cells: tuple[tuple[Value, ...], ...]


@dataclass(frozen=True, slots=True)
class Style:
    """How cells look; what is None stays as it is. Colours as RRGGBB."""

    rect: Rect
    number_format: str | None = None
    font: str | None = None
    size: float | None = None
    bold: bool | None = None
    colour: str | None = None
    fill: str | None = None
    align: Literal["left", "right", "center_across_selection"] | None = None
    middle: bool = False
    row_height: float | None = None
    width: float | None = None
    """Width of the columns, in characters."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Lines on some sides of a rectangle."""

    rect: Rect
    sides: tuple[str, ...]
    colour: str


@dataclass(frozen=True, slots=True)
class Bars:
    """A bar in each cell, the same colour for both signs: the number tells which it is."""

    rect: Rect
    colour: str
    axis: str


@dataclass(frozen=True, slots=True)
class When:
    """A look while a formula is true. Its references are absolute: Excel takes relative ones from the active cell."""

    rect: Rect
    formula: str
    colour: str | None = None
    fill: str | None = None


@dataclass(frozen=True, slots=True)
class Beyond:
    """A look of figures whose size reaches a formula's value."""

    rect: Rect
    formula: str
    fill: str


@dataclass(frozen=True, slots=True)
class Options:
    """The words a cell offers."""

    rect: Rect
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clear:
    """Values, looks and conditions away, or the conditions alone."""

    rect: Rect
    conditions_only: bool = False


@dataclass(frozen=True, slots=True)
class Name:
    """A defined name of the workbook; without a rectangle it goes."""

    name: str
    rect: Rect | None


@dataclass(frozen=True, slots=True)
class Page:
    """Once, for a new sheet: panes frozen above and left of a cell, no gridlines."""

    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class PrintArea:
    """What is printed."""

    rect: Rect


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of its figures. `new`: it is made; else, if it is still there, it is moved and titled anew.

    `widths`: those of the columns left of it in characters, for an engine that cannot tell where a cell is.
    """

    name: str
    title: str
    source: Rect
    anchor: Rect
    width: float
    height: float
    widths: tuple[float, ...]
    new: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A line through a day. `new`: it is made; else, if it is still there, it is moved to its figures and titled anew.

    `top`: where its place begins in points, for an engine that cannot tell.
    """

    name: str
    title: str
    source: Rect
    anchor: Rect
    width: float
    height: float
    top: float
    new: bool


@dataclass(frozen=True, slots=True)
class Gone:
    """A chart that has nothing to show any more."""

    name: str


Step = Write | Style | Edge | Bars | When | Beyond | Options | Clear | Name | Page | PrintArea | Chart | Line | Gone
