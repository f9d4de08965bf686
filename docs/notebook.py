"""Runs `notebook.ipynb` in a kernel and writes what came of it: `python docs/notebook.py`, or `--print` to look only.

The notebook asks the embedded simulator on a Friday morning that does not pass, so what it shows is the same every time.
Needs the `test` extra (nbclient, ipykernel).
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
NOTEBOOK = HERE / "notebook.ipynb"

SETUP = f"""
import sys
sys.path.insert(0, {str(HERE)!r})
from generate import StandingClock
from xlwings_kis import runtime
runtime.clock = StandingClock()
"""
"""Runs in the kernel before the notebook does, and is no part of it."""


class _Client(NotebookClient):
    """Begins with the set-up, and lets an error end the run."""

    async def async_start_new_kernel_client(self, **more: Any) -> Any:
        client = await super().async_start_new_kernel_client(**more)
        client.execute(SETUP, store_history=False)
        return client


def executed() -> str:
    """The notebook as text, with what its cells give now."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as away:
        for name in [name for name in os.environ if name.startswith(("KIS_", "XLWINGS_KIS_"))]:
            del os.environ[name]
        os.environ |= {
            "HOME": away,
            "USERPROFILE": away,
            "XLWINGS_KIS_HOME": str(Path(away) / "state"),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
            "PYTHONPATH": os.pathsep.join(filter(None, (str(HERE.parent), before.get("PYTHONPATH")))),
        }
        try:
            _Client(notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": away}}).execute()
        finally:
            os.environ.clear()
            os.environ.update(before)
    for number, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), 1):
        cell.execution_count = number
        cell.metadata.pop("execution", None)  # the minutes and seconds it ran at
        for output in cell.outputs:
            if "execution_count" in output:
                output["execution_count"] = number
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    text = executed()
    if "--print" in sys.argv:
        sys.stdout.buffer.write(text.encode())
    else:
        NOTEBOOK.write_text(text, encoding="utf-8", newline="\n")
