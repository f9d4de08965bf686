"""What stands on a sheet 시간대별, told from its values alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, NamedTuple

from xlwings_kis.investors import BY_CODE
from xlwings_kis.live.by_time import places
from xlwings_kis.live.choices import every
from xlwings_kis.live.found import Found, Kind
from xlwings_kis.live.past import INVESTORS
from xlwings_kis.live.places import Rect, cells
from xlwings_kis.live.texts import text
from xlwings_kis.markets import ALL_PAIRS, Pair

_MINUTES_A_DAY = 1440


class Block(NamedTuple):
    """A pair's rows: where its title stands, and the minutes of the day of its steps."""

    pair: Pair
    row: int
    minutes: tuple[int, ...]


@dataclass(frozen=True)
class Course:
    """A sheet as it stands: `sheet` has its cells, `blocks` what they hold."""

    sheet: Found = field(default_factory=Found)
    blocks: tuple[Block, ...] = ()

    @property
    def kind(self) -> Kind:
        """Whose sheet it is."""
        return self.sheet.kind

    @property
    def every(self) -> int:
        """Minutes between the rows, as the sheet's own cell has it."""
        return every(self.sheet.value(places.SETTINGS, 2) if self.kind is Kind.OURS else None)

    @property
    def end(self) -> int:
        """The row after the last block."""
        return places.starts([len(block.minutes) for block in self.blocks])[-1]

    @property
    def area(self) -> Rect:
        """What the blocks take of it."""
        return Rect(1, 1, max(places.FIRST, self.end - 1), places.TOTALS_COLUMN + places.TOTALS_COLUMNS - 1)

    def taken(self, blocks: Iterable[tuple[int, int]]) -> bool:
        """Whether something of the user's stands where such blocks would be (see `places.written`)."""
        own = places.written((block.row, len(block.minutes)) for block in self.blocks)
        return self.sheet.holds_in(cells(places.written(blocks)) - cells(own))


def look(values: Sequence[Sequence[Any]]) -> Course:
    """What the values of a sheet, from A1 on, say about it."""
    kept = tuple(tuple(row) for row in values)
    if all(value is None or value == "" for row in kept for value in row):
        return Course()
    raw = Found(Kind.FOREIGN, kept)
    heads = {lang: _heads(lang) for lang in ("ko", "en")}
    seen = tuple(raw.value(*cell) for cell in ((places.SETTINGS, 1), (places.BANDS, 1), (places.PEOPLE, 2)))
    lang = next((lang for lang, head in heads.items() if head == seen), "")
    if not lang:
        there = {value for row in kept for value in row if isinstance(value, str)}
        return Course(Found(Kind.MOVED if any(there >= set(head) for head in heads.values()) else Kind.FOREIGN, kept))
    blocks = _blocks(raw, lang)
    rows = {row for block in blocks for row in range(block.row, block.row + 1 + len(block.minutes))}
    stray = any(_ours(raw.value(row, 1), lang) for row in range(places.FIRST, len(kept) + 1) if row not in rows)
    return Course(Found(Kind.MOVED if stray else Kind.OURS, kept, lang), () if stray else blocks)


def minute_of(value: Any) -> int | None:
    """The minute of the day a cell shows, however an engine gives it: a fraction, a date-time, text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return round(value * _MINUTES_A_DAY) if 0 <= value < 1 else None
    if isinstance(value, str) and ":" in value:
        try:
            value = datetime.fromisoformat(value) if "T" in value else time.fromisoformat(value)
        except ValueError:
            return None
    return value.hour * 60 + value.minute if isinstance(value, datetime | time) else None


def title(pair: Pair, day: date | None, lang: str) -> str:
    """`KRX 코스피 · 11/20(금)`: a block says itself of which day it is."""
    if day is None:
        return pair.label(lang)
    weekday = text("weekdays", lang).split()[day.weekday()]
    return f"{pair.label(lang)} · {day:%m/%d}{'' if lang == 'ko' else ' '}({weekday})"


def _heads(lang: str) -> tuple[str, ...]:
    return text("every", lang), text("time", lang), BY_CODE[INVESTORS[0]].label(lang)


def _blocks(raw: Found, lang: str) -> tuple[Block, ...]:
    blocks: list[Block] = []
    row = places.FIRST
    while pair := _pair(raw.value(row, 1), lang):
        minutes: list[int] = []
        while (minute := minute_of(raw.value(row + 1 + len(minutes), 1))) is not None:
            minutes.append(minute)
        blocks.append(Block(pair, row, tuple(minutes)))
        row += places.height(len(minutes))
    return tuple(blocks)


def _ours(value: Any, lang: str) -> bool:
    return minute_of(value) is not None or _pair(value, lang) is not None


def _pair(value: Any, lang: str) -> Pair | None:
    label = value.partition(" · ")[0] if isinstance(value, str) else ""
    return next((pair for pair in ALL_PAIRS if pair.label(lang) == label), None)
