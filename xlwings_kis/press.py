"""A snapshot in the words of the press: 억원, 매수·매도 우위, who moved it. Pure.

Amounts come in million won and are told in hundred million won (억원), each rounded on its own, halves away from zero.
"""

from __future__ import annotations

from typing import NamedTuple

from xlwings_kis.fields import Band, figure
from xlwings_kis.investors import BY_CODE, DISJOINT, FOREIGNERS, INSTITUTIONS
from xlwings_kis.rows import Figure
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.table import mark

MILLION_IN_EOK = 100
_MISSING = "-"


class Nets(NamedTuple):
    """Net buying of one group in million won, by band; None where KIS sent none."""

    total: Figure
    arbitrage: Figure
    non_arbitrage: Figure


def nets(snapshot: Snapshot, code: str = "") -> Nets:
    """Net buying of a group; of the whole market (the disjoint groups) without a code."""
    return Nets(*(snapshot.figure(code, figure(band)) for band in Band))


def rounded(figure: int, divisor: int) -> int:
    """Half away from zero, as number formats round."""
    whole = (abs(figure) * 2 + divisor) // (2 * divisor)
    return whole if figure >= 0 else -whole


def eok(million: Figure) -> Figure:
    """Million won as 억원."""
    return None if million is None else rounded(million, MILLION_IN_EOK)


def signed(million: Figure) -> str:
    """`+25`, `-1,405`, `0`: million won told in 억원; `-` where there is none."""
    told = eok(million)
    if told is None:
        return _MISSING
    return f"{told:+,}" if told else "0"


def tilt(million: Figure, lang: str = "ko") -> str:
    """`1,012억원 매도 우위`."""
    told = eok(million)
    if told is None:
        return "값 없음" if lang == "ko" else "no figure"
    if not told:
        return "매수·매도 균형" if lang == "ko" else "balanced"
    if lang != "ko":
        return f"{abs(told) / 10:,.1f} bn won net {'bought' if told > 0 else 'sold'}"
    return f"{abs(told):,}억원 {'매수' if told > 0 else '매도'} 우위"


def short(million: int, lang: str = "ko") -> str:
    """`-1,012억`, `-101.2 bn won`: a figure that stands alone says what it counts."""
    if lang == "ko":
        return f"{signed(million)}억"
    told = rounded(million, MILLION_IN_EOK)
    return f"{told / 10:+,.1f} bn won" if told else "0 bn won"


def flow(million: Figure, lang: str = "ko") -> str:
    """`215억원 순매수`."""
    told = eok(million)
    if told is None:
        return "값 없음" if lang == "ko" else "no figure"
    if not told:
        return "0억원" if lang == "ko" else "nothing"
    if lang != "ko":
        return f"{abs(told) / 10:,.1f} bn won {'bought' if told > 0 else 'sold'}"
    return f"{abs(told):,}억원 순{'매수' if told > 0 else '매도'}"


def headline(snapshot: Snapshot, lang: str = "ko") -> str:
    """`코스피 1,012억원 매도 우위 — 차익 +215, 비차익 -1,227 (외국인 비차익 -1,405)`, in 억원."""
    all_, arbitrage, non = nets(snapshot)
    arb_word, non_word = (
        Band.ARBITRAGE.value[0 if lang == "ko" else 1],
        Band.NON_ARBITRAGE.value[0 if lang == "ko" else 1],
    )
    who = ""
    if leads(snapshot):
        name = BY_CODE[FOREIGNERS].label(lang)
        who = f" ({name} {non_word} {signed(nets(snapshot, FOREIGNERS).non_arbitrage)})"
    market = snapshot.market.label(lang)
    return f"{market} {tilt(all_, lang)} — {arb_word} {signed(arbitrage)}, {non_word} {signed(non)}{who}"


class Balance(NamedTuple):
    """A market's balance as a sentence in three pieces, the middle one to be set in bold."""

    before: str
    strong: str
    after: str

    def __str__(self) -> str:
        return "".join(self)


def balance(snapshot: Snapshot, lang: str = "ko", name: str = "") -> Balance:
    """`코스피 프로그램은 1,012억원 매도 우위입니다. 차익 215억원 순매수, 비차익 1,227억원 순매도이며, …`: for a letter."""
    all_, arbitrage, non = nets(snapshot)
    theirs = nets(snapshot, FOREIGNERS).non_arbitrage
    name, who = name or snapshot.market.label(lang), BY_CODE[FOREIGNERS].label(lang)
    if lang != "ko":
        parts = f"Arbitrage: {flow(arbitrage, lang)}; non-arbitrage: {flow(non, lang)}"
        led = f", of which {who.lower()} {flow(theirs, lang)}" if leads(snapshot) else ""
        return Balance(f"{name} programs: ", tilt(all_, lang), f". {parts}{led}.")
    parts = f"차익 {flow(arbitrage)}, 비차익 {flow(non)}"
    led = f"이며, 비차익은 {who}이 {flow(theirs)}했습니다." if leads(snapshot) else "입니다."
    return Balance(f"{name} 프로그램은 ", tilt(all_), f"입니다. {parts}{led}")


def leads(snapshot: Snapshot) -> bool:
    """Whether foreigners made most of the non-arbitrage balance: only then are they named."""
    whole, theirs = nets(snapshot).non_arbitrage, nets(snapshot, FOREIGNERS).non_arbitrage
    return bool(whole and theirs) and (whole or 0) * (theirs or 0) > 0 and 2 * abs(theirs or 0) >= abs(whole or 0)


def messenger(snapshot: Snapshot, earlier: Snapshot | None = None) -> str:
    """Five lines for a messenger, in 억원; the fifth says when, and how much came since an earlier table of the day."""
    all_, arbitrage, non = nets(snapshot)
    foreign = nets(snapshot, FOREIGNERS)
    marked = mark(snapshot)
    figures_of = snapshot.of or snapshot.asof
    when = f"{figures_of:%H:%M}" if figures_of.date() == snapshot.asof.date() else f"{figures_of:%m/%d}"
    others = dict.fromkeys(code for code in (INSTITUTIONS, *DISJOINT) if code != FOREIGNERS)
    return "\n".join(
        (
            f"[{marked + ' ' if marked else ''}프로그램 {when}] {snapshot.pair.label()} (억원)",
            f"전체 {signed(all_)} | 차익 {signed(arbitrage)} | 비차익 {signed(non)}",
            f"외국인 {signed(foreign.total)} (차익 {signed(foreign.arbitrage)} / 비차익 {signed(foreign.non_arbitrage)})",
            " · ".join(f"{BY_CODE[code].ko} {signed(nets(snapshot, code).total)}" for code in others),
            since(snapshot, earlier)
            + (f"조회 {snapshot.asof:%H:%M:%S}" if not marked else f"조회 {snapshot.asof:%m/%d %H:%M:%S}"),
        )
    )


def since(snapshot: Snapshot, earlier: Snapshot | None) -> str:
    """`10분 대비 전체 -120 · `: what the market bought since an earlier table, in 억원; empty where there is none to tell."""
    now, then = nets(snapshot).total, nets(earlier).total if earlier else None
    if earlier is None or now is None or then is None:
        return ""
    minutes = round((snapshot.asof - earlier.asof).total_seconds() / 60)
    return f"{minutes}분 대비 전체 {signed(now - then)} · " if minutes else ""
