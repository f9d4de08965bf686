"""The only code that knows xlwings: finds the sheet, reads its values once, and carries out the steps of a plan.

Everything goes in blocks, so the number of calls to Excel does not depend on rows. Nothing is expanded, nothing
calculated, no format read.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from typing import Any

import xlwings as xw

from xlwings_kis import excel
from xlwings_kis.live import found, places
from xlwings_kis.live.by_time import places as by_time
from xlwings_kis.live.by_time.found import Course
from xlwings_kis.live.by_time.found import look as look_course
from xlwings_kis.live.found import Found, Kind
from xlwings_kis.live.places import Rect
from xlwings_kis.live.plan import ALL_NAMES
from xlwings_kis.live.steps import (
    Bars,
    Beyond,
    Chart,
    Clear,
    Edge,
    Gone,
    Line,
    Name,
    Options,
    Page,
    PrintArea,
    Step,
    Style,
    Value,
    When,
    Write,
)
from xlwings_kis.resources import layout
from xlwings_kis.table import Missing

AREA = Rect(1, 1, places.READ_ROWS, places.READ_COLUMNS)
COURSE_AREA = Rect(1, 1, by_time.READ_ROWS, by_time.READ_COLUMNS)


def sheet_of(book: xw.Book) -> xw.Sheet | None:
    """Our sheet, however it is called now: its names lead to it; else by the name it is given."""
    for name in ALL_NAMES:
        sheet = _named(book, name)
        if sheet is not None and read(sheet).kind in (Kind.OURS, Kind.MOVED):
            return sheet
    return _called(book, places.SHEET_NAMES)


def course_of(book: xw.Book) -> xw.Sheet | None:
    """The sheet 시간대별, found in the same way."""
    sheet = _named(book, by_time.MARK)
    if sheet is not None and read_course(sheet).kind in (Kind.OURS, Kind.MOVED):
        return sheet
    return _called(book, by_time.SHEET_NAMES)


def course_was_made(book: xw.Book) -> bool:
    """Whether it was made once: its name stays in the workbook when a user deletes the sheet."""
    return book.names.contains(by_time.MARK)


def read(sheet: xw.Sheet | None) -> Found:
    """What stands on the sheet: one call."""
    return Found() if sheet is None else found.look(sheet.range(AREA.address).raw_value)


def read_course(sheet: xw.Sheet | None) -> Course:
    """The same of the sheet 시간대별."""
    return Course() if sheet is None else look_course(sheet.range(COURSE_AREA.address).raw_value)


def write(book: xw.Book, sheet: xw.Sheet | None, steps: Iterable[Step], name: str, *, aside: bool = False) -> None:
    """Carry out the steps; without a sheet one is added, after the others; `aside`: it does not come to the front."""
    steps = tuple(steps)
    if all(isinstance(step, Write) for step in steps) and sheet is not None:
        for step in steps:
            do(step, sheet)
        return
    front = book.sheets.active if aside else None
    book.app.screen_updating = False  # many calls: without this Excel draws after each
    try:
        if sheet is None:
            sheet = book.sheets.add(name, after=book.sheets[-1])
        for step in steps:
            do(step, sheet)
        if front is not None:
            front.activate()
    finally:
        book.app.screen_updating = True


def _named(book: xw.Book, name: str) -> xw.Sheet | None:
    """The sheet of this book that a name leads to."""
    if not book.names.contains(name):
        return None
    try:
        sheet = book.names(name).refers_to_range.sheet
    except Exception:  # noqa: BLE001 - a name whose sheet is gone; each engine says so in its own way
        return None
    return sheet if sheet.book.name == book.name else None


def _called(book: xw.Book, names: tuple[str, ...]) -> xw.Sheet | None:
    folded = {name.casefold() for name in names}
    return next((sheet for sheet in book.sheets if sheet.name.casefold() in folded), None)


@singledispatch
def do(step: Step, sheet: xw.Sheet) -> None:
    """Carry out a step."""
    raise TypeError(type(step).__name__)


@do.register
def _(step: Write, sheet: xw.Sheet) -> None:
    # None would leave a cell as it is on Office.js; an empty text empties it on both engines.
    rows = [["" if value is None else _gap(value, sheet) for value in row] for row in step.cells]
    sheet.range(step.rect.address).raw_value = rows


@do.register
def _(step: Style, sheet: xw.Sheet) -> None:
    cells = sheet.range(step.rect.address)
    if step.number_format is not None:
        cells.number_format = step.number_format
    font = {"name": step.font, "size": step.size, "bold": step.bold, "color": _hash(step.colour)}
    for attribute, value in font.items():
        if value is not None:
            setattr(cells.font, attribute, value)
    if step.fill is not None:
        cells.color = _hash(step.fill)
    if step.align is not None:
        cells.horizontal_alignment = step.align
    if step.middle:
        cells.vertical_alignment = "center"
    if step.row_height is not None:
        cells.row_height = step.row_height
    if step.width is not None:
        cells.column_width = excel.column_width(sheet, step.width)


@do.register
def _(step: Edge, sheet: xw.Sheet) -> None:
    sheet.range(step.rect.address).borders.set(
        list(step.sides), line_style="continuous", weight="thin", color=_hash(step.colour)
    )


@do.register
def _(step: Bars, sheet: xw.Sheet) -> None:
    conditions = sheet.range(step.rect.address).conditional_formats
    axis = bytes.fromhex(step.axis)
    excel.quiet_bars(conditions.add_data_bar(_hash(step.colour), gradient=False), (axis[0], axis[1], axis[2]))


@do.register
def _(step: When, sheet: xw.Sheet) -> None:
    sheet.range(step.rect.address).conditional_formats.add_custom(
        step.formula, fill_color=_hash(step.fill), font_color=_hash(step.colour)
    )


@do.register
def _(step: Beyond, sheet: xw.Sheet) -> None:
    limit = step.formula.removeprefix("=")
    sheet.range(step.rect.address).conditional_formats.add_cell_value(
        "not_between", f"=0.005-{limit}", f"={limit}-0.005", fill_color=_hash(step.fill), font_bold=True
    )


@do.register
def _(step: Options, sheet: xw.Sheet) -> None:
    sheet.range(step.rect.address).data_validation.set_list(list(step.words))


@do.register
def _(step: Clear, sheet: xw.Sheet) -> None:
    cells = sheet.range(step.rect.address)
    if not step.conditions_only:
        cells.clear()
    cells.conditional_formats.clear()


@do.register
def _(step: Name, sheet: xw.Sheet) -> None:
    names = sheet.book.names
    there = names(step.name) if names.contains(step.name) else None
    if step.rect is None:
        if there is not None:
            there.delete()
        return
    quoted = sheet.name.replace("'", "''")
    refers_to = f"='{quoted}'!{step.rect.absolute}"
    if there is None:
        names.add(step.name, refers_to)
    else:
        there.refers_to = refers_to


@do.register
def _(step: Page, sheet: xw.Sheet) -> None:
    excel.freeze(sheet, step.rows, step.columns, Rect(1, 1, step.rows, step.columns).address)
    sheet.show_gridlines = False


@do.register
def _(step: PrintArea, sheet: xw.Sheet) -> None:
    sheet.page_setup.print_area = step.rect.absolute


@do.register
def _(step: Chart, sheet: xw.Sheet) -> None:
    if step.name in sheet.charts:
        chart = sheet.charts[step.name]
        chart.title = step.title
        guess = sum(excel.column_width(sheet, width) for width in step.widths)
        chart.left = excel.begins(sheet, step.anchor.address, "left", guess)
    elif step.new:
        chart = _drawn(step, sheet, "bar_clustered")
        chart.legend.position = "bottom"
        chart.category_axis.reverse_order = True
        excel.labels_low(chart)


@do.register
def _(step: Line, sheet: xw.Sheet) -> None:
    if step.name in sheet.charts:
        chart = sheet.charts[step.name]
        chart.set_source_data(sheet.range(step.source.address), "columns")
        chart.title = step.title
        chart.top = excel.begins(sheet, step.anchor.address, "top", step.top)
    elif step.new:
        chart = _drawn(step, sheet, "line_markers")  # without markers a figure between two gaps could not be seen
        chart.legend.visible = False
        chart.value_axis.crosses = "minimum"  # times stand below the line, not across it
        excel.small_markers(chart)


def _drawn(step: Chart | Line, sheet: xw.Sheet, kind: str) -> Any:
    """A new chart. One that is not new and not there, the user has removed."""
    chart = sheet.charts.add(
        width=step.width,
        height=step.height,
        chart_type=kind,
        source=sheet.range(step.source.address),
        plot_by="columns",
        name=step.name,
        anchor=sheet.range(step.anchor.address),
        style=layout()["live"]["chart_style"],
    )
    chart.title = step.title
    chart.value_axis.number_format = "#,##0"
    return chart


@do.register
def _(step: Gone, sheet: xw.Sheet) -> None:
    if step.name in sheet.charts:
        sheet.charts[step.name].delete()


def _gap(value: Value, sheet: xw.Sheet) -> Value:
    return excel.gap(sheet.book) if value is Missing.NOT_AVAILABLE else value


def _hash(colour: str | None) -> Any:
    return None if colour is None else f"#{colour}"
