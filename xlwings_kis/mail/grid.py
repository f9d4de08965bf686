"""The small table of a mail: net buying of one pair in 억원, narrow enough for a phone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from xlwings_kis import press
from xlwings_kis.block import Role
from xlwings_kis.fields import NAME, Band
from xlwings_kis.investors import BY_CODE, BY_INTEREST, FIXED_PLACES, PARTS, TOTAL
from xlwings_kis.press import Nets
from xlwings_kis.reading import Reading
from xlwings_kis.rows import Figure
from xlwings_kis.snapshot import Snapshot, row_label
from xlwings_kis.table import corner, mark

_DETAILS = tuple(code for code in FIXED_PLACES if code in PARTS)
_COLUMNS = (Band.ARBITRAGE, Band.NON_ARBITRAGE, Band.ALL)


class Line(NamedTuple):
    """One row: net buying in million won."""

    label: str
    role: Role
    nets: Nets

    @property
    def figures(self) -> tuple[Figure, ...]:
        """In the order of the columns: 차익, 비차익, 전체."""
        return self.nets.arbitrage, self.nets.non_arbitrage, self.nets.total


@dataclass(frozen=True, slots=True)
class Grid:
    """The table of one pair: its four groups, their 합계, then the parts of 기관계 and whoever else came."""

    title: str
    unit: str
    heading: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]


def grid(reading: Reading, snapshot: Snapshot, lang: str) -> Grid:
    """The table of a reading that has figures; marked in its title where they are not simply today's."""
    ko = lang == "ko"
    others = tuple(row.code for row in snapshot.rows if row.code not in (*BY_INTEREST, *_DETAILS))
    shown = (
        *((code, Role.GROUP) for code in BY_INTEREST),
        (TOTAL.code, Role.TOTAL),
        *((code, Role.PART) for code in _DETAILS),
        *((code, Role.PART if code in BY_CODE else Role.OTHER) for code in others),
    )
    marked = f" · {corner(reading)}" if mark(snapshot, lang) else ""
    return Grid(
        title=snapshot.pair.label(lang) + marked,
        unit="(단위: 억원, 순매수)" if ko else "(KRW 100 million, net buying)",
        heading=NAME.label(lang),
        columns=tuple(str(band.value[0 if ko else 1]) for band in _COLUMNS),
        lines=tuple(Line(row_label(snapshot, code, lang), role, press.nets(snapshot, code)) for code, role in shown),
    )
