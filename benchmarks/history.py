"""History: a year of snapshots, how large it is, how fast it is written and read."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.figures import Figure, Measured, Subject, Unit
from benchmarks.moments import FRIDAY
from benchmarks.place import Place
from xlwings_kis.clock import KST, SystemClock
from xlwings_kis.fields import BY_CHOICE, FIGURES, INDEX, Band, Measure, Side, figure
from xlwings_kis.investors import FIXED_PLACES, investor_label
from xlwings_kis.markets import ALL_PAIRS, Pair
from xlwings_kis.rows import Row
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.store.archive import Archive, Received
from xlwings_kis.store.merging import Arrival
from xlwings_kis.store.packed import Packed
from xlwings_kis.store.sqlite import SqliteStore

_A_DAY = 720
_TRADING_DAYS = 245
_LIMIT_SECONDS = 0.020
_LIMIT_BYTES = 2**30
_ROUNDS = 15
_WANTED = [("9100", figure(Band.NON_ARBITRAGE))]

SERIES = Figure(
    "history-series", f"one figure of {_A_DAY} snapshots of a day, at most 20 ms",
    "the same from one JSON file a snapshot", Unit.SECONDS, 1 / 2,
)  # fmt: skip
AT = Figure("history-at", "a table as it stood at a moment", "plain sqlite3: eleven rows before a moment", Unit.SECONDS)
YEAR = Figure(
    "history-year", f"a year on disk: {_TRADING_DAYS} days, six pairs, {_A_DAY} new snapshots a day each, at most 1 GiB",
    "one JSON file a snapshot", Unit.BYTES, 1 / 5,
)  # fmt: skip
YEAR_SERIES = Figure(
    "history-year-series", "one figure of a day in that year, at most 20 ms", "the same of a day alone", Unit.SECONDS
)


def measure(place: Place) -> Iterator[Measured]:
    """A day."""
    folder = place.folder / "history"
    folder.mkdir()
    day = FRIDAY.date()
    _fill(folder / "ours.sqlite3", [day], ALL_PAIRS)
    snapshots = list(_walk(ALL_PAIRS[0], day))
    yield _limited(SERIES, _series(folder / "ours.sqlite3", day), _json_series(folder / "files", snapshots))
    yield Measured(AT, _at(folder / "ours.sqlite3", day), _plain_at(folder / "plain.sqlite3", snapshots))


def measure_year(place: Place) -> Iterator[Measured]:
    """A year: some minutes."""
    path, days = place.folder / "year.sqlite3", _days()
    took = _fill(path, days, ALL_PAIRS)
    number = len(days) * len(ALL_PAIRS) * _A_DAY
    json_bytes = median(len(_json(snapshot)) for snapshot in _walk(ALL_PAIRS[0], days[0])) * number
    size = sum(file.stat().st_size for file in path.parent.glob(path.name + "*"))
    note = f"{number:,} snapshots, {size / number:.0f} B each, {number / took:,.0f} a second written"
    yield Measured(YEAR, size, json_bytes, note, "" if size < _LIMIT_BYTES else "more than 1 GiB")
    alone = place.folder / "day.sqlite3"
    _fill(alone, days[:1], ALL_PAIRS[:1])
    yield _limited(YEAR_SERIES, _series(path, days[len(days) // 2]), _series(alone, days[0]))


def _limited(of: Figure, ours: float, baseline: float) -> Measured:
    return Measured(of, ours, baseline, broken="" if ours <= _LIMIT_SECONDS else "over 20 ms")


def _days() -> list[date]:
    """Weekdays of a year: which of them are holidays changes nothing here."""
    start = date(2025, 11, 3)
    days = (start + timedelta(days=at) for at in range(2 * _TRADING_DAYS))
    return [day for day in days if day.weekday() < 5][:_TRADING_DAYS]


def _walk(pair: Pair, day: date) -> Iterator[Snapshot]:
    """A day's tables, each with new figures: what was bought and sold grows, the rest follows but for rounding."""
    dice = random.Random(f"{pair.key} {day}")
    flows = {code: dict.fromkeys(_ALONE, 0) for code in FIXED_PLACES}
    moment = datetime(day.year, day.month, day.day, 9, 0, 30, tzinfo=KST)
    for _ in range(_A_DAY):
        rows = tuple(_row(code, flows[code], dice) for code in FIXED_PLACES)
        yield Snapshot(pair, moment, rows, changed=moment)
        moment += timedelta(seconds=30)


