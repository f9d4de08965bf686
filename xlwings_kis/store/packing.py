"""Rows as few bytes, and back exactly.

Figures of one snapshot are small whole numbers that resemble their neighbours, so: 32-bit (64 where one needs it), bytes of
equal rank side by side, deflated, with a checksum. A reading costs microseconds, and a year of all pairs a few hundred megabytes.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable

from xlwings_kis.fields import FIGURES
from xlwings_kis.rows import Figure, Row

_WIDTHS = {4: "i", 8: "q"}
_LEVEL = 9
_CHECKED = 0x10
"""Added to the first byte, which is the width: a checksum follows the figures. Version 1 of the tables had none."""


def pack_roster(rows: tuple[Row, ...]) -> str:
    """Who is in the table: nearly always the same, so it is kept apart and once."""
    return json.dumps([[row.code, row.name] for row in rows], separators=(",", ":"))


def pack_figures(rows: tuple[Row, ...]) -> bytes:
    """The figures, column by column (neighbours resemble each other)."""
    figures = [row.figures[at] for at in range(len(FIGURES)) for row in rows]
    width = 4 if all(figure is None or abs(figure) < 2**31 - 1 for figure in figures) else 8
    missing = -(2 ** (8 * width - 1))
    raw = struct.pack(f"<{len(figures)}{_WIDTHS[width]}", *(missing if f is None else f for f in figures))
    planes = b"".join(raw[rank::width] for rank in range(width))
    return bytes((width + _CHECKED,)) + zlib.compress(planes, _LEVEL)


def unpack(roster: str, packed: bytes) -> tuple[Row, ...]:
    """The rows again. Raises `ValueError` for anything `pack_…` did not write."""
    try:
        people = json.loads(roster)
        size = len(people)
        figures = _figures(packed, size * len(FIGURES))
        return tuple(
            Row(str(code), str(name), tuple(figures[at * size + row] for at in range(len(FIGURES))))
            for row, (code, name) in enumerate(people)
        )
    except (TypeError, RecursionError) as damaged:
        raise ValueError("not a packed snapshot") from damaged


def unpack_roster(roster: str) -> list[str]:
    """The codes of the rows. Raises like `unpack`."""
    try:
        return [str(code) for code, _name in json.loads(roster)]
    except (TypeError, RecursionError) as damaged:
        raise ValueError("not a packed snapshot") from damaged


def unpack_some(packed: bytes, size: int, places: Iterable[tuple[int, int]]) -> tuple[Figure, ...]:
    """Single figures (row, field) of a snapshot of `size` rows, without building the rest. Raises like `unpack`."""
    count = size * len(FIGURES)
    width, planes = _planes(packed, count)
    missing = -(2 ** (8 * width - 1))
    found = []
    for row, field in places:
        raw = planes[field * size + row :: count]
        figure = int.from_bytes(raw, "little", signed=True)
        found.append(None if figure == missing else figure)
    return tuple(found)


def _figures(packed: bytes, count: int) -> list[Figure]:
    width, planes = _planes(packed, count)
    raw = bytearray(width * count)
    for rank in range(width):
        raw[rank::width] = planes[rank * count : (rank + 1) * count]
    missing = -(2 ** (8 * width - 1))
    return [None if f == missing else f for f in struct.unpack(f"<{count}{_WIDTHS[width]}", raw)]


def _planes(packed: bytes, count: int) -> tuple[int, bytes]:
    """The bytes of equal rank side by side, and how many ranks there are."""
    try:
        width, checked = packed[0] & ~_CHECKED, packed[0] & _CHECKED
        planes = zlib.decompress(packed[1:], wbits=15 if checked else -15, bufsize=width * count or 1)
    except (IndexError, zlib.error) as damaged:
        raise ValueError("not a packed snapshot") from damaged
    if width not in _WIDTHS or len(planes) != width * count:
        raise ValueError("not a packed snapshot")
    return width, planes
