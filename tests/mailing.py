"""Reports as the tests of mails need them: the market of WORDING's own example."""

from __future__ import annotations

from typing import Any

from making import FIGURE_NAMES, reading, row, snapshot
from samples import KRX_KOSDAQ, KRX_KOSPI

from xlwings_kis.markets import Pair
from xlwings_kis.report.content import Report
from xlwings_kis.rows import Row
from xlwings_kis.snapshot import Snapshot

CLOSE = "2026-11-20 15:45:12"
PARTS = ("1000", "2000", "3000", "3100", "4000", "5000", "6000")


def who(code: str, arbitrage: int, non: int, name: str = "") -> Row:
    """One group's net buying, told in 억원; what it bought and sold agrees with it, and no shares are counted."""
    made = dict.fromkeys(FIGURE_NAMES, 0)
    for band, nets in (("arbt", (arbitrage,)), ("nabt", (non,)), ("all", (arbitrage, non))):
        made[f"{band}_shnu_amt"] = sum(100 * net for net in nets if net > 0)
        made[f"{band}_seln_amt"] = -sum(100 * net for net in nets if net < 0)
        made[f"{band}_ntby_amt"] = sum(100 * net for net in nets)
    return row(code, name, **made)


def kospi(at: str = CLOSE, *more: Row, pair: Pair = KRX_KOSPI, **facts: Any) -> Snapshot:
    """코스피 -1,012억: 차익 +215, 비차익 -1,227, foreigners' 비차익 -1,405."""
    parts = (who("1000", 190, 220), *(who(code, 0, 0) for code in PARTS[1:]))
    return snapshot(
        at, who("8000", 0, -38), who("9100", 25, -1405), who("8888", 190, 220), *parts, who("7100", 0, -4), *more,
        pair=pair, **facts,
    )  # fmt: skip


def kosdaq(at: str = CLOSE, pair: Pair = KRX_KOSDAQ, **facts: Any) -> Snapshot:
    """코스닥 +87억: 차익 -3, 비차익 +90, led by nobody."""
    parts = (who("1000", 0, 40), *(who(code, 0, 0) for code in PARTS[1:]))
    return snapshot(
        at, who("8000", 0, 15), who("9100", -3, 30), who("8888", 0, 40), *parts, who("7100", 0, 5), pair=pair, **facts
    )


def report(*snapshots: Snapshot, lang: str = "ko", **readings: Any) -> Report:
    """A report of snapshots, by default WORDING's two at the close."""
    known = snapshots or (kospi(), kosdaq())
    made = {one.pair: reading(one, lang=lang, **readings) for one in known}
    return Report(tuple(made), made, lang=lang)
