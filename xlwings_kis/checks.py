"""Does the table agree with itself? Results travel with the snapshot; figures are never changed.

Every figure is rounded on its own (observed: buy 4144 − sell 2687 = 1457 beside a net of 1456), so each rule has the
tolerance that rounding can explain and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from xlwings_kis.fields import BY_CHOICE, FIGURES, Band, Field, Measure, Side
from xlwings_kis.investors import BY_CODE, INSTITUTIONS, PARTS, investor_label
from xlwings_kis.snapshot import Row


@dataclass(frozen=True, slots=True)
class Check:
    """One rule held against one row (or the whole table): `difference` beyond `tolerance` is worth a look."""

    rule: str
    investor: str
    field: str
    difference: int
    tolerance: int
    note: str = ""

    @property
    def passed(self) -> bool:
        """Whether rounding explains the difference."""
        return not self.note and abs(self.difference) <= self.tolerance

    def sentence(self) -> str:
        """What to look at, in Korean."""
        if self.note:
            return self.note
        rules = {"net": "매수−매도와", "bands": "차익+비차익과", "parts": "기관 세부의 합과"}
        what = f"{self.investor} {self.field}{_subject(self.field)}"
        return f"{what} {rules[self.rule]} {abs(self.difference)} 다름(반올림 범위 밖)"


def check(rows: Iterable[Row]) -> tuple[Check, ...]:
    """Hold the three rules against the rows; rules that lack a figure are left out."""
    rows = tuple(rows)
    return (*_nets(rows), *_bands(rows), *_parts(rows))


def note(text: str) -> Check:
    """Something seen while reading that is no rule of arithmetic."""
    return Check("note", "", "", 0, 0, text)


def summary(checks: Iterable[Check], lang: str = "ko") -> str:
    """`검산 이상 없음`, or the first failure with the number of others (the failures themselves are told in Korean)."""
    failed = [one for one in checks if not one.passed]
    if lang != "ko":
        return f"{len(failed)} checks failed: {failed[0].sentence()}" if failed else "checks passed"
    if not failed:
        return "검산 이상 없음"
    more = f" 외 {len(failed) - 1}건" if len(failed) > 1 else ""
    return f"검산 확인 필요: {failed[0].sentence()}{more}"


def _nets(rows: tuple[Row, ...]) -> Iterator[Check]:
    for row in rows:
        for band in Band:
            for measure in Measure:
                net, buy, sell = (BY_CHOICE[(band, side, measure)] for side in (Side.NET, Side.BUY, Side.SELL))
                yield from _compare("net", row, net, (row[buy], 1), (row[sell], -1), tolerance=1)


def _bands(rows: tuple[Row, ...]) -> Iterator[Check]:
    for row in rows:
        for side in Side:
            for measure in Measure:
                whole, arb, non = (BY_CHOICE[(band, side, measure)] for band in Band)
                yield from _compare("bands", row, whole, (row[arb], 1), (row[non], 1), tolerance=2)


def _parts(rows: tuple[Row, ...]) -> Iterator[Check]:
    by_code = {row.code: row for row in rows}
    parts = [by_code[code] for code in PARTS if code in by_code]
    whole = by_code.get(INSTITUTIONS)
    if whole and {code for code in PARTS if BY_CODE[code].fixed} <= by_code.keys():
        for field in FIGURES:
            yield from _compare("parts", whole, field, *((part[field], 1) for part in parts), tolerance=len(parts))


def _compare(rule: str, row: Row, field: Field, *terms: tuple[int | None, int], tolerance: int) -> Iterator[Check]:
    total = row[field]
    if total is None or any(figure is None for figure, _ in terms):
        return
    expected = sum(figure * sign for figure, sign in terms if figure is not None)
    yield Check(rule, investor_label(row.code, row.name), field.ko, total - expected, tolerance)


def _subject(word: str) -> str:
    """The particle 이 or 가, by whether the word ends in a consonant."""
    return "이" if (ord(word[-1]) - 0xAC00) % 28 else "가"
