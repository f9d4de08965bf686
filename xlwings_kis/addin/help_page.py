"""The page that explains each function, from the tables that the function wizard and the documentation read."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from enum import Enum
from typing import Any

from xlwings_kis import guide
from xlwings_kis.addin import wrappers
from xlwings_kis.addin.captions import caption
from xlwings_kis.addin.look import Book, width
from xlwings_kis.fields import Band, Measure, Side
from xlwings_kis.investors import INVESTORS, TOTAL
from xlwings_kis.markets import Exchange, Market
from xlwings_kis.resources import layout

_LINE = 16


def add(book: Book, code_name: str, lang: str) -> None:
    """The page."""
    look = layout()
    sheet = book.sheet(caption("help", lang), code_name)
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, look["addin"]["label"])
    sheet.set_column(1, 1, look["addin"]["wide"])
    sheet.set_row(0, 26)
    sheet.write_string(0, 0, caption("help", lang), book.format(bold=True, font_size=look["font"]["title_size"]))
    row = 2
    for title, lines in _sections(lang):
        row = _section(book, sheet, row, title, lines)
    sheet.set_portrait()
    sheet.set_paper(look["page"]["paper"])
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    sheet.set_footer("&C&8&P/&N")


def _sections(lang: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    order = list(guide.FORMULAS)
    for function in sorted(wrappers.formulas(), key=lambda function: order.index(function.__name__)):
        yield _title(function), list(_function(function, lang))
    yield caption("words", lang), list(_words(lang))
    yield caption("corner", lang), [(shown, ko if lang == "ko" else en) for shown, ko, en in guide.CORNERS]
    yield caption("notes", lang), [("", caption(key, lang)) for key in ("note_array", "note_rows", "note_demo")]


def _title(function: Any) -> str:
    """`KIS_PROGRAM_TRADE(exchange, market, [fields], [header])`."""
    names = (
        parameter.name if parameter.default is inspect.Parameter.empty else f"[{parameter.name}]"
        for parameter in inspect.signature(function).parameters.values()
    )
    return f"{function.__name__}({', '.join(names)})"


def _function(function: Any, lang: str) -> Iterator[tuple[str, str]]:
    told, parameters = guide.FORMULAS[function.__name__], inspect.signature(function).parameters
    yield caption("purpose", lang), told.text(lang)
    for argument in told.arguments:
        optional = parameters[argument.name].default is not inspect.Parameter.empty
        yield argument.name, argument.text(lang) + (caption("optional", lang) if optional else "")
    for example in told.examples:
        yield caption("example", lang), example.removeprefix("=")  # a text that looks like a formula might become one


def _words(lang: str) -> Iterator[tuple[str, str]]:
    yield "", caption("words_note", lang)
    exchanges: tuple[tuple[str, type[Enum]], ...] = (("exchange", Exchange), ("market", Market))
    for key, places in exchanges:
        for place in places:
            yield f"{caption(key, lang)} {place.value.ko}", ", ".join(place.value.words)
    for who in (*INVESTORS, TOTAL):
        words = (who.code, who.ko, who.en, *who.words)
        yield f"{caption('investor', lang)} {who.ko}", ", ".join(dict.fromkeys(word for word in words if word))
    fields: tuple[tuple[str, type[Enum]], ...] = (("band", Band), ("side", Side), ("measure", Measure))
    for key, kind in fields:
        yield caption(key, lang), " / ".join(", ".join(member.value[2]) for member in kind)


def _section(book: Book, sheet: Any, row: int, title: str, lines: list[tuple[str, str]]) -> int:
    """A title and its lines; the row after them and a blank one."""
    head = book.format(bold=True, font_size=11, bg_color="head", bottom=1, bottom_color="strong_line", valign="vcenter")
    sheet.set_row(row, 20)
    sheet.write_string(row, 0, title, head)
    sheet.write_blank(row, 1, None, head)
    line = {"bottom": 1, "bottom_color": "row_line", "valign": "top"}
    before = None
    for at, (label, text) in enumerate(lines, row + 1):
        shown = "" if label == before else label
        before = label
        sheet.write_string(at, 0, shown, book.format(**line, bold=True, font_color="part"))
        sheet.write_string(at, 1, text, book.format(**line, text_wrap=True))
        sheet.set_row(at, _LINE * math.ceil(width(text) / (layout()["addin"]["wide"])))
    return row + len(lines) + 2
