"""The sentence over the tables: who is ahead, and by how much."""

from __future__ import annotations

from collections.abc import Sequence

from xlwings_kis.fields import BY_CHOICE, Band, Measure, Side
from xlwings_kis.investors import FOREIGNERS
from xlwings_kis.live.choices import AmountUnit, Choices, Shown, word
from xlwings_kis.press import rounded
from xlwings_kis.reading import Reading
from xlwings_kis.rows import Figure
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.table import mark

_MOST = 2
"""More markets do not fit on a line."""


def sentence(readings: Sequence[Reading], choices: Choices, lang: str = "ko") -> str:
    """`전체 101,200백만원 매도 우위 — 차익 21,500 순매수, 비차익 …`; of two markets a shorter clause each. Blank without data."""
    known = [(reading, reading.snapshot) for reading in readings if reading.snapshot][:_MOST]
    marks = list(dict.fromkeys(mark(snapshot, lang) for _, snapshot in known))
    if len(known) == 1:
        clauses = [_long(known[0][1], choices, lang)]
    else:
        one_exchange = len({reading.pair.exchange for reading, _ in known}) == 1
        clauses = [
            f"{(reading.pair.market if one_exchange else reading.pair).label(lang)} {_short(snapshot, choices, lang)}"
            for reading, snapshot in known
        ]
    if len(marks) == 1:
        return _marked(marks[0], " · ".join(clauses))
    return " · ".join(_marked(mark(snapshot, lang), each) for (_, snapshot), each in zip(known, clauses, strict=True))


def _marked(word_before: str, clause: str) -> str:
    return f"{word_before}: {clause}" if word_before else clause


def _long(snapshot: Snapshot, choices: Choices, lang: str) -> str:
    net, arbitrage, other, foreign = _nets(snapshot, choices)
    if lang == "ko":
        return (
            f"전체 {_lead(net, choices, lang)} — 차익 {_flow(arbitrage, lang)}, 비차익 {_flow(other, lang)}"
            f" (외국인 비차익 {_flow(foreign, lang)})"
        )
    return (
        f"All: {_lead(net, choices, lang)} — arbitrage {_flow(arbitrage, lang)}, non-arbitrage {_flow(other, lang)}"
        f" (foreigners' non-arbitrage {_flow(foreign, lang)})"
    )


def _short(snapshot: Snapshot, choices: Choices, lang: str) -> str:
    net, arbitrage, other, foreign = _nets(snapshot, choices)
    if lang == "ko":
        return (
            f"{_lead(net, choices, lang)} (차익 {_signed(arbitrage)}, 비차익 {_signed(other)},"
            f" 외국인 비차익 {_signed(foreign)})"
        )
    return (
        f"{_lead(net, choices, lang)} (arb. {_signed(arbitrage)}, non-arb. {_signed(other)},"
        f" foreigners non-arb. {_signed(foreign)})"
    )


def _nets(snapshot: Snapshot, choices: Choices) -> tuple[Figure, ...]:
    """The market's net of each band and the foreigners' outside arbitrage, in the unit shown, rounded."""
    measure = choices.shown.measures[0]
    fields = [BY_CHOICE[(band, Side.NET, measure)] for band in Band]
    figures = (*(snapshot.total(field) for field in fields), snapshot.figure(FOREIGNERS, fields[-1]))
    divisor = choices.unit.millions if measure is Measure.AMOUNT else 1
    return tuple(None if figure is None else rounded(figure, divisor) for figure in figures)


def _unit(choices: Choices, lang: str) -> str:
    if choices.shown is Shown.QUANTITY:
        return Measure.QUANTITY.value[3].unit(lang)
    unit = word(choices.unit if choices.unit is AmountUnit.EOK else AmountUnit.MILLION, lang)
    return unit if lang == "ko" else f" {unit}"


def _lead(net: Figure, choices: Choices, lang: str) -> str:
    if net is None:
        return "–"
    amount = f"{abs(net):,}{_unit(choices, lang)}"
    if lang == "ko":
        return f"{amount} 매수 우위" if net > 0 else f"{amount} 매도 우위" if net else "매수·매도 균형"
    return f"net buying of {amount}" if net > 0 else f"net selling of {amount}" if net else "even"


def _flow(net: Figure, lang: str) -> str:
    if net is None:
        return "–"
    if lang == "ko":
        return f"{abs(net):,} {'순매도' if net < 0 else '순매수'}" if net else "0"
    return f"{net:+,}" if net else "0"


def _signed(net: Figure) -> str:
    return "–" if net is None else f"{net:+,}" if net else "0"
