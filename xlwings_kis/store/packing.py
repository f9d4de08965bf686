"""Rows as few bytes, and back exactly.

Most figures of a snapshot follow from others but for rounding: 순매수 from 매수 and 매도, 전체 from 차익 and 비차익. So what is
packed is how far each is from what the others let expect, mostly 0 or 1: as 32-bit numbers (64 where one needs it), bytes of
equal rank side by side, deflated, with a checksum. A reading costs microseconds, and a year of all pairs a few hundred
megabytes.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from xlwings_kis.fields import BY_CHOICE, FIGURES, INDEX, Band, Field, Measure, Side
from xlwings_kis.rows import Figure, Row

_WIDTHS = {4: "I", 8: "Q"}
_LEVEL = 9
_EXPECTED = 0x10
"""Added to the first byte, which is the width. Version 1 of the tables packed figures as they are, without a checksum."""

_SIZE = len(FIGURES)


def _terms(field: Field) -> tuple[tuple[int, int], ...]:
    """What a figure is expected to be: the places of other figures with their signs; nothing for those that stand alone."""

    def place(band: Band | None, side: Side | None) -> int:
        return INDEX[BY_CHOICE[(band, side, field.measure)].wire]

    if field.side is Side.NET:
        return (place(field.band, Side.BUY), 1), (place(field.band, Side.SELL), -1)
    if field.band is Band.ALL:
        return (place(Band.ARBITRAGE, field.side), 1), (place(Band.NON_ARBITRAGE, field.side), 1)
    return ()


_TERMS = tuple(_terms(field) for field in FIGURES)
_ORDER = tuple(
    INDEX[BY_CHOICE[(band, side, measure)].wire]
    for band in (Band.ARBITRAGE, Band.NON_ARBITRAGE, Band.ALL)
    for side in (Side.SELL, Side.BUY, Side.NET)
    for measure in Measure
)
"""Places so that what a figure is expected from comes before it."""


def pack_roster(rows: tuple[Row, ...]) -> str:
    """Who is in the table: nearly always the same, so it is kept apart and once."""
    return json.dumps([[row.code, row.name] for row in rows], separators=(",", ":"))


def pack_figures(rows: tuple[Row, ...]) -> bytes:
    """The figures, column by column (neighbours resemble each other)."""
    columns = list(zip(*(row.figures for row in rows), strict=True)) or [()] * _SIZE
    whole = not any(None in column for column in columns)
    surprises = [one for place in range(_SIZE) for one in _surprises(columns, place, whole)]
    width = 4 if all(one is None or abs(one) < 2**31 - 1 for one in surprises) else 8
    missing = _missing(width)
    folded = [missing if one is None else one << 1 ^ one >> 63 for one in surprises]  # the sign goes last
    raw = struct.pack(f"<{len(surprises)}{_WIDTHS[width]}", *folded)
    planes = b"".join(raw[rank::width] for rank in range(width))
    return bytes((width + _EXPECTED,)) + zlib.compress(planes, _LEVEL)


def unpack(roster: str, packed: bytes) -> tuple[Row, ...]:
    """The rows again. Raises `ValueError` for anything `pack_…` did not write."""
    try:
        people = _people(roster)
        figures = _planes(packed, len(people)).rows()
        return tuple(Row(code, name, one) for (code, name), one in zip(people, figures, strict=True))
    except (TypeError, RecursionError) as damaged:
        raise ValueError("not a packed snapshot") from damaged


def unpack_roster(roster: str) -> list[str]:
    """The codes of the rows. Raises like `unpack`."""
    try:
        return [code for code, _name in _people(roster)]
    except (TypeError, RecursionError) as damaged:
        raise ValueError("not a packed snapshot") from damaged


@lru_cache(maxsize=32)
def _people(roster: str) -> tuple[tuple[str, str], ...]:
    return tuple((str(code), str(name)) for code, name in json.loads(roster))


def unpack_some(packed: bytes, size: int, places: Iterable[tuple[int, int]]) -> tuple[Figure, ...]:
    """Single figures (row, field) of a snapshot of `size` rows, without building the rest. Raises like `unpack`."""
    planes = _planes(packed, size)
    return tuple(planes.figure(row, field) for row, field in places)


class _Planes(NamedTuple):
    """Bytes of equal rank side by side: `width` ranks of `size` rows each; `plain`: as version 1 packed them."""

    width: int
    size: int
    plain: bool
    planes: bytes

    def rows(self) -> Iterable[tuple[Figure, ...]]:
        """The figures row by row: restored column by column, for all rows of a column follow from others alike."""
        kept = self._kept()
        columns = [kept[at * self.size : (at + 1) * self.size] for at in range(_SIZE)]
        if not self.plain:
            whole = None not in kept
            for place in _ORDER:
                if not _TERMS[place]:
                    continue
                (one, _), (other, sign) = _TERMS[place]
                if whole:
                    parts = zip(columns[place], columns[one], columns[other], strict=True)
                    columns[place] = [k + a + sign * b for k, a, b in parts]  # type: ignore[operator] # none is missing
                else:
                    columns[place] = [
                        _restored(k, place, {one: a, other: b}.__getitem__)
                        for k, a, b in zip(columns[place], columns[one], columns[other], strict=True)
                    ]
        return zip(*columns, strict=True)

    def _kept(self) -> list[Figure]:
        """Everything that was packed, column by column."""
        count = self.size * _SIZE
        raw = bytearray(len(self.planes))
        for rank in range(self.width):
            raw[rank :: self.width] = self.planes[rank * count : (rank + 1) * count]
        folded = struct.unpack(f"<{count}{_WIDTHS[self.width]}", raw)
        if self.plain or _missing(self.width) in folded:
            return [self._unfolded(one) for one in folded]
        return [one >> 1 ^ -(one & 1) for one in folded]

    def figure(self, row: int, place: int) -> Figure:
        """One figure."""
        at = place * self.size + row
        kept = self._unfolded(int.from_bytes(self.planes[at :: self.size * _SIZE], "little"))
        return kept if self.plain else _restored(kept, place, lambda other: self.figure(row, other))

    def _unfolded(self, one: int) -> Figure:
        if self.plain:
            half = 2 ** (8 * self.width - 1)
            return None if one == half else one - 2 * half if one > half else one
        return None if one == _missing(self.width) else one >> 1 if one % 2 == 0 else -(one + 1 >> 1)


def _surprises(columns: Sequence[Sequence[Figure]], place: int, whole: bool) -> Sequence[Figure]:
    """How far the figures of a column are from what is expected; themselves where one they are expected from is missing.

    Where the table is `whole` a column is worked out at once: this happens while the database is being written.
    """
    if not _TERMS[place]:
        return columns[place]
    (one, _), (other, sign) = _TERMS[place]
    parts = zip(columns[place], columns[one], columns[other], strict=True)
    if whole:
        return [figure - a - sign * b for figure, a, b in parts]  # type: ignore[operator] # none is missing
    return [
        None if figure is None else figure - _expected(place, {one: a, other: b}.__getitem__) for figure, a, b in parts
    ]


def _restored(kept: Figure, place: int, other: Callable[[int], Figure]) -> Figure:
    return None if kept is None else kept + _expected(place, other)


def _expected(place: int, other: Callable[[int], Figure]) -> int:
    total = 0
    for at, sign in _TERMS[place]:
        figure = other(at)
        if figure is None:
            return 0
        total += sign * figure
    return total


def _missing(width: int) -> int:
    return int(2 ** (8 * width)) - 1


def _planes(packed: bytes, size: int) -> _Planes:
    try:
        width, expected = packed[0] & ~_EXPECTED, packed[0] & _EXPECTED
        bufsize = width * size * _SIZE or 1
        planes = zlib.decompress(packed[1:], wbits=15 if expected else -15, bufsize=bufsize)
    except (IndexError, zlib.error) as damaged:
        raise ValueError("not a packed snapshot") from damaged
    if width not in _WIDTHS or len(planes) != width * size * _SIZE:
        raise ValueError("not a packed snapshot")
    return _Planes(width, size, not expected, planes)
