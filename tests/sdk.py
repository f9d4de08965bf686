"""What Microsoft's own Open XML SDK says of a file, by npm's @ooxml-tools/validate."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

_VALIDATOR = shutil.which("ooxml-validate")

needs_sdk = pytest.mark.skipif(
    _VALIDATOR is None and not os.environ.get("CI"), reason="npm's @ooxml-tools/validate is not installed"
)


def findings(path: Path) -> Any:
    """Its complaints, empty where it has none."""
    run = subprocess.run(
        [_VALIDATOR or "ooxml-validate", str(path), "--of", "json", "-f", "xlsx"],
        capture_output=True, text=True, check=False, env=os.environ | {"NO_COLOR": "1"},
    )  # fmt: skip
    return json.loads(run.stdout)


def spoilt(file: Path, folder: Path) -> Path:
    """A copy with an element that no workbook has: who finds nothing there, looks at nothing."""
    copy = folder / f"spoilt-{file.name}"
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(copy, "w") as out:
        for name in archive.namelist():
            out.writestr(name, archive.read(name).replace(b"<sheets>", b"<sheets><nonsense/>"))
    return copy
