"""How a day's program trading runs: who trades how much, and when.

Everything follows from (seed, day, exchange, market). Amounts are whole won and quantities whole shares, so
that sums (8888, 전체, 통합) are exact and rounding happens once, at the very end, as KIS does it.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import accumulate
from random import Random

from . import wire
from .sessions import DAY_START, LAST_STEP, STEP_SECONDS

BILLION = 1_000_000_000
ARBITRAGE, NON_ARBITRAGE = "arbt", "nabt"
BANDS = (ARBITRAGE, NON_ARBITRAGE)
SELL, BUY = "seln", "shnu"
SIDES = (SELL, BUY)


@dataclass(frozen=True)
class Habits:
    """One investor's usual part in program trading.

    `share` of the market's turnover, `arbitrage` part of it on KOSPI, and `tilt`: the range of
    |buy - sell| / turnover on a day.
    """

    share: float
    arbitrage: float
    tilt: tuple[float, float]


# Foreigners and securities firms dominate; individuals do no index arbitrage. Shares add up to 1.
HABITS = {
    "9100": Habits(0.60, 0.06, (0.09, 0.22)),
    "1000": Habits(0.15, 0.35, (0.05, 0.25)),
    "6000": Habits(0.08, 0.10, (0.05, 0.30)),
    "3000": Habits(0.04, 0.15, (0.05, 0.30)),
    "3100": Habits(0.02, 0.05, (0.05, 0.30)),
    "2000": Habits(0.015, 0.05, (0.05, 0.40)),
    "4000": Habits(0.004, 0.00, (0.10, 0.60)),
    "5000": Habits(0.001, 0.00, (0.10, 0.60)),
    "7100": Habits(0.02, 0.02, (0.05, 0.40)),
    "8000": Habits(0.07, 0.00, (0.02, 0.10)),
}
_KOSDAQ_ARBITRAGE = 0.05  # of the KOSPI part

# One-sided turnover of a whole day in won, and the average price of the shares traded. The price follows
# from the one real row we have: 4,144 million won / 153 thousand shares = 27,085 won (KOSPI, buy side).
_TURNOVER = {wire.KOSPI: (1_300 * BILLION, 2_400 * BILLION), wire.KOSDAQ: (450 * BILLION, 900 * BILLION)}
_PRICE = {wire.KOSPI: 27_000, wire.KOSDAQ: 15_000}
_NXT_PART = (0.08, 0.12)

# (from, to, part of the day's turnover) in seconds since midnight.
_H = 3600
_SESSIONS = {
    wire.KRX: ((9 * _H, 15.5 * _H, 0.98), (16 * _H, 20 * _H, 0.02)),
    wire.NXT: (
        (8 * _H, 8 * _H + 50 * 60, 0.10),
        (9 * _H + 30, 15 * _H + 20 * 60, 0.78),
        (15 * _H + 40 * 60, 20 * _H, 0.12),
    ),
}
_SCALE = 1_000_000  # weights become whole numbers: sums of floats would not be the same everywhere


@dataclass(frozen=True)
class Flow:
    """One side of one band of one investor: cumulative won after each step, and the price paid."""

    total: int
    price: int
    cumulative: tuple[int, ...]  # weight after step 0..LAST_STEP

    def won(self, step: int) -> int:
        return self.total * self.cumulative[step] // (self.cumulative[-1] or 1)

    def shares(self, step: int) -> int:
        return self.won(step) // self.price


DayFlows = dict[tuple[str, str, str], Flow]  # (investor, band, side) -> flow


@lru_cache(maxsize=64)
def day_flows(seed: int, day: date, exchange: str, market: str) -> DayFlows:
    """All flows of one exchange (J or NX) and market on one day. Shared: do not change."""
    random = Random(f"{seed}/{day.isoformat()}/{exchange}/{market}")
    turnover = random.uniform(*_TURNOVER[market])
    if exchange == wire.NXT:
        turnover *= random.uniform(*_NXT_PART)
    foreign_sign = random.choice((-1, 1))
    flows: DayFlows = {}
    for investor, habits in HABITS.items():
        gross = turnover * habits.share * random.uniform(0.9, 1.1)
        net = gross * random.uniform(*habits.tilt) * _sign(investor, foreign_sign, random)
        usual_price = _PRICE[market] * random.uniform(0.85, 1.15)
        arbitrage = habits.arbitrage * random.uniform(0.6, 1.4)
        if market == wire.KOSDAQ:
            arbitrage *= _KOSDAQ_ARBITRAGE
        for side, amount in ((SELL, gross - net / 2), (BUY, gross + net / 2)):
            for band, part in ((ARBITRAGE, arbitrage), (NON_ARBITRAGE, 1 - arbitrage)):
                price = int(usual_price * random.uniform(0.95, 1.05))
                flows[investor, band, side] = Flow(int(amount * part), price, _weights(exchange, random))
    return flows


def _sign(investor: str, foreign_sign: int, random: Random) -> int:
    """Institutions mostly take the other side of the foreigners; the rest do as they like."""
    if investor == wire.FOREIGNERS:
        return foreign_sign
    if investor in wire.INSTITUTION_PARTS:
        return -foreign_sign if random.random() < 0.75 else foreign_sign
    return random.choice((-1, 1))


def _weights(exchange: str, random: Random) -> tuple[int, ...]:
    """Cumulative weight after each step: busy at the open and the close, never falling, a little ragged."""
    profile = _profile(exchange)
    noise = (int(weight * (0.2 + 1.6 * random.random())) for weight in profile)
    return (0, *accumulate(noise))


@lru_cache(maxsize=4)
def _profile(exchange: str) -> tuple[int, ...]:
    edges = [DAY_START + step * STEP_SECONDS for step in range(LAST_STEP + 1)]
    weights = [0.0] * LAST_STEP
    for begin, end, part in _SESSIONS[exchange]:
        first = max(0, bisect_left(edges, begin + 1) - 1)
        inside: dict[int, float] = {}
        for step in range(first, LAST_STEP):
            overlap = min(end, edges[step + 1]) - max(begin, edges[step])
            if overlap <= 0:
                break
            place = (edges[step] - begin) / (end - begin)  # 0 at the open, 1 at the close
            inside[step] = overlap * (0.6 + 4 * (place - 0.5) ** 2)
        whole = sum(inside.values())
        for step, weight in inside.items():
            weights[step] += part * weight / whole
    return tuple(int(weight * _SCALE * 1000) for weight in weights)
