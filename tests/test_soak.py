"""Eight processes through a trading day with faults: nothing grows, nothing is asked for too often, every figure is KIS's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from clocks import kst
from soaking import ROLES, TTL, Day, growth

from xlwings_kis import settings
from xlwings_kis.store.damage import healthy
from xlwings_kis.transport import POOL

KIND = "program-trade"


def judged(day: Day, seconds: float) -> dict[str, object]:
    """Everything that is promised of a day, and the figures it was measured by."""
    reads = list(day.lines("read"))
    shown = [read for read in reads if read["asof"] is not None]
    pressed = list(day.lines("pressed"))
    calls, tokens = day.calls(KIND), [moment for moment, _ in day.calls("token")]
    length = day.end - day.begin

    assert day.statuses == [0] * len(ROLES), day.said
    assert not [said for said in day.said if "Traceback" in said]
    assert not (wrong := day.wrong_reads()), "\n".join(map(str, wrong[:20]))
    assert len(shown) > len(reads) / 2

    pairs = {pair for _, pair in calls}
    for pair in pairs:
        times = [moment for moment, of in calls if of == pair]
        presses = sum(1 for one in pressed if _wire(one["pair"]) == pair)
        repeated = 3 * len(day.faults) + 2 * day.expired  # each fault at most three times
        assert len(times) <= length / TTL + presses + repeated + 1
    for at, first in enumerate(sorted(moment for moment, _ in calls)):
        within = [moment for moment, _ in calls if first <= moment < first + 10]
        assert len(within) <= 6 + 5 * 10 + len(ROLES), (
            at,
            first,
        )  # the bucket, and what leaves it arrives a little later
    for first in tokens:
        assert len([moment for moment in tokens if first <= moment < first + 60]) <= 2
    assert len(day.kis.issued_tokens) <= 1 + day.expired + sum(fault in _REJECTING for fault in day.faults)

    assert healthy(settings.load().store_path)
    home = settings.home_folder()
    assert sorted(one.name for one in home.iterdir() if one.suffix == ".tmp") == []
    return {
        "hours": length / 3600,
        "seconds": seconds,
        "reads": len(reads),
        "showing figures": len(shown),
        "wrong": 0,
        "calls": len(calls),
        "allowed by the TTL": round(len(pairs) * length / TTL + len(pressed)),
        "tokens": len(day.kis.issued_tokens),
        "faults": len(day.faults),
        "tokens killed": day.expired,
        "connections": (max(day.connections), growth([float(one) for one in day.connections])),
        "each": {
            who: [round(of[at * (len(of) - 1) // 6]) for at in range(7)] for who, of in day.sizes("memory").items()
        },
        **{
            name: (max(max(of) for of in sizes.values()), max(growth(of) for of in sizes.values()))
            for name in ("memory", "handles", "threads")
            if (sizes := day.sizes(name))
        },
    }


_REJECTING = ("token-invalid", "token-missing", "token-expired", "unauthorized", "token-no-expiry")
"""Faults each of which may cost a token: it is rejected, or comes so that nobody can tell how long it lives."""


def _wire(key: str) -> str:
    from xlwings_kis.markets import Pair

    pair = Pair.from_key(key)
    return pair.exchange.value.wire + pair.market.value.wire


def soak(kis, folder: Path, begin: str, end: str, seed: int, faults: float, speed: float) -> dict[str, object]:
    day = Day(kis, folder, kst(begin).timestamp(), kst(end).timestamp(), seed, faults)
    return judged(day, day.run(speed))


def test_ten_minutes_of_eight_processes_and_faults_shows_no_wrong_figure(kis, environment, tmp_path):
    environment(XLWINGS_KIS_DEADLINE="0.5")
    figures = soak(kis, tmp_path, "2026-11-20 09:20:00", "2026-11-20 09:30:00", seed=1, faults=0.5, speed=float("inf"))
    assert figures["connections"][0] <= len(ROLES) * (POOL + 1)
    if "handles" in figures:
        assert figures["handles"][0] < 60, figures
        assert figures["threads"][0] < 100, figures  # a lease sleeps for a second, in which minutes pass here


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="how big a process is, is read where Linux tells it")
def test_a_trading_day_of_eight_processes_and_faults_grows_nowhere(kis, environment, tmp_path, capsys):
    environment(XLWINGS_KIS_DEADLINE="0.5")
    seed = int(os.environ.get("SEED", "8"))
    figures = soak(kis, tmp_path, "2026-11-20 07:55:00", "2026-11-20 20:05:00", seed=seed, faults=0.3, speed=60.0)
    with capsys.disabled():
        print("\n" + "\n".join(f"{name:>20}: {value}" for name, value in figures.items() if name != "each"))  # noqa: T201 - figures for docs
        for name, of in sorted(figures["each"].items()):
            print(f"{name:>20}: {of}")  # noqa: T201 - the same
    assert figures["memory"][1] < 8, figures  # MB
    assert figures["handles"][1] <= 2, figures
    assert figures["threads"][1] <= 2, figures
    assert figures["connections"][1] <= len(ROLES), figures
