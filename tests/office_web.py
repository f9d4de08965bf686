"""The add-in in a real browser: our server as its own process, its page in Chromium, and only office.js a fake."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serving import Served

WEB = Path(__file__).resolve().parent / "web"


def fake() -> str:
    """office.js without Excel: one program out of three files."""
    parts = [(WEB / f"{name}.js").read_text(encoding="utf-8") for name in ("workbook", "model", "office")]
    return "(() => {\n" + "\n".join(parts) + "\n})();"


@contextlib.contextmanager
def served(home: Path, *words: str, environment: dict[str, str] | None = None) -> Iterator[Served]:
    """A server for as long as it is wanted, with a home of its own. Without xlwings Server the test is skipped."""
    if not os.environ.get("CI"):
        pytest.importorskip("xlwings_server", reason="the task pane is served by xlwings Server")
    nobodys = {"HOME": str(home), "USERPROFILE": str(home), "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    with Served(home, *words, environment={**nobodys, **(environment or {})}) as server:
        yield server


def token(name: str, file: Path) -> str:
    """A person's token, as an administrator makes it."""
    words = [sys.executable, "-m", "xlwings_kis", "serve", "token", name, "--tokens", str(file)]
    return subprocess.run(words, check=True, capture_output=True, encoding="utf-8").stdout.strip()


class Pane:
    """The task pane in a page of its own: what was asked for outside, and what the console complained of."""

    def __init__(
        self, browser: Any, server: Served, *,
        width: int = 350, height: int = 760, scale: float = 1, scheme: str = "light", **office: Any,
    ) -> None:  # fmt: skip
        self.outside: list[str] = []
        self.errors: list[str] = []
        self.sent: list[Any] = []
        self._address = server.url
        self._context = browser.new_context(
            viewport={"width": width, "height": height}, device_scale_factor=scale, color_scheme=scheme, locale="ko-KR"
        )
        self.page = self._context.new_page()
        self.page.clock.install()
        self.page.on("console", lambda said: said.type == "error" and self.errors.append(said.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._noted)
        self.page.route(
            "**/office-js/**/office.js", lambda route: route.fulfill(body=fake(), content_type="text/javascript")
        )
        self.page.add_init_script(f"globalThis.fakeOffice = {json.dumps(office)};")

    def open(self) -> Pane:
        """Show it, and wait for its first table or sentence."""
        self.page.goto(f"{self._address}/taskpane.html")
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
        if not request.url.startswith(self._address + "/"):
            self.outside.append(request.url)
        self.sent.append(request)
