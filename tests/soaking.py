"""A trading day with eight processes and faults: the conductor's side, and what each process does.

Time flows at its own pace while anybody works and leaps to the next waking when all sleep; with a `speed` it leaps no
further than that. Every process writes what it read and how big it is, and the day is judged when it is over.
"""

from __future__ import annotations

import io
import json
import mmap
import os
import random
import struct
import subprocess
import sys
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from hashlib import blake2b
from pathlib import Path
from typing import Any

from stepping import Conductor, SteppedClock, be_patient

from xlwings_kis import era, payload, runtime, udfs
from xlwings_kis.clock import to_kst
from xlwings_kis.fields import CODE, COLUMNS, FIGURES
from xlwings_kis.investors import FIXED_PLACES
from xlwings_kis.markets import ALL_PAIRS, Pair
from xlwings_kis.rows import Row
from xlwings_kis.simulator import Fault, Simulator
from xlwings_kis.snapshot import Snapshot

HERE = Path(__file__).parent

TTL, FETCH_SECONDS = 30.0, 2.0
"""A fetch has two seconds here instead of fifteen: a gateway that hangs costs the day little."""

ROLES = ("formulas", "formulas", "formulas", "record", "record", "refresh", "table", "report")

FAULTS = tuple(
    fault
    for fault in Fault
    if fault.name
    not in (
        # Figures other than the market's, which nobody could hold against it.
        *(
            "NO_ROWS",
            "ALL_ZERO",
            "YESTERDAY",
            "STATE_AND_LOCAL",
            "MISSING_INVESTOR",
            "ODD_NUMBERS",
            "BROKEN_SUM",
            "FROZEN",
        ),
        # Only the user can mend these: everything rests for a minute, or six seconds of real time pass.
        *("TOKEN_WRONG_KEY", "TOKEN_WRONG_SECRET", "TOKEN_PAPER_KEY", "TOKEN_HANG"),
    )
)


class Shared:
    """The moment all processes share: real time, and how far it has leapt."""

    def __init__(self, path: Path, begin: float | None = None) -> None:
        if begin is not None:
            path.write_bytes(struct.pack("=d", begin - time.monotonic()))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 8)

    def epoch(self) -> float:
        return time.monotonic() + float(struct.unpack("=d", self._map[:8])[0])

    def leap_to(self, moment: float) -> None:
        """Put the clock forward; never back."""
        if moment > self.epoch():
            self._map[:8] = struct.pack("=d", moment - time.monotonic())


class FlowingClock(SteppedClock):
    """A child's clock: its main thread sleeps by the conductor's time, its other threads really wait."""

    def __init__(self, port: int, shared: Shared) -> None:
        super().__init__(port, shared.epoch())
        self.epoch = shared.epoch  # type: ignore[method-assign]

    def sleep(self, seconds: float) -> None:
        self._now = self.epoch()
        super().sleep(seconds)


# --- the conductor's side ---


