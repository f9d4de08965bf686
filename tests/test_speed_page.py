"""The page on speed is drawn from what was measured; nothing here takes a time."""

from __future__ import annotations

import itertools
import json
import re
import xml.etree.ElementTree as Xml
from pathlib import Path

import pytest

from benchmarks import __main__ as table
from benchmarks import page
from benchmarks.plots import Plot, draw

DOCS = Path(__file__).parent.parent / "docs"
SVG = "{http://www.w3.org/2000/svg}"


def test_the_page_and_its_pictures_are_what_was_measured_last():
    for path, text in page.parts().items():
        assert path.read_text(encoding="utf-8") == text, "run: python -m benchmarks.page"


def test_every_usual_figure_is_on_the_page_and_says_how_it_stands():
    measured = {
        each["figure"]: each for each in json.loads((DOCS / "speed" / "figures.json").read_text(encoding="utf-8"))
    }
    assert set(measured) <= set(table.USUAL)
    missed = {name for name, each in measured.items() if each["verdict"] == "not met"}
    text = (DOCS / "speed.md").read_text(encoding="utf-8")
    for name in measured:
        assert f"| `{name}` " in text
    for name in missed:
        assert f"`{name}`" in text.partition("<!-- /figures -->")[2], (
            "a goal that is missed is explained below the table"
        )


def test_every_picture_of_the_page_is_there():
    text = (DOCS / "speed.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\]\((speed/[\w.]+)\)", text)) == [
        "speed/formulas.svg",
        "speed/history.svg",
        "speed/rows.svg",
    ]


def test_a_cost_that_is_proportional_is_a_straight_line_upwards():
    curve = [(1, 1e-5), (10, 1e-4), (1000, 1e-2)]
    drawn = Xml.fromstring(draw(Plot("a < b", "n", {"one": curve})))  # noqa: S314 - our own picture
    (line,) = drawn.iter(f"{SVG}polyline")
    places = [tuple(map(float, point.split(","))) for point in line.get("points").split()]
    rises = [(y1 - y2) / (x2 - x1) for (x1, y1), (x2, y2) in itertools.pairwise(places)]
    assert rises[0] == pytest.approx(rises[1], rel=0.01)
    assert rises[0] > 0
    assert drawn.find(f"{SVG}title").text == "a < b"


def test_the_same_figures_are_the_same_picture_and_names_do_not_lie_on_each_other():
    plot = Plot(
        "t", "n", {"one": [(1, 1e-3), (10, 1e-3)], "two": [(1, 1e-3), (10, 1.01e-3)], "three": [(1, 1e-5), (10, 1e-3)]}
    )
    assert draw(plot) == draw(plot)
    drawn = Xml.fromstring(draw(plot))  # noqa: S314 - our own picture
    at = sorted(float(text.get("y")) for text in drawn.iter(f"{SVG}text") if text.text in plot.curves)
    assert len(at) == 3
    assert all(later - earlier >= 14 for earlier, later in itertools.pairwise(at))


def test_a_figure_that_cannot_be_measured_does_not_keep_the_others_from_it(monkeypatch):
    (subject,) = [each for each in table.SUBJECTS if each.figures[0].name == "warm"]

    def fails(place):
        raise RuntimeError("no gateway")

    found = table._measured(type(subject)(subject.figures, fails), None)
    assert [each.verdict for each in found] == ["not met"]
    assert "no gateway" in table._table(found)
