"""The page of examples: figures at a glance, and a table for each pair that may grow by a few rows and by all its columns.

What depends on what a table shows — lines, the head's ground, red and blue — are rules that look at the cells, so that it fits
whichever columns the user asks for.
"""

from __future__ import annotations

from typing import Any

from xlsxwriter.utility import xl_range, xl_rowcol_to_cell

from xlwings_kis.addin.captions import caption
from xlwings_kis.addin.look import Book
from xlwings_kis.fields import COLUMNS, Side
from xlwings_kis.investors import FIXED_PLACES, PARTS
from xlwings_kis.markets import ALL_PAIRS, Pair
from xlwings_kis.resources import layout

MACRO = "KisRefresh"
SPARE = 4
"""Rows a table may grow by before it meets the next."""

PITCH = 3 + len(FIXED_PLACES) + SPARE
"""From title to title: title, head, rows, spare ones, and one between."""

FIELDS_CELL = "$B$3"
FIRST = 15
"""The row (from 0) of the first table's title."""

_AT_A_GLANCE = (
    ("합계", "전체"),
    ("합계", "차익"),
    ("합계", "비차익"),
    ("외국인", "비차익"),
    ("기관계", "차익"),
    ("금융투자", "차익"),
)
_NET = "[Red]+#,##0;[Blue]-#,##0;0"
_EXCHANGES, _MARKETS, _FETCHED = 5, 6, 7
_FIGURES = 9
"""Figure columns of the fields asked for at first."""


def add(book: Book, code_name: str, lang: str) -> None:
    """The page, in front."""
    look = layout()
    sheet = book.sheet(caption("formulas", lang), code_name)
    sheet.hide_gridlines(2)
    sheet.set_default_row(look["addin"]["row"])
    sheet.set_column(0, 0, look["addin"]["investor"])
    sheet.set_column(1, len(COLUMNS), look["addin"]["figure"])
    _head(book, sheet, lang)
    _glance(book, sheet, lang)
    for at, pair in enumerate(ALL_PAIRS):
        _table(book, sheet, FIRST + at * PITCH, pair, lang)
    last = FIRST + len(ALL_PAIRS) * PITCH - 1
    sheet.write_string(last, 0, caption("source", lang), book.format(font_color="quiet", font_size=9))
    _page(sheet, last, lang)


def _head(book: Book, sheet: Any, lang: str) -> None:
    look = layout()
    sheet.set_row(0, 26)
    sheet.write_string(
        0, 0, caption("title", lang), book.format(bold=True, font_size=look["font"]["title_size"], valign="vcenter")
    )
    sheet.write_formula(1, 0, "=KIS_PROGRAM_STATUS()", book.format(), caption("allow", lang))
    sheet.write_string(2, 0, caption("fields", lang), book.format(bold=True))
    field = book.format(bg_color="input", border=1, border_color="strong_line")
    sheet.write_string(2, 1, caption("fields_default", lang), field)
    words = caption("fields_choices", lang).split(",")
    sheet.data_validation(2, 1, 2, 1, {"validate": "list", "source": words, "ignore_blank": True, "show_error": False})
    hint = book.format(font_color="quiet", font_size=9, indent=1)
    sheet.write_string(2, 2, caption("fields_hint", lang), hint)
    _warn(book, sheet, 1, last_column=_FIGURES)
    sheet.insert_textbox(
        0,
        _FIGURES - 1,
        caption("refresh", lang),
        {
            "width": 110,
            "height": 28,
            "x_offset": 84,
            "y_offset": 4,
            "object_position": 3,
            "description": caption("refresh_tip", lang),
            "fill": {"color": f"#{look['colour']['button']}"},
            "line": {"none": True},
            "align": {"horizontal": "center", "vertical": "middle"},
            "font": {"name": look["font"]["name"], "size": 11, "bold": True, "color": "#FFFFFF"},
        },
    )
    sheet.freeze_panes(3, 1)


def _glance(book: Book, sheet: Any, lang: str) -> None:
    pairs = len(ALL_PAIRS)
    head = {"bold": True, "bg_color": "head", "align": "right"}
    title = _EXCHANGES - 1
    sheet.write_string(title, 0, caption("overview", lang), book.format(bold=True))
    unit = book.format(font_color="quiet", font_size=9, align="right")
    sheet.write_string(title, pairs, caption("net_unit", lang), unit)
    label = {"bottom": 1, "bottom_color": "row_line"}
    for row, key in ((_EXCHANGES, "exchange"), (_MARKETS, "market")):
        line = {"bottom": 1, "bottom_color": "strong_line"} if row == _MARKETS else {}
        sheet.write_string(row, 0, caption(key, lang), book.format(bold=True, bg_color="head", **line))
        for at, pair in enumerate(ALL_PAIRS):
            word = (pair.exchange if row == _EXCHANGES else pair.market).value.ko
            sheet.write_string(row, 1 + at, word, book.format(**head, **line))
    sheet.write_string(_FETCHED, 0, caption("asof", lang), book.format(**label))
    short, figure = caption("allow_short", lang), {**label, "align": "right"}
    shown = book.format(font_color="quiet", font_size=9, indent=1)
    for at in range(pairs):
        words = (
            f"{xl_rowcol_to_cell(_EXCHANGES, 1 + at, row_abs=True)},{xl_rowcol_to_cell(_MARKETS, 1 + at, row_abs=True)}"
        )
        sheet.write_formula(
            _FETCHED, 1 + at, f"=KIS_PROGRAM_ASOF({words})", book.format(**figure, num_format="hh:mm:ss"), short
        )
        for down, (who, what) in enumerate(_AT_A_GLANCE, _FETCHED + 1):
            formula = f'=KIS_PROGRAM_VALUE({words},"{who}","{what}")'
            sheet.write_formula(down, 1 + at, formula, book.format(**figure, num_format=_NET), short)
            if not at:
                sheet.write_string(down, 0, f"{who} {what}", book.format(**label))
                sheet.write_string(down, 1 + pairs, formula[1:], shown)
    sheet.write_string(_FETCHED, 1 + pairs, f"KIS_PROGRAM_ASOF(B${_EXCHANGES + 1},B${_MARKETS + 1})", shown)
    block = (_FETCHED, 1, _FETCHED + len(_AT_A_GLANCE), pairs)
    first = xl_rowcol_to_cell(_FETCHED, 1)
    for criteria in (f"=ISERROR({first})", f"=ISTEXT({first})"):
        sheet.conditional_format(
            *block, {"type": "formula", "criteria": criteria, "format": book.rule(font_color="faint")}
        )


