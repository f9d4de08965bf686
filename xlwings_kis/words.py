"""What people write in cells, read: exchanges, markets, investors, fields. Pure.

Excel passes 1 as 1.0, cells with spaces, and ranges of one cell; people write 코스피, KOSPI or "1".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from xlwings_kis.errors import failure
from xlwings_kis.fields import BY_CHOICE, CODE, COLUMNS, FIGURES, NAME, Band, Field, Measure, Side
from xlwings_kis.investors import INVESTORS, TOTAL
from xlwings_kis.markets import Exchange, Market, Pair

_IGNORED = re.compile(r"[\s./·ㆍ_-]+")
_LONGEST_ECHO = 20
_DEEPEST = 4
"""Ranges are lists of lists; nothing Excel passes lies deeper."""


class Selection(NamedTuple):
    """The columns of a table: figures in the table's order, and whether 투자자코드 comes last."""

    figures: tuple[Field, ...]
    code: bool

    @property
    def columns(self) -> tuple[Field, ...]:
        """투자자 first."""
        return (NAME, *self.figures, *((CODE,) if self.code else ()))


EVERYTHING = Selection(FIGURES, code=True)


def pair(exchange: Any, market: Any) -> Pair:
    """The table two arguments name. Raises `ArgumentError` with the accepted words."""
    return Pair(
        _one_of(Exchange, exchange, "unknown_exchange"),
        _one_of(Market, market, "unknown_market"),
    )


def exchange(word: Any) -> Exchange:
    """The exchange a word names. Raises `ArgumentError` with the accepted words."""
    found: Exchange = _one_of(Exchange, word, "unknown_exchange")
    return found


def market(word: Any) -> Market:
    """The market a word names. Raises `ArgumentError` with the accepted words."""
    found: Market = _one_of(Market, word, "unknown_market")
    return found


def investor(word: Any) -> str:
    """The code of an investor group; the empty code means 합계. Raises `ArgumentError`.

    A four-digit code nobody knows is taken: KIS may send one.
    """
    text = plain(word)
    code = _investors().get(text)
    if code is None and re.fullmatch(r"\d{4}", text, re.ASCII):
        return text
    if code is None:
        raise failure("unknown_investor", word=echo(word))
    return code


def selection(fields: Any) -> Selection:
    """The columns that words name: blank means all; words of a kind keep that choice, several of a kind add up.

    Raises `ArgumentError` for a word nobody knows.
    """
    chosen: dict[type[Enum], list[Any]] = {Band: [], Side: [], Measure: []}
    named: set[Field] = set()
    blank = True
    for word in _words(fields):
        blank = False
        column = _columns().get(plain(word))
        if column is not None:
            named.add(column)
        else:
            for choice in _choices(word):
                chosen[type(choice)].append(choice)
    if blank:
        return EVERYTHING
    if any(chosen.values()):
        bands, sides, measures = (chosen[kind] or list(kind) for kind in (Band, Side, Measure))
        named |= {BY_CHOICE[(band, side, measure)] for band in bands for side in sides for measure in measures}
    return Selection(tuple(field for field in FIGURES if field in named), CODE in named)


def blank(word: Any) -> bool:
    """Whether an argument is left out."""
    return next(_words(word), None) is None


def one_field(word: Any) -> Field:
    """The one figure a word means: 비차익 alone is 비차익순매수대금. Raises `ArgumentError`."""
    text = " ".join(_words(word))
    columns = {_columns().get(plain(part)) for part in _words(word)}
    if len(columns) == 1 and (only := columns.pop()) in FIGURES and only is not None:
        return only
    found: dict[type[Enum], Any] = {}
    for choice in (choice for part in _words(word) for choice in _choices(part)):
        if found.setdefault(type(choice), choice) is not choice:
            raise failure("many_fields", word=echo(text))
    if not found:
        raise failure("unknown_field", word=echo(text))
    return BY_CHOICE[(found.get(Band, Band.ALL), found.get(Side, Side.NET), found.get(Measure, Measure.AMOUNT))]


def wants_header(header: Any) -> bool:
    """Blank means yes; FALSE, 0 and "FALSE" mean no."""
    value = scalar(header)
    return not (value is False or value == 0 or (isinstance(value, str) and plain(value) in ("false", "0", "아니오")))


def _one_of(kind: type[Any], word: Any, problem: str) -> Any:
    text = plain(word)
    for member in kind:
        if text and text in {plain(accepted) for accepted in member.value.words}:
            return member
    raise failure(problem, word=echo(word))


def scalar(value: Any) -> Any:
    """The only cell of a 1×1 range; anything else as it is."""
    for _ in range(_DEEPEST):
        if not isinstance(value, list | tuple) or len(value) != 1:
            break
        value = value[0]
    return value


def plain(word: Any) -> str:
    """A word without what people vary: spaces, dots, slashes, case, full-width letters, 1.0 for 1."""
    value = scalar(word)
    if value is None or isinstance(value, bool | list | tuple):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e9:
        value = int(value)
    return _IGNORED.sub("", unicodedata.normalize("NFKC", str(value))).casefold()


def echo(word: Any) -> str:
    """The word as the user wrote it, short."""
    value = scalar(word)
    if isinstance(value, list | tuple):
        return "…"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e9:
        value = int(value)
    text = "" if value is None else str(value)
    return text if len(text) <= _LONGEST_ECHO else text[:_LONGEST_ECHO] + "…"


def _words(fields: Any) -> Iterator[str]:
    """The words of an argument: text split at spaces and commas, ranges cell by cell, blanks left out."""
    if fields is None:
        return
    if isinstance(fields, list | tuple):
        for cell in fields:
            yield from _words(cell)
        return
    if isinstance(fields, str) and plain(fields) in _columns():
        yield fields
        return
    yield from (part for part in re.split(r"[\s,;，；、]+", str(fields)) if part)


def _choices(word: str) -> list[Enum]:
    """비차익, 순매수대금, 차익매도 …: a band, a side and a measure, each at most once, in that order."""
    left, found = plain(word), []
    for kind in (Band, Side, Measure):
        for spelling, member in _spellings(kind):
            if left.startswith(spelling):
                found.append(member)
                left = left[len(spelling) :]
                break
    if left or not found:
        raise failure("unknown_field", word=echo(word))
    return found


@cache
def _spellings(kind: type[Enum]) -> tuple[tuple[str, Enum], ...]:
    """Accepted words of a kind, the longest first."""
    pairs = [(plain(word), member) for member in kind for word in member.value[2]]
    return tuple(sorted(pairs, key=lambda pair: -len(pair[0])))


@cache
def _columns() -> dict[str, Field]:
    """Wire names and labels of columns. 투자자 itself always stands first and narrows nothing."""
    named = {plain(name): field for field in COLUMNS for name in (field.wire, field.ko, field.en)}
    return named | {plain(word): CODE for word in ("코드", "code")}


@cache
def _investors() -> dict[str, str]:
    known = {plain(word): who.code for who in INVESTORS for word in (who.code, who.ko, who.en, *who.words)}
    return known | {plain(word): TOTAL.code for word in (TOTAL.ko, *TOTAL.words)}
