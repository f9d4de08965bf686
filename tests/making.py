"""Rows, bodies, snapshots and readings as tests need them: every figure balanced unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clocks import kst
from samples import KRX_KOSPI

from xlwings_kis.markets import Pair
from xlwings_kis.reading import Reading
from xlwings_kis.rows import Row
from xlwings_kis.snapshot import Snapshot

FIGURE_NAMES = tuple(
    f"{band}_{side}_{measure}"
    for band in ("all", "arbt", "nabt")
    for measure in ("qty", "amt")
    for side in ("seln", "shnu", "ntby")
)
"""The wire names typed once more, in the table's order: a typo in the package must not agree with itself."""

ELEVEN = ("8000", "9100", "8888", "1000", "2000", "3000", "3100", "4000", "5000", "6000", "7100")
"""The fixed places by code."""

LABELS = ["개인", "외국인", "기관계", "금융투자", "보험", "투신", "사모", "은행", "기타금융", "연기금등", "기타법인"]
"""What people read in their first column, typed once more."""


def refusal_of(call: Callable[[], Any], kind: type[Exception]) -> Any:
    """The error of a kind that a call raises, None if it raises none: for property tests, where both are right."""
    try:
        call()
    except kind as error:
        return error
    return None


def figures(sell: int = 10, buy: int = 14, share: int = 4) -> dict[str, int]:
    """18 figures that agree with each other: 차익 sells and buys, 비차익 `share` times as much, 전체 the sum of both."""
    made = {}
    for measure, unit in (("qty", 1), ("amt", 27)):
        for band, times in (("arbt", 1), ("nabt", share), ("all", share + 1)):
            made[f"{band}_seln_{measure}"] = sell * unit * times
            made[f"{band}_shnu_{measure}"] = buy * unit * times
            made[f"{band}_ntby_{measure}"] = (buy - sell) * unit * times
    return made


def row(code: str = "8000", name: str = "개 인", **changed: int | None) -> Row:
    """One row; figures by wire name may be changed, None takes one away."""
    made: dict[str, int | None] = {**figures(), **changed}
    return Row(code, name, tuple(made[wire] for wire in FIGURE_NAMES))


def item(code: Any = "8000", name: Any = "개 인", **changed: Any) -> dict[str, Any]:
    """One object of `output1` as KIS sends it: strings throughout."""
    written = {wire: str(value) for wire, value in figures().items()}
    return {"invr_cls_code": code, "invr_cls_name": name, **written, **changed}


def without(made: dict[str, Any], *names: str) -> dict[str, Any]:
    """The same object without some of its fields."""
    return {name: value for name, value in made.items() if name not in names}


def body(*items: Any, **changed: Any) -> dict[str, Any]:
    """A successful body."""
    answer = {"rt_cd": "0", "msg_cd": "MCA00000", "msg1": "정상처리 되었습니다.", "output1": list(items)}
    return {**answer, **changed}


def snapshot(at: str = "2026-11-20 11:20:31", *rows: Row, pair: Pair = KRX_KOSPI, **more: Any) -> Snapshot:
    """A snapshot fetched at a Korean moment; one row unless rows are given."""
    return Snapshot(pair, kst(at), rows or (row(),), **more)


def reading(made: Snapshot | None = None, **more: Any) -> Reading:
    """A reading of KRX 코스피 around a snapshot."""
    return Reading(more.pop("pair", made.pair if made else KRX_KOSPI), made, **more)
