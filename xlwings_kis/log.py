"""The log: one line for each request that left this PC, in one file that all processes share.

    2026-11-20 11:20:31 KST KRX_KOSPI 200 MCA00000 143ms excel 4312

Moment, table (or `token`), HTTP status, KIS's code (or what was wrong), duration, who asked and its process number; never a
key, a token, a path or a name. A thread of its own writes; whatever goes wrong with the file costs the line and nothing else.

No process keeps the file open: Windows does not rename what somebody holds, and logs that rotate while another process
writes them lose lines there. Whoever writes takes the lock, turns the file over when it is full, adds its line and lets go.
"""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from xlwings_kis import files
from xlwings_kis.clock import Clock, to_kst
from xlwings_kis.gateway import Sender
from xlwings_kis.protocol import Answer, Request, TransportFault, said_code
from xlwings_kis.secret import Secret, redact
from xlwings_kis.workers import Worker

NAME = "xlwings-kis.log"
LARGEST = 512 * 1024
"""About 7,000 requests: at least a day of the busiest desk. One older file stays beside it."""

LOCK_SECONDS = 0.3
CLOSE_SECONDS = 0.5
MOST_WAITING = 200
"""Lines that wait to be written; on a disk that hangs later ones are dropped."""

POLL_SECONDS = 0.5
_PRIVATE = 0o600
_CODE = re.compile(r"[A-Za-z0-9_.?-]{1,12}")


command = ""
"""The command of ours that runs in this process; empty in any other."""


def older(path: Path) -> Path:
    """The file before this one."""
    return path.with_name(f"{path.name}.1")


def role(argv: Sequence[str] | None = None) -> str:
    """Who this process is: a command, `excel` where Excel started it (xlwings' VBA says `xlwings.serve`), else `python`."""
    if command:
        return command
    words = sys.orig_argv if argv is None else argv
    return "excel" if any("xlwings" in word and "serve(" in word for word in words) else "python"


class Log:
    """Writes lines into the log of a state folder, behind everybody's back. Never raises, never waits."""

    def __init__(self, folder: Path, clock: Clock, who: str) -> None:
        self._path = folder / NAME
        self._clock = clock
        self._who = who
        self._worker = Worker("xlwings-kis log")
        self._mutex = threading.Lock()
        self._waiting = 0

    def note(self, *words: str) -> None:
        """A line of these words, with moment, role and process. Words are one line, whatever they hold."""
        said = " ".join(" ".join(words).split())
        moment = f"{to_kst(self._clock.epoch()):%Y-%m-%d %H:%M:%S} KST"
        self._submit(lambda: " ".join((moment, said, self._who, str(os.getpid()))))

    def exchange(self, request: Request, seconds: float, answer: Answer | None, trouble: str = "") -> None:
        """The line of one request. What the answer says is read on the log's own thread."""
        moment = f"{to_kst(self._clock.epoch()):%Y-%m-%d %H:%M:%S} KST"

        def line() -> str:
            code = _harmless(said_code(answer), request) if answer else trouble
            return " ".join((
                moment, request.pair.key if request.pair else request.kind, str(answer.status) if answer else "-",
                code or "-", f"{seconds * 1000:.0f}ms", self._who, str(os.getpid()),
            ))  # fmt: skip

        self._submit(line)

    def close(self) -> None:
        """Let what waits be written, for a moment."""
        done = self._worker.submit(lambda: None)
        self._worker.stop()
        done.wait(CLOSE_SECONDS)

    def _submit(self, line: Callable[[], str]) -> None:
        with self._mutex:
            if self._waiting >= MOST_WAITING:
                return
            self._waiting += 1
        self._worker.submit(lambda: self._write(line))

    def _write(self, line: Callable[[], str]) -> None:
        try:
            add(self._path, line())
        except Exception:  # noqa: BLE001, S110 - a log that cannot be written costs its line, never a figure
            pass
        finally:
            with self._mutex:
                self._waiting -= 1


class Logged:
    """A sender whose every request leaves a line."""

    def __init__(self, sender: Sender, log: Log, clock: Clock) -> None:
        self._sender = sender
        self._log = log
        self._clock = clock

    def send(self, request: Request, budget: float) -> Answer:
        """See `gateway.Sender`."""
        begun = self._clock.monotonic()
        try:
            answer = self._sender.send(request, budget)
        except TransportFault as fault:
            self._log.exchange(request, self._clock.monotonic() - begun, None, fault.error.problem.key)
            raise
        self._log.exchange(request, self._clock.monotonic() - begun, answer)
        return answer

    def close(self) -> None:
        """Close both."""
        self._sender.close()
        self._log.close()


def add(path: Path, line: str) -> None:
    """Add a line under the lock; a file that is full becomes the older one first. Raises `OSError`, `filelock.Timeout`."""
    import filelock

    files.private_folder(path.parent)
    with filelock.FileLock(path.with_name(f"{path.name}.lock"), timeout=LOCK_SECONDS):
        data = (line + "\n").encode()
        if _size(path) + len(data) > LARGEST:
            try:
                path.replace(older(path))
            except PermissionError:  # somebody reads it just now (Windows): at the next line then
                if _size(path) > 2 * LARGEST:
                    raise
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), _PRIVATE)
        with os.fdopen(handle, "wb") as file:
            file.write(data)


def last(path: Path, many: int) -> list[str]:
    """The last lines, from the older file too where this one has fewer."""
    lines: list[str] = []
    for one in (path, older(path)):
        if len(lines) < many:
            lines = [*_lines(one), *lines]
    return lines[-many:] if many > 0 else []


def follow(path: Path, sleep: Callable[[float], None]) -> Iterator[str]:
    """The lines that are added from now on, for ever; the file is opened for a moment only, each time."""
    file, at = _identity(path), _size(path)
    rest = b""
    while True:
        sleep(POLL_SECONDS)
        chunks: Iterable[tuple[Path, int]] = ((path, at),)
        now = _identity(path)
        if now != file or _size(path) < at:  # turned over: what was added to the other one before comes first
            chunks = (
                ((older(path), at), (path, 0)) if file is not None and _identity(older(path)) == file else ((path, 0),)
            )
            file = now
        for where, since in chunks:
            data = _from(where, since)
            at = since + len(data)
            rest += data
        *whole, rest = rest.split(b"\n")
        yield from (line.decode(errors="replace") for line in whole)


def _harmless(code: str, request: Request) -> str:
    """KIS's code, should it echo what it was sent."""
    sent = [*request.headers.values(), *(request.json or {}).values()]
    secrets = [Secret(value.removeprefix("Bearer ")) for value in sent if len(value) > 20]
    return code if not code or _CODE.fullmatch(redact(code, secrets)) else "?"


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _from(path: Path, at: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(at)
            return file.read()
    except OSError:
        return b""


def _lines(path: Path) -> list[str]:
    return _from(path, 0).decode(errors="replace").splitlines()
