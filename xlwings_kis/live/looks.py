"""How a new sheet, or one of another structure, gets its look. A refresh of a sheet that stands uses none of this.

What changes with the data — late, demo, large nets — are conditions that read the sheet's own cells, so that nobody has
to repaint what a user may have painted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from xlwings_kis.block import Block
from xlwings_kis.fields import Band, Measure, Side
from xlwings_kis.investors import PARTS
from xlwings_kis.live import places
from xlwings_kis.live.choices import CELLS, DEFAULT_THRESHOLD, PAIRS_CELL, word
from xlwings_kis.live.places import Rect, block_row, data_row
from xlwings_kis.live.steps import Bars, Beyond, Clear, Edge, Options, Page, PrintArea, Step, Style, When, Write
from xlwings_kis.live.texts import text
from xlwings_kis.resources import layout

_ROWS = places.TOTAL + 2 - places.LINES
"""Rows of figures: the fixed places, the total, one more."""

_STATUS = 8
"""Columns the status line may need."""

_FIRST_PART = places.LINES + 3
_PARTS = len(PARTS) - 1


def head(width: int, pairs: str, lang: str) -> Iterator[Step]:
    """Rows 1 to 4 of a new sheet: title, settings with their words, the user's own cells."""
    colour, look = layout()["colour"], layout()
    yield Style(Rect(1, 1, places.SUMMARY + 1, width), font=font(), size=look["font"]["size"], colour=colour["text"])
    yield Style(Rect(places.TITLE, 1), size=look["font"]["title_size"], bold=True, number_format=plain_text())
    yield Style(Rect(places.TITLE, 1), row_height=look["live"]["title_height"])
    yield Style(Rect(places.SUMMARY, 1), bold=True, number_format=plain_text())
    yield Style(
        Rect(places.SETTINGS, 1, places.PAIRS - 1, width), row_height=look["live"]["row_height"] + 3, middle=True
    )
    for at, cell in enumerate(CELLS):
        label, value = Rect(places.SETTINGS, 1 + 2 * at), Rect(places.SETTINGS, 2 + 2 * at)
        yield Style(label, colour=colour["quiet"], align="right" if at else "left")
        yield from input_cell(value, look["format"]["threshold"] if cell.kind is None else plain_text())
        if cell.kind:
            yield Options(value, tuple(word(choice, lang) for choice in cell.kind))
    yield Style(Rect(places.PAIRS, 1), colour=colour["quiet"], row_height=look["live"]["row_height"] + 8)
    yield Style(Rect(places.PAIRS, 2), number_format=plain_text(), align="left")
    yield Edge(Rect(places.PAIRS, 2, 1, 4), ("edge_bottom",), colour["row_line"])
    yield Style(Rect(places.PAIRS, 7, 1, 5), colour=colour["quiet"], align="right")
    for own in (Rect(places.PAIRS, 9), Rect(places.PAIRS, 11)):
        yield from input_cell(own, "General")
    yield Write(Rect(places.TITLE, 1), ((text("title", lang),),))
    yield Write(Rect(places.SETTINGS, 1, 1, 2 * len(CELLS)), (_settings(lang),))
    yield Write(Rect(places.PAIRS, 1, 1, 2), ((PAIRS_CELL.label(lang), pairs),))
    own_cells = (text("own", lang), text("own_first", lang), None, text("own_second", lang))
    yield Write(Rect(places.PAIRS, 7, 1, 4), (own_cells,))
    yield Page(places.FIRST - 1, 1)


def widths(width: int, lang: str) -> tuple[float, ...]:
    """The columns' widths in characters, from A to the last of the charts' figures and one more."""
    live = layout()["live"]
    figure = live["figure" if lang == "ko" else "figure_en"]
    tables = (live["investor" if lang == "ko" else "investor_en"], *[figure] * (width - 1), live["gap"])
    standard = [live["standard"]] * (places.DATA_COLUMN - 1 - len(tables))
    return (*tables, *standard, live["label"], *[live["data"]] * (places.DATA_COLUMNS - 1), live["standard"])


def relabel(lang: str) -> Iterator[Step]:
    """Rows 1 to 4 in another language: only our own labels, never what stands in the cells."""
    yield Write(Rect(places.TITLE, 1), ((text("title", lang),),))
    for at, cell in enumerate(CELLS):
        yield Write(Rect(places.SETTINGS, 1 + 2 * at), ((cell.label(lang),),))
    yield Write(Rect(places.PAIRS, 1), ((PAIRS_CELL.label(lang),),))


