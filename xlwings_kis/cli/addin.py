"""`addin build`: the add-in and the workbook as files, on any system."""

from __future__ import annotations

import argparse
import errno
from pathlib import Path

from xlwings_kis.cli.terminal import patience, say
from xlwings_kis.cli.texts import text
from xlwings_kis.errors import failure


def build(arguments: argparse.Namespace) -> int:
    """Write both files into a folder and name them."""
    from xlwings_kis.addin import package

    folder, lang = Path(arguments.output or "."), arguments.lang
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with patience(text("building", lang)):
            made = package.build(folder, lang)
    except OSError as trouble:
        reasons = {errno.ENOSPC: "why_full", errno.ENAMETOOLONG: "why_long", errno.ENOENT: "why_folder"}
        odd = isinstance(trouble, FileExistsError | NotADirectoryError)
        why = "why_odd" if odd else reasons.get(trouble.errno or 0, "why_open")
        named = Path(trouble.filename2 or trouble.filename or folder).name or str(folder)
        raise failure("cannot_write", file=named, reason=text(why, lang)) from trouble
    for path in made:
        say(text("saved", lang, file=str(path)))
    say(text("built_next", lang))
    return 0
