"""How a sheet 시간대별 gets its look. A refresh of one that stands uses none of this."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xlwings_kis.fields import figure
from xlwings_kis.investors import BY_CODE
from xlwings_kis.live import looks
from xlwings_kis.live.by_time import places
from xlwings_kis.live.by_time.found import Course
from xlwings_kis.live.choices import EVERY, every_word
from xlwings_kis.live.past import BANDS, INVESTORS, SPANS, TOTAL_BANDS
from xlwings_kis.live.places import Rect
from xlwings_kis.live.steps import Clear, Edge, Options, Page, PrintArea, Step, Style, Write
from xlwings_kis.live.texts import text
from xlwings_kis.resources import layout

_NET = figure(BANDS[-1]).number_format


def head(lang: str) -> Iterator[Step]:
    """Rows 1 to 4 of a new sheet."""
    look = layout()
    colour, width = look["colour"], places.WIDTH
    area = Rect(1, 1, places.BANDS, width)
    yield Style(area, font=looks.font(), size=look["font"]["size"], colour=colour["text"], middle=True)
    yield Style(Rect(1, 1, places.BANDS), row_height=look["live"]["row_height"])
    yield Style(Rect(places.TITLE, 1), size=look["font"]["title_size"], bold=True, number_format=looks.plain_text())
    yield Style(Rect(places.TITLE, 1), row_height=look["live"]["title_height"])
    yield Style(Rect(places.TITLE, width), number_format=looks.plain_text(), align="right", colour=colour["part"])
    yield Style(Rect(places.SETTINGS, 1), row_height=look["live"]["row_height"] + 3)
    yield Style(Rect(places.SETTINGS, 1, 1, width), colour=colour["quiet"], number_format=looks.plain_text())
    yield from looks.input_cell(Rect(places.SETTINGS, 2), looks.plain_text())
    yield Options(Rect(places.SETTINGS, 2), tuple(every_word(each, lang) for each in EVERY))
    yield Style(Rect(places.SETTINGS, 4), size=look["font"]["part_size"])
    heads = Rect(places.PEOPLE, 1, 2, width)
    yield Style(heads, number_format=looks.plain_text(), bold=True, fill=colour["band"][0])
    yield Style(Rect(places.PEOPLE, 2 + len(BANDS), 2, len(BANDS)), fill=colour["band"][1])
    yield Style(Rect(places.PEOPLE, 2, 1, width - 1), align="center_across_selection")
    yield Style(Rect(places.BANDS, 2, 1, width - 1), align="right")
    yield Edge(Rect(places.BANDS, 1, 1, width), ("edge_bottom",), colour["strong_line"])
    yield from _between(places.PEOPLE, 2)
    yield Write(Rect(places.SETTINGS, 2), ((every_word(EVERY[0], lang),),))
    yield from labels(lang)
    yield from looks.states(width, lang)
    yield Page(places.BANDS, 1)


def labels(lang: str) -> Iterator[Step]:
    """The words of rows 1 to 4; never what a user chose."""
    gap = (None,) * (len(BANDS) - 1)
    people = tuple(cell for code in INVESTORS for cell in (BY_CODE[code].label(lang), *gap))
    bands = tuple(str(band.value[lang != "ko"]) for _ in INVESTORS for band in BANDS)
    yield Write(Rect(places.TITLE, 1), ((text("course_title", lang),),))
    yield Write(Rect(places.SETTINGS, 1), ((text("every", lang),),))
    yield Write(Rect(places.PEOPLE, 1, 2, places.WIDTH), ((None, *people), (text("time", lang), *bands)))


def remains(found: Course) -> Iterator[Step]:
    """What an older structure leaves, within our own rows and columns."""
    rows = found.end - places.FIRST
    yield Clear(Rect(places.FIRST, 1, rows, places.WIDTH))
    for block in found.blocks:  # below the totals, under the chart, a user may have put something
        yield Clear(Rect(block.row, places.TOTALS_COLUMN, places.TOTALS_ROWS + 1, places.TOTALS_COLUMNS))
    yield Clear(Rect(places.FIRST, places.DATA_COLUMN, rows, places.DATA_COLUMNS))


def body(lengths: Sequence[int], lang: str) -> Iterator[Step]:
    """Everything from row 5 on, and the widths."""
    look, rows = layout(), places.starts(lengths)
    by_time, spoken = look["by_time"], lang == "ko"
    end, right = rows[-1], places.TOTALS_COLUMN + places.TOTALS_COLUMNS - 1
    area = Rect(places.FIRST, 1, end - places.FIRST, places.WIDTH)
    yield Style(area, font=looks.font(), size=look["font"]["size"], colour=look["colour"]["text"], middle=True)
    yield Style(Rect(places.FIRST, 1, end - places.FIRST), row_height=look["live"]["row_height"])
    net = by_time["net" if spoken else "net_en"]
    yield Style(Rect(1, 1), width=by_time["time"])
    yield Style(Rect(1, 2, 1, places.FIGURES), width=net)
    yield Style(Rect(1, places.WIDTH + 1), width=look["live"]["gap"])
    yield Style(Rect(1, places.TOTALS_COLUMN, 1, places.TOTALS_COLUMNS), width=net)
    yield Style(Rect(1, places.DATA_COLUMN), width=by_time["time"])
    yield Style(Rect(1, places.DATA_COLUMN + 1), width=look["live"]["data"])
    for row, steps in zip(rows, lengths, strict=False):
        yield from _block(row, steps)
        yield from _totals(row)
        yield from _data(row, steps)
    yield PrintArea(Rect(1, 1, end - 1, right))


def top(row: int) -> float:
    """Where a row begins in points, for an engine that cannot tell."""
    live = layout()["live"]
    return float(live["title_height"] + 3 + live["row_height"] * (row - 2))


def _block(row: int, steps: int) -> Iterator[Step]:
    look = layout()
    colour = look["colour"]
    yield Style(Rect(row, 1, 1, places.WIDTH), number_format=looks.plain_text())
    yield Style(Rect(row, 1), bold=True)
    yield Style(Rect(row, places.WIDTH), align="right", colour=colour["quiet"])
    yield Style(Rect(row + 1, 1, steps), number_format=look["by_time"]["clock"], align="left")
    yield Style(Rect(row + 1, 2, steps, places.FIGURES), number_format=_NET)
    figures = Rect(row + 1, 1, steps, places.WIDTH)
    yield Edge(figures, ("edge_top", "inside_horizontal", "edge_bottom"), colour["row_line"])
    yield from _between(row + 1, steps)


def _between(row: int, rows: int) -> Iterator[Step]:
    """The lines between the investors."""
    for at in range(len(INVESTORS)):
        yield Edge(Rect(row, 2 + at * len(BANDS), rows), ("edge_left",), layout()["colour"]["row_line"])


def _totals(row: int) -> Iterator[Step]:
    look = layout()
    colour, first, width = look["colour"], places.TOTALS_COLUMN, places.TOTALS_COLUMNS
    heads = Rect(row, first, 2, width)
    area = Rect(row, first, places.TOTALS_ROWS + 1, width)
    yield Style(area, font=looks.font(), size=look["font"]["size"], colour=colour["text"], middle=True)
    yield Style(heads, number_format=looks.plain_text(), bold=True, fill=colour["band"][0])
    yield Style(Rect(row, first + 1, 1, width - 1), align="center_across_selection")
    yield Style(Rect(row + 1, first + 1, 1, width - 1), align="right")
    yield Edge(Rect(row + 1, first, 1, width), ("edge_bottom",), colour["strong_line"])
    yield Style(Rect(row + 2, first + 1, len(INVESTORS), width - 1), number_format=_NET)
    figures = Rect(row + 2, first, len(INVESTORS), width)
    yield Edge(figures, ("inside_horizontal", "edge_bottom"), colour["row_line"])
    for at in range(len(SPANS)):
        column = first + 1 + at * len(TOTAL_BANDS)
        yield Edge(Rect(row, column, places.TOTALS_ROWS - 1), ("edge_left",), colour["row_line"])
    below = Rect(row + places.TOTALS_ROWS - 1, first, 2, width)
    yield Style(below, number_format=looks.plain_text(), size=look["font"]["part_size"], colour=colour["quiet"])
    yield Style(Rect(below.row, first + 1, 1, width - 1), align="center_across_selection")


def _data(row: int, steps: int) -> Iterator[Step]:
    look = layout()
    area = Rect(row, places.DATA_COLUMN, 1 + steps, places.DATA_COLUMNS)
    yield Style(area, font=looks.font(), size=look["font"]["part_size"], colour=look["colour"]["quiet"])
    yield Style(Rect(row, places.DATA_COLUMN, 1 + steps), number_format=looks.plain_text())
    yield Style(Rect(row + 1, places.DATA_COLUMN + 1, steps), number_format="+#,##0;-#,##0;0")
    yield Style(Rect(row, places.DATA_COLUMN + 1), number_format=looks.plain_text(), align="right")
