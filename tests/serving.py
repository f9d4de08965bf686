"""`xlwings-kis serve` as a process of its own, and what an Excel sends it."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import requests
import xlwings as xw

ROOT = Path(__file__).parent.parent
START_SECONDS = 90.0
END_SECONDS = 60.0


def excels_call(name: str, arguments: tuple[Any, ...], runtime: str = "1.4") -> dict[str, Any]:
    """The body of a formula's call, as xlwings' client makes it: texts of lists arrive bare, all else as a matrix."""
    return {
        "client": "Office.js", "func_name": name, "args": list(arguments), "caller_address": "[책.xlsx]Sheet1!A1",
        "session_id": "s", "culture_info_name": "ko-KR", "date_format": "yyyy-mm-dd",
        "version": xw.__version__, "runtime": runtime,
    }  # fmt: skip


class Served:
    """A running server; a context manager."""

    def __init__(
        self,
        home: Path,
        *words: str,
        environment: dict[str, str] | None = None,
        authority: Path | None = None,
        code: str = "",
    ) -> None:
        paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        self.environment = os.environ | {
            "XLWINGS_KIS_HOME": str(home), "XLWINGS_LICENSE_KEY": "noncommercial", "PYTHONPATH": paths,
            "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1",
        } | (environment or {})  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, *(("-c", code) if code else ("-m", "xlwings_kis")), "serve", "--port", "0", *words],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, encoding="utf-8", env=self.environment,
        )  # fmt: skip
        self.lines: list[str] = []
        self._news: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(authority) if authority else True
        try:
            self.url = self._address()
            self._wait_until_it_serves()
        except BaseException:
            self.__exit__()
            raise

    def get(self, path: str, **headers: str) -> requests.Response:
        """A page or data."""
        return self.session.get(self.url + path, headers=headers, timeout=END_SECONDS)

    def post(self, path: str, body: Any = None, **headers: str) -> requests.Response:
        """A call."""
        return self.session.post(self.url + path, json=body, headers=headers, timeout=END_SECONDS)

    def call(self, name: str, *arguments: Any, runtime: str = "1.4", **headers: str) -> requests.Response:
        """A formula."""
        return self.post("/xlwings/custom-functions-call", excels_call(name, arguments, runtime), **headers)

    def value(self, name: str, *arguments: Any, runtime: str = "1.4") -> Any:
        """What a formula gives."""
        answer = self.call(name, *arguments, runtime=runtime)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    def script(self, name: str, book: dict[str, Any], **headers: str) -> requests.Response:
        """A script with a book."""
        return self.post(f"/xlwings/custom-scripts-call/{name}", book, **headers)

    def stop(self, how: int = signal.SIGTERM) -> int:
        """Ask it to end; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(END_SECONDS)

    def log(self) -> str:
        """What it has said so far."""
        return "".join(self.lines)

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _listen(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.lines.append(line)
            self._news.put(line)
        self.process.stderr.close()
        self._news.put(None)

    def _address(self) -> str:
        end = time.monotonic() + START_SECONDS
        while (line := self._news.get(timeout=max(0.1, end - time.monotonic()))) is not None:
            found = re.search(r"https?://(127\.0\.0\.1|\[::1\]|0\.0\.0\.0):\d+", line)
            if found:
                return found.group().replace("0.0.0.0", "127.0.0.1")  # noqa: S104 - it listens there, not we
        raise AssertionError(f"it did not start: {self.log()}")

    def _wait_until_it_serves(self) -> None:
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                if self.session.get(f"{self.url}/health", timeout=5).status_code == 200:
                    return
            except requests.RequestException:
                pass
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < end, self.log()
            time.sleep(0.05)
