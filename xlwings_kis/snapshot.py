"""One table as it was received: frozen values, no opinion on how to show them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING

from xlwings_kis.checks import Check, check, note
from xlwings_kis.fields import CODE, FIGURES, NAME, Field
from xlwings_kis.investors import BY_CODE, DISJOINT, TOTAL, investor_label
from xlwings_kis.markets import Exchange, Market, Pair
from xlwings_kis.rows import Figure, Row

if TYPE_CHECKING:
    import pandas as pd


class Standing(Enum):
    """What a body counts as; see `today`."""

    TODAY = "today"
    UNCONFIRMED = "unconfirmed"
    PREVIOUS = "previous"
    HOLIDAY = "holiday"
    EMPTY = "empty"


@dataclass(frozen=True, repr=False)
class Snapshot:
    """The table of one exchange and market at one moment.

    `asof` is our own fetch time (aware, KST): the answer carries none. `changed` is when this content was first seen, `of`
    the moment the figures are believed to belong to on a day without trading (midnight: only the day is known). `rows`
    are in the order of the tables: the known places first, then others as received; `notes` say what was odd about
    the body. `stale` marks old data of today served because KIS fails, `demo` data of the simulator. Quantities are
    thousand shares, amounts million won (observed, not documented).
    """

    pair: Pair
    asof: datetime
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    changed: datetime | None = None
    of: datetime | None = None
    standing: Standing = Standing.TODAY
    stale: bool = False
    demo: bool = False
    sha256: str = ""

    @property
    def exchange(self) -> Exchange:
        """KRX, NXT or both."""
        return self.pair.exchange

    @property
    def market(self) -> Market:
        """KOSPI or KOSDAQ."""
        return self.pair.market

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """The table held against its own sums, and what was noted while reading it; made when first asked for."""
        return (*(note(text) for text in self.notes), *check(self.rows))

    @property
    def failed_checks(self) -> tuple[Check, ...]:
        """The checks that did not pass."""
        return tuple(check for check in self.checks if not check.passed)

    @cached_property
    def by_code(self) -> dict[str, Row]:
        """The rows by investor code."""
        return {row.code: row for row in self.rows}

    @cached_property
    def content(self) -> bytes:
        """A digest of the figures alone: equal content means nothing was traded in between."""
        text = ";".join(
            f"{row.code}:{','.join(map(str, row.figures))}" for row in sorted(self.rows, key=lambda r: r.code)
        )
        return blake2b(text.encode(), digest_size=16).digest()

    @property
    def empty(self) -> bool:
        """No row, or nothing but zeros and blanks: KIS has no data yet. It never means that flow was zero."""
        return not any(figure for row in self.rows for figure in row.figures)

    def total(self, field: Field | str) -> Figure:
        """The market's figure: the sum of the disjoint groups, None unless every one of them is there.

        기관계 contains its parts, so rows must never be added up as they stand.
        """
        figures = [row[field] for code in DISJOINT if (row := self.by_code.get(code))]
        known = [figure for figure in figures if figure is not None]
        return sum(known) if len(known) == len(DISJOINT) else None

    def figure(self, code: str, field: Field) -> Figure:
        """A figure of an investor group, or of 합계 (the empty code); None where KIS sent none."""
        if code == TOTAL.code:
            return self.total(field)
        row = self.by_code.get(code)
        return row[field] if row else None

    def aged(self) -> Snapshot:
        """The same data, marked as old."""
        return replace(self, stale=True)

    def to_records(self, lang: str = "ko") -> list[dict[str, str | Figure]]:
        """One dict a row by wire name, in the document's 20 names: figures as numbers or None."""
        return [
            {CODE.wire: row.code, NAME.wire: row.label(lang)}
            | {field.wire: figure for field, figure in zip(FIGURES, row.figures, strict=True)}
            for row in self.rows
        ]

    def to_pandas(self) -> pd.DataFrame:
        """A data frame indexed by investor code: `Int64` figures with gaps, `string` names, in `attrs` units, labels and origin.

        Rows overlap (기관계 contains its parts): add up with `total`, not with `sum`. Needs pandas
        (`pip install xlwings-kis[pandas]`); raises `SettingsError` without it.
        """
        from xlwings_kis import frames, settings

        return frames.to_pandas(self, settings.language())

    def __repr__(self) -> str:
        """One line: the rows would fill a screen."""
        marks = "".join(f", {word}" for word, is_so in (("stale", self.stale), ("demo", self.demo)) if is_so)
        asof = self.asof.isoformat(timespec="seconds")
        return f"<Snapshot {self.pair.key} {asof} {self.standing.value}, {len(self.rows)} rows{marks}>"

    def _repr_html_(self) -> str:
        from xlwings_kis import frames, settings

        return frames.to_html(self, settings.language())


def row_label(snapshot: Snapshot | None, code: str, lang: str = "ko") -> str:
    """The label of a place, whether the snapshot has that row or not."""
    if code == TOTAL.code:
        return TOTAL.label(lang)
    row = snapshot.by_code.get(code) if snapshot else None
    if row:
        return row.label(lang)
    return BY_CODE[code].label(lang) if code in BY_CODE else investor_label(code, "", lang)
