"""What xlwings Server offers as scripts."""

from xlwings_kis.server.scripts import refresh, report_sheet

__all__ = ["refresh", "report_sheet"]
