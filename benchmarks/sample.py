"""KIS's samples against ours: a call on a new connection and a DataFrame for every formula of a sheet."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator
from statistics import median

from benchmarks.figures import Figure, Measured, Subject, Unit
from benchmarks.gateway import Gateway
from benchmarks.place import Place

_LATENCY = 0.05
_FORMULAS = 60
_ROUNDS = 7
_SAMPLE_ROUNDS = 2
_TTL = 1
_PAUSE = 1.3

SAMPLE = Figure(
    "sample", "a cold sheet of 60 formulas on six known pairs, 50 ms latency",
    "KIS's sample way: requests.get and a DataFrame each", Unit.SECONDS, 1 / 40,
)  # fmt: skip


def measure(place: Place) -> Iterator[Measured]:
    """The sheet in a lean process, the sample in one that has pandas."""
    if importlib.util.find_spec("pandas") is None:
        yield Measured(SAMPLE, 0, 1, broken="pandas is missing: pip install -e .[test]")
        return
    with Gateway(place, _LATENCY) as gateway:
        home = place.new_home()
        lean = gateway.environment(home, XLWINGS_KIS_TTL=str(_TTL))
        ours = place.child("benchmarks.sample:ours_in_child", lean, offset=gateway.offset)
        theirs = place.child("benchmarks.sample:theirs_in_child", {**lean, **place.environment(lean=False, home=home)})
    yield Measured(SAMPLE, median(ours), median(theirs), f"{median(theirs) / median(ours):.0f} times faster")


def ours_in_child(offset: float) -> list[float]:
    """The sheet, each round by a feed that has nothing but the store's known pairs and the token."""
    from benchmarks import sheet
    from benchmarks.bare import RoundTrip
    from xlwings_kis import runtime

    sheet.use_clock(offset)
    RoundTrip().warm_gateway()
    formulas = sheet.formulas(_FORMULAS)
    sheet.seconds_of(formulas)
    rounds = []
    for _ in range(_ROUNDS):
        runtime.close()
        time.sleep(_PAUSE)
        rounds.append(sheet.seconds_of(formulas))
    return rounds


def theirs_in_child() -> list[float]:
    """As the samples do it, token given, pandas imported before the watch runs."""
    import pandas as pd
    import requests

    from benchmarks.bare import ask, call
    from xlwings_kis.markets import ALL_PAIRS

    calls = [call(pair) for pair in ALL_PAIRS]
    rounds = []
    for _ in range(_SAMPLE_ROUNDS):
        start = time.perf_counter()
        for number in range(_FORMULAS):
            frame = pd.DataFrame(ask(requests, calls[number % len(calls)]).json()["output1"])
            assert frame.shape == (11, 20), frame.shape
        rounds.append(time.perf_counter() - start)
    return rounds


SUBJECT = Subject((SAMPLE,), measure)
