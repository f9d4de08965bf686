"""A body as stores hold it: written once, read back exactly or not at all. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from xlwings_kis.clock import to_kst
from xlwings_kis.fields import INDEX, Field
from xlwings_kis.investors import DISJOINT, FIXED_PLACES
from xlwings_kis.markets import Pair
from xlwings_kis.rows import Figure
from xlwings_kis.snapshot import Snapshot, Standing
from xlwings_kis.store import packing
from xlwings_kis.store.base import StoreTrouble

SHOWS = (Standing.TODAY, Standing.UNCONFIRMED, Standing.HOLIDAY)
"""What a body counts as whose figures are shown."""


class Packed(NamedTuple):
    """A body as its row holds it."""

    people: str
    figures: bytes
    notes: str | None
    content: bytes
    sha256: bytes

    @classmethod
    def of(cls, snapshot: Snapshot) -> Packed:
        """Pack it. Raises `StoreTrouble` for what no row can hold."""
        try:
            return cls(
                packing.pack_roster(snapshot.rows),
                packing.pack_figures(snapshot.rows),
                json.dumps(snapshot.notes) if snapshot.notes else None,  # ASCII: half a character stands in no database
                snapshot.content,
                bytes.fromhex(snapshot.sha256),
            )
        except Exception as odd:  # a body that cannot be written says nothing of the file
            raise StoreTrouble("not to be written") from odd

    @property
    def others(self) -> list[str]:
        """The codes beyond the fixed places, in order."""
        return [code for code in packing.unpack_roster(self.people) if code not in FIXED_PLACES]


class Run(NamedTuple):
    """A body that stood from its first sight to its last, and what it counts as."""

    first: float
    last: float
    body: Packed
    standing: str
    of: float | None = None

    def snapshot(self, pair: Pair, *, demo: bool) -> Snapshot:
        """The table again. Raises `ValueError` where it is not what was stored."""
        body = self.body
        try:
            snapshot = Snapshot(
                pair,
                to_kst(self.last),
                packing.unpack(body.people, body.figures),
                _texts(body.notes),
                to_kst(self.first),
                _moment(self.of),
                Standing(self.standing),
                demo=demo,
                sha256=body.sha256.hex(),
            )
            whole = snapshot.content == body.content
        except (TypeError, AttributeError, OverflowError, OSError, UnicodeError) as damaged:
            raise ValueError("not a stored snapshot") from damaged
        if not whole:
            raise ValueError("not the figures that were stored")
        return snapshot


class Places(NamedTuple):
    """Where wanted figures stand among so many rows, and of how many parts each is the sum: 0 where one is missing."""

    size: int
    places: list[tuple[int, int]]
    summed: list[int]

    @classmethod
    def among(cls, people: str, wanted: Sequence[tuple[str, Field]]) -> Places:
        """Look them up: (investor code, field); the empty code means 합계."""
        rows = packing.unpack_roster(people)
        places: list[tuple[int, int]] = []
        summed: list[int] = []
        for code, field in wanted:
            codes = (code,) if code else DISJOINT
            there = [(rows.index(one), INDEX[field.wire]) for one in codes if one in rows]
            whole = len(there) == len(codes)
            places += there if whole else []
            summed.append(len(there) if whole else 0)
        return cls(len(rows), places, summed)

    def figures(self, packed: bytes) -> tuple[Figure, ...]:
        """The wanted figures of a body with these rows."""
        found = iter(packing.unpack_some(packed, self.size, self.places))
        return tuple(_sum([next(found) for _ in range(parts)]) for parts in self.summed)


def stood(found: Snapshot | None, moment: float) -> Snapshot | None:
    """The table first seen last before a moment, as `base.Store.at` dates it."""
    return replace(found, asof=min(found.asof, to_kst(moment))) if found else None


def _sum(figures: list[Figure]) -> Figure:
    known = [figure for figure in figures if figure is not None]
    return sum(known) if known and len(known) == len(figures) else None


def _moment(epoch: float | None) -> datetime | None:
    return None if epoch is None else to_kst(epoch)


def _texts(notes: str | None) -> tuple[str, ...]:
    texts = json.loads(notes or "[]")
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ValueError("not stored notes")
    return tuple(texts)
