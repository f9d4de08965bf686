"""The macros as xlwings Server calls them: with the caller's book, and a sentence for the task pane at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import xlwings as xw
from xlwings.pro import _xlremote

from xlwings_kis import ribbon

TOLD = "kisSaid"
"""The function of the task pane that is told: `xlwings.registerCallback(function kisSaid(context, sentence) {…})`."""


async def carried_out(macro: Callable[[xw.Book], str], book: xw.Book) -> None:
    """Run a macro on a thread, in an app of its own, and tell the task pane what it says."""
    alone(book)
    try:
        said = await asyncio.get_running_loop().run_in_executor(None, macro, book)
    finally:
        forget()
    book.app.macro(TOLD)(said)


def alone(book: xw.Book) -> None:
    """Give the book an app of its own.

    xlwings Server opens the books of all users in one app, and what belongs to the app (`alert`, `screen_updating`, a macro)
    goes to the book opened last: to somebody else's, where two users ask at the same time.
    """
    shared = book.impl.books
    own = type(shared.app)(shared.app.apps, add_book=False)
    shared.books.remove(book.impl)
    own.books.books.append(book.impl)
    own.books._active = book.impl
    book.impl.books = own.books


def forget() -> None:
    """Let go of the values xlwings has read: it keeps those of every workbook for good, which no server could hold."""
    _xlremote.get_range_api.cache_clear()


@xw.script
async def refresh(book: xw.Book) -> None:
    """새로고침."""
    await carried_out(ribbon.refresh, book)


@xw.script
async def report_sheet(book: xw.Book) -> None:
    """보고서 as a new sheet."""
    await carried_out(ribbon.report_sheet, book)


SCRIPTS: dict[str, Any] = {"refresh": refresh, "report_sheet": report_sheet}
"""By name; what `custom_scripts` of the project offers."""
