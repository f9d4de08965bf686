"""Servers to measure, and users who ask them: raw connections that are kept, so that the asking costs little."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from benchmarks.place import Place

_START_SECONDS = 60
_END_SECONDS = 30
_TRIVIAL = """import xlwings as xw


@xw.func
def HELLO(name):
    return f"Hello {name}!"
"""
"""What xlwings' own documentation begins with."""


class Server:
    """A server process; a context manager. `url` once it answers."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path, port: int) -> None:
        self.port = port
        self.log = (folder / f"server-{port}.log").open("w+", encoding="utf-8")
        self.process = subprocess.Popen(
            command, env=dict(environment), cwd=folder, stdout=subprocess.DEVNULL, stderr=self.log
        )
        end = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > end:
                self.__exit__(None, None, None)
                raise RuntimeError(
                    f"the server did not start: {Path(self.log.name).read_text(encoding='utf-8')[-2000:]}"
                )
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5) as answer:
                return int(answer.status) == 200
        except OSError:
            return False

    def memory(self) -> int:
        """Bytes that the processes of this server hold resident together."""
        return sum(_resident(pid) for pid in (self.process.pid, *_children(self.process.pid)))

    def cpu(self) -> float:
        """Seconds of processor time that they have used."""
        return sum(_cpu(pid) for pid in (self.process.pid, *_children(self.process.pid)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()


def ours(place: Place, environment: Mapping[str, str], workers: int = 1, *more: str) -> Server:
    """`xlwings-kis serve`."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "xlwings_kis",
        "serve",
        "--port",
        str(port),
        "--workers",
        str(workers),
        "--drain",
        "0",
    ]
    return Server([*command, *more], {**environment, "XLWINGS_LICENSE_KEY": "noncommercial"}, place.folder, port)


def theirs(place: Place, workers: int = 1) -> Server:
    """xlwings Server alone with a function that does nothing, without log and socket.io like ours."""
    project = place.folder / "bare"
    (project / "custom_functions").mkdir(parents=True, exist_ok=True)
    (project / "custom_functions" / "__init__.py").write_text(_TRIVIAL, encoding="utf-8")
    port = free_port()
    command = [
        sys.executable, "-m", "uvicorn", "xlwings_server.main:main_app", "--port", str(port), "--workers", str(workers),
        "--log-level", "warning", "--no-access-log",
    ]  # fmt: skip
    environment = place.environment(
        XLWINGS_PROJECT_DIR=str(project), DOTENV_PATH=os.devnull, XLWINGS_LICENSE_KEY="noncommercial",
        XLWINGS_ENABLE_SOCKETIO="false", XLWINGS_LOG_LEVEL="WARNING",
    )  # fmt: skip
    return Server(command, environment, place.folder, port)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def formula(name: str, *arguments: object) -> bytes:
    """A formula's call as xlwings' client sends it: a whole HTTP request."""
    body = json.dumps({
        "client": "Office.js", "func_name": name, "args": arguments, "caller_address": "[b]S!A1", "session_id": "s",
        "culture_info_name": "ko-KR", "date_format": "yyyy-mm-dd", "version": "0", "runtime": "1.4",
    }).encode()  # fmt: skip
    head = (
        "POST /xlwings/custom-functions-call HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Asked(NamedTuple):
    """What came of it: calls in how many seconds, their times (sorted), and answers that were none."""

    calls: int
    seconds: float
    times: list[float]
    failed: int

    @property
    def each(self) -> float:
        """Seconds a call, of all connections together."""
        return self.seconds / max(1, self.calls)

    def percentile(self, share: float) -> float:
        """So many of the calls were answered within this time."""
        return self.times[min(len(self.times) - 1, int(len(self.times) * share))] if self.times else float("nan")


def ask(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Asked:
    """Ask over so many connections at once, each as soon as it was answered."""
    return asyncio.run(_ask(port, requests, connections, seconds))


async def _ask(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Asked:
    times: list[float] = []
    failed = 0
    end = time.perf_counter() + seconds

    async def user(number: int) -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        turn = number
        while (begun := time.perf_counter()) < end:
            writer.write(requests[turn % len(requests)])
            turn += 1
            status = await answered(reader)
            times.append(time.perf_counter() - begun)
            failed += status != 200
        writer.close()

    begun = time.perf_counter()
    await asyncio.gather(*(user(number) for number in range(connections)))
    return Asked(len(times), time.perf_counter() - begun, sorted(times), failed)


async def answered(reader: asyncio.StreamReader) -> int:
    """Read one answer whole; its status."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    assert length, head
    await reader.readexactly(int(length.group(1)))
    return int(head[9:12])


def _children(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            child = int(path.parent.name)
            found += [child, *_children(child)]
    return found


def _resident(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0
    line = next((line for line in status.splitlines() if line.startswith("VmRSS:")), "VmRSS: 0 kB")
    return int(line.split()[1]) * 1024


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
