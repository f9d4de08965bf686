"""The add-in in a real browser: our server as its own process, its page in Chromium, and only office.js a fake."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

HERE = Path(__file__).resolve().parent
FAKE = HERE / "web" / "office.js"
BEGINS_WITHIN = 60
"""Seconds; a busy machine is no failure."""


class Server:
    """`xlwings-kis serve` as its own process, with a state folder of its own."""

    def __init__(self, *words: str, environment: dict[str, str] | None = None, port: int = 0) -> None:
        self.port = port or free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._home = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        known = {name: value for name, value in os.environ.items() if not name.startswith(("KIS_", "XLWINGS_"))}
        home = {name: self._home.name for name in ("XLWINGS_KIS_HOME", "HOME", "USERPROFILE")}
        null = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring", "XLWINGS_LICENSE_KEY": "noncommercial"}
        self._words = [sys.executable, "-m", "xlwings_kis", "serve", "--port", str(self.port), *words]
        self._environment = {**known, **home, **null, "PYTHONPATH": str(HERE.parent), **(environment or {})}
        self._log = Path(self._home.name) / "said.txt"
        self._process: subprocess.Popen[bytes] | None = None
        self.made = ""

    def token(self, name: str, file: Path) -> str:
        """A token for a person, as an administrator makes it."""
        words = [sys.executable, "-m", "xlwings_kis", "serve", "token", name, "--tokens", str(file)]
        done = subprocess.run(words, env=self._environment, check=True, capture_output=True, encoding="utf-8")
        self.made = done.stdout.strip()
        return self.made

    def start(self) -> None:
        """Until it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._words, env=self._environment, stdout=log, stderr=log)
        end = time.monotonic() + BEGINS_WITHIN
        while time.monotonic() < end and self._process.poll() is None:
            with contextlib.suppress(URLError, OSError), urlopen(f"{self.address}/health", timeout=2):
                return
            time.sleep(0.1)
        self.stop()
        raise RuntimeError(self._log.read_text(encoding="utf-8", errors="replace"))

    def stop(self) -> None:
        """And wait for its end."""
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._home.cleanup()


@contextlib.contextmanager
def served(
    *words: str, environment: dict[str, str] | None = None, before: Callable[[Server], object] | None = None
) -> Iterator[Server]:
    """A server for as long as it is wanted; `before` prepares it. Without xlwings Server the test is skipped."""
    if not os.environ.get("CI"):
        pytest.importorskip("xlwings_server", reason="the task pane is served by xlwings Server")
    server = Server(*words, environment=environment)
    if before:
        before(server)
    with server:
        yield server


class Pane:
    """The task pane in a page of its own: what was asked for outside, and what the console complained of."""

    def __init__(self, browser: Any, server: Server, *, width: int = 350, scheme: str = "light", **office: Any) -> None:
        self.outside: list[str] = []
        self.errors: list[str] = []
        self.sent: list[Any] = []
        self._server = server
        self._context = browser.new_context(
            viewport={"width": width, "height": 760}, color_scheme=scheme, locale="ko-KR", accept_downloads=True
        )
        self.page = self._context.new_page()
        self.page.clock.install()
        self.page.on("console", lambda said: said.type == "error" and self.errors.append(said.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._noted)
        self.page.route(
            "**/office-js/**/office.js", lambda route: route.fulfill(path=FAKE, content_type="text/javascript")
        )
        self.page.add_init_script(f"globalThis.fakeOffice = {json.dumps(office)};")

    def open(self) -> Pane:
        """Show it, and wait for its first table or sentence."""
        self.page.goto(f"{self._server.address}/taskpane.html")
        self.page.wait_for_selector("#table tbody tr, #said.bad, #asof:not(:empty)", state="attached")
        return self

    def press(self, name: str) -> str:
        """Press a button; the sentence at the end."""
        self.page.get_by_role("button", name=name, exact=True).click()
        return self.said()

    def command(self, name: str) -> str:
        """Press one of the ribbon's buttons; the sentence at the end."""
        self.page.evaluate("name => fake.press(name)", name)
        return self.said()

    def said(self) -> str:
        """The sentence, once nothing is under way any more."""
        self.page.wait_for_selector("#kis[aria-busy=false]")
        self.page.evaluate("fake.settled()")
        return str(self.page.locator("#said").inner_text())

    def workbook(self, expression: str) -> Any:
        """What the fake workbook holds."""
        return self.page.evaluate(f"fake.{expression}")

    def pass_seconds(self, seconds: float) -> None:
        """The page's own clock goes on."""
        self.page.clock.run_for(round(seconds * 1000))

    def close(self) -> None:
        self._context.close()

    def _noted(self, request: Any) -> None:
        if request.url.startswith(("blob:", "data:")):
            return
        if not request.url.startswith(self._server.address + "/"):
            self.outside.append(request.url)
        self.sent.append(request)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
