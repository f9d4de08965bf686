"""The example notebook runs, shows what it shows, and holds nothing of the machine it ran on."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
NOTEBOOK = DOCS / "notebook.ipynb"
MISSING = [name for name in ("nbclient", "ipykernel", "pandas") if importlib.util.find_spec(name) is None]


def code_cells(text):
    return [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]


@pytest.mark.skipif(bool(MISSING) and not os.environ.get("CI"), reason=f"not installed: {', '.join(MISSING)}")
def test_the_notebook_runs_from_top_to_bottom_and_gives_what_it_shows(tmp_path):
    # A process of its own: the kernel's sockets and warnings are not ours.
    ran = subprocess.run(
        [sys.executable, str(DOCS / "notebook.py"), "--print"],
        capture_output=True, check=False, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(DOCS.parent)},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr.decode()
    now, kept = (code_cells(text) for text in (ran.stdout.decode(), NOTEBOOK.read_text(encoding="utf-8")))
    assert len(now) == len(kept) >= 6
    for ours, theirs in zip(now, kept, strict=True):
        assert [output["output_type"] for output in ours["outputs"]] == [o["output_type"] for o in theirs["outputs"]]
        if "pandas" not in theirs["metadata"].get("tags", ()):  # how pandas draws a frame is its own affair
            assert ours["outputs"] == theirs["outputs"], f"run: python docs/notebook.py ({theirs['id']})"


def test_the_notebook_shows_a_table_figures_and_an_error_with_its_remedy():
    shown = json.dumps(
        [cell["outputs"] for cell in code_cells(NOTEBOOK.read_text(encoding="utf-8"))], ensure_ascii=False
    )
    assert "<caption>KRX 코스피 · 조회 2026-11-20 11:20:31 · 예시 · 단위: 백만원</caption>" in shown
    assert "검산 이상 없음" in shown
    assert "할 일: " in shown
    assert '"output_type": "error"' not in shown


def test_no_path_warning_or_time_of_a_machine_is_in_the_notebook():
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert not re.search(r"/(home|root|work|Users|tmp)/|[A-Z]:\\\\|ipykernel_|iopub", text)
    assert '"stderr"' not in text
