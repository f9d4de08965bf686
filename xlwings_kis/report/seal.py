"""The mark of a report that nobody has touched: a digest of all its parts, kept in its properties.

Whoever writes the file anew (Excel, LibreOffice, openpyxl, a script) writes at least one part otherwise, and the digest
fits no more. Nothing has to be known of them.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

MARK = "xlwings-kis:report"
"""The identifier in the properties of every report; the digest follows it."""

_PROPERTIES = "docProps/core.xml"
_SEALED = re.compile(rb">%b:([0-9a-f]{64})<" % MARK.encode())
_LARGEST = 64 * 1024 * 1024
"""Bytes of all parts; a report has a hundredth of that."""


def seal(parts: dict[str, bytes]) -> None:
    """Put the digest beside the mark."""
    bare = b">%b<" % MARK.encode()
    sealed = b">%b:%b<" % (MARK.encode(), _digest(parts).encode())
    parts[_PROPERTIES] = parts[_PROPERTIES].replace(bare, sealed)


def intact(path: Path) -> bool:
    """Whether a file is a report as it was written, part by part. Raises what reading a file and an archive may raise."""
    with zipfile.ZipFile(path) as file:
        entries = file.infolist()
        if sum(entry.file_size for entry in entries) > _LARGEST or len({entry.filename for entry in entries}) < len(
            entries
        ):
            return False
        properties = file.read(_PROPERTIES)
        found = _SEALED.search(properties)
        if not found:
            return False
        parts = {entry.filename: file.read(entry) for entry in entries}
    parts[_PROPERTIES] = _SEALED.sub(b">%b<" % MARK.encode(), properties)
    return _digest(parts).encode() == found[1]


def _digest(parts: Mapping[str, bytes]) -> str:
    made = sha256()
    for name, part in parts.items():
        made.update(f"{name}\0{len(part)}\0".encode())
        made.update(part)
    return made.hexdigest()
