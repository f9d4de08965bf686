"""The tables the simulated gateway serves: rows of strings, as KIS sends them.

Amounts are million won (백만원), quantities thousand shares (천주) (observation, H). Every figure is rounded
on its own from exact values: buy - sell may differ from net by 1, arbitrage + non-arbitrage from all by 1 or
2, the parts from 8888 by their number (observation on a real row, H).
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from . import wire
from .flows import ARBITRAGE, BANDS, BUY, HABITS, NON_ARBITRAGE, SELL, SIDES, day_flows
from .sessions import Moment, moment_served

Row = dict[str, str]
Exact = dict[str, int]  # wire name of a figure -> won or shares

MILLION_WON = 1_000_000
THOUSAND_SHARES = 1_000


def rows_at(when: datetime, exchange: str, market: str, *, seed: int = 0, loop_session: bool = False) -> list[Row]:
    """The eleven rows served at `when`: 20 strings each, in the gateway's row order."""
    return rows_of(moment_served(when, exchange, loop_session=loop_session), exchange, market, seed=seed)


def rows_of(moment: Moment, exchange: str, market: str, *, seed: int = 0) -> list[Row]:
    """The eleven rows of a moment; fresh dicts, the caller may change them."""
    return [dict(row) for row in _table(moment, exchange, market, seed)]


@lru_cache(maxsize=128)
def _table(moment: Moment, exchange: str, market: str, seed: int) -> tuple[Row, ...]:
    figures = exact_figures(moment, exchange, market, seed=seed)
    return tuple(_row(code, figures[code]) for code in wire.ROW_ORDER)


def exact_figures(moment: Moment, exchange: str, market: str, *, seed: int = 0) -> dict[str, Exact]:
    """Investor code -> the 18 figures in won and shares, before any rounding."""
    venues = (wire.KRX, wire.NXT) if exchange == wire.UNIFIED else (exchange,)
    traded: dict[str, Exact] = {code: {} for code in HABITS}
    for venue in venues:
        for (investor, band, side), flow in day_flows(seed, moment.day, venue, market).items():
            figures = traded[investor]
            for measure, value in (("qty", flow.shares(moment.step)), ("amt", flow.won(moment.step))):
                name = f"{band}_{side}_{measure}"
                figures[name] = figures.get(name, 0) + value
    parts = [traded[code] for code in wire.INSTITUTION_PARTS]
    traded[wire.INSTITUTIONS] = {name: sum(part[name] for part in parts) for name in parts[0]}
    return {code: _completed(figures) for code, figures in traded.items()}


def _completed(figures: Exact) -> Exact:
    """Add 전체 (all) and 순매수 (ntby) to the traded figures, exactly."""
    done = dict(figures)
    for measure in ("qty", "amt"):
        for side in SIDES:
            done[f"all_{side}_{measure}"] = (
                done[f"{ARBITRAGE}_{side}_{measure}"] + done[f"{NON_ARBITRAGE}_{side}_{measure}"]
            )
        for band in (*BANDS, "all"):
            done[f"{band}_ntby_{measure}"] = done[f"{band}_{BUY}_{measure}"] - done[f"{band}_{SELL}_{measure}"]
    return done


def _row(code: str, figures: Exact) -> Row:
    texts = {wire.CODE: code, wire.NAME: wire.NAMES[code]}
    for name in wire.FIGURES:
        unit = THOUSAND_SHARES if name.endswith("_qty") else MILLION_WON
        texts[name] = str(rounded(figures[name], unit))
    return {name: texts[name] for name in wire.FIELDS}


def rounded(value: int, unit: int) -> int:
    """`value` in `unit`s, halves away from zero."""
    whole = (abs(value) + unit // 2) // unit
    return -whole if value < 0 else whole
