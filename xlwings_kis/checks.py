"""Does the table agree with itself? Results travel with the snapshot; figures are never changed.

Every figure is rounded on its own (observed: buy 4144 − sell 2687 = 1457 beside a net of 1456), so each rule has the
tolerance that rounding can explain and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from xlwings_kis import remarks
from xlwings_kis.fields import BY_CHOICE, FIGURES, INDEX, Band, Field, Measure, Side
from xlwings_kis.investors import BY_CODE, INSTITUTIONS, PARTS
from xlwings_kis.rows import Row

_RULES = {
    "net": ("매수−매도와", "buy − sell"),
    "bands": ("차익+비차익과", "arbitrage + non-arbitrage"),
    "parts": ("기관 세부의 합과", "the sum of the parts"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One rule held against a figure of a row: `difference` beyond `tolerance` is worth a look. Or a note, of no row."""

    rule: str
    row: Row | None
    figure: Field | None
    difference: int
    tolerance: int
    note: str = ""

    @property
    def investor(self) -> str:
        """Whose figure, in Korean."""
        return self.row.label() if self.row else ""

    @property
    def field(self) -> str:
        """Which figure, by its label in Korean."""
        return self.figure.ko if self.figure else ""

    @property
    def passed(self) -> bool:
        """Whether rounding explains the difference."""
        return not self.note and abs(self.difference) <= self.tolerance

    def sentence(self, lang: str = "ko") -> str:
        """What to look at."""
        if self.row is None or self.figure is None:
            return remarks.spoken(self.note, lang)
        rule, off = _RULES[self.rule][lang != "ko"], abs(self.difference)
        if lang != "ko":
            return f"{self.row.label(lang)}, {self.figure.en}: {off} off {rule} (beyond rounding)"
        return f"{self.investor} {self.field}{_subject(self.field)} {rule} {off} 다름(반올림 범위 밖)"


class _Equation(NamedTuple):
    """A figure and the two it is made of, as places in a row: looked up once, for every table is checked."""

    figure: Field
    whole: int
    one: int
    sign: int
    other: int


def _equation(whole: _Choice, one: _Choice, sign: int, other: _Choice) -> _Equation:
    places = [INDEX[BY_CHOICE[choice].wire] for choice in (whole, one, other)]
    return _Equation(BY_CHOICE[whole], places[0], places[1], sign, places[2])


_Choice = tuple[Band, Side, Measure]
_NETS = tuple(_equation((b, Side.NET, m), (b, Side.BUY, m), -1, (b, Side.SELL, m)) for b in Band for m in Measure)
_BANDS = tuple(
    _equation((Band.ALL, s, m), (Band.ARBITRAGE, s, m), 1, (Band.NON_ARBITRAGE, s, m)) for s in Side for m in Measure
)


def check(rows: Iterable[Row]) -> tuple[Check, ...]:
    """Hold the three rules against the rows; rules that lack a figure are left out."""
    rows = tuple(rows)
    return (*_nets(rows), *_bands(rows), *_parts(rows))


def note(text: str) -> Check:
    """Something seen while reading that is no rule of arithmetic."""
    return Check("note", None, None, 0, 0, text)


def summary(checks: Iterable[Check], lang: str = "ko") -> str:
    """`검산 이상 없음`, or the first failure with the number of others."""
    failed, ko = [one for one in checks if not one.passed], lang == "ko"
    if not failed:
        return "검산 이상 없음" if ko else "checks passed"
    others = len(failed) - 1
    more = (f" 외 {others}건" if ko else f", and {others} more") if others else ""
    return f"{'검산 확인 필요' if ko else 'check the sums'}: {failed[0].sentence(lang)}{more}"


def _nets(rows: tuple[Row, ...]) -> Iterator[Check]:
    return _each(rows, "net", _NETS, tolerance=1)


def _bands(rows: tuple[Row, ...]) -> Iterator[Check]:
    return _each(rows, "bands", _BANDS, tolerance=2)


def _each(rows: tuple[Row, ...], rule: str, equations: tuple[_Equation, ...], tolerance: int) -> Iterator[Check]:
    """A rule of the form `whole = one + sign × other`, row by row."""
    for row in rows:
        figures = row.figures
        for equation in equations:
            whole, one, other = figures[equation.whole], figures[equation.one], figures[equation.other]
            if whole is not None and one is not None and other is not None:
                yield Check(rule, row, equation.figure, whole - one - equation.sign * other, tolerance)


def _parts(rows: tuple[Row, ...]) -> Iterator[Check]:
    by_code = {row.code: row for row in rows}
    whole = by_code.get(INSTITUTIONS)
    if whole is None or any(code not in by_code for code in PARTS if BY_CODE[code].fixed):
        return
    parts = [by_code[code].figures for code in PARTS if code in by_code]
    for at, field in enumerate(FIGURES):
        total, figures = whole.figures[at], [part[at] for part in parts]
        known = [figure for figure in figures if figure is not None]
        if total is not None and len(known) == len(parts):
            yield Check("parts", whole, field, total - sum(known), len(parts))


def _subject(word: str) -> str:
    """The particle 이 or 가, by whether the word ends in a consonant."""
    return "이" if (ord(word[-1]) - 0xAC00) % 28 else "가"
