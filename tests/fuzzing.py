"""A small world to throw things at: the whole program but for its sockets, in its own folder, with secrets that can be found.

What a check of here promises holds for whatever is thrown: nothing but an answer comes out, and no secret in it.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from clocks import WallClock
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from xlwings_kis import desk, runtime, udfs
from xlwings_kis.cli import main
from xlwings_kis.fields import FIGURES
from xlwings_kis.protocol import Answer, Request
from xlwings_kis.simulator.market import rows_at

KEY = "PKq7ZxFuzz0AppKey0Of0Thirtysix0Chars"
SECRET = "SCv4Wy/FuzzAppSecret" * 9
TOKEN = "TKm2Rb.eyJFuzzToken" * 8
PASSWORD = "PWh8Lc0MailPassword0"
KEPT_SECRET = (KEY, SECRET, TOKEN)
TELLING = 8
"""So much of a secret is one."""

CORPUS = Path(__file__).parent / "data" / "corpus"
STATUSES = frozenset(range(8)) | {130}


def corpus(kind: str) -> list[Path]:
    """The interesting cases of a kind, as files."""
    return sorted(each for each in (CORPUS / kind).iterdir() if each.is_file())


def leaks(*outputs: str | bytes, secrets: tuple[str, ...] = KEPT_SECRET) -> list[str]:
    """The outputs that hold a secret, or its beginning."""
    texts = [one.decode("latin-1") if isinstance(one, bytes) else one for one in outputs]
    return [text for text in texts if any(secret[:TELLING] in text for secret in secrets)]


class Said(NamedTuple):
    """What a command came to."""

    status: int
    out: str
    err: str


class World:
    """One user on one PC whose gateway answers as told."""

    def __init__(self, home: Path, clock: WallClock) -> None:
        self.home, self.clock = home, clock
        self.answer: Callable[[Request], Answer] = self.truth
        self.requests: list[Request] = []

    def send(self, request: Request, budget: float) -> Answer:
        """See `gateway.Sender`."""
        assert budget > 0
        self.requests.append(request)
        return self.answer(request)

    def close(self) -> None:
        """See `gateway.Sender`."""

    def truth(self, request: Request) -> Answer:
        """What KIS would say."""
        if request.kind == "token":
            return said({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 86400}, self.clock)
        return said({"rt_cd": "0", "msg_cd": "MCA00000", "msg1": "정상", "output1": self.rows(request)}, self.clock)

    def rows(self, request: Request) -> list[dict[str, str]]:
        exchange, market = request.params["EXCH_DIV_CLS_CODE"], request.params["MRKT_DIV_CLS_CODE"]
        return [dict(row) for row in rows_at(self.clock(), exchange, market)]

    def run(self, *words: str) -> Said:
        """A command."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            status = main(list(words))
        return Said(status, out.getvalue(), err.getvalue())

    def files(self) -> Iterator[bytes]:
        """Everything the program keeps or has made, but for the token's own file."""
        for path in self.home.rglob("*"):
            if path.is_file() and not path.name.startswith("token-") and path.name not in ("config.toml",):
                yield path.name.encode()
                if zipfile.is_zipfile(path):
                    with zipfile.ZipFile(path) as file:
                        yield from (file.read(name) for name in file.namelist())
                else:
                    yield path.read_bytes()


def said(content: Any, clock: WallClock, status: int = 200) -> Answer:
    """An answer of the gateway."""
    return Answer(status, {"Date": f"{clock.now.astimezone(None):%c}"}, json.dumps(content).encode())


