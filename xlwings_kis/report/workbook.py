"""A report as a workbook: values only, in the order 요약, a sheet a pair, 시간대별, 자료."""

from __future__ import annotations

from xlwings_kis.pen import Pen
from xlwings_kis.report import course_sheet, cover, page, pair_sheet, source_sheet
from xlwings_kis.report.content import Report
from xlwings_kis.report.seal import seal
from xlwings_kis.report.texts import text
from xlwings_kis.xlsx import new_book, packed


def workbook(report: Report) -> bytes:
    """The file. The same report makes the same bytes."""
    book, pen, lang = new_book(), Pen(), report.lang
    first = book.create_sheet(text("summary", lang))
    for pair in report.pairs:
        pair_sheet.draw(pen, book.create_sheet(pair.label(lang)), report, pair)
    course = course_sheet.draw(pen, book.create_sheet(text("course", lang)), report) if report.course else ()
    source_sheet.draw(pen, book.create_sheet(text("sources", lang)), report)
    cover.draw(pen, first, report, course)  # last, for its charts look at the others
    for sheet in book.worksheets:
        page.foot(sheet, report)
    page.sign(book, report)
    return packed(book, seal)
