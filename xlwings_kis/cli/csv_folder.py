"""A CSV file for each table, kept up to date: Excel reads it without a macro, and sees in it how old it is.

First the columns of `table --format csv`, then what a reader must know beside them, in every row. The rows are those of
the formula, and so is what stands where there is nothing for today: `#N/A`, which Excel takes for its error.
"""

from __future__ import annotations

import csv
import errno
import io
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from xlwings_kis import sessions, status
from xlwings_kis.cli.export import standing_label
from xlwings_kis.cli.formats import harmless
from xlwings_kis.cli.texts import text
from xlwings_kis.errors import failure
from xlwings_kis.files import remove_file, replace_file
from xlwings_kis.markets import Pair
from xlwings_kis.reading import Reading
from xlwings_kis.snapshot import Standing
from xlwings_kis.table import Cell, Missing, table
from xlwings_kis.today import why_not

AGAIN_SECONDS = 2.0
"""After a file could not be replaced."""

_LITTER_SECONDS = 60.0
_BESIDE = (("조회시각", "Fetched (KST)"), ("값변동시각", "Changed (KST)"), ("구분", "Counts as"), ("상태", "Status"))


class CsvFolder:
    """`tell` is called once for a file that cannot be written, until it can again."""

    def __init__(self, folder: Path, lang: str, tell: Callable[[str], None]) -> None:
        self._folder = folder
        self._lang = lang
        self._tell = tell
        self._made: dict[Pair, tuple[Reading, datetime]] = {}
        self._data: dict[Pair, bytes] = {}
        self._held: dict[Pair, datetime] = {}

    def prepare(self) -> None:
        """Make the folder, see that it can be written, and sweep up what a killed recorder left. Raises `FileError`."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            replace_file(probe := self._folder / f".xlwings-kis-{id(self):x}.tmp", b"")
            remove_file(probe)
        except OSError as trouble:
            why = text("why_full" if trouble.errno == errno.ENOSPC else "why_folder", self._lang)
            raise failure("cannot_write", file=self._folder.name, reason=why) from trouble
        for torn in self._folder.glob(".*_*-*.tmp"):
            with suppress(OSError):
                if time.time() - torn.stat().st_mtime > _LITTER_SECONDS:
                    remove_file(torn)

    def keep(self, readings: Mapping[Pair, Reading], now: datetime) -> None:
        """Bring the files up to date, those that somebody holds open a little later."""
        minute = now.replace(second=0, microsecond=0)
        for pair, reading in readings.items():
            held = self._held.get(pair)
            if held and 0 <= (now - held).total_seconds() < AGAIN_SECONDS:
                continue
            if not held and self._made.get(pair) == (reading, minute):
                continue
            data = to_csv(shown(reading, now), now).encode("utf-8-sig")
            if data == self._data.get(pair) or self._write(pair, data, now):
                self._made[pair] = (reading, minute)

    def _write(self, pair: Pair, data: bytes, now: datetime) -> bool:
        name = f"{pair.key}.csv"
        try:
            replace_file(self._folder / name, data)
        except OSError as trouble:
            if pair not in self._held:
                why = text("why_full" if trouble.errno == errno.ENOSPC else "why_open", self._lang)
                self._tell(text("csv_held", self._lang, file=name, why=why))
            self._held[pair] = now
            return False
        self._held.pop(pair, None)
        self._data[pair] = data
        return True


def shown(reading: Reading, now: datetime) -> Reading:
    """What a reading is worth now: figures of an earlier day are none of today's, as in a formula."""
    snapshot, today = reading.snapshot, now.date()
    if snapshot is not None and snapshot.asof.date() != today:
        if sessions.trading_day(today):
            why = why_not(Standing.PREVIOUS, reading.pair.exchange, now)
            return replace(reading, snapshot=None, problem=why)
        of = snapshot.of or snapshot.asof
        return replace(reading, snapshot=replace(snapshot, standing=Standing.HOLIDAY, of=of, stale=False), problem=None)
    if snapshot is None and (reading.problem is None or reading.problem.key in ("not_asked", "empty")):
        return replace(reading, problem=why_not(Standing.EMPTY, reading.pair.exchange, now))
    return reading


def to_csv(reading: Reading, now: datetime) -> str:
    """The table with what must be known beside it. The file outlives its recorder, so it promises nothing."""
    spoken = 0 if reading.lang == "ko" else 1
    made, snapshot = table(reading), reading.snapshot
    beside = (
        f"{snapshot.asof:%Y-%m-%d %H:%M:%S}" if snapshot else "",
        f"{snapshot.changed:%Y-%m-%d %H:%M:%S}" if snapshot and snapshot.changed else "",
        standing_label(snapshot.standing if snapshot else Standing.EMPTY, reading.lang),
        harmless(status.still_line(reading, now, once=True)),
    )
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*made.labels, *(texts[spoken] for texts in _BESIDE)])
    writer.writerows([*(_plain(cell) for cell in row), *beside] for row in made.rows)
    return out.getvalue()


def _plain(cell: Cell) -> object:
    if isinstance(cell, Missing):
        return cell.value
    return harmless(cell) if isinstance(cell, str) else cell
