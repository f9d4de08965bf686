"""Everything that is stored, in a file: `history export` against the plainest way to write the same rows."""

from __future__ import annotations

import csv
import importlib.util
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import history
from benchmarks.figures import Figure, Measured, Subject, Unit
from benchmarks.moments import FRIDAY
from benchmarks.place import Place
from xlwings_kis.cli import export
from xlwings_kis.excel import date_time
from xlwings_kis.fields import FIGURES
from xlwings_kis.markets import ALL_PAIRS
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.store.archive import Archive

_ROUNDS = 3
_WHAT = "a day of two pairs (15,840 rows of 25 columns)"

CSV = Figure(
    "export-csv", f"{_WHAT} from the store to CSV", "the same rows from plain sqlite3, csv.writer", Unit.SECONDS, 2
)
XLSX = Figure(
    "export-xlsx", f"{_WHAT} from the store to xlsx", "the same rows, bare openpyxl, write-only", Unit.SECONDS, 1.5
)


def measure(place: Place) -> Iterator[Measured]:
    """By turns in this process; openpyxl as users have it, without lxml."""
    folder = place.folder / "export"
    folder.mkdir()
    day, pairs = FRIDAY.date(), ALL_PAIRS[:2]
    history._fill(folder / "ours.sqlite3", [day], pairs)
    plain = _plain(folder / "plain.sqlite3", [one for pair in pairs for one in history._walk(pair, day)])
    with closing(Archive(folder / "ours.sqlite3", "benchmark")) as archive:

        def tables() -> Iterator[Snapshot]:
            for pair in pairs:
                yield from archive.tables(day, pair)

        ways = {
            "csv": lambda: _ours(folder / "ours.csv", tables(), export.to_csv),
            "csv plain": lambda: _csv(folder / "plain.csv", plain),
            "xlsx": lambda: _ours(folder / "ours.xlsx", tables(), export.to_xlsx),
            "xlsx plain": lambda: _xlsx(folder / "plain.xlsx", plain),
        }
        took = {name: median(_seconds(way) for _ in range(_ROUNDS)) for name, way in ways.items()}
    with_lxml = "with lxml, which is on this machine" if importlib.util.find_spec("lxml") else ""
    yield Measured(CSV, took["csv"], took["csv plain"], f"{15_840 / took['csv']:,.0f} rows a second")
    yield Measured(XLSX, took["xlsx"], took["xlsx plain"], with_lxml)


def _plain(path: Path, snapshots: list[Snapshot]) -> Path:
    marks = ", ".join("?" * (len(FIGURES) + 7))
    columns = ", ".join(f"c{at}" for at in range(len(FIGURES) + 7))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(f"CREATE TABLE rows ({columns})")
        for snapshot in snapshots:
            records = export.records(snapshot, "ko", lambda moment: moment.isoformat(timespec="seconds"))
            db.executemany(f"INSERT INTO rows VALUES ({marks})", records)  # noqa: S608 - question marks
    return path


def _ours(path: Path, tables: Iterator[Snapshot], write: Callable[..., int]) -> None:
    with path.open("wb") as file:
        assert write(file, tables) == 15_840


def _csv(path: Path, plain: Path) -> None:
    with closing(sqlite3.connect(plain)) as db, path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(db.execute("SELECT * FROM rows"))


def _xlsx(path: Path, plain: Path) -> None:
    from datetime import datetime

    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet("rows")
    with closing(sqlite3.connect(plain)) as db:
        for first, last, *rest in db.execute("SELECT * FROM rows"):
            sheet.append([date_time(datetime.fromisoformat(first)), date_time(datetime.fromisoformat(last)), *rest])
    book.save(path)


def _seconds(way: Callable[[], None]) -> float:
    start = time.perf_counter()
    way()
    return time.perf_counter() - start


SUBJECT = Subject((CSV, XLSX), measure)
