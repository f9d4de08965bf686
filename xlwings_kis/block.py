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


@dataclass(frozen=True)
class Block:
    """One pair's table of 매도 매수 순매수 for each band, in one measure, with the computed 합계 as its last fixed row."""

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


_SOURCE = (
    "자료: 한국투자증권 Open API [국내주식-116] · 반올림으로 합계가 1 다를 수 있음",
    "Source: Korea Investment & Securities Open API [국내주식-116] · sums may differ by 1 from rounding",
)


def block(reading: Reading, measure: Measure = Measure.AMOUNT) -> Block:
    """The block of a reading; without data the same block without figures, its status saying why."""
    snapshot, spoken = reading.snapshot, 0 if reading.lang == "ko" else 1
    columns = tuple(BY_CHOICE[(band, side, measure)] for band in Band for side in Side)
    fixed = [code for code in places(reading) if code in BY_CODE and BY_CODE[code].fixed]
    others = [code for code in places(reading) if code not in fixed]
    total = Line(
        _total_label(snapshot, reading.lang),
        Role.TOTAL,
        tuple(snapshot.total(f) if snapshot else None for f in columns),
    )
    return Block(
        subject=("프로그램매매 투자자별 동향", "Program trading by investor")[spoken],
        title=reading.pair.label(reading.lang),
        fetched=("조회", "Fetched")[spoken],
        status=corner(reading),
        unit=f"({('단위', 'unit')[spoken]}: {columns[0].kind.unit(reading.lang)})",
        heading=NAME.label(reading.lang),
        bands=tuple(str(band.value[spoken]) for band in Band),
        sides=tuple(str(side.value[spoken]) for _ in Band for side in Side),
        columns=columns,
        lines=(
            *(_line(reading, code, columns) for code in fixed),
            total,
            *(_line(reading, code, columns) for code in others),
        ),
        note=" · ".join((_SOURCE[spoken], *((checks.summary(snapshot.checks, reading.lang),) if snapshot else ()))),
        late=bool(snapshot and snapshot.stale),
        demo=bool(snapshot and snapshot.demo),
    )


def _line(reading: Reading, code: str, columns: tuple[Field, ...]) -> Line:
    snapshot = reading.snapshot
    row = snapshot.by_code.get(code) if snapshot else None
    figures = tuple(row[field] if row else None for field in columns)
    return Line(row_label(snapshot, code, reading.lang), _role(code), figures)


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
