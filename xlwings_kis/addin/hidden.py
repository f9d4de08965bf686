"""The two sheets nobody sees: xlwings' settings and the sentences for VBA."""

from __future__ import annotations

from typing import Final

from xlwings_kis.addin import texts, wrappers
from xlwings_kis.addin.look import Book
from xlwings_kis.addin.places import PROJECT

CONFIG = f"{PROJECT}.conf"
PROBE = "E1"
"""A cell that VBA (KisProbe) calculates once to learn what this Excel does."""

SETTINGS: Final[tuple[tuple[str, str], ...]] = (
    ("ADD_WORKBOOK_TO_PYTHONPATH", "False"),
    ("UDF MODULES", wrappers.MODULE),
    ("USE UDF SERVER", "True"),
    ("DEBUG UDFS", "False"),
    ("SHOW CONSOLE", "False"),
    ("CONDA PATH", ""),
    ("CONDA ENV", ""),
    ("LICENSE_KEY", ""),
)
"""What xlwings' VBA asks for, as it spells it. A blank one spares the look into the user's file, which `addin install` writes
and which alone names the interpreter. Texts, for VBA turns them into Booleans in any language, and the DLL wants "False"."""


def add(book: Book, config: str, sentences: str) -> None:
    """Both sheets, hidden; `config` and `sentences` are their code names."""
    settings = book.sheet(CONFIG, config)
    settings.set_column(0, 0, 32)
    settings.set_column(1, 1, 24)
    for row, (key, value) in enumerate(SETTINGS):
        settings.write_string(row, 0, key)
        settings.write_string(row, 1, value)
    told = book.sheet(texts.SHEET, sentences)
    told.set_column(0, 0, 32)
    told.set_column(1, 2, 80)
    for row, line in enumerate((("key", "ko", "en"), *texts.rows())):
        for column, text in enumerate(line):
            told.write_string(row, column, text)
    told.write_formula(PROBE, "=KisProbeCell()", None, 0)
    for sheet in (settings, told):
        sheet.hide()
