"""Both files, made on any system: the add-in for every workbook, and a workbook that brings its own wrappers."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path

from xlwings_kis.addin import finish, formula_page, help_page, hidden, modules, ribbon, vba
from xlwings_kis.addin.look import Book
from xlwings_kis.addin.places import ADDIN_NAME, PROJECT
from xlwings_kis.files import replace_file
from xlwings_kis.resources import workbook_folder

__all__ = ["ADDIN_NAME", "PROJECT", "WORKBOOK_NAME", "addin", "build", "workbook"]

WORKBOOK_NAME = "kis_program_trade.xlsm"

_PAGES = ("SheetFormulas", "SheetFunctions")
_HIDDEN = ("SheetConfig", "SheetTexts")
"""Code names of the sheets; VBA knows them by these."""


def build(folder: Path, lang: str = "ko", sources: Traversable | None = None) -> tuple[Path, Path]:
    """Write the add-in and the workbook into a folder; their paths.

    `sources` holds `vba/` and `ribbon.xml`: `workbook/` unless given. Raises `AddinError` for an xlwings nobody knows, `OSError`
    where a file cannot be written.
    """
    sources = sources or workbook_folder()
    made = ((folder / ADDIN_NAME, addin(lang, sources)), (folder / WORKBOOK_NAME, workbook(lang, sources)))
    for path, data in made:
        replace_file(path, data)
    return made[0][0], made[1][0]


def addin(lang: str, sources: Traversable) -> bytes:
    """`xlwings_kis.xlam`: formulas and ribbon for every workbook."""
    template = (sources / ribbon.TEMPLATE).read_text(encoding="utf-8")
    project = modules.project(PROJECT, _HIDDEN, sources, addin=True, lang=lang)
    book = Book(vba.write(project))
    hidden.add(book, *_HIDDEN)
    return finish.as_addin(book.bytes(), template, lang)


def workbook(lang: str, sources: Traversable) -> bytes:
    """`kis_program_trade.xlsm`: examples, help and a refresh button; it needs no add-in."""
    project = modules.project("xlwings_kis_book", (*_PAGES, *_HIDDEN), sources, addin=False, lang=lang)
    book = Book(vba.write(project))
    formula_page.add(book, _PAGES[0], lang)
    help_page.add(book, _PAGES[1], lang)
    hidden.add(book, *_HIDDEN)
    return finish.as_workbook(book.bytes(), formula_page.MACRO)