_ALONE = [INDEX[f.wire] for f in FIGURES if f.band is not Band.ALL and f.side is not Side.NET]


def _row(code: str, flow: dict[int, int], dice: random.Random) -> Row:
    made = [0] * len(FIGURES)
    for place in _ALONE:
        flow[place] += dice.choice((0, 0, dice.randrange(40), dice.randrange(4000)))
        made[place] = flow[place]

    def place(band: Band, side: Side, measure: Measure) -> int:
        return INDEX[BY_CHOICE[(band, side, measure)].wire]

    for measure in Measure:
        for side in (Side.SELL, Side.BUY):
            parts = (made[place(band, side, measure)] for band in (Band.ARBITRAGE, Band.NON_ARBITRAGE))
            made[place(Band.ALL, side, measure)] = sum(parts) + dice.choice((-1, 0, 0, 0, 1))
        for band in Band:
            buy, sell = made[place(band, Side.BUY, measure)], made[place(band, Side.SELL, measure)]
            made[place(band, Side.NET, measure)] = buy - sell + dice.choice((-1, 0, 0, 0, 1))
    return Row(code, investor_label(code, ""), tuple(made))


def _fill(path: Path, days: list[date], pairs: tuple[Pair, ...]) -> float:
    """Write these days; the seconds that writing took."""
    took = 0.0
    with closing(Archive(path, "benchmark")) as archive:
        for day in days:
            received = [
                Received(pair, Arrival(snapshot.asof.timestamp(), Packed.of(snapshot)), False)
                for pair in pairs
                for snapshot in _walk(pair, day)
            ]
            start = time.perf_counter()
            done = archive.merge(received, trust=True)
            took += time.perf_counter() - start
            assert done.new == len(pairs) * _A_DAY, done
    return took


def _series(path: Path, day: date) -> float:
    with closing(SqliteStore(path, "benchmark", SystemClock(), 5.0)) as store:
        return _seconds(lambda: len(store.series(ALL_PAIRS[0], day, _WANTED)) == _A_DAY)


def _at(path: Path, day: date) -> float:
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=KST).timestamp()
    with closing(SqliteStore(path, "benchmark", SystemClock(), 5.0)) as store:
        return _seconds(lambda: store.at(ALL_PAIRS[0], moment) is not None)


def _json(snapshot: Snapshot) -> bytes:
    return json.dumps({"output1": snapshot.to_records()}, ensure_ascii=False, separators=(",", ":")).encode()


def _json_series(folder: Path, snapshots: list[Snapshot]) -> float:
    folder.mkdir()
    for at, snapshot in enumerate(snapshots):
        (folder / f"{at:04}.json").write_bytes(_json(snapshot))
    wire = _WANTED[0][1].wire

    def read() -> bool:
        bodies = [json.loads(path.read_bytes()) for path in sorted(folder.iterdir())]
        found = [next(row[wire] for row in body["output1"] if row["invr_cls_code"] == "9100") for body in bodies]
        return len(found) == _A_DAY

    return _seconds(read)


def _plain_at(path: Path, snapshots: list[Snapshot]) -> float:
    names = ", ".join(f"{field.wire} INTEGER" for field in FIGURES)
    insert = f"INSERT INTO figures VALUES ({', '.join('?' * (len(FIGURES) + 2))})"  # noqa: S608 - nothing but question marks
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"CREATE TABLE figures (asof REAL, code TEXT, {names})")
        db.execute("CREATE INDEX by_time ON figures (asof)")
        with db:
            db.executemany(insert, [(s.asof.timestamp(), row.code, *row.figures) for s in snapshots for row in s.rows])
        moment = snapshots[len(snapshots) // 2].asof.timestamp()
        query = "SELECT * FROM figures WHERE asof <= ? ORDER BY asof DESC LIMIT 11"
        return _seconds(lambda: len(db.execute(query, (moment,)).fetchall()) == len(FIXED_PLACES))


def _seconds(once: Callable[[], bool]) -> float:
    """The usual time of something that must be true."""
    times = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        assert once()
        times.append(time.perf_counter() - start)
    return median(times)


SUBJECT = Subject((SERIES, AT), measure)
SLOW = Subject((YEAR, YEAR_SERIES), measure_year)
