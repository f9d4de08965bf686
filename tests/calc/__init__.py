"""LibreOffice Calc as a spreadsheet for tests: one process, documents whose formulas call ours."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import xlwings_kis
from xlwings_kis.simulator import Simulator

_HERE = Path(__file__).parent
_PROBE = "import sys, uno; print(*sys.version_info[:2], sep='.')"


class Error(str):
    """An error in a cell, by its name."""

    __slots__ = ()


def settings_of(gateway: Simulator, folder: Path) -> dict[str, str]:
    """Settings with which formulas ask this gateway, and keep what they know in this folder."""
    return {
        "KIS_APP_KEY": gateway.app_key,
        "KIS_APP_SECRET": gateway.app_secret,
        "KIS_BASE_URL": gateway.url,
        "XLWINGS_KIS_HOME": str(folder / "상태 폴더"),
        "XLWINGS_KIS_DEADLINE": "30",  # a figure may come late on a busy machine; how long formulas wait is tested elsewhere
    }


class Calc:
    """A running Calc. Every method is one command to its driver."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        soffice, python = _programs()
        profile = folder / "profile"
        scripts = profile / "user" / "Scripts" / "python"
        scripts.mkdir(parents=True)
        shutil.copy(_HERE / "host.py", scripts)
        self._log = (folder / "calc.log").open("w", encoding="utf-8")
        self._driver = subprocess.Popen(
            [python, _HERE / "driver.py", soffice, profile],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
            env=_environment(folder, settings),
            start_new_session=True,  # a group of its own, so that all of it can be ended
        )
        try:
            self._answer()
        except BaseException:
            self.end()
            raise

    def new(self, **modules: str) -> None:
        """Begin an empty document with our formulas, and more modules of Basic."""
        self._ask("new", {"Formulas": (_HERE / "formulas.bas").read_text(encoding="utf-8"), **modules})

    def enter(self, formulas: Mapping[str, str]) -> None:
        """Formulas by place: `A1`, or `A1:T12` for an array formula."""
        self._ask("enter", dict(formulas))

    def cells(self, place: str) -> list[list[Any]]:
        """What a range shows: numbers, texts, errors."""
        rows = self._ask("cells", place)
        return [[Error(cell["error"]) if isinstance(cell, dict) else cell for cell in row] for row in rows]

    def cell(self, place: str) -> Any:
        """What one cell shows."""
        return self.cells(place)[0][0]

    def recalculate(self) -> float:
        """Calculate everything once more; the seconds it took."""
        return float(self._ask("recalculate"))

    def set_clock(self, moment: str) -> None:
        """Put the formulas' process at a Korean moment."""
        self.basic("Formulas.SetClock", moment)

    def basic(self, function: str, *arguments: Any) -> Any:
        """Call `Module.Function` of the document."""
        return self._ask("basic", function, list(arguments))

    def end(self) -> None:
        """Close everything; what does not end by itself is ended."""
        assert self._driver.stdin
        assert self._driver.stdout
        with contextlib.suppress(BrokenPipeError):
            self._driver.stdin.close()
        try:
            well = self._driver.wait(60) == 0
        except subprocess.TimeoutExpired:
            well = False
        if not well:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._driver.pid, signal.SIGKILL)
            self._driver.wait()
        self._driver.stdout.close()
        self._log.close()

    def _ask(self, *command: Any) -> Any:
        assert self._driver.stdin
        self._driver.stdin.write(json.dumps(command) + "\n")
        self._driver.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._driver.stdout
        line = self._driver.stdout.readline()
        if not line:
            raise RuntimeError("LibreOffice is gone: " + Path(self._log.name).read_text(encoding="utf-8")[-2000:])
        answer = json.loads(line)
        if "problem" in answer:
            raise RuntimeError(answer["problem"])
        return answer["value"]


def _programs() -> tuple[str, str]:
    """LibreOffice and the Python it speaks. Without them the test is skipped, but fails where CI promised to run it."""
    soffice = shutil.which("soffice")
    if not soffice:
        _cannot("LibreOffice is not installed")
    own = Path(str(soffice)).resolve().parent / "python"
    for python in (str(own), "/usr/bin/python3"):
        probe = (
            subprocess.run([python, "-c", _PROBE], capture_output=True, text=True) if Path(python).exists() else None
        )
        if probe and probe.returncode == 0:
            version = probe.stdout.strip()
            if version != f"{sys.version_info[0]}.{sys.version_info[1]}":
                _cannot(f"LibreOffice speaks Python {version}, these packages are for another")
            return str(soffice), python
    _cannot("no Python can speak to LibreOffice (python3-uno)")
    raise AssertionError


def _cannot(why: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)


def _environment(folder: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """Nothing of the user's: a home of its own, our packages, the settings given."""
    packages = [entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]
    project = Path(xlwings_kis.__file__).parent.parent
    return {
        "PATH": os.defpath,  # LibreOffice takes the first python3 of the path for its own, be it another's
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join([str(project), str(_HERE.parent), *packages]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        **settings,
    }
