"""Where a report goes: never over a file that is open, encrypted, somebody else's, or that somebody has worked in.

Such a file gets a numbered sibling and one sentence.
"""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from xlwings_kis.files import replace_file
from xlwings_kis.report.content import Report
from xlwings_kis.report.seal import intact
from xlwings_kis.report.texts import text

ENDING = ".xlsx"
_SIBLINGS = 99


class Saved(NamedTuple):
    """Where the report is, and what to tell if that is not where it was asked to be."""

    path: Path
    remark: str = ""


def file_name(report: Report, *, ascii_only: bool = False) -> str:
    """`프로그램매매_20261120_1545.xlsx`, or `program_trade_20261120_1545.xlsx`."""
    lang = "en" if ascii_only else report.lang
    return text("file", lang, moment=f"{report.asof:%Y%m%d_%H%M}")


def put(
    data: bytes,
    wanted: Path,
    lang: str = "ko",
    *,
    replaceable: Callable[[Path], bool] | None = None,
) -> Saved:
    """Write whole or not at all. Raises `OSError` where neither the name nor a sibling of it can be written.

    `replaceable`: whether a file that is there may go, by default `ours`.
    """
    if wanted.exists() and not wanted.is_file():
        raise FileExistsError("a folder or device has that name")
    why = ""
    for path in (wanted, *(wanted.with_name(f"{wanted.stem}_{at}{wanted.suffix}") for at in range(2, _SIBLINGS + 1))):
        there = path.exists()
        if there and not (replaceable or ours)(path):
            why = why or ("file_there" if replaceable else "not_ours")
            continue
        try:
            replace_file(path, data)
        except PermissionError:
            if not there:  # not the file is in the way: the folder is closed to us
                raise
            why = why or "file_open"
        else:
            return Saved(path, text(why, lang, file=path.name) if why else "")
    raise FileExistsError("too many siblings")


def ours(path: Path) -> bool:
    """Whether a file is a report nobody has worked in since (or is empty, so that nothing can be lost).

    One that cannot be read is not: what guards encrypted files may let them be replaced though not be read.
    """
    try:
        if not path.is_file():
            return False
        if path.stat().st_size == 0:
            return True
        return intact(path)
    except (OSError, KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, zlib.error):
        return False


def beside(book: str | None, report: Report) -> Path:
    """Where the ribbon's report goes: the workbook's folder if it is local and writable, else Documents, else home."""
    for folder in _folders(book):
        if _writable(folder):
            return folder / file_name(report)
    return Path.home() / file_name(report)


def _folders(book: str | None) -> list[Path]:
    import platformdirs

    own = [Path(book).parent] if book and _local(book) else []
    return [*own, platformdirs.user_documents_path(), Path.home()]


def _local(book: str) -> bool:
    """A full path of this PC: not an address (OneDrive, SharePoint), not a share, not the bare name of an unsaved book."""
    return "://" not in book and not book.startswith(("\\\\", "//")) and Path(book).is_absolute()


def _writable(folder: Path) -> bool:
    """Whether a file can be made there; on Windows only trying tells."""
    try:
        with tempfile.TemporaryFile(dir=folder, prefix=".xlwings-kis-"):
            return True
    except OSError:
        return False