class Day:
    """A day: `run` it, then ask what was seen. `faults`: how likely one is, each minute of the day."""

    def __init__(self, kis: Simulator, folder: Path, begin: float, end: float, seed: int, faults: float) -> None:
        self.kis, self.folder, self.begin, self.end = kis, folder, begin, end
        self.clock = Shared(folder / "clock", begin)
        kis.now = lambda: to_kst(self.clock.epoch())
        kis.calls_per_second = 10_000  # the gateway's own limit goes by real time
        self.faults: list[str] = []
        self.expired = 0
        self.connections: list[int] = []
        self._random, self._likely = random.Random(seed), faults
        self._leaps: list[tuple[float, float]] = []
        self._minute = 0
        self._speed = float("inf")
        self._begun = 0.0

    def run(self, speed: float = float("inf")) -> float:
        """Real seconds it took."""
        self._speed, self._begun = speed, time.monotonic()
        conductor = Conductor(len(ROLES), self._move)
        paths = os.pathsep.join([str(HERE), str(HERE.parent), os.environ.get("PYTHONPATH", "")])
        environment = os.environ | {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
        processes = [
            subprocess.Popen(
                [sys.executable, str(HERE / "soaking.py"), role, str(at), str(conductor.port), str(self.folder),
                 repr(self.end)],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment,
            )
            for at, role in enumerate(ROLES)
        ]  # fmt: skip
        try:
            conductor.run()
        finally:
            conductor.close()
            self.said = [process.communicate(timeout=60)[1] for process in processes]
        self.statuses = [process.returncode for process in processes]
        return time.monotonic() - self._begun

    def _move(self, moment: float) -> float:
        begun = moment - self.begin
        left = begun / self._speed - (time.monotonic() - self._begun)
        if left > 0:
            time.sleep(left)
        self.clock.leap_to(moment)
        self._leaps.append((time.monotonic(), self.clock.epoch()))
        minute = int(begun // 60)
        if minute > self._minute:
            self._minute = minute
            self.connections.append(self.kis.connections)
            if self._random.random() < self._likely:
                fault, times = self._random.choice(FAULTS), self._random.randint(1, 3)
                self.faults += [fault.value] * times
                self.kis.fail_next(fault, times)
            if self._random.random() < self._likely / 30:
                self.expired += 1
                self._random.choice([self.kis.expire_tokens, self.kis.revoke_tokens])()
        return self.clock.epoch()

    def moment_of(self, monotonic: float) -> float:
        """The moment of the day at which something really happened."""
        at = max(0, bisect_right(self._leaps, (monotonic, float("inf"))) - 1)
        real, moment = self._leaps[at] if self._leaps else (monotonic, self.begin)
        return moment + monotonic - real

    def calls(self, kind: str) -> list[tuple[float, str]]:
        """When and for which pair the gateway was asked."""
        return [(self.moment_of(c.at), f"{c.exchange}{c.market}") for c in self.kis.calls if c.kind == kind]

    def lines(self, what: str) -> Iterator[dict[str, Any]]:
        """What the processes have written."""
        for path in sorted(self.folder.glob("said-*.jsonl")):
            with path.open(encoding="utf-8") as file:
                for line in file:
                    found = json.loads(line)
                    if found["what"] == what:
                        yield {"who": path.stem, **found}

    def wrong_reads(self) -> list[dict[str, Any]]:
        """Reads that show other figures than the gateway had when they were fetched, or old ones without a mark."""
        return [read | {"why": why} for read in self.lines("read") if (why := self._wrong(read))]

    def _wrong(self, read: dict[str, Any]) -> str:
        if read["asof"] is None:
            return "" if read["said"] else "no figures and no reason"
        if read["figures"] not in self._truths(read["pair"], read["asof"]):
            return "not the gateway's figures"
        old = read["at"] - read["asof"] > TTL + FETCH_SECONDS + 1
        return "old and not marked" if old and not read["said"] else ""

    def _truths(self, key: str, asof: float) -> set[str]:
        """What the gateway had in the seconds in which an answer that came then was made."""
        pair = Pair.from_key(key)
        found = set()
        for before in range(int(FETCH_SECONDS) + 2):
            moment = to_kst(asof - before)
            step = (key, int(moment.timestamp()))
            if step not in self._known:
                rows, _ = payload.read_rows(
                    {"output1": self.kis.truth(pair.exchange.value.wire, pair.market.value.wire, moment)}
                )
                self._known[step] = _digest(rows)
            found.add(self._known[step])
        return found

    _known: dict[tuple[str, int], str] = {}  # noqa: RUF012 - what the market has at a moment is the same in every day

    def sizes(self, name: str) -> dict[str, list[float]]:
        """Memory (MB), handles or threads of each process through the day."""
        found: dict[str, list[float]] = defaultdict(list)
        for line in self.lines("size"):
            found[line["who"]].append(line[name])
        return dict(found)


def growth(values: list[float]) -> float:
    """By how much the last quarter lies above the second one: what is warm by then should stay as it is."""
    quarter = max(1, len(values) // 4)
    early, late = sorted(values[quarter : 2 * quarter] or values[:1]), sorted(values[-quarter:])
    return late[len(late) // 2] - early[len(early) // 2]


def _digest(rows: tuple[Row, ...]) -> str:
    """Of the usual eleven: some faults bring a stranger along, who must change nobody else's figures."""
    usual = sorted((row for row in rows if row.code in FIXED_PLACES), key=lambda row: row.code)
    text = ";".join(f"{row.code}:{','.join(map(str, row.figures))}" for row in usual)
    return blake2b(text.encode(), digest_size=12).hexdigest()


# --- a child ---


class Child:
    """One process of the day."""

    def __init__(self, role: str, number: int, port: int, folder: Path, end: float) -> None:
        self.folder, self.end, self.number = folder, end, number
        self.clock = FlowingClock(port, Shared(folder / "clock"))
        self.random = random.Random(number)
        self._file = (folder / f"said-{number}-{role}.jsonl").open("w", encoding="utf-8")
        self._sized = 0.0

    def say(self, what: str, **facts: Any) -> None:
        self._file.write(json.dumps({"what": what, **facts}, ensure_ascii=False) + "\n")

    def read(self, pair: Pair, rows: tuple[Row, ...], asof: float | None, said: str, **more: Any) -> None:
        at = self.clock.epoch()
        self.say("read", at=at, pair=pair.key, asof=asof, figures=_digest(rows) if asof else "", said=said, **more)

    def reading(self, pair: Pair, snapshot: Snapshot | None, said: str, **more: Any) -> None:
        shown = snapshot if snapshot and not snapshot.empty else None
        self.read(pair, shown.rows if shown else (), shown.asof.timestamp() if shown else None, said, **more)

    def rounds(self, seconds: float) -> Iterator[int]:
        """One round after the other, on a grid that all processes share: they wake together."""
        number = 0
        while self.clock.epoch() < self.end:
            yield number
            number += 1
            if self.clock.epoch() - self._sized >= 60:
                self._sized = self.clock.epoch()
                self.say("size", at=self._sized, **sizes())
            self.clock.sleep(seconds - self.clock.epoch() % seconds)
        self._file.close()

    def landed(self) -> None:
        """A recalculation ends; what it began lands."""
        while not runtime.feed().landed(ALL_PAIRS):
            time.sleep(0.001)


def sizes() -> dict[str, float]:
    """How big this process is; nothing where the system does not tell."""
    own = Path("/proc/self")
    if not own.is_dir():
        return {}
    import threading

    pages = int((own / "statm").read_text().split()[1])
    return {
        "memory": pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
        "handles": len(list((own / "fd").iterdir())),
        "threads": threading.active_count(),
    }


def formulas(child: Child) -> None:
    """A workbook: two or three tables, single figures, now and then what needs the store."""
    pairs = [ALL_PAIRS[(child.number + at) % len(ALL_PAIRS)] for at in range(2 + child.number % 2)]
    words = {pair: (pair.exchange.value.words[0], pair.market.value.words[0]) for pair in pairs}
    for number in child.rounds(5.0 + 5.0 * child.number):
        for pair in pairs:
            cells = udfs.KIS_PROGRAM_TRADE(*words[pair])
            child.read(pair, *_of_cells(cells, child.clock.epoch()))
            udfs.KIS_PROGRAM_VALUE(*words[pair], "외국인", "비차익")
            udfs.KIS_PROGRAM_STATUS(*words[pair])
            if number % 12 == 0:
                udfs.KIS_PROGRAM_HISTORY(*words[pair], "외국인", "비차익")
                udfs.KIS_PROGRAM_CHANGE(*words[pair], 10)
                udfs.KIS_PROGRAM_AT(*words[pair], "10:30")
        child.landed()


def _of_cells(cells: list[list[Any]], now: float) -> tuple[tuple[Row, ...], float | None, str]:
    """A table as Excel has it, back into rows; when it was fetched; and what its corner says beside that."""
    corner, names = cells[0][0], [field.wire for field in COLUMNS]
    place = {wire: at for at, wire in enumerate(names)}
    figures = [[line[place[field.wire]] for field in FIGURES] for line in cells[1:]]
    if corner.startswith("#KIS!") or "#N/A" in figures[0]:
        return (), None, corner
    rows = tuple(
        Row(line[place[CODE.wire]], "", tuple(None if cell == "" else int(cell) for cell in of))
        for line, of in zip(cells[1:], figures, strict=True)
        if any(cell != "" for cell in of)
    )
    *mark, day, moment = corner.split()
    today = to_kst(now)
    shown = time.strptime(f"{today.year}/{day} {moment}", "%Y/%m/%d %H:%M:%S")
    asof = today.replace(
        month=shown.tm_mon, day=shown.tm_mday, hour=shown.tm_hour, minute=shown.tm_min, second=shown.tm_sec,
        microsecond=0,
    )  # fmt: skip
    return rows, asof.timestamp(), " ".join(mark)


def refresh(child: Child) -> None:
    """Somebody who presses 새로고침, and looks at what came."""
    for _ in child.rounds(47.0):
        pair = child.random.choice(ALL_PAIRS[:4])
        pressed = child.clock.epoch()
        child.say("pressed", at=pressed, pair=pair.key)
        for asked, reading in runtime.feed().refresh((pair,), FETCH_SECONDS + 1).items():
            said = reading.problem.key if reading.problem else ""
            child.reading(asked, reading.snapshot, said, pressed=pressed)
        child.landed()


def record(child: Child) -> None:
    """The real recorder."""
    from xlwings_kis.cli import main
    from xlwings_kis.record import recorder

    recorder.NAP = 20.0
    began = child.clock.sleep

    def sleep(seconds: float) -> None:
        if child.clock.epoch() - child._sized >= 60:
            child._sized = child.clock.epoch()
            child.say("size", at=child._sized, **sizes())
        began(seconds)

    child.clock.sleep = sleep  # type: ignore[method-assign]
    until = f"{to_kst(child.end):%H:%M}"
    status = main(["record", "--until", until, "--csv", str(child.folder / f"csv-{child.number}"), "--pairs", "모두"])
    child._file.close()
    if status:
        sys.exit(status)


def table(child: Child) -> None:
    """A script that runs `table` again and again, each time from nothing."""
    from xlwings_kis.cli import main

    for _ in child.rounds(60.0):
        pair = child.random.choice(ALL_PAIRS)
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            status = main(["table", pair.exchange.value.words[0], pair.market.value.words[0], "--format", "json"])
        if status:
            child.read(pair, (), None, f"{status} {err.getvalue()}")
        else:
            found = json.loads(out.getvalue())
            rows = tuple(Row(row[CODE.wire], "", tuple(row[f.wire] for f in FIGURES)) for row in found["rows"])
            asof = to_kst(0).fromisoformat(found["asof"]).timestamp()
            child.read(pair, rows, asof, "stale" if found["stale"] else err.getvalue())


def report(child: Child) -> None:
    """A scheduler that makes a report every quarter of an hour, always under the same name."""
    import zipfile

    from xlwings_kis.cli import main

    path = child.folder / "보고서.xlsx"
    for _ in child.rounds(900.0):
        err = io.StringIO()
        with redirect_stderr(err):
            status = main(["report", "-o", str(path), "--quiet"])
        if path.exists():
            with zipfile.ZipFile(path) as file:
                assert file.testzip() is None
        child.say("report", at=child.clock.epoch(), status=status, said=err.getvalue())


_DO: dict[str, Callable[[Child], None]] = {
    "formulas": formulas, "record": record, "refresh": refresh, "table": table, "report": report,
}  # fmt: skip


def main() -> None:
    role, number, port, folder, end = sys.argv[1:]
    be_patient()
    era.FETCH_SECONDS, era.POLL_SECONDS = FETCH_SECONDS, 0.02
    child = Child(role, int(number), int(port), Path(folder), float(end))
    runtime.clock = child.clock
    _DO[role](child)
    runtime.close()


if __name__ == "__main__":
    main()
