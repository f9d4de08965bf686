"""Where benchmarks run: a temporary folder, an environment with nothing of the user's, processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PROCESS_SECONDS = 180

_TAKEN_OVER = ("PATH", "SYSTEMROOT", "LANG", "LC_ALL", "TEMP", "TMP", "TMPDIR", "COMSPEC", "PATHEXT")

_LEAN = """\
import sys
# As on the PC of a user: xlwings imports these where they are installed, and would hide everything else.
for name in ("numpy", "pandas", "matplotlib", "PIL", "polars", "plotly"):
    sys.modules[name] = None
"""


class Place:
    """One run's temporary folder, and processes in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._homes = 0
        self._lean = folder / "lean"
        self._lean.mkdir()
        (self._lean / "sitecustomize.py").write_text(_LEAN, encoding="utf-8")

    def new_home(self) -> Path:
        """A state folder nobody has used yet; its name is one a Korean Windows user might have."""
        self._homes += 1
        home = self.folder / f"상태 폴더 {self._homes}"
        home.mkdir(mode=0o700)
        return home

    def environment(self, *, lean: bool = True, home: Path | None = None, **settings: str) -> dict[str, str]:
        """What a process gets: no key, no proxy, no home of the user's; without numpy and pandas unless `lean` is off."""
        taken = {name: os.environ[name] for name in _TAKEN_OVER if name in os.environ}
        paths = [str(self._lean)] if lean else []
        return taken | {
            "PYTHONPATH": os.pathsep.join([*paths, str(ROOT)]),
            "PYTHONUTF8": "1",
            "HOME": str(self.folder),
            "USERPROFILE": str(self.folder),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "XLWINGS_KIS_HOME": str(home or self.folder),
            **settings,
        }

    def run(self, command: list[str], environment: Mapping[str, str]) -> str:
        """Run a command to its end; its stdout."""
        done = subprocess.run(
            command, env=dict(environment), cwd=self.folder, capture_output=True, encoding="utf-8",
            timeout=PROCESS_SECONDS, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr[-2000:]}")
        return done.stdout

    def child(self, function: str, environment: Mapping[str, str], **arguments: Any) -> Any:
        """What a function of ours gives in a process of its own: `child("benchmarks.warm:in_child", …)`."""
        return json.loads(self.run(child_command(function, arguments), environment).splitlines()[-1])


def child_command(function: str, arguments: Mapping[str, Any]) -> list[str]:
    """The command that calls a function of ours with these arguments and prints what it gives."""
    return [sys.executable, "-m", "benchmarks.child", function, json.dumps(arguments)]