def remains(width: int, blocks: int, extras: int) -> Iterator[Step]:
    """What an older structure leaves, within our own rows and columns."""
    rows = places.STEP * blocks + (1 + extras if extras else 0)
    yield Clear(Rect(places.FIRST, 1, rows, width))
    yield Clear(Rect(places.FIRST, places.DATA_COLUMN, places.DATA_STEP * blocks, places.DATA_COLUMNS))
    yield Clear(Rect(places.TITLE, width))
    yield Clear(Rect(places.TITLE, 1, 1, width), conditions_only=True)


def body(blocks: Sequence[Block], width: int, lang: str) -> Iterator[Step]:
    """Everything from row 5 on, the status cell and the widths."""
    look = layout()
    colour, last = look["colour"], places.STEP * len(blocks) - 1
    area = Rect(places.FIRST, 1, last, width)
    yield Style(area, font=font(), size=look["font"]["size"], colour=colour["text"], middle=True)
    yield Style(Rect(places.FIRST, 1, last), row_height=look["live"]["row_height"])
    wide = widths(width, lang)
    yield Style(Rect(1, 1), width=wide[0])
    yield Style(Rect(1, 2, 1, width - 1), width=wide[1])
    yield Style(Rect(1, width + 1), width=wide[width])
    yield Style(Rect(1, places.DATA_COLUMN), width=look["live"]["label"])
    yield Style(Rect(1, places.DATA_COLUMN + 1, 1, places.DATA_COLUMNS - 1), width=look["live"]["data"])
    yield Style(
        Rect(places.TITLE, width), number_format=plain_text(), align="right", colour=colour["part"], bold=False,
        font=font(), size=look["font"]["size"], middle=True,
    )  # fmt: skip
    for slot, block in enumerate(blocks):
        yield from _block(block, slot, width, lang)
    yield from _data(len(blocks))
    yield from states(width, lang)
    yield PrintArea(Rect(1, 1, places.FIRST + last - 1, width))


def extras(row: int, count: int, block: Block, width: int) -> Iterator[Step]:
    """The rows below the last block."""
    look = layout()
    area = Rect(row, 1, 1 + count, width)
    yield Style(area, font=font(), size=look["font"]["size"], colour=look["colour"]["text"], middle=True)
    yield Style(Rect(row, 1), bold=True)
    yield Style(Rect(row, 1, 1 + count), number_format=plain_text())
    yield from _formats(block, row + 1, count)
    yield Edge(area, ("inside_horizontal", "edge_bottom"), look["colour"]["row_line"])


def _block(block: Block, slot: int, width: int, lang: str) -> Iterator[Step]:
    look, row = layout(), block_row(slot)
    colour = look["colour"]
    late, unit = Rect(row, 3), Rect(row, width)
    yield Style(Rect(row, 1), bold=True, number_format=plain_text())
    yield Style(Rect(row, 2), number_format=look["format"]["time"], align="left")
    yield Style(late, number_format=plain_text())
    yield Style(unit, number_format=plain_text(), align="right")
    yield Style(Rect(row, 2, 1, width - 1), colour=colour["quiet"])
    yield from _heads(block, row, width)
    yield Style(Rect(row + places.LINES, 1, _ROWS), number_format=plain_text())
    parts = Rect(row + _FIRST_PART, 1, _PARTS, width)
    yield Style(parts, size=look["font"]["part_size"], colour=colour["part"])
    yield Style(Rect(parts.row, 1, parts.rows), number_format=look["format"]["part"])
    yield from _formats(block, row + places.LINES, _ROWS)
    yield Style(Rect(row + places.TOTAL, 1, 1, width), bold=True)
    note = Rect(row + places.NOTE, 1)
    yield Style(note, number_format=plain_text(), size=look["font"]["part_size"], colour=colour["quiet"])
    yield from _lines(block, row, width)
    yield from _conditions(block, row, width, late, lang)


def _heads(block: Block, row: int, width: int) -> Iterator[Step]:
    look = layout()
    bands, size = look["colour"]["band"], len(block.columns) // len(block.bands)
    heads = Rect(row + places.BANDS, 1, 2, width)
    yield Style(heads, number_format=plain_text(), bold=True, fill=bands[0])
    yield Style(Rect(heads.row, 2 + size, 2, size), fill=bands[1])
    yield Style(Rect(heads.row, width - 1, 2, 2), fill=bands[1])
    yield Style(Rect(heads.row, 2, 1, width - 1), align="center_across_selection")
    yield Style(Rect(heads.row + 1, 2, 1, width - 1), align="right")


