"""`python -m benchmarks [NAME …] [--json]`: measure, print one table; exit status 1 if a goal is missed."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from benchmarks import (
    calls,
    cold,
    excel,
    export,
    hang,
    history,
    imports,
    memory,
    report,
    sample,
    server,
    shared,
    startup,
    store,
    users,
    warm,
    whole,
)
from benchmarks.figures import Measured, Subject, show_ratio
from benchmarks.place import Place

SUBJECTS = (
    imports.SUBJECT, warm.SUBJECT, whole.SUBJECT, cold.SUBJECT, sample.SUBJECT, calls.SUBJECT, hang.SUBJECT, memory.SUBJECT,
    store.SUBJECT, shared.SUBJECT, history.SUBJECT, startup.SUBJECT, excel.SUBJECT, report.SUBJECT, export.SUBJECT,
)  # fmt: skip
SLOW = (history.SLOW, server.SUBJECT, users.SUBJECT)
"""Measured only where named: they take minutes."""

USUAL = {figure.name: figure for subject in SUBJECTS for figure in subject.figures}
FIGURES = USUAL | {figure.name: figure for subject in SLOW for figure in subject.figures}
_HEADINGS = ("figure", "ours", "baseline", "ratio", "goal", "verdict")


def main(arguments: list[str] | None = None) -> int:
    """Run the named figures, or all."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FIGURES))
    parser.add_argument("--json", action="store_true", help="print JSON")
    wish = parser.parse_args(arguments)
    for name in wish.names:
        if name not in FIGURES:
            parser.error(f"no figure {name}; there are {', '.join(FIGURES)}")
    results = list(_measure(wish.names or list(USUAL)))
    print(_json(results) if wish.json else _table(results))
    return int(any(result.verdict == "not met" for result in results))


def _measure(names: list[str]) -> list[Measured]:
    results: list[Measured] = []
    for subject in (*SUBJECTS, *SLOW):
        if any(figure.name in names for figure in subject.figures):
            if sys.stderr.isatty():
                print("…", *(figure.name for figure in subject.figures), file=sys.stderr)
            with tempfile.TemporaryDirectory(prefix="xlwings-kis-benchmarks-") as folder:
                results += _measured(subject, Place(Path(folder)))
    return [result for result in results if result.figure.name in names]


def _measured(subject: Subject, place: Place) -> list[Measured]:
    """What a subject measures; where it cannot be measured its figures say so, and the others are measured all the same."""
    try:
        return list(subject.measure(place))
    except (RuntimeError, AssertionError) as failed:
        why = f"could not be measured: {str(failed)[-200:]}"
        return [Measured(figure, 0, 1, broken=why) for figure in subject.figures]


def _table(results: list[Measured]) -> str:
    lines = [_HEADINGS, *(_line(result) for result in results)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    table.insert(1, "  ".join("-" * width for width in widths))
    notes = [f"{r.figure.name}: {r.figure.what}" + "".join(f"; {n}" for n in (r.note, r.broken) if n) for r in results]
    return "\n".join([*table, "", *notes])


def _line(result: Measured) -> tuple[str, ...]:
    figure, show = result.figure, result.figure.unit.show
    goal = "" if figure.goal is None else f"<= {show_ratio(figure.goal)}"
    baseline = f"{show(result.baseline)}: {figure.baseline}"
    return figure.name, show(result.ours), baseline, show_ratio(result.ratio), goal, result.verdict


def _json(results: list[Measured]) -> str:
    rows = [
        {
            "figure": r.figure.name,
            "what": r.figure.what,
            "ours": r.ours,
            "baseline": r.baseline,
            "baseline_name": r.figure.baseline,
            "unit": r.figure.unit.name.lower(),
            "ratio": r.ratio,
            "goal": r.figure.goal,
            "verdict": r.verdict,
            "note": "; ".join(text for text in (r.note, r.broken) if text),
        }
        for r in results
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2)


if __name__ == "__main__":
    sys.exit(main())