def _table(book: Book, sheet: Any, row: int, pair: Pair, lang: str) -> None:
    look, head = layout(), row + 1
    first, last, right = head + 1, head + len(FIXED_PLACES) + SPARE, len(COLUMNS) - 1
    formula = f'=KIS_PROGRAM_TRADE("{pair.exchange.value.ko}","{pair.market.value.ko}",{FIELDS_CELL})'
    sheet.write_string(row, 0, pair.label(lang), book.format(bold=True, font_size=11))
    sheet.write_string(row, 2, formula[1:], book.format(font_color="quiet", font_size=9))
    unit = book.format(font_color="quiet", font_size=9, align="right")
    sheet.write_string(row, _FIGURES, caption("units", lang), unit)
    corner, label = book.format(font_size=9), book.format(bold=True, font_size=9, align="right")
    sheet.write_dynamic_array_formula(head, 0, head, 0, formula, corner, caption("allow", lang))
    for column in range(1, right + 1):
        sheet.write_blank(head, column, None, label)
    for at in range(first, last + 1):
        place = at - first
        part = place < len(FIXED_PLACES) and FIXED_PLACES[place] in PARTS
        style = {"font_color": "part", "font_size": look["font"]["part_size"]} if part else {}
        name = {"num_format": look["format"]["part"]} if part else {}
        sheet.write_blank(at, 0, None, book.format(**style, **name))
        for column in range(1, right + 1):
            sheet.write_blank(at, column, None, book.format(**style, num_format="#,##0", align="right"))
    _rules(book, sheet, head, last, right)


def _rules(book: Book, sheet: Any, head: int, last: int, right: int) -> None:
    """What depends on the cells: the head and its lines, then figures not available, then net figures."""
    name, top = xl_rowcol_to_cell(head + 1, 0, col_abs=True), xl_rowcol_to_cell(head, 1, row_abs=True)
    cell = xl_rowcol_to_cell(head + 1, 1)
    thin, strong = {"bottom": 1, "bottom_color": "row_line"}, {"bottom": 1, "bottom_color": "strong_line"}
    figures = (head + 1, 1, last, right)
    net = "+".join(f'ISNUMBER(SEARCH("{word}",{top}))' for word in Side.NET.value[:2])
    rules = (
        ((head, 1, head, right), f'={xl_rowcol_to_cell(head, 1)}<>""', book.rule(bg_color="head", **strong)),
        ((head, 0, head, 0), f'={xl_rowcol_to_cell(head, 1)}<>""', book.rule(**strong)),
        ((head + 1, 0, last, 0), f'={name}<>""', book.rule(**thin)),
        # The first that holds says it all: not every program looks for a second.
        (figures, f"=ISERROR({cell})", book.rule(font_color="faint", **thin)),
        (figures, f"=AND(ISNUMBER({cell}),{net}>0)", book.rule(num_format=_NET, **thin)),
        (figures, f'=AND({name}<>"",{top}<>"")', book.rule(**thin)),
    )
    for where, criteria, style in rules:
        sheet.conditional_format(*where, {"type": "formula", "criteria": criteria, "format": style})
    _warn(book, sheet, head, last_column=0)


def _warn(book: Book, sheet: Any, row: int, last_column: int) -> None:
    """A status that is not simply fine has a ground of its own."""
    cell = xl_rowcol_to_cell(row, 0, col_abs=True)
    for words, colour in ((("지연", "delayed", "#KIS!", "자료 없음", "휴장"), "late"), (("예시", "demo"), "demo")):
        test = "+".join(f'(LEFT({cell},{len(word)})="{word}")' for word in words)
        rule = {"type": "formula", "criteria": f"={test}>0", "format": book.rule(bg_color=colour)}
        sheet.conditional_format(row, 0, row, last_column, rule)


def _page(sheet: Any, last: int, lang: str) -> None:
    page = layout()["addin"]
    sheet.set_landscape()
    sheet.set_paper(layout()["page"]["paper"])
    sheet.set_print_scale(page["scale"])
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.repeat_rows(0, 1)
    sheet.print_area(0, 0, last, _FIGURES)
    sheet.set_h_pagebreaks([FIRST + at * PITCH - 1 for at in range(2, len(ALL_PAIRS), 2)])
    sheet.center_horizontally()
    sheet.set_footer(f"&C&8{caption('source', lang)} · &P/&N")


def spill(at: int) -> str:
    """The most a pair's table may cover: all its columns and spare rows."""
    head = FIRST + at * PITCH + 1
    return str(xl_range(head, 0, head + len(FIXED_PLACES) + SPARE, len(COLUMNS) - 1))