def _formats(block: Block, row: int, rows: int) -> Iterator[Step]:
    """Number formats column by column kind, whatever the number of rows."""
    first = 2
    yield Style(Rect(row, first, rows, len(block.columns)), number_format=block.columns[0].number_format)
    for at, field in enumerate(block.columns):
        if field.side is Side.NET:
            yield Style(Rect(row, first + at, rows), number_format=field.number_format)
    changes = Rect(row, first + len(block.columns), rows, len(block.change_columns))
    yield Style(changes, number_format=layout()["format"]["change"])


def _lines(block: Block, row: int, width: int) -> Iterator[Step]:
    colour, size = layout()["colour"], len(block.columns) // len(block.bands)
    figures = Rect(row + places.LINES, 1, _ROWS, width)
    yield Edge(figures, ("inside_horizontal", "edge_bottom"), colour["row_line"])
    for band in range(len(block.bands) + 1):
        yield Edge(Rect(row + places.BANDS, 2 + band * size, 2 + _ROWS), ("edge_left",), colour["row_line"])
    heads = Rect(row + places.SIDES, 1, 1, width)
    yield Edge(heads, ("edge_bottom",), colour["strong_line"])
    yield Edge(Rect(row + places.TOTAL, 1, 1, width), ("edge_top",), colour["strong_line"])


def _conditions(block: Block, row: int, width: int, late: Rect, lang: str) -> Iterator[Step]:
    """Each new condition goes before those there: the greys of late figures come last, so that they win."""
    colour, first = layout()["colour"], row + places.LINES
    for at, field in enumerate(block.columns):
        if field.band is Band.ALL and field.side is Side.NET and field.measure is block.columns[0].measure:
            yield Bars(Rect(first, 2 + at, places.TOTAL - places.LINES), colour["bar"], colour["row_line"])
        if field.side is Side.NET and field.measure is block.columns[0].measure:
            yield Beyond(Rect(first, 2 + at, _ROWS), _threshold(), colour["emphasis"])
    figures = Rect(first, 2, _ROWS, width - 1)
    yield When(figures, _begins(late, text("late", lang)), colour=colour["quiet"])


def states(width: int, lang: str) -> Iterator[Step]:
    colour, status = layout()["colour"], Rect(places.TITLE, width)
    yield When(Rect(places.TITLE, 1, 1, width), _begins(status, text("demo", lang)), fill=colour["demo"])
    told = Rect(places.TITLE, width - _STATUS + 1, 1, _STATUS)  # its text reaches that far to the left
    for key in ("none", "late"):
        yield When(told, _begins(status, text(key, lang)), fill=colour["late"])


def _data(blocks: int) -> Iterator[Step]:
    """The charts' figures: there to be seen where they come from, no more."""
    look = layout()
    column, columns = places.DATA_COLUMN, places.DATA_COLUMNS
    area = Rect(places.FIRST, column, data_row(blocks) - places.FIRST, columns)
    yield Style(
        area,
        font=font(),
        size=look["font"]["part_size"],
        colour=look["colour"]["quiet"],
        number_format="+#,##0;-#,##0;0",
    )
    yield Style(Rect(area.row, column, area.rows), number_format=plain_text())
    for slot in range(blocks):
        heads = Rect(data_row(slot), column + 1, 1, columns - 1)
        yield Style(heads, number_format=plain_text(), align="right")


def input_cell(rect: Rect, number_format: str) -> Iterator[Step]:
    colour = layout()["colour"]
    yield Style(rect, number_format=number_format, fill=colour["input"], align="right", colour=colour["text"])
    yield Edge(rect, ("edge_left", "edge_right", "edge_top", "edge_bottom"), colour["row_line"])


def _settings(lang: str) -> tuple[Any, ...]:
    firsts = [word(cell.first, lang) if cell.first else float(DEFAULT_THRESHOLD) for cell in CELLS]
    return tuple(value for cell, first in zip(CELLS, firsts, strict=True) for value in (cell.label(lang), first))


def _begins(cell: Rect, beginning: str) -> str:
    return f'=LEFT({cell.absolute},{len(beginning)})="{beginning}"'


def _threshold() -> str:
    """기준금액 in the table's unit; nothing reaches it while the cell is blank or quantities are shown."""
    spoken = [f'COUNTIF($B$2,"{word}*")' for word in ("수량", *Measure.QUANTITY.value[2][1:])]
    eok = 'COUNTIF($F$2,"*억*")+COUNTIF($F$2,"100m*")'
    return f"=IF(OR(N($J$2)<=0,{'+'.join(spoken)}>0),9E+99,N($J$2)*IF({eok}>0,1,100))"


def font() -> str:
    return str(layout()["font"]["name"])


def plain_text() -> str:
    return str(layout()["format"]["text"])
