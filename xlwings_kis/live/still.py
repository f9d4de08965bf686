"""A report as one sheet of the workbook: the tables as they are now, values only, that no refresh touches again. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from xlwings_kis import press
from xlwings_kis.block import Block, Line, Role, block
from xlwings_kis.fields import Side
from xlwings_kis.live.looks import font, plain_text
from xlwings_kis.live.places import Rect
from xlwings_kis.live.steps import Edge, Page, PrintArea, Step, Style, Write
from xlwings_kis.live.texts import text
from xlwings_kis.report.content import Report
from xlwings_kis.resources import layout

_TITLE, _WHEN, _FIRST = 1, 2, 4
_HEADS, _LINES = 2, 4
"""Rows of a table below its title: bands and sides; the first figures."""

_BESIDE = 6
"""Rows of a table that are no line of figures: title, sentence, two heads, note, one free."""


def sheet_name(report: Report, taken: Collection[str]) -> str:
    """`보고서 1120 1545`, numbered where a sheet has that name."""
    folded = {name.casefold() for name in taken}
    name = wanted = text("still_name", report.lang, moment=f"{report.asof:%m%d %H%M}")
    number = 2
    while name.casefold() in folded:
        name, number = f"{wanted} ({number})", number + 1
    return name


def plan(report: Report) -> tuple[Step, ...]:
    """The steps on a new sheet."""
    blocks = [(pair, block(report.readings[pair])) for pair in report.pairs]
    width = 1 + max(len(each.columns) for _, each in blocks)
    height = _FIRST - 1 + sum(len(each.lines) + _BESIDE for _, each in blocks) - 1
    steps = list(_head(report, width, height))
    row = _FIRST
    for pair, each in blocks:
        known = report.snapshots.get(pair)
        steps += _table(each, press.headline(known, report.lang) if known else "", row, width)
        row += len(each.lines) + _BESIDE
    return (*steps, PrintArea(Rect(1, 1, height, width)))


def _head(report: Report, width: int, height: int) -> Iterator[Step]:
    look, lang = layout(), report.lang
    live = look["live"]
    figure, name = (live["figure"], live["investor"]) if lang == "ko" else (live["figure_en"], live["investor_en"])
    yield Style(
        Rect(1, 1, height, width), font=font(), size=look["font"]["size"], colour=look["colour"]["text"], middle=True
    )
    yield Style(Rect(1, 1), width=name)
    yield Style(Rect(1, 2, 1, width - 1), width=figure)
    yield Style(Rect(_TITLE, 1), size=look["font"]["title_size"], bold=True, row_height=live["title_height"])
    yield Style(Rect(_TITLE, 1, 2), number_format=plain_text())
    when = " · ".join(part for part in (report.date_text, report.session) if part)
    if report.demo:
        yield Style(Rect(_TITLE, 1, 2, width), fill=look["colour"]["demo"])
        when = f"{text('demo', lang)} · {when}"
    yield Write(Rect(_TITLE, 1, 2), ((text("title", lang),), (when,)))
    yield Page(_WHEN, 1)


def _table(made: Block, headline: str, row: int, width: int) -> Iterator[Step]:
    look, count = layout(), len(made.lines)
    colour, size = look["colour"], len(made.columns) // len(made.bands)
    yield Style(Rect(row, 1, 2), number_format=plain_text())
    yield Style(Rect(row, 1), bold=True)
    yield Style(Rect(row, 2, 1, width - 1), colour=colour["quiet"], number_format=plain_text())
    yield Style(Rect(row, width), align="right")
    late = {"fill": colour["late"]} if made.late or made.status.startswith("#") else {}
    yield Style(Rect(row, 2, 1, 3), align="left", **late)
    yield Write(Rect(row, 1, 1, 2), ((made.title, made.status),))
    yield Write(Rect(row, width), ((made.unit,),))
    yield Write(Rect(row + 1, 1), ((headline,),))
    heads = Rect(row + _HEADS, 1, 2, width)
    yield Style(heads, number_format=plain_text(), bold=True, fill=colour["head"], align="right")
    yield Style(Rect(heads.row, 1, 2), align="left")
    yield Style(Rect(heads.row, 2, 1, width - 1), align="center_across_selection")
    bands = [None] * (width - 1)
    for at, band in enumerate(made.bands):
        bands[at * size] = band  # type: ignore[call-overload] # a list of words and blanks
    yield Write(heads, ((None, *bands), (made.heading, *made.sides)))
    yield from _lines(made, row + _LINES, width)
    note = Rect(row + _LINES + count, 1)
    yield Style(note, number_format=plain_text(), size=look["font"]["part_size"], colour=colour["quiet"])
    yield Write(note, ((made.note,),))


def _lines(made: Block, row: int, width: int) -> Iterator[Step]:
    look, count = layout(), len(made.lines)
    colour = look["colour"]
    yield Style(Rect(row, 1, count), number_format=plain_text())
    for at, field in enumerate(made.columns):
        if at == 0 or field.side is Side.NET or made.columns[at - 1].side is Side.NET:
            same = width - 1 - at if field.side is not Side.NET else 1
            yield Style(Rect(row, 2 + at, count, same), number_format=field.number_format)
    for at, line in enumerate(made.lines):
        if line.role is Role.PART:
            yield Style(Rect(row + at, 1, 1, width), size=look["font"]["part_size"], colour=colour["part"])
            yield Style(Rect(row + at, 1), number_format=look["format"]["part"])
        elif line.role is Role.TOTAL:
            yield Style(Rect(row + at, 1, 1, width), bold=True)
            yield Edge(Rect(row + at, 1, 1, width), ("edge_top",), colour["strong_line"])
    yield Edge(Rect(row, 1, count, width), ("inside_horizontal", "edge_bottom"), colour["row_line"])
    yield Write(Rect(row, 1, count, width), tuple(_cells(line) for line in made.lines))


def _cells(line: Line) -> tuple[str | float | None, ...]:
    return line.label, *(None if figure is None else float(figure) for figure in line.figures)
