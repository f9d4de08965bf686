"""Processes killed at random moments, run as a program of its own: `python killing.py WHAT KILLS SEED FOLDER`.

It forks a process that does one thing, kills it, and looks at what is left; it says what it saw as JSON, or ends with
the number of the kill. Every sync to the disk takes some milliseconds here, as on a real one.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from clocks import WallClock
from making import refusal_of

SYNC_SECONDS = 0.004
LEFT_BEHIND = 2 * 3600
"""So much older what is left is made before the next run, which should take it for left."""


class Killer:
    """Forks, kills and counts. `hits`: how many kills came while a file was written, before, and after the end."""

    def __init__(self, kills: int, seed: int) -> None:
        self.random, self.kills = random.Random(seed), kills
        self.hits: Counter[str] = Counter()

    def kill(self, job: Callable[[], object], seconds: float) -> None:
        """Do it in a process of its own and kill that: any time within so many seconds, or just while it writes."""
        hear, tell = os.pipe()
        child = os.fork()
        if not child:
            os.close(hear)
            _do(job, tell)
        os.close(tell)
        while_writing = self.random.random() < 0.5
        moments = os.read(hear, 1)  # it has begun
        if while_writing:
            moments += os.read(hear, 1)  # it is about to sync
        self._wait(self.random.uniform(0, 2 * SYNC_SECONDS if while_writing else seconds))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        while more := os.read(hear, 100):
            moments += more
        os.close(hear)
        assert b"!" not in moments, "it failed by itself"
        ended = "." if b"." in moments else "s" if b"s" in moments else "b"
        self.hits[{".": "after the end", "s": "while writing", "b": "before writing"}[ended]] += 1
        assert os.WIFSIGNALED(status)

    def _wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.0002)


def _do(job: Callable[[], object], tell: int) -> None:
    sync = os.fsync

    def slow(handle: int) -> None:
        os.write(tell, b"s")
        time.sleep(SYNC_SECONDS)
        sync(handle)

    os.fsync = slow
    os.write(tell, b"b")
    try:
        job()
        os.write(tell, b".")
        time.sleep(60)
    except BaseException:
        os.write(tell, b"!")
        raise
    finally:
        os._exit(1)


def age(folder: Path) -> None:
    """Let everything that is left be of long ago."""
    for path in folder.rglob("*"):
        if path.name.endswith(".tmp") or path.name.startswith("xlwings-kis-"):
            old = path.stat().st_mtime - LEFT_BEHIND
            os.utime(path, (old, old))


def temporaries(folder: Path) -> list[str]:
    """What must not stay."""
    return sorted(path.name for path in folder.rglob("*") if path.name.endswith(".tmp") or "build-" in path.name)


# --- tokens ---


def tokens(killer: Killer, folder: Path) -> None:
    """A process that wants a token dies; nobody asks for a second one within the minute, and then one comes."""
    from xlwings_kis.errors import KisError
    from xlwings_kis.protocol import IssuedToken
    from xlwings_kis.secret import Secret
    from xlwings_kis.tokens import COOL_DOWN, PrivateFile, Tokens

    ledger, clock = folder / "asked", WallClock()

    def issue() -> IssuedToken:
        with ledger.open("ab") as file:
            file.write(f"{clock.epoch()!r}\n".encode())
        time.sleep(SYNC_SECONDS)  # KIS thinks
        return IssuedToken(Secret(f"TOKEN{clock.epoch():.0f}"), 86400.0)

    def asked(since: float) -> int:
        return sum(float(line) >= since for line in ledger.read_text().splitlines()) if ledger.exists() else 0

    def want() -> None:
        shelf = Tokens(PrivateFile(folder / "home", "killed", clock), issue, clock)
        shelf.accepted(shelf.current())

    for number in range(killer.kills):
        clock.move(2 * 86400)  # yesterday's token has ended
        day = clock.epoch()
        killer.kill(want, 0.06)
        shelf = Tokens(PrivateFile(folder / "home", "killed", clock), issue, clock)
        refused = refusal_of(shelf.current, KisError)
        assert refused is None or refused.problem.key == "token_wait", (number, refused)
        assert asked(day) <= 1, f"kill {number}: a second token in the same minute"
        clock.move(COOL_DOWN + 1)
        assert shelf.current().reveal().startswith("TOKEN"), number
        assert json.loads((folder / "home" / "token-killed.json").read_bytes())["token"], number
        assert asked(day) <= 2, number
        age(folder)
        shelf.forget() if number % 7 == 0 else None
    clock.move(2 * 86400)
    want()
    assert temporaries(folder) == []


# --- reports ---


def reports(killer: Killer, folder: Path) -> None:
    """The file is the old report or the new one, and opens."""
    import openpyxl

    from xlwings_kis import report, runtime
    from xlwings_kis.cli import main
    from xlwings_kis.report.target import ours

    clock = WallClock("2026-11-20 15:45:00")
    runtime.clock = clock
    os.chdir(folder)
    target = folder / "보고서.xlsx"
    made = report.make(runtime.feed(), report.Request())
    runtime.close()
    begun = time.monotonic()
    report.save(made, target)
    length = time.monotonic() - begun

    def whole() -> bytes:
        data = target.read_bytes()
        assert ours(target)
        openpyxl.load_workbook(target).close()
        return data

    def command() -> None:
        assert main(["report", "-o", str(target), "--quiet"]) == 0

    for number in range(killer.kills):
        if number % 5 == 4:
            killer.kill(command, 3 * length)
        else:
            killer.kill(lambda: report.save(made, target), 1.2 * length)
        whole()
        assert [path.name for path in folder.glob("*.xlsx")] == [target.name], number  # no numbered sibling either
        age(folder)
    report.save(made, target)
    assert temporaries(folder) == []
    # openpyxl's own temporary files are not ours to remove: they look alike whoever makes them.
    left = {path.name.partition(".")[0] for path in Path(tempfile.gettempdir()).iterdir()}
    assert left <= {"openpyxl"}, left


# --- the add-in ---


def addins(killer: Killer, folder: Path) -> None:
    """Each file is old or new, Excel's start folder holds nothing else, and the next run ends well."""
    from pc import Pc, addin_bytes, builder

    from xlwings_kis import files
    from xlwings_kis.addin import config, install, places

    class RealDisk(Pc):
        """Files as on the real machine."""

        def put(self, path: Path, data: bytes, by: Path) -> None:
            for place in (path.parent, by):
                place.mkdir(parents=True, exist_ok=True)
            files.replace_file(path, data, by=by)

    both = addin_bytes("0.0.1", "0.37.0"), addin_bytes()
    pc = RealDisk(folder / "C")
    install.install(pc, builder(both[0]))
    for number in range(killer.kills):
        if number % 4 == 3:
            killer.kill(lambda: install.uninstall(pc), 0.01)
            if pc.addin.exists():
                assert pc.addin.read_bytes() in both, number
        else:
            pc.config.write_bytes(b'"INTERPRETER_WIN","C:\\old\\pythonw.exe"\r\n')
            killer.kill(lambda number=number: install.install(pc, builder(both[number % 2])), 0.03)
            assert pc.addin.read_bytes() in both, number
            assert config.interpreter(pc.config.read_bytes()) in (
                r"C:\old\pythonw.exe", r"%LOCALAPPDATA%\kis venv\Scripts\pythonw.exe",
            ), number  # fmt: skip
        assert {path.name for path in pc.startup.glob("*")} <= {places.ADDIN_NAME}, number
        age(folder)
        install.install(pc, builder(both[number % 2]))
        assert pc.addin.read_bytes() == both[number % 2]
    age(folder)
    install.install(pc, builder(both[0]))
    assert temporaries(folder) == []


def builds(killer: Killer, folder: Path) -> None:
    """`addin build`: both files are whole or not there."""
    import zipfile

    from xlwings_kis.addin import package

    out = folder / "out"
    out.mkdir()
    begun = time.monotonic()
    known = [path.read_bytes() for path in package.build(out)]
    length = time.monotonic() - begun
    for number in range(killer.kills):
        if number % 3 == 0:
            for path in out.glob("[!.]*.xl*"):
                path.unlink()
        killer.kill(lambda: package.build(out), length)
        for path in out.glob("[!.]*.xl*"):
            assert path.read_bytes() in known, number
            with zipfile.ZipFile(path) as file:
                assert file.testzip() is None
        age(folder)
    package.build(out)
    assert temporaries(folder) == []
    assert len(list(out.iterdir())) == 2


_WHAT: dict[str, Any] = {"tokens": tokens, "reports": reports, "addins": addins, "builds": builds}


def main() -> None:
    what, kills, seed, folder = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
    killer = Killer(kills, seed)
    _WHAT[what](killer, folder)
    print(json.dumps(killer.hits))  # noqa: T201 - what the test reads


if __name__ == "__main__":
    main()
