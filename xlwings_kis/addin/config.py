"""The user's file of settings for xlwings' VBA: lines `"KEY","VALUE"`, read by `Input #` as the machine's code page.

Only the interpreter is ours; other lines are the user's and stay. Pure.
"""

from __future__ import annotations

import re

INTERPRETER = "INTERPRETER_WIN"

_LINE = re.compile(r'^\s*"([^"]*)"\s*,\s*"([^"]*)"\s*$')
_BYTES = "latin-1"
"""Every byte is a letter of it, so lines of any code page come back as they were."""


def interpreter(data: bytes) -> str | None:
    """The interpreter that the file names."""
    for key, value in _pairs(data):
        if key.upper() == INTERPRETER and value:
            return value
    return None


def with_interpreter(data: bytes, value: str) -> bytes:
    """The file with this interpreter. Lines that VBA would stumble over are dropped."""
    rest = [(key, kept) for key, kept in _pairs(data) if key.upper() != INTERPRETER]
    lines = (f'"{key}","{kept}"\r\n' for key, kept in ((INTERPRETER, value), *rest))
    return "".join(lines).encode(_BYTES)


def _pairs(data: bytes) -> list[tuple[str, str]]:
    found = (_LINE.match(line) for line in re.split(r"\r\n|\r|\n", data.decode(_BYTES)))
    return [(each[1], each[2]) for each in found if each]
