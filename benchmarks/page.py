"""The figures of `docs/speed.md`: `python -m benchmarks.page` writes table and plots anew from what was measured last,
`--measure` measures first (ten minutes; best on a machine that does nothing else), with names only those figures.

What was measured lies beside the plots as JSON, so the page can be drawn again to the byte.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import __main__ as table
from benchmarks import growth
from benchmarks.figures import Unit, show_ratio
from benchmarks.place import ROOT, Place
from benchmarks.plots import Plot, draw

PAGE = ROOT / "docs" / "speed.md"
FOLDER = ROOT / "docs" / "speed"
_FIGURES, _GROWTH = FOLDER / "figures.json", FOLDER / "growth.json"
_BEGIN, _END = "<!-- figures -->", "<!-- /figures -->"

_PLOTS = {
    "formulas": ("재계산 한 번의 시간: 수식의 수에 비례합니다", "수식의 수 · formulas", {
        "tables, warm": "표(20열)", "figures, warm": "한 값", "tables, new process": "표, 새 프로세스"}),
    "rows": ("응답 하나를 처리하는 시간: 투자자 수에 비례합니다", "투자자(행)의 수 · rows", {
        "answer to rows": "응답 읽기", "cells": "셀로 만들기", "stored": "저장할 모양", "read back": "다시 읽기"}),
    "history": ("쌓인 날이 늘어도 달라지지 않습니다", "저장된 날의 수 · days stored", {
        "a day's course": "하루의 흐름(720점)", "a table at a moment": "그 시각의 표", "one table stored": "표 하나 저장"}),
}  # fmt: skip


def measure(names: list[str]) -> None:
    """Everything anew, or the figures named."""
    FOLDER.mkdir(exist_ok=True)
    known = {each["figure"]: each for each in json.loads(_FIGURES.read_text(encoding="utf-8"))} if names else {}
    found = json.loads(table._json(list(table._measure(names or list(table.USUAL)))))
    known |= {each["figure"]: each for each in found}
    figures = [known[name] for name in table.USUAL if name in known]
    _FIGURES.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if names:
        return
    with tempfile.TemporaryDirectory(prefix="xlwings-kis-benchmarks-") as folder:
        curves = growth.measure(Place(Path(folder)))
    _GROWTH.write_text(json.dumps(curves, indent=1) + "\n", encoding="utf-8")


def parts() -> dict[Path, str]:
    """What the files should hold: the page with its table, and the plots."""
    figures, curves = (json.loads(path.read_text(encoding="utf-8")) for path in (_FIGURES, _GROWTH))
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(_BEGIN)
    after = rest.partition(_END)[2]
    made = {PAGE: f"{before}{_BEGIN}\n{_rows(figures)}\n{_END}{after}"}
    for name, (title, across, names) in _PLOTS.items():
        made[FOLDER / f"{name}.svg"] = draw(Plot(title, across, {names[key]: curves[name][key] for key in names}))
    return made


def _rows(figures: list[dict[str, Any]]) -> str:
    lines = ["| | 우리 · ours | 기준 · baseline | 비율 · ratio | 목표 · goal |", "|---|---|---|---|---|"]
    for each in figures:
        show = Unit[each["unit"].upper()].show
        goal = "" if each["goal"] is None else f"≤ {show_ratio(each['goal'])}"
        lines.append(
            f"| `{each['figure']}` {each['what']} | {show(each['ours'])} | {show(each['baseline'])}: {each['baseline_name']}"
            f" | {show_ratio(each['ratio'])} | {goal} |"
        )
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Write what has changed."""
    parser = argparse.ArgumentParser("python -m benchmarks.page", description=__doc__)
    parser.add_argument("--measure", action="store_true", help="measure anew")
    parser.add_argument("names", nargs="*", metavar="NAME", help="figures to measure")
    wish = parser.parse_args(arguments)
    if wish.measure:
        measure(wish.names)
    for path, text in parts().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            print(path.relative_to(ROOT).as_posix())
    return 0


if __name__ == "__main__":
    sys.exit(main())