@contextmanager
def world(folder: Path, clock: WallClock | None = None, **environment: str) -> Iterator[World]:
    """A fresh one; nothing of it outlives the example."""
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=folder, ignore_cleanup_errors=True)))
        made = World(root / "home", clock or WallClock())
        made.home.mkdir()
        names = {
            "XLWINGS_KIS_HOME": str(made.home), "HOME": str(root), "USERPROFILE": str(root),
            "KIS_APP_KEY": KEY, "KIS_APP_SECRET": SECRET, "KIS_BASE_URL": "http://127.0.0.1:9", **environment,
        }  # fmt: skip
        stack.enter_context(mock.patch.dict(os.environ, {name: value for name, value in names.items() if value}))
        stack.enter_context(mock.patch.object(desk, "Transport", return_value=made))
        stack.enter_context(mock.patch.object(runtime, "clock", made.clock))
        stack.callback(runtime.close)
        yield made


# --- what is thrown ---

LONGER = settings.default.max_examples / 100


def examples(number: int) -> settings:
    """So many in the usual run, in proportion more in a longer one."""
    return settings(
        max_examples=max(1, round(number * LONGER)),
        deadline=None,
        suppress_health_check=list(HealthCheck),  # a world costs its time, and each example has its own
    )


SECRETS = st.sampled_from([KEY, SECRET, TOKEN, f"Bearer {TOKEN}", SECRET[:30]])
TEXT = st.text(max_size=20) | SECRETS | st.sampled_from(["", " ", "-", "=1+1", "\x00", "\ud800", "기 관", "a" * 3000])
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.sampled_from([10**400, -1, 1e308])
JSON = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=10
)


# --- checks ---


def every_formula(exchange: Any, market: Any, third: Any, fourth: Any, fifth: Any = None) -> str:
    """All formulas with these arguments; everything they show, as one text."""
    tables = [
        udfs.KIS_PROGRAM_TRADE(exchange, market, third, fourth),
        udfs.KIS_PROGRAM_AT(exchange, market, third, fourth, fifth),
        udfs.KIS_PROGRAM_CHANGE(exchange, market, third, fourth),
        udfs.KIS_PROGRAM_HISTORY(exchange, market, third, fourth, fifth, third),
    ]
    for table in tables:
        assert table
        assert len({len(row) for row in table}) == 1
        assert all(isinstance(cell, str | float | datetime) for row in table for cell in row)
        assert all(len(cell) <= 255 for row in table for cell in row if isinstance(cell, str))
    value = udfs.KIS_PROGRAM_VALUE(exchange, market, third, fourth)
    assert isinstance(value, float) or value == "#N/A"
    asof = udfs.KIS_PROGRAM_ASOF(exchange, market)
    assert isinstance(asof, datetime) or asof == "#N/A"
    status = udfs.KIS_PROGRAM_STATUS(exchange, market)
    assert isinstance(status, str)
    assert "\n" not in status
    return f"{tables} {value} {asof} {status}"


def every_output(made: World) -> None:
    """The table on every way out: nothing escapes, each can be read by others, none holds a secret."""
    shown = every_formula("KRX", "코스피", None, True)
    shown += every_formula("KRX", "코스피", "외국인", "비차익")
    assert "프로그램 오류" not in shown
    commands = [made.run("table", "KRX", "코스피", "--format", form) for form in ("text", "json", "csv", "table")]
    workbook = made.home / "표.xlsx"
    commands.append(made.run("table", "KRX", "코스피", "-o", str(workbook)))
    commands.append(made.run("history", "stats"))
    for one in commands:
        fair(one)
    if commands[1].status == 0:
        assert len(json.loads(commands[1].out)["rows"]) >= 1
    if commands[4].status == 0:
        import openpyxl

        openpyxl.load_workbook(workbook).close()
    assert not leaks(shown, *(f"{one.out}{one.err}" for one in commands), *made.files())


def fair(one: Said) -> None:
    """An exit status of the contract, and never our own fault."""
    assert one.status in STATUSES
    assert "Traceback" not in one.err
    assert "프로그램 오류" not in one.err, one.err


def figures_of(rows: list[dict[str, Any]]) -> dict[str, list[int]]:
    """Figures by investor code."""
    return {row["invr_cls_code"]: [int(row[field.wire]) for field in FIGURES] for row in rows}
