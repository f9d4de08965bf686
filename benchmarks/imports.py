"""What Excel waits for before the first formula: importing the module with the formulas."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from statistics import median

from benchmarks.figures import Figure, Measured, Subject, Unit
from benchmarks.place import Place

_ROUNDS = 21
_NOT_OURS = ("pandas", "numpy", "openpyxl", "rich", "typer", "requests")
_WHAT = {
    "bare": "pass",
    "ours": "import xlwings_kis.udfs",
    "baseline": "import xlwings, requests",
    "xlwings": "import xlwings",
}
_LOADED = "; import json, sys; print(json.dumps([n for n, m in sys.modules.items() if m is not None]))"

IMPORT = Figure(
    "import", "import xlwings_kis.udfs (lean: no numpy, no pandas)", "import xlwings, requests", Unit.SECONDS, 0.9
)
FULL = Figure(
    "import-pandas", "the same where numpy and pandas are installed", "import xlwings, requests", Unit.SECONDS
)


def measure(place: Place) -> Iterator[Measured]:
    """Whole processes by turns, less what an empty one takes."""
    for figure, lean in ((IMPORT, True), (FULL, False)):
        environment = place.environment(lean=lean)
        loaded = {name: set(json.loads(place.run([sys.executable, "-c", code + _LOADED], environment)))
                  for name, code in _WHAT.items()}  # fmt: skip
        heavy = [name for name in _NOT_OURS if name in loaded["ours"] - loaded["xlwings"]]
        seconds: dict[str, list[float]] = {name: [] for name in _WHAT}
        for _ in range(_ROUNDS):
            for name, code in _WHAT.items():
                start = time.perf_counter()
                place.run([sys.executable, "-c", code], environment)
                seconds[name].append(time.perf_counter() - start)
        took = {name: median(times) for name, times in seconds.items()}
        note = f"empty process {took['bare'] * 1e3:.0f} ms; import xlwings alone {(took['xlwings'] - took['bare']) * 1e3:.0f} ms"
        broken = f"imports {', '.join(heavy)}" if heavy else ""
        yield Measured(figure, took["ours"] - took["bare"], took["baseline"] - took["bare"], note, broken)


SUBJECT = Subject((IMPORT, FULL), measure)
