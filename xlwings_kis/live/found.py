"""What stands on a sheet, told from its values alone: ours or not, and of which structure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cached_property
from typing import Any

from xlwings_kis import serials
from xlwings_kis.block import block
from xlwings_kis.live import places
from xlwings_kis.live.choices import CELLS, PAIRS_CELL
from xlwings_kis.live.places import Rect, block_row
from xlwings_kis.live.texts import text
from xlwings_kis.markets import ALL_PAIRS, Pair
from xlwings_kis.reading import Reading
from xlwings_kis.table import Missing

_LANGUAGES = ("ko", "en")
NOT_AVAILABLE = (Missing.NOT_AVAILABLE.value, -2146826246)
_NARROW = 12


class Kind(Enum):
    """Whose sheet it is."""

    EMPTY = "empty"
    OURS = "ours"
    MOVED = "moved"
    FOREIGN = "foreign"


@dataclass(frozen=True)
class Found:
    """A sheet as it stands. `width` is that of its tables, `extras` how many rows stand below the last."""

    kind: Kind = Kind.EMPTY
    cells: tuple[tuple[Any, ...], ...] = ()
    lang: str = ""
    pairs: tuple[Pair, ...] = ()
    width: int = 0
    extras: int = 0

    @property
    def area(self) -> Rect:
        """What the tables take of it; that of one narrow table where there is none yet."""
        return Rect(1, 1, block_row(max(1, len(self.pairs))) - 1, self.width or _NARROW)

    @property
    def settings(self) -> dict[str, Any]:
        """The values of the settings' cells by their address."""
        cells = {cell.address: self._at(cell.address) for cell in (*CELLS, PAIRS_CELL)}
        return cells if self.kind is Kind.OURS else {}

    def holds(self, rect: Rect, values: Sequence[Sequence[Any]]) -> bool:
        """Whether these values stand there already."""
        return all(
            _same(self.value(rect.row + down, rect.column + right), value)
            for down, row in enumerate(values)
            for right, value in enumerate(row)
        )

    def day(self, pair: Pair) -> date | None:
        """The day a pair's figures were fetched, as its block tells."""
        if pair not in self.pairs or self.simulated:
            return None
        return _day(self.value(block_row(self.pairs.index(pair)), 2))

    def taken(self, wanted: Iterable[Rect]) -> bool:
        """Whether something of the user's stands in these rectangles: a value outside of what is our own."""
        return self.holds_in(places.cells(wanted) - self._own)

    def holds_in(self, cells: Iterable[tuple[int, int]]) -> bool:
        """Whether there is a value in one of these cells."""
        return any(not _blank(self.value(*cell)) for cell in cells)

    @cached_property
    def _own(self) -> set[tuple[int, int]]:
        """The cells an earlier refresh has written for itself."""
        if not self.pairs:
            return set()
        extras = Rect(block_row(len(self.pairs)), 1, 1 + self.extras if self.extras else 0, self.width)
        return places.cells((*places.written(len(self.pairs), self.width), extras))

    def room(self, blocks: int, width: int) -> int:
        """For how many rows there is room below so many blocks, a heading aside, until something of the user's comes."""
        first = block_row(blocks)
        rows = (row for row in range(first, places.READ_ROWS + 1) if self.taken([Rect(row, 1, 1, width)]))
        return max(0, min(next(rows, places.READ_ROWS + 1) - first - 1, places.MOST_EXTRAS))

    @property
    def simulated(self) -> bool:
        """Whether the simulator's figures stand there: they are nothing to keep once KIS itself is asked."""
        status = str(self.value(places.TITLE, self.width) or "")
        return status.startswith(tuple(text("demo", lang) for lang in _LANGUAGES))

    def value(self, row: int, column: int) -> Any:
        """The value of a cell; None where nothing was read."""
        try:
            return self.cells[row - 1][column - 1]
        except IndexError:
            return None

    def _at(self, address: str) -> Any:
        return self.value(int(address[1:]), ord(address[0]) - 64)


def look(cells: Sequence[Sequence[Any]]) -> Found:
    """What the values of a sheet, from A1 on, say about it."""
    kept = tuple(tuple(row) for row in cells)
    if all(_blank(value) for row in kept for value in row):
        return Found()
    raw = Found(Kind.FOREIGN, kept)
    labels = [raw.value(places.SETTINGS, column) for column in range(1, 2 * len(CELLS), 2)]
    lang = next((lang for lang in _LANGUAGES if labels == [cell.label(lang) for cell in CELLS]), "")
    if not lang:
        known = {cell.label(each) for cell in CELLS for each in _LANGUAGES}
        seen = {value for row in kept for value in row if isinstance(value, str)}
        return Found(Kind.MOVED, kept) if len(known & seen) >= len(CELLS) - 1 else raw
    return _structure(kept, raw, lang)


def _structure(kept: tuple[tuple[Any, ...], ...], raw: Found, lang: str) -> Found:
    titles = {pair.label(lang): pair for pair in ALL_PAIRS}
    heading = block(Reading(ALL_PAIRS[0], lang=lang)).heading
    found: list[Pair] = []
    for slot in range(places.MOST_BLOCKS):
        row = block_row(slot)
        pair = titles.get(str(raw.value(row, 1)))
        if pair is None or raw.value(row + places.SIDES, 1) != heading:
            break
        found.append(pair)
    headings = [at for at, row in enumerate(kept, 1) if row and row[0] == heading]
    if headings != [block_row(slot) + places.SIDES for slot in range(len(found))]:
        return Found(Kind.MOVED, kept)
    if not found:
        blank = all(_blank(value) for row in kept[places.FIRST - 1 :] for value in row)
        return Found(Kind.OURS if blank else Kind.MOVED, kept, lang)
    sides = raw.cells[block_row(0) + places.SIDES - 1]
    width = next((at for at, value in enumerate(sides) if _blank(value)), len(sides))
    return Found(Kind.OURS, kept, lang, tuple(found), width, _extras(raw, len(found), lang))


def _extras(raw: Found, blocks: int, lang: str) -> int:
    row = block_row(blocks)
    if raw.value(row, 1) != text("extras", lang):
        return 0
    titles, count = tuple(f"{pair.label(lang)} · " for pair in ALL_PAIRS), 0
    while str(raw.value(row + 1 + count, 1)).startswith(titles):  # what a user put right below is none of ours
        count += 1
    return count


def _day(value: Any) -> date | None:
    """The day of a date-time as the engines give it: a date-time, Excel's number, or ISO text."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, int | float) and 0 < value < serials.LAST:
        return serials.day(value)
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value.removesuffix("Z")).date()
        except ValueError:
            return None
    return None


def _blank(value: Any) -> bool:
    return value is None or value == ""


def _same(here: Any, wanted: Any) -> bool:
    """Equal as Excel sees it: whole numbers come as either kind, TRUE is no 1, and #N/A comes as text or as COM's number."""
    if wanted is Missing.NOT_AVAILABLE:
        return here in NOT_AVAILABLE
    if _blank(here) or _blank(wanted):
        return _blank(here) and _blank(wanted)
    kinds = {
        "number" if isinstance(each, int | float) and not isinstance(each, bool) else type(each)
        for each in (here, wanted)
    }
    return len(kinds) == 1 and bool(here == wanted)
