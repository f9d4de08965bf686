"""Whatever Excel passes: nothing escapes, and no secret is in what is shown.

The corpus in tests/data/corpus first, then what hypothesis finds; longer with `--hypothesis-profile=long` (docs/proof.md).
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from fuzzing import (
    TOKEN,
    every_formula,
    examples,
    world,
)
from hypothesis import given
from hypothesis import strategies as st

from xlwings_kis import udfs
from xlwings_kis.markets import ALL_PAIRS


class Hostile:
    """An object of COM whose every answer is an error."""

    def __str__(self) -> str:
        raise OSError("the object invoked has disconnected from its clients")

    __repr__ = __str__
    __eq__ = __hash__ = __bool__ = __len__ = __iter__ = __float__ = __str__  # type: ignore[assignment]


class Time(datetime):
    """Like pywintypes' time: a date-time of its own class."""

    def __str__(self) -> str:
        return "(PyTime)"


def endless() -> list[Any]:
    """A range that holds itself."""
    made: list[Any] = []
    made.append(made)
    return made


def deep(levels: int) -> Any:
    made: Any = "KRX"
    for _ in range(levels):
        made = [made]
    return made


ERRORS = st.sampled_from([-2146826246, -2146826281, -2146826273, -2146826265, -2146826252, -2146826259, -2146826288])
WORDS = st.sampled_from([
    "KRX", "코스피", "외국인", "비차익", "순매수 대금", "10:30", "마감", "전일마감", "FALSE", "#N/A", "1", "2026-11-20",
    "A" * 100_000, "," * 5000, "1" * 5000, "９", "٣", "İ", "\ud800", "\x00", "전일" * 500, "2026-11-20T10:30:00+99:99",
])  # fmt: skip
CELL = st.one_of(
    st.none(), st.booleans(), st.integers(), st.builds(lambda: 10**5000), st.floats(), ERRORS, WORDS,
    st.text(max_size=30), st.binary(max_size=9), st.datetimes(), st.dates(), st.times(), st.timedeltas(), st.decimals(),
    st.complex_numbers(), st.builds(Hostile), st.builds(Time, st.integers(1, 9999), st.just(1), st.just(1)),
    st.just(float("nan")), st.just({}), st.just(Ellipsis),
)  # fmt: skip
RANGE = st.recursive(CELL, lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner), max_leaves=8)
ARGUMENT = st.one_of(RANGE, st.builds(endless), st.sampled_from([5, 60, 3000]).map(deep))

NAMED_ARGUMENTS: dict[str, Any] = {
    "hostile": Hostile(), "endless": endless(), "deep": deep(100_000), "empty range": (), "empty row": ((),), "nan": float("nan"),
    "inf": float("inf"), "error code": -2146826246, "huge number": 10**5000, "huge text": "가" * 1_000_000,
    "decimal": Decimal("NaN"),
    "ragged": (("KRX",), ("a", "b", ("c",))), "hostile in a range": [[Hostile()]], "a day": date(1, 1, 1), "a time": time(23, 59),
    "a span": timedelta.max, "py time": Time(9999, 12, 31), "bytes": b"\xff", "type": str, "nothing": None,
}  # fmt: skip


@pytest.fixture
def answered(tmp_path):
    """A world whose table is there: arguments are all that is odd."""
    with world(tmp_path, XLWINGS_KIS_DEADLINE="5", KIS_ACCESS_TOKEN=TOKEN) as made:
        assert udfs.KIS_PROGRAM_VALUE("KRX", "코스피", "외국인", "비차익") != "#N/A"
        yield made


@pytest.mark.parametrize("name", NAMED_ARGUMENTS)
def test_an_argument_of_the_corpus_in_any_place_gives_cells(answered, name):
    for place in range(5):
        arguments: list[Any] = ["KRX", "코스피", "외국인", "비차익", None]
        arguments[place] = NAMED_ARGUMENTS[name]
        every_formula(*arguments)


@examples(100)
@given(st.sampled_from(["KRX"]) | ARGUMENT, st.sampled_from(["코스피"]) | ARGUMENT, ARGUMENT, ARGUMENT, ARGUMENT)
def test_whatever_excel_passes_gives_cells(answered, exchange, market, third, fourth, fifth):
    every_formula(exchange, market, third, fourth, fifth)
    assert len([one for one in answered.requests if one.kind == "data"]) <= len(ALL_PAIRS)
