"""SIGKILL at random moments: never a broken file, never two tokens, nothing half done that stays.

The seed is printed when one fails; `SEED=…` runs it again. Hundreds of them: `pytest -m long tests/test_kill.py`.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
posix = pytest.mark.skipif(os.name != "posix", reason="processes are forked and killed")

USUAL = {"tokens": 25, "addins": 16, "builds": 6, "reports": 10}
LONG = {"tokens": 400, "addins": 240, "builds": 120, "reports": 120}
WHAT = {
    "tokens": "the_minute_has_one_token_and_its_file_is_whole",
    "addins": "each_file_is_old_or_new_and_the_next_installation_ends_well",
    "builds": "what_is_built_is_whole_or_not_there",
    "reports": "the_report_is_the_old_one_or_the_new_one",
}


def killed(what: str, kills: int, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seed = int(os.environ.get("SEED") or random.randrange(10**6))
    paths = os.pathsep.join([str(HERE), str(HERE.parent), os.environ.get("PYTHONPATH", "")])
    temporary = folder / "temp"
    temporary.mkdir()
    done = subprocess.run(
        [sys.executable, str(HERE / "killing.py"), what, str(kills), str(seed), str(folder)],
        capture_output=True, text=True, env=os.environ | {"PYTHONPATH": paths, "TMPDIR": str(temporary)},
    )  # fmt: skip
    assert done.returncode == 0, f"SEED={seed}\n{done.stderr}"
    hits = json.loads(done.stdout)
    assert sum(hits.values()) == kills
    assert hits.get("while writing"), f"SEED={seed}: no kill met a write: {hits}"
    if kills > 100:
        with capsys.disabled():
            print(f"\n{what}: {hits}, SEED={seed}")  # noqa: T201 - figures for docs/proof.md


@posix
@pytest.mark.parametrize("what", USUAL, ids=WHAT.get)
def test_after_a_kill(what, kis, environment, tmp_path, capsys):
    killed(what, USUAL[what], tmp_path, capsys)


@posix
@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("what", LONG, ids=WHAT.get)
def test_after_hundreds_of_kills(what, kis, environment, tmp_path, capsys):
    killed(what, LONG[what], tmp_path, capsys)
