"""How often 새로고침 speaks to Excel: the actions of xlwings' Office.js engine, against writing cell by cell."""

from __future__ import annotations

import os
from collections.abc import Iterator

from benchmarks.figures import Figure, Measured, Subject, Unit
from benchmarks.moments import MovedClock, offset_to
from benchmarks.place import ROOT, Place
from xlwings_kis.clock import to_kst

FIRST = Figure(
    "sheet-first", "calls to Excel of the first refresh of two pairs: a new sheet with its look", "one call per cell",
    Unit.CALLS, 1 / 2,
)  # fmt: skip
SECOND = Figure("sheet", "calls to Excel of a second refresh", "one call per cell", Unit.CALLS, 10 / 400)


def measure(place: Place) -> Iterator[Measured]:
    """A first refresh and one a minute later; the baseline writes each cell with a value by itself, its look apart."""
    environment = place.environment(home=place.new_home(), XLWINGS_LICENSE_KEY="noncommercial")
    environment["PYTHONPATH"] = os.pathsep.join([environment["PYTHONPATH"], str(ROOT / "tests")])
    told = place.child("benchmarks.excel:in_child", environment)
    looks = f"{told['looks']} of them the look; {told['styled']} cells"
    yield Measured(FIRST, told["first"], told["first_cells"] + told["styled"], looks)
    broken = "" if told["only_values"] else "more than values"
    yield Measured(SECOND, told["second"], told["second_cells"], "values alone", broken)


def in_child() -> dict[str, int | bool]:
    """Both refreshes; the gateway may live in the same process, for calls are counted and no time is taken."""
    from officejs import Excel

    from xlwings_kis import ribbon, runtime
    from xlwings_kis.simulator import Simulator

    clock = MovedClock(offset_to())
    runtime.clock = clock
    excel, counts = Excel(), []
    with Simulator(lambda: to_kst(clock.epoch()), token_interval=0.0) as gateway:
        os.environ |= {
            "KIS_APP_KEY": gateway.app_key,
            "KIS_APP_SECRET": gateway.app_secret,
            "KIS_BASE_URL": gateway.url,
        }
        for _ in range(2):
            book = excel.book()
            said = ribbon.refresh(book)
            assert said.startswith("조회했습니다"), said
            actions = book.json()["actions"]
            excel.apply(actions)
            counts.append(actions)
            clock.offset += 61
        runtime.close()
    first, second = counts
    written = [sum(len(row) for action in part for row in action["values"] or ()) for part in counts]
    values = [sum(action["func"] == "setValues" for action in part) for part in counts]
    return {
        "first": len(first),
        "first_cells": written[0],
        "looks": len(first) - values[0],
        "styled": 39 * 12,
        "second": len(second),
        "second_cells": written[1],
        "only_values": values[1] == len(second),
    }


SUBJECT = Subject((FIRST, SECOND), measure)
