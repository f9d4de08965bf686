"""Curves as a small SVG: both axes logarithmic, names at the ends of their lines, the same bytes for the same figures.

Written by hand, for three pictures are no reason for a plotting library.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

_WIDE, _HIGH = 640, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 150, 44, 48
_COLOURS = ("#1f5fa8", "#b3541e", "#3d7a3d", "#6b4a9e")
_APART = 15
"""Points between the names of two lines that end close together."""

_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


class Plot(NamedTuple):
    """What a picture says: a sentence above it, what grows to the right, the curves by name."""

    title: str
    across: str
    curves: Mapping[str, Sequence[tuple[float, float]]]


class _Scale(NamedTuple):
    first: int
    last: int
    start: float
    end: float

    def place(self, value: float) -> float:
        part = (math.log10(value) - self.first) / (self.last - self.first)
        return self.start + part * (self.end - self.start)


def draw(plot: Plot) -> str:
    """The picture."""
    points = [point for curve in plot.curves.values() for point in curve]
    across = _scale([x for x, _ in points], _LEFT, _WIDE - _RIGHT)
    up = _scale([y for _, y in points], _HIGH - _BOTTOM, _TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {_HIGH}" width="{_WIDE}" height="{_HIGH}" '
        'font-family="Malgun Gothic, NanumGothic, sans-serif" font-size="12">',
        f"<title>{escape(plot.title)}</title>",
        f'<rect width="{_WIDE}" height="{_HIGH}" fill="#ffffff"/>',
        _text(_LEFT, 22, plot.title, "#222222", size=14),
    ]
    for power in range(up.first, up.last + 1):
        y = up.place(10.0**power)
        parts.append(f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDE - _RIGHT}" y2="{y:.1f}" stroke="#e4e4e4"/>')
        parts.append(_text(_LEFT - 8, y + 4, _duration(10.0**power), "#555555", anchor="end"))
    for power in range(across.first, across.last + 1):
        x = across.place(10.0**power)
        parts.append(f'<line x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{_HIGH - _BOTTOM}" stroke="#e4e4e4"/>')
        parts.append(_text(x, _HIGH - _BOTTOM + 18, f"{10**power:,}", "#555555", anchor="middle"))
    parts.append(_text((_LEFT + _WIDE - _RIGHT) / 2, _HIGH - 10, plot.across, "#555555", anchor="middle"))
    names = _names({name: up.place(curve[-1][1]) for name, curve in plot.curves.items()})
    for colour, (name, curve) in zip(_COLOURS, plot.curves.items(), strict=False):
        places = [(across.place(x), up.place(y)) for x, y in curve]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in places]
        x, y = places[-1]
        parts.append(
            f'<line x1="{x + 4:.1f}" y1="{y:.1f}" x2="{x + 12:.1f}" y2="{names[name]:.1f}" stroke="{colour}"/>'
        )
        parts.append(_text(x + 15, names[name] + 4, name, colour))
    return "\n".join((*parts, "</svg>", ""))


def _scale(values: list[float], start: float, end: float) -> _Scale:
    """Whole powers of ten around the values."""
    first = math.floor(math.log10(min(values)) + 1e-9)
    last = math.ceil(math.log10(max(values)) - 1e-9)
    return _Scale(first, max(last, first + 1), start, end)


def _names(ends: dict[str, float]) -> dict[str, float]:
    """Where the names stand: at the ends of their lines, but never on each other."""
    placed: dict[str, float] = {}
    before = -math.inf
    for name, y in sorted(ends.items(), key=lambda one: one[1]):
        placed[name] = before = max(y, before + _APART)
    return placed


def _duration(seconds: float) -> str:
    divisor, unit = next(each for each in _UNITS if seconds >= each[0] * 0.999)
    return f"{seconds / divisor:.0f} {unit}"


def _text(x: float, y: float, text: str, colour: str, *, anchor: str = "start", size: int = 12) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'
    )
