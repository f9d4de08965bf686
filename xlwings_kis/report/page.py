"""Paper: A4, what stands at the foot of each page, nobody's name in the properties."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from openpyxl.worksheet.properties import PageSetupProperties

from xlwings_kis.report.content import Report
from xlwings_kis.report.seal import MARK
from xlwings_kis.report.texts import text
from xlwings_kis.resources import layout

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet


AUTHOR = "xlwings-kis"


def upright(sheet: Worksheet, scale: int | None = None) -> None:
    """Portrait; one page across where no scale (per cent) is given."""
    sheet.sheet_view.showGridLines = False
    sheet.sheet_format.defaultRowHeight = layout()["report"]["row_height"]
    sheet.sheet_format.customHeight = True
    sheet.page_setup.orientation = "portrait"
    sheet.page_setup.paperSize = layout()["page"]["paper"]
    if scale:
        sheet.page_setup.scale = scale
    else:
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.page_setup.fitToHeight = 0


def foot(sheet: Worksheet, report: Report) -> None:
    """조회시각, source and use on every page."""
    footer: Any = sheet.oddFooter  # None to the stubs
    footer.center.text = text("footer", report.lang, asof=f"{report.asof:%Y-%m-%d %H:%M:%S}", pages="&P/&N")
    footer.center.size = 8
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom = 0.5, 0.6


def sign(book: Workbook, report: Report) -> None:
    """The properties: a title, our mark, and as its times that of the figures."""
    known = book.properties
    known.title = f"{text('title', report.lang)} — {report.date_text} {report.session_label}".rstrip()
    known.creator = known.lastModifiedBy = AUTHOR
    known.identifier = MARK
    known.created = known.modified = report.asof.astimezone(UTC).replace(tzinfo=None, microsecond=0)
