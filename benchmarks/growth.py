"""How costs grow: against formulas on a sheet, rows of a table, and days of history. Measured for `benchmarks.page`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import history
from benchmarks.gateway import Gateway
from benchmarks.place import ROOT, Place
from xlwings_kis.clock import KST, SystemClock
from xlwings_kis.markets import ALL_PAIRS
from xlwings_kis.store.sqlite import SqliteStore

FORMULAS = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000)
ROWS = (12, 30, 100, 300, 1000)
DAYS = (1, 2, 5, 20, 60, 122, 245)
_PAIR = ALL_PAIRS[0]

Points = list[tuple[float, float]]


def measure(place: Place) -> dict[str, dict[str, Points]]:
    """Seconds (or bytes) by what grows: the curves of each plot by their names."""
    with Gateway(place) as gateway:
        environment = gateway.environment(place.new_home(), XLWINGS_KIS_TTL="3600")
        formulas = place.child("benchmarks.growth:formulas_in_child", environment, offset=gateway.offset)
    environment = place.environment()
    environment["PYTHONPATH"] += f"{os.pathsep}{ROOT / 'tests'}"
    rows = place.child("benchmarks.growth:rows_in_child", environment)
    return {"formulas": formulas, "rows": rows, "history": _history(place.folder)}


def formulas_in_child(offset: float) -> dict[str, Points]:
    """A recalculation of so many formulas: tables and single figures, warm; tables of a new feed, with all that it fetches."""
    from benchmarks import sheet, whole
    from xlwings_kis import runtime

    sheet.use_clock(offset)
    sheet.seconds_of(sheet.six())
    tables: Points = []
    values: Points = []
    cold: Points = []
    for count in FORMULAS:
        many = sheet.formulas(count)
        tables.append((count, _usual(lambda many=many: sheet.calculate(many))))
        single = whole.figures(count)
        values.append((count, _usual(lambda single=single: [one() for one in single])))
    for count in FORMULAS:
        many, took = sheet.formulas(count), []
        for _ in range(3):
            runtime.close()
            began = time.perf_counter()
            sheet.calculate(many)
            took.append(time.perf_counter() - began)
        cold.append((count, median(took)))
    return {"tables, warm": tables, "figures, warm": values, "tables, new process": cold}


def rows_in_child() -> dict[str, Points]:
    """A body of so many investors: read, packed, unpacked, made a table of cells."""
    from making import body, item
    from samples import KRX_KOSPI

    from xlwings_kis import excel
    from xlwings_kis.payload import read_rows
    from xlwings_kis.reading import Reading
    from xlwings_kis.snapshot import Snapshot
    from xlwings_kis.store import packing
    from xlwings_kis.table import table

    moment = datetime(2026, 11, 20, 11, 20, 31, tzinfo=KST)
    found: dict[str, Points] = {"answer to rows": [], "stored": [], "read back": [], "cells": []}
    for count in ROWS:
        answer = body(*(item(f"{code:04}", f"투자자 {code}") for code in range(count)))
        rows, notes = read_rows(answer)
        assert len(rows) == count
        reading = Reading(KRX_KOSPI, Snapshot(KRX_KOSPI, moment, rows, notes))
        roster, packed = packing.pack_roster(rows), packing.pack_figures(rows)
        for name, way in {
            "answer to rows": lambda answer=answer: read_rows(answer),
            "stored": lambda rows=rows: packing.pack_figures(rows),
            "read back": lambda roster=roster, packed=packed: packing.unpack(roster, packed),
            "cells": lambda reading=reading: excel.cells(table(reading).cells()),
        }.items():
            found[name].append((count, _usual(way)))
    return found


def _history(folder: Path) -> dict[str, Points]:
    """One pair, 720 tables a day: what a day more costs, and what is asked of so many days."""
    path = folder / "growth.sqlite3"
    days = history._days()
    found: dict[str, Points] = {"one table stored": [], "a day's course": [], "a table at a moment": []}
    done = 0
    for count in DAYS:
        took = history._fill(path, days[done:count], (_PAIR,))
        found["one table stored"].append((count, took / (count - done) / 720))
        done = count
        for name, way in _questions(path, days[count // 2]):
            found[name].append((count, way))
    return found


def _questions(path: Path, day: date) -> Iterator[tuple[str, float]]:
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=KST).timestamp()
    with closing(SqliteStore(path, "benchmark", SystemClock(), 5.0)) as store:
        yield "a day's course", _usual(lambda: store.series(_PAIR, day, history._WANTED))
        yield "a table at a moment", _usual(lambda: store.at(_PAIR, moment))


def _usual(way: Callable[[], Any], seconds: float = 0.3) -> float:
    """The median of as many runs as fit into some time, of three at least."""
    took: list[float] = []
    end = time.perf_counter() + seconds
    while len(took) < 3 or (time.perf_counter() < end and len(took) < 200):
        began = time.perf_counter()
        way()
        took.append(time.perf_counter() - began)
    return median(took)
