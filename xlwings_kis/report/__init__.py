"""The report that leaves the machine: one frozen value (`content`), made from a feed, written to a file or a mail.

    report = make(feed, Request())
    saved = save(report, target)

Nothing here is imported before it is needed: openpyxl loads when a file is written.
"""

from __future__ import annotations

from pathlib import Path

from xlwings_kis.report.content import Report
from xlwings_kis.report.making import Request, make
from xlwings_kis.report.target import Saved, beside, file_name, put


def render(report: Report) -> bytes:
    """The workbook. The same report makes the same bytes."""
    from xlwings_kis.report.workbook import workbook

    return workbook(report)


def save(report: Report, target: Path) -> Saved:
    """Write the workbook. Raises `OSError`, and then leaves what was there."""
    return put(render(report), target, report.lang)


__all__ = ["Report", "Request", "Saved", "beside", "file_name", "make", "render", "save"]
