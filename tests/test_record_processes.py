"""Recorders as processes: together, beside formulas, and ended at any moment."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from clocks import kst
from samples import KRX_KOSDAQ, KRX_KOSPI
from stepping import Conductor

from xlwings_kis import desk, payload, settings
from xlwings_kis.clock import to_kst
from xlwings_kis.snapshot import Snapshot, Standing
from xlwings_kis.store.damage import healthy

HERE = Path(__file__).parent

RECORDER = """
import sys
from stepping import SteppedClock, be_patient
from xlwings_kis import era, runtime
from xlwings_kis.cli import main
from xlwings_kis.record import recorder
be_patient()
recorder.NAP, era.POLL_SECONDS = 5.0, 0.005
runtime.clock = SteppedClock(int(sys.argv[1]), float(sys.argv[2]))
sys.exit(main(["record", *sys.argv[3:]]))
"""

FORMULAS = """
import sys, time
from stepping import SteppedClock, be_patient
from xlwings_kis import era, runtime, udfs
from xlwings_kis.markets import ALL_PAIRS
be_patient()
era.POLL_SECONDS = 0.005
runtime.clock = clock = SteppedClock(int(sys.argv[1]), float(sys.argv[2]))
while clock.epoch() < float(sys.argv[3]):
    for market in ("KOSPI", "KOSDAQ"):
        udfs.KIS_PROGRAM_TRADE("KRX", market)
    while not runtime.feed().landed(ALL_PAIRS):  # a recalculation ends; what it began lands
        time.sleep(0.001)
    clock.sleep(7)
"""


def start(code: str, *words: str) -> subprocess.Popen[str]:
    paths = os.pathsep.join([str(HERE), str(HERE.parent), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": paths},
    )  # fmt: skip


def stored(pair, day):
    with closing(desk.open_archive(settings.load())) as archive:
        return archive.tables(day, pair)


def bodies(kis, pair, begin, end):
    """The different bodies of the simulated market between two moments, without the empty one of the open."""
    found: list[Snapshot] = []
    moment = begin
    while moment <= end:
        rows, _ = payload.read_rows({"output1": kis.truth(pair.exchange.value.wire, pair.market.value.wire, moment)})
        made = Snapshot(pair, moment, rows)
        if not made.empty and (not found or found[-1].content != made.content):
            found.append(made)
        moment += timedelta(seconds=30)
    return found


def test_two_recorders_and_formulas_in_three_processes_store_each_body_of_a_day_once(kis, environment, clock):
    """A day of KRX before there was an after-market: 08:58 to 16:05, every 30 seconds, the formulas every seven."""
    kis.calls_per_second = 10_000
    begin, end = kst("2026-09-11 08:58:00"), kst("2026-09-11 16:05:00")
    clock.now = begin
    conductor = Conductor(3, lambda now: setattr(clock, "now", to_kst(now)))
    common = (str(conductor.port), str(begin.timestamp()))
    processes = [
        start(RECORDER, *common, "--until", "16:05"),
        start(RECORDER, *common, "--until", "16:05"),
        start(FORMULAS, *common, str(end.timestamp())),
    ]
    try:
        conductor.run()
    finally:
        conductor.close()
        said = [process.communicate(timeout=30)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    for pair in (KRX_KOSPI, KRX_KOSDAQ):
        tables = stored(pair, begin.date())
        previous = [table for table in tables if table.standing is Standing.PREVIOUS]
        today = [table for table in tables if table.standing is Standing.TODAY]
        truth = bodies(kis, pair, kst("2026-09-11 09:00:00"), end)
        assert len(truth) > 250
        assert [table.content for table in today] == [body.content for body in truth]  # none lost, none doubled
        assert len(previous) == 1  # Thursday's, which unmasks itself
        late = [table.changed - body.asof for table, body in zip(today, truth, strict=True)]
        assert max(late) <= timedelta(seconds=31)
        calls = [call for call in kis.calls if call.kind == "program-trade" and call.market == pair.market.value.wire]
        assert len(calls) <= (end - begin).total_seconds() / 30 + 1
    assert kis.count("token") == 1
    assert all("끝냈습니다" in each for each in said[:2])
    assert not [line for each in said[:2] for line in each.splitlines()[3:] if "다시" in line and "쉽니다" not in line]


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX'")
def test_a_recorder_that_is_ended_at_any_moment_says_its_last_line_and_leaves_the_store_whole(kis, environment, clock):
    """Ctrl+C and SIGTERM, each at six random moments of a recorder that looks every second."""
    environment(XLWINGS_KIS_TTL="1", XLWINGS_KIS_PRE_OPEN="trust")
    kis.now = lambda: to_kst(time.time())
    kis.latency = 0.05
    wrong, random_ = [], random.Random(4)

    def one(number: signal.Signals, after: float) -> None:
        process = start(
            "import sys; from xlwings_kis.cli import main; sys.exit(main(sys.argv[1:]))",
            "record", "--always", "--every", "1", "--csv", "표",
        )  # fmt: skip
        first = process.stderr.readline()
        time.sleep(after)
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
        last = (first + err).splitlines()[-1]
        expected = (130, "멈췄습니다.") if number == signal.SIGINT else (0, "시스템이 끝내라고 해서 끝냈습니다.")
        if (process.returncode, expected[1] in last, "Traceback" in err) != (expected[0], True, False):
            wrong.append((number, after, process.returncode, err))

    for _ in range(6):
        pair = [
            threading.Thread(target=one, args=(number, random_.uniform(0, 1.5)))
            for number in (signal.SIGINT, signal.SIGTERM)
        ]
        for thread in pair:
            thread.start()
        for thread in pair:
            thread.join()
    assert wrong == []
    path = settings.load().store_path
    assert healthy(path)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*) FROM snapshot").fetchone()[0] > 0
    assert sorted(each.name for each in Path("표").iterdir()) == ["KRX_KOSDAQ.csv", "KRX_KOSPI.csv"]
    assert kis.count("token") == 1


@pytest.fixture(autouse=True)
def _folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
