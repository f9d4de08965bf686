"""A PC of its own for one cell of the matrix: a state folder, a gateway, a disk, a clock, and the means to spoil them."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from clocks import DayClock, kst
from loopback import Handler, Loopback
from samples import KRX_KOSPI

from xlwings_kis import desk, era, gateway, runtime, settings, transport
from xlwings_kis.cli import main
from xlwings_kis.simulator import Simulator
from xlwings_kis.store import guarded, opening
from xlwings_kis.tokens import issuing, private

YESTERDAY = ("2026-11-19 10:00:00", "2026-11-19 20:05:00")
"""When the PC was used the day before. The token of that morning has run out by today."""

EARLIER = "2026-11-20 11:20:31"
NOW = "2026-11-20 11:21:02"
"""The figures move every 90 seconds, and between these two moments."""

_INVESTOR, _FIGURE = "8000", "nabt_ntby_amt"
"""One figure that no awkward body changes stands for the table."""

_CLEARED = (
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "APPDATA", "LOCALAPPDATA"),
    *(name for each in ("http", "https", "all", "no") for name in (f"{each}_proxy", f"{each.upper()}_PROXY")),
)
_LONG = "20"
_WAITS = (
    (gateway, "TOKEN_SECONDS"), (issuing, "TOKEN_SECONDS"), (private, "TOKEN_SECONDS"), (private, "LOCK_SECONDS"),
    (transport, "CONNECT_SECONDS"),
)  # fmt: skip
_KIS = "openapi.koreainvestment.com:9443"


class Clock(DayClock):
    """Time that passes between two visits passes for whoever waits, too; a clock that jumps is another matter."""

    passed = 0.0

    def monotonic(self) -> float:  # type: ignore[override]
        return time.monotonic() + self.passed

    def move(self, seconds: float) -> None:
        self.passed += seconds
        super().move(seconds)

    def go_to(self, text: str) -> None:
        """The next visit."""
        self.move((kst(text) - self.now).total_seconds())


class Place:
    """Everything a surface looks at. `patience`: what a fetch may take where the trouble is that nothing answers."""

    def __init__(self, stack: ExitStack, patience: float) -> None:
        self.stack = stack
        self.patience = patience
        self.root = Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        self.home, self.work = self.root / "state", self.root / "work"
        self.work.mkdir()
        self.clock = Clock(YESTERDAY[0])
        self.ahead = timedelta(0)
        """How far this PC's clock is ahead of the gateway's."""

        self.kis = stack.enter_context(Simulator(lambda: self.clock() - self.ahead, token_interval=0.0))
        self.kis.calls_per_second = 10_000
        self.hosts = [self.kis.url]
        self.disk = Disk(self)
        self.memory: dict[str, Any] = {}
        """What a surface keeps: its workbook."""

        stack.enter_context(patch.dict(os.environ))
        for name in (*_CLEARED, *(setting.env for setting in settings.SETTINGS)):
            os.environ.pop(name, None)
        os.environ |= {
            "HOME": str(self.root), "USERPROFILE": str(self.root), "TMPDIR": str(self.root),
            "XLWINGS_KIS_HOME": str(self.home), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "KIS_BASE_URL": self.kis.url, "KIS_APP_KEY": self.kis.app_key, "KIS_APP_SECRET": self.kis.app_secret,
            "XLWINGS_KIS_DEADLINE": _LONG,
        }  # fmt: skip
        self.change(tempfile, "tempdir", None)
        self.change(runtime, "clock", self.clock)
        self.change(guarded, "PATIENCE", 5.0)  # a busy machine is no failure
        self.change(gateway, "PAUSES", {what: tuple(0.01 for _ in long) for what, long in gateway.PAUSES.items()})
        stack.enter_context(contextlib.chdir(self.work))
        stack.callback(runtime.close)

    def change(self, where: Any, name: str, value: Any) -> None:
        """Change an attribute for as long as the place is there."""
        self.stack.enter_context(patch.object(where, name, value))

    def serve(self, handle: Handler, tls: Any = None, port: int = 0) -> Loopback:
        """A server on this machine."""
        server = Loopback(handle, tls, port)
        self.stack.callback(server.close)
        self.hosts.append(server.url)
        return server

    @property
    def deadline(self) -> float:
        """What a formula may wait for what never answers."""
        return self.patience / 5

    def be_short(self) -> None:
        """From now on every wait is shorter, and in the same proportion to the others: what is under test never answers."""
        for where, name in _WAITS:
            self.change(where, name, getattr(where, name) * self.patience / era.FETCH_SECONDS)
        self.change(era, "FETCH_SECONDS", self.patience)
        os.environ["XLWINGS_KIS_DEADLINE"] = f"{self.deadline:g}"
        for held in runtime._held:  # Excel runs since the morning, and would take a changed setting for another era
            held.feed.patience.deadline = self.deadline
            os.environ["XLWINGS_KIS_DEADLINE"] = _LONG

    def command(self, *words: str) -> tuple[int, list[str]]:
        """Run a command: its exit status, and the lines a user sees."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main(words)
        return status, [line for line in (out.getvalue() + err.getvalue()).splitlines() if line.strip()]

    def truth(self, moment: str) -> int:
        """The figure at the gateway at a moment."""
        rows = self.kis.truth("J", "1", kst(moment))
        return next(int(row[_FIGURE]) for row in rows if row["invr_cls_code"] == _INVESTOR)

    @property
    def now(self) -> datetime:
        """What time it really is."""
        return self.clock.now - self.ahead

    def whose(self, figure: float | None) -> str:
        """Which moment's figure was shown."""
        if figure is None:
            return "없음"
        known = {self.truth(moment): moment[11:] for moment in (*YESTERDAY, EARLIER)}
        named = {self.truth(YESTERDAY[1]): "전일", self.truth(NOW): "새 값"}
        return named.get(int(figure)) or known.get(int(figure)) or "다른 값"

    def stored(self, day: str) -> set[int]:
        """The figures that are stored of a day."""
        with contextlib.closing(desk.open_archive(settings.load())) as archive:
            tables = archive.tables(date.fromisoformat(day), KRX_KOSPI)
        return {int(table.by_code[_INVESTOR][_FIGURE] or 0) for table in tables if table}

    def public(self, text: str) -> str:
        """A text without ports and durations of this run."""
        for host in self.hosts:
            text = text.replace(host.rpartition("/")[2], _KIS)
        return text.replace(f"{self.deadline:g}초", "3초").replace(str(self.root), "…")

    def files(self) -> dict[str, bytes]:
        """Everything in the folder a command writes into."""
        return {path.name: path.read_bytes() for path in sorted(self.work.rglob("*")) if path.is_file()}


