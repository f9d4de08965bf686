"""A reading as the table people see: one frozen value that formula, terminal, sheet and report only read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from xlwings_kis.errors import Problem
from xlwings_kis.fields import CODE, NAME, Field
from xlwings_kis.investors import FIXED_PLACES, TOTAL, investor_label
from xlwings_kis.reading import Reading
from xlwings_kis.rows import Figure
from xlwings_kis.snapshot import Snapshot, Standing, row_label
from xlwings_kis.words import EVERYTHING, Selection

if TYPE_CHECKING:
    from xlwings_kis.history import Change, Course

MARKER = "#KIS! "


class Missing(Enum):
    """Why a cell has no figure."""

    NOT_AVAILABLE = "#N/A"
    """There is no data for today: Excel's true error, so that no sum can pretend."""

    NOT_SENT = ""
    """KIS sent the row without this figure, or not the row."""


Cell = str | int | datetime | Missing


@dataclass(frozen=True)
class Table:
    """Column labels (the first is the corner: always a status) and rows of cells."""

    corner: str
    labels: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def cells(self, *, header: bool = True) -> list[tuple[Cell, ...]]:
        """The table from its corner down; without the header just its rows."""
        return [(self.corner, *self.labels[1:]), *self.rows] if header else list(self.rows)


def table(reading: Reading, selection: Selection = EVERYTHING) -> Table:
    """The table of a reading. Eleven fixed places, then other codes in the order first seen that day."""
    lang, snapshot = reading.lang, reading.snapshot
    codes = places(reading)
    labels = tuple(field.label(lang) for field in selection.columns)
    rows = tuple(
        (
            row_label(snapshot, code, lang),
            *(_cell(snapshot, code, field.wire) for field in selection.figures),
            *((code,) if selection.code else ()),
        )
        for code in codes
    )
    return Table(corner(reading), labels, rows)


def refused(problem: Problem, selection: Selection = EVERYTHING, lang: str = "ko") -> Table:
    """The table for arguments nobody understands: the usual shape, every figure not available."""
    columns = selection.columns
    rows = tuple(tuple(_error_cell(field.wire, code, lang) for field in columns) for code in FIXED_PLACES)
    return Table(MARKER + problem.sentence(lang), tuple(field.label(lang) for field in columns), rows)


def change_table(change: Change, selection: Selection, lang: str = "ko") -> Table:
    """The differences of a table; the corner tells both moments."""
    made = table(replace(change.reading, lang=lang), selection)
    if change.then is None:
        return made
    return replace(made, corner=f"{made.corner} ({_word('대비', 'against', lang)} {change.then:%H:%M:%S})")


def course_table(course: Course, code: str, field: Field, lang: str = "ko") -> Table:
    """Times and figures; the corner tells when figures were last seen that day."""
    if course.asof is None:
        corner = MARKER + (course.problem or Problem("empty")).sentence(lang)
    else:
        word = _word("예시", "demo", lang) if course.demo else _word("지연", "delayed", lang) if course.stale else ""
        corner = f"{word} {course.asof:%m/%d %H:%M:%S}".lstrip()
    who = TOTAL.label(lang) if code == TOTAL.code else investor_label(code, "", lang)
    rows = zip(course.times, course.figures, strict=True)
    return Table(
        corner,
        (_word("시각", "Time", lang), f"{who} {field.label(lang)}"),
        tuple((moment, Missing.NOT_AVAILABLE if figure is None else figure) for moment, figure in rows),
    )


def places(reading: Reading) -> tuple[str, ...]:
    """The codes of a table's rows, in order: rows are only ever added at the end."""
    received = tuple(row.code for row in reading.snapshot.rows) if reading.snapshot else ()
    return tuple(dict.fromkeys((*FIXED_PLACES, *reading.order, *received)))


def corner(reading: Reading) -> str:
    """The status in the first cell: when the data was fetched and what it is worth, or why there is none."""
    snapshot, lang = reading.snapshot, reading.lang
    if snapshot is None:
        return MARKER + (reading.problem or Problem("empty")).sentence(lang)
    holiday = snapshot.standing is Standing.HOLIDAY and not snapshot.demo
    shown = _origin(snapshot, lang) if holiday else f"{snapshot.asof:%m/%d %H:%M:%S}"
    return f"{mark(snapshot, lang)} {shown}".lstrip()


def mark(snapshot: Snapshot, lang: str = "ko") -> str:
    """What must stand before figures that are not simply today's; empty for those that are."""
    if snapshot.demo:
        return _word("예시", "demo", lang)
    if snapshot.standing is Standing.HOLIDAY:
        return _word("휴장(추정)", "holiday (presumed)", lang)
    if snapshot.stale:
        return _word("지연", "delayed", lang)
    return _word("확인 중", "checking", lang) if snapshot.standing is Standing.UNCONFIRMED else ""


def _origin(snapshot: Snapshot, lang: str) -> str:
    """The day holiday figures belong to; where only the day is known, our fetch time stands beside it."""
    of = snapshot.of or snapshot.asof
    if of.time().isoformat() == "00:00:00":
        return f"{of:%m/%d} ({_word('조회', 'fetched', lang)} {snapshot.asof:%m/%d %H:%M:%S})"
    return f"{of:%m/%d %H:%M:%S}"


def _cell(snapshot: Snapshot | None, code: str, wire: str) -> Cell:
    if snapshot is None:
        return Missing.NOT_AVAILABLE
    row = snapshot.by_code.get(code)
    figure: Figure = row[wire] if row else None
    return Missing.NOT_SENT if figure is None else figure


def _error_cell(wire: str, code: str, lang: str) -> Cell:
    if wire == NAME.wire:
        return investor_label(code, "", lang)
    return code if wire == CODE.wire else Missing.NOT_AVAILABLE


def _word(ko: str, en: str, lang: str) -> str:
    return ko if lang == "ko" else en
