"""A table as it stands on a sheet: title, bands, columns, rows, note. One frozen value that every renderer only reads."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from xlwings_kis import checks
from xlwings_kis.fields import BY_CHOICE, NAME, Band, Field, Measure, Side
from xlwings_kis.investors import BY_CODE, INSTITUTIONS, PARTS, TOTAL
from xlwings_kis.reading import Reading
from xlwings_kis.rows import Figure
from xlwings_kis.snapshot import Snapshot, row_label
from xlwings_kis.table import corner, places


class Role(Enum):
    """What a row is, for those who draw it."""

    GROUP = "group"
    PART = "part"
    TOTAL = "total"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Line:
    """One row: label and figures; None where there is none."""

    label: str
    role: Role
    figures: tuple[Figure, ...]
    changes: tuple[Figure, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """What figures are held against: the words for it (`10분`) and the table that stood then, None where none is stored.

    `differences`: the figures themselves are shown as what came since; else only the changes at the right tell it.
    """

    label: str
    snapshot: Snapshot | None = None
    differences: bool = False


@dataclass(frozen=True)
class Block:
    """One pair's table of 매도 매수 순매수 for each band, with the computed 합계 as its last fixed row.

    With a comparison two columns follow: how much the nets of 전체 and 비차익 have changed (`change` is their heading).
    """

    subject: str
    title: str
    fetched: str
    status: str
    unit: str
    heading: str
    bands: tuple[str, ...]
    sides: tuple[str, ...]
    columns: tuple[Field, ...]
    lines: tuple[Line, ...]
    note: str
    late: bool = False
    demo: bool = False
    change: str = ""
    change_bands: tuple[str, ...] = ()
    change_columns: tuple[Field, ...] = ()


_CHANGED = (Band.ALL, Band.NON_ARBITRAGE)
"""The bands whose change is shown beside the table."""

_VALUE = ("금액", "value")
"""The word beside 매도 매수 순매수 where 수량 stands in the same table."""

_SOURCE = (
    "자료: 한국투자증권 Open API [국내주식-116] · 반올림으로 합계가 1 다를 수 있음",
    "Source: Korea Investment & Securities Open API [국내주식-116] · sums may differ by 1 from rounding",
)


def block(
    reading: Reading,
    measure: Measure = Measure.AMOUNT,
    *more: Measure,
    against: Comparison | None = None,
    amount_unit: str = "",
) -> Block:
    """The block of a reading; without data the same block without figures, its status saying why.

    Several measures stand side by side in each band. `amount_unit`: the word for the unit of amounts, if not theirs.
    """
    snapshot, spoken = reading.snapshot, 0 if reading.lang == "ko" else 1
    measures = (measure, *more)
    columns = tuple(BY_CHOICE[(band, side, each)] for band in Band for each in measures for side in Side)
    changed = tuple(BY_CHOICE[(band, Side.NET, measure)] for band in _CHANGED) if against else ()
    show = _Figures(snapshot, columns, changed, against)
    fixed = [code for code in places(reading) if code in BY_CODE and BY_CODE[code].fixed]
    others = [code for code in places(reading) if code not in fixed]
    return Block(
        subject=("프로그램매매 투자자별 동향", "Program trading by investor")[spoken],
        title=reading.pair.label(reading.lang),
        fetched=("조회", "Fetched")[spoken],
        status=corner(reading),
        unit=unit_text(measures, reading.lang, amount_unit),
        heading=NAME.label(reading.lang),
        bands=tuple(_band(band, against, reading.lang) for band in Band),
        sides=tuple(_side(side, each, measures, spoken) for _ in Band for each in measures for side in Side),
        columns=columns,
        lines=(
            *(show.line(code, row_label(snapshot, code, reading.lang), _role(code)) for code in fixed),
            show.line(TOTAL.code, _total_label(snapshot, reading.lang), Role.TOTAL),
            *(show.line(code, row_label(snapshot, code, reading.lang), _role(code)) for code in others),
        ),
        note=" · ".join((_SOURCE[spoken], *((checks.summary(snapshot.checks, reading.lang),) if snapshot else ()))),
        late=bool(snapshot and snapshot.stale),
        demo=bool(snapshot and snapshot.demo),
        change=_compared(against, reading.lang) if against else "",
        change_bands=tuple(str(band.value[spoken]) for band in _CHANGED) if against else (),
        change_columns=changed,
    )


def unit_text(measures: tuple[Measure, ...], lang: str = "ko", amount_unit: str = "") -> str:
    """`(단위: 백만원)`, or `(금액: 백만원, 수량: 천주)` where both stand in one table."""
    units = {each: each.value[3].unit(lang) for each in measures}
    if amount_unit and Measure.AMOUNT in units:
        units[Measure.AMOUNT] = amount_unit
    if len(units) == 1:
        return f"({'단위' if lang == 'ko' else 'unit'}: {next(iter(units.values()))})"
    spoken = 0 if lang == "ko" else 1
    return f"({', '.join(f'{_measure_word(each, spoken)}: {unit}' for each, unit in units.items())})"


@dataclass(frozen=True, slots=True)
class _Figures:
    """The figures of a table, as they are or as differences."""

    snapshot: Snapshot | None
    columns: tuple[Field, ...]
    changed: tuple[Field, ...]
    against: Comparison | None

    def line(self, code: str, label: str, role: Role) -> Line:
        differences = self.against is not None and self.against.differences
        take = self._difference if differences else self._now
        return Line(
            label,
            role,
            tuple(take(code, field) for field in self.columns),
            tuple(self._difference(code, field) for field in self.changed),
        )

    def _now(self, code: str, field: Field) -> Figure:
        return _figure(self.snapshot, code, field)

    def _difference(self, code: str, field: Field) -> Figure:
        now, then = self._now(code, field), _figure(self.against.snapshot if self.against else None, code, field)
        return None if now is None or then is None else now - then


def _figure(snapshot: Snapshot | None, code: str, field: Field) -> Figure:
    return snapshot.figure(code, field) if snapshot else None


def _band(band: Band, against: Comparison | None, lang: str) -> str:
    label = str(band.value[0 if lang == "ko" else 1])
    if against is None or not against.differences:
        return label
    return f"{label} ({against.label} {'증감' if lang == 'ko' else 'change'})"


def _side(side: Side, measure: Measure, measures: tuple[Measure, ...], spoken: int) -> str:
    label = str(side.value[spoken])
    if len(measures) == 1:
        return label
    return label + ("" if spoken == 0 else " ") + _measure_word(measure, spoken)


def _measure_word(measure: Measure, spoken: int) -> str:
    return _VALUE[spoken] if measure is Measure.AMOUNT else str(measure.value[spoken])


def _compared(against: Comparison, lang: str) -> str:
    return f"{against.label} 대비" if lang == "ko" else f"vs {against.label}"


def _role(code: str) -> Role:
    if code == INSTITUTIONS:
        return Role.GROUP
    if code in PARTS and BY_CODE[code].fixed:
        return Role.PART
    return Role.GROUP if code in BY_CODE and BY_CODE[code].fixed else Role.OTHER


def _total_label(snapshot: Snapshot | None, lang: str) -> str:
    """합계 with its mark: ✓ every check passed, ! one did not."""
    if snapshot is None:
        return TOTAL.label(lang)
    return f"{TOTAL.label(lang)} {'!' if snapshot.failed_checks else '✓'}"