class Disk:
    """A disk that begins to refuse: no root user is stopped by mode bits, so it is the calls that refuse."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._databases: Callable[[], str] = str  # what every database says to a write; empty: nothing
        real = sqlite3.connect
        disk = self

        class Database(sqlite3.Connection):
            def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
                disk.check(sql)
                return super().execute(sql, *values)

            def executemany(self, sql: str, *values: Any) -> sqlite3.Cursor:
                disk.check(sql)
                return super().executemany(sql, *values)

        def connect(path: Any, *rest: Any, **options: Any) -> sqlite3.Connection:
            kind = {} if str(path) == opening.PRIVATE else {"factory": Database}
            return real(path, *rest, **options, **kind)

        place.change(sqlite3, "connect", connect)

    def check(self, sql: str) -> None:
        """Refuse a statement that writes."""
        said = self._databases()
        if said and sql.split()[0] in ("BEGIN", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "REPLACE"):
            raise sqlite3.OperationalError(said)

    @contextlib.contextmanager
    def saying(self, words: str) -> Iterator[None]:
        """Let databases answer every write with SQLite's words."""
        self._databases = lambda: words
        try:
            yield
        finally:
            self._databases = str

    @contextlib.contextmanager
    def full(self) -> Iterator[None]:
        """No room: what is written does not get to the disk."""
        with (
            self.saying("database or disk is full"),
            patch.object(os, "fsync", _raising(errno.ENOSPC, "No space left on device")),
        ):
            yield

    @contextlib.contextmanager
    def read_only(self) -> Iterator[None]:
        """The state folder may be read and no more."""
        home, refuse = str(self._place.home), _raising(errno.EROFS, "Read-only file system")
        real_open, real_access, real_replace, real_mkdir = os.open, os.access, os.replace, os.mkdir

        def inside(path: Any) -> bool:
            return str(path).startswith(home)

        def open_(path: Any, flags: int, *rest: Any, **more: Any) -> int:
            writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            return refuse() if writes and inside(path) else real_open(path, flags, *rest, **more)

        def access(path: Any, mode: int, **more: Any) -> bool:
            return not (mode & os.W_OK and inside(path)) and real_access(path, mode, **more)

        def replace(source: Any, target: Any) -> None:
            return refuse() if inside(target) else real_replace(source, target)

        def mkdir(path: Any, *rest: Any, **more: Any) -> None:
            return refuse() if inside(path) and not Path(path).exists() else real_mkdir(path, *rest, **more)

        doubles = {"open": open_, "access": access, "replace": replace, "mkdir": mkdir}
        with self.saying("attempt to write a readonly database"), patch.multiple(os, **doubles):
            yield

    @contextlib.contextmanager
    def holding(self, *names: str) -> Iterator[None]:
        """Windows refuses to replace files that Excel has open."""
        real = os.replace

        def replace(source: Any, target: Any) -> None:
            if Path(target).name in names:
                raise PermissionError(errno.EACCES, "The process cannot access the file")
            real(source, target)

        with patch.object(os, "replace", replace):
            yield


def _raising(number: int, words: str) -> Callable[..., Any]:
    def refuse(*_rest: Any, **_more: Any) -> Any:
        raise OSError(number, words)

    return refuse
