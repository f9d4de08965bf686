"""A report made by hand: two markets, stored moments to compare with, a day with a gap. Nothing of it comes from a gateway."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from clocks import kst
from making import ELEVEN, row
from samples import KRX_KOSDAQ, KRX_KOSPI

from xlwings_kis import press
from xlwings_kis.markets import Pair
from xlwings_kis.reading import Reading
from xlwings_kis.report.content import Earlier, Report, Step
from xlwings_kis.snapshot import Snapshot

PARTS = ("2000", "3000", "3100", "4000", "5000", "6000")
NETS = {
    # 차익 and 비차익 net buying in million won: the figures of LAYOUT's sketch, more or less
    KRX_KOSPI: {"8000": (0, -3_800), "9100": (2_500, -140_500), "8888": (19_000, 22_000), "7100": (0, -400)},
    KRX_KOSDAQ: {"8000": (40, 9_960), "9100": (-340, 4_740), "8888": (-10, -5_750), "7100": (10, 50)},
}


def table(pair: Pair, at: str, factor: float = 1.0, **more: Any) -> Snapshot:
    """A table that agrees with itself; all nets are multiplied."""
    rows = []
    for code in ELEVEN:
        arbitrage, non = NETS[pair].get(code, (0, 0))
        if code == "1000":  # 금융투자 made all of 기관계
            arbitrage, non = NETS[pair]["8888"]
        figures = {}
        for band, net in (("arbt", arbitrage), ("nabt", non), ("all", arbitrage + non)):
            for measure, unit in (("amt", 1.0), ("qty", 0.05)):
                bought = 0 if code in PARTS else round(200_000 * unit)
                figures[f"{band}_seln_{measure}"] = bought
                figures[f"{band}_ntby_{measure}"] = round(net * factor * unit)
                figures[f"{band}_shnu_{measure}"] = bought + figures[f"{band}_ntby_{measure}"]
        for side in ("seln", "shnu", "ntby"):
            for measure in ("amt", "qty"):
                parts = (figures[f"{band}_{side}_{measure}"] for band in ("arbt", "nabt"))
                figures[f"all_{side}_{measure}"] = sum(parts)
        rows.append(row(code, "", **figures))
    digest = f"{pair.key}{at}".encode().hex().ljust(64, "0")[:64]
    return Snapshot(pair, kst(at), tuple(rows), changed=kst(at), sha256=digest, **more)


def course(pair: Pair) -> tuple[Step, ...]:
    """Every ten minutes from 09:00 to 15:40; nobody looked from 11:00 to 11:50."""
    steps = []
    for at in range(41):
        moment = kst("2026-11-20 09:00:00") + timedelta(minutes=10 * at)
        if moment.hour == 11:
            nothing = press.Nets(None, None, None)
            steps.append(Step(moment, nothing, nothing))
        else:
            then = table(pair, f"{moment:%Y-%m-%d %H:%M:%S}", at / 40)
            steps.append(Step(moment, press.nets(then), press.nets(then, press.FOREIGNERS)))
    return tuple(steps)


def report(lang: str = "ko", at: str = "2026-11-20 15:45:12", **more: Any) -> Report:
    """The sample, or parts of it changed."""
    pairs = (KRX_KOSPI, KRX_KOSDAQ)
    readings = {pair: Reading(pair, table(pair, at), lang=lang) for pair in pairs}
    earlier = (
        Earlier("15:30", {pair: table(pair, "2026-11-20 15:29:40", 0.98) for pair in pairs}),
        Earlier(
            "전일 마감" if lang == "ko" else "last close",
            {KRX_KOSPI: table(KRX_KOSPI, "2026-11-19 15:39:10", -0.4), KRX_KOSDAQ: None},
        ),
    )
    made = Report(pairs, readings, lang, earlier, {pair: course(pair) for pair in pairs})
    return replace(made, **more)


def with_reading(made: Report, pair: Pair, reading: Reading) -> Report:
    """The same report with another reading of a pair."""
    return replace(made, readings={**made.readings, pair: reading})
