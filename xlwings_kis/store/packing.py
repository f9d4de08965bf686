"""Rows as few bytes, and back exactly.

Figures of one snapshot are small whole numbers that resemble their neighbours, so: 32-bit (64 where one needs it), bytes of
equal rank side by side, deflated. A reading costs microseconds, and a year of all pairs a few hundred megabytes.
"""

from __future__ import annotations

import json
import struct
import zlib

from xlwings_kis.fields import FIGURES
from xlwings_kis.rows import Figure, Row

_WIDTHS = {4: "i", 8: "q"}
_LEVEL = 9


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
    return bytes((width,)) + zlib.compress(planes, _LEVEL, wbits=-15)


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


def unpack_one(packed: bytes, size: int, row: int, field: int) -> Figure:
    """One figure of a snapshot of `size` rows, without building the rest: for a day's series. Raises like `unpack`."""
    return _figures(packed, size * len(FIGURES))[field * size + row]


def _figures(packed: bytes, count: int) -> list[Figure]:
    try:
        width = packed[0]
        planes = zlib.decompress(packed[1:], wbits=-15, bufsize=width * count or 1)
        raw = bytearray(width * count)
        for rank in range(width):
            raw[rank::width] = planes[rank * count : (rank + 1) * count]
        missing = -(2 ** (8 * width - 1))
        return [None if f == missing else f for f in struct.unpack(f"<{count}{_WIDTHS[width]}", raw)]
    except (KeyError, IndexError, struct.error, zlib.error) as damaged:
        raise ValueError("not a packed snapshot") from damaged
