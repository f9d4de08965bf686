"""From which versions an add-in was built: constants in its VBA module `KisBuild`."""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from xlwings_kis.addin import vba

MODULE = "KisBuild"
_CONSTANT = r'\b{}\b[^"\r\n]*=\s*"([^"\r\n]*)"'
_BROKEN = (zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError, StopIteration, RuntimeError)
"""What a file that only looks like an add-in brings: no archive, a damaged one, a locked one, one without a project."""


@dataclass(frozen=True)
class Stamp:
    """Versions of xlwings-kis and of xlwings."""

    version: str
    xlwings: str


def read(addin: Path) -> Stamp | None:
    """The stamp of an add-in; None where the file is no add-in of ours. Raises `OSError`."""
    try:
        with zipfile.ZipFile(addin) as archive:
            project = vba.read(archive.read("xl/vbaProject.bin"))
    except _BROKEN:
        return None
    source = next((module.source for module in project.modules if module.name == MODULE), "")
    found = [re.search(_CONSTANT.format(name), source) for name in ("KIS_VERSION", "KIS_XLWINGS")]
    return Stamp(*(each[1] for each in found if each)) if all(found) else None
