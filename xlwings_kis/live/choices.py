"""The settings in the sheet's own cells, read from their values. A word nobody knows costs a sentence, never the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple, TypeVar

from xlwings_kis.fields import Measure
from xlwings_kis.markets import Exchange, Market, Pair
from xlwings_kis.wording import clean
from xlwings_kis.words import pairs_in, plain


class Shown(Enum):
    """구분: (ko, en, other words, measures)."""

    AMOUNT = ("금액", "value", ("대금", "amount"), (Measure.AMOUNT,))
    QUANTITY = ("수량", "volume", ("quantity",), (Measure.QUANTITY,))
    BOTH = ("모두", "both", ("전체", "all"), (Measure.AMOUNT, Measure.QUANTITY))

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The measures of a table, in their order."""
        measures: tuple[Measure, ...] = self.value[3]
        return measures


class View(Enum):
    """보기: (ko, en, other words)."""

    CUMULATIVE = ("누적", "cumulative", ())
    CHANGE = ("증감", "change", ())


class AmountUnit(Enum):
    """단위 of amounts: (ko, en, other words, million won in one)."""

    MILLION = ("백만원", "million won", ("백만",), 1)
    EOK = ("억원", "100m won", ("억",), 100)

    @property
    def millions(self) -> int:
        """How many million won it is."""
        return int(self.value[3])


class Window(Enum):
    """비교: (ko, en, other words, minutes where it is so many)."""

    LAST = ("직전", "last change", ("last",), 0)
    MINUTES_5 = ("5분", "5 min", (), 5)
    MINUTES_10 = ("10분", "10 min", (), 10)
    MINUTES_30 = ("30분", "30 min", (), 30)
    OPEN = ("시초", "open", (), 0)
    YESTERDAY = ("전일", "yesterday", ("전일 같은 시각", "same time yesterday", "전일 동시각"), 0)

    @property
    def minutes(self) -> int:
        """How far back, 0 where it is no number of minutes."""
        return int(self.value[3])

    def label(self, lang: str = "ko") -> str:
        """What a column's head calls it: 전일 alone could be its close."""
        if self is Window.YESTERDAY:
            return "전일 같은 시각" if lang == "ko" else "same time yesterday"
        return word(self, lang)


Choice = TypeVar("Choice", bound=Enum)

EVERY = (10, 30)
"""간격 of the sheet 시간대별 in minutes; the first is the default."""

DEFAULT_PAIRS = (Pair(Exchange.KRX, Market.KOSPI), Pair(Exchange.KRX, Market.KOSDAQ))
DEFAULT_THRESHOLD = 1000


@dataclass(frozen=True)
class Choices:
    """What the cells ask for; `remarks` are sentences about cells that nobody can read."""

    shown: Shown = Shown.AMOUNT
    view: View = View.CUMULATIVE
    unit: AmountUnit = AmountUnit.MILLION
    window: Window = Window.MINUTES_10
    pairs: tuple[Pair, ...] = DEFAULT_PAIRS
    remarks: tuple[str, ...] = ()


class Cell(NamedTuple):
    """A setting's cell: its place, its label, what it may hold and what it holds at first."""

    address: str
    ko: str
    en: str
    kind: type[Enum] | None
    first: Enum | None = None

    def label(self, lang: str) -> str:
        """The label left of it."""
        return self.ko if lang == "ko" else self.en


CELLS = (
    Cell("B2", "구분", "Show", Shown, Shown.AMOUNT),
    Cell("D2", "보기", "View", View, View.CUMULATIVE),
    Cell("F2", "단위", "Unit", AmountUnit, AmountUnit.MILLION),
    Cell("H2", "비교", "Compare", Window, Window.MINUTES_10),
    Cell("J2", "기준금액", "Threshold", None),
)
PAIRS_CELL = Cell("B4", "표", "Tables", None)


def every(value: Any) -> int:
    """The interval a cell asks for: `30분`, 30, a time of half an hour. Whatever else it holds means the default."""
    minutes = _minutes(value)
    return minutes if minutes in EVERY else EVERY[0]


def every_word(minutes: int, lang: str) -> str:
    """`10분`."""
    return f"{minutes}분" if lang == "ko" else f"{minutes} min"


def word(choice: Enum, lang: str) -> str:
    """The word of a choice."""
    return str(choice.value[0 if lang == "ko" else 1])


def pairs_text(pairs: tuple[Pair, ...], lang: str) -> str:
    """`KRX 코스피, KRX 코스닥`."""
    return ", ".join(pair.label(lang) for pair in pairs)


def parse(values: Mapping[str, Any], lang: str = "ko") -> Choices:
    """The choices of the cells, by address. Blank means the default; so does what nobody knows, with a remark."""
    remarks: list[str] = []

    def choose(address: str, kind: type[Choice], default: Choice) -> Choice:
        value = values.get(address)
        if _blank(value):
            return default
        found = _known(kind, value)
        if found is None:
            accepted = ", ".join(word(member, lang) for member in kind)
            remarks.append(_remark(address, value, word(default, lang), accepted, lang))
        return found or default

    made = Choices(
        choose("B2", Shown, Shown.AMOUNT),
        choose("D2", View, View.CUMULATIVE),
        choose("F2", AmountUnit, AmountUnit.MILLION),
        choose("H2", Window, Window.MINUTES_10),
    )
    threshold = values.get("J2")
    if not _blank(threshold) and (isinstance(threshold, bool) or not isinstance(threshold, int | float)):
        remarks.append(_threshold_remark(threshold, lang))
    known, unknown = pairs_in(values.get("B4"))
    if unknown:
        accepted = pairs_text(DEFAULT_PAIRS, lang)
        remarks.append(_remark("B4", unknown[0], pairs_text(known or DEFAULT_PAIRS, lang), accepted, lang))
    return Choices(made.shown, made.view, made.unit, made.window, known or DEFAULT_PAIRS, tuple(remarks))


def _known(kind: type[Choice], value: Any) -> Choice | None:
    text = plain(value)
    if kind is Window and (minutes := _minutes(value)):
        text = plain(f"{minutes}분")
    spellings = {plain(each): member for member in kind for each in (*member.value[:2], *member.value[2])}
    return spellings.get(text)


def _minutes(value: Any) -> int:
    """Minutes of a number: 10, or the part of a day that Excel makes of a time."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        text = plain(value).removesuffix("분").removesuffix("minutes").removesuffix("min")
        return int(text) if text.isdecimal() and len(text) < 4 else 0
    return round(value * 24 * 60) if 0 < value < 1 else int(value) if float(value).is_integer() and value > 0 else 0


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _remark(address: str, value: Any, used: str, accepted: str, lang: str) -> str:
    said = clean(str(value), 20)
    if lang == "ko":
        return f'{address}의 "{said}" 대신 {used} 기준으로 표시했습니다. 쓸 수 있는 값: {accepted}.'
    return f'{address} holds "{said}"; {used} is shown instead. It may be {accepted}.'


def _threshold_remark(value: Any, lang: str) -> str:
    said = clean(str(value), 20)
    if lang == "ko":
        return f'J2의 값("{said}")이 숫자가 아니어서 강조하지 않았습니다. 억원 단위 숫자를 넣으세요(예: 1000).'
    return f'J2 holds "{said}", which is no number, so nothing is emphasised. Put a number of 100m won (1000).'
