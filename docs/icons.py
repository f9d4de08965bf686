"""Draws the icons of the Office add-in: shapes in code, so that nobody has to keep a drawing program's files.

    python docs/icons.py

A shape says how far a point lies from its edge (negative: inside), on a square from 0 to 1. Each pixel is the mean of
several points. One colour each that stands out on a light ribbon and on a dark one.
"""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from math import atan2, cos, hypot, pi, sin
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "xlwings_kis/server/project/static/images/kis"
SIZES = (16, 32, 64, 80)
"""What a manifest asks for; 64 is the add-in's own picture in the store."""

_POINTS = 4
"""A pixel's side is looked at so many times."""

Colour = tuple[int, int, int]
Shape = Callable[[float, float], float]
Layer = tuple[Colour, Shape]

BLUE: Colour = (0x2B, 0x7C, 0xD3)
RED: Colour = (0xE0, 0x3A, 0x3A)
GREY: Colour = (0x76, 0x7C, 0x85)
NAVY: Colour = (0x1D, 0x3C, 0x78)
WHITE: Colour = (0xFF, 0xFF, 0xFF)


def box(left: float, top: float, right: float, bottom: float, round_: float = 0.0) -> Shape:
    """A filled rectangle, its corners rounded."""
    middle = ((left + right) / 2, (top + bottom) / 2)
    half = ((right - left) / 2 - round_, (bottom - top) / 2 - round_)

    def far(x: float, y: float) -> float:
        dx, dy = abs(x - middle[0]) - half[0], abs(y - middle[1]) - half[1]
        return hypot(max(dx, 0.0), max(dy, 0.0)) + min(max(dx, dy), 0.0) - round_

    return far


def frame(left: float, top: float, right: float, bottom: float, width: float, round_: float = 0.0) -> Shape:
    """The outline of a rectangle, drawn inwards."""
    outer = box(left, top, right, bottom, round_)
    return lambda x, y: max(outer(x, y), -width - outer(x, y))


def line(points: Sequence[tuple[float, float]], width: float) -> Shape:
    """A line through points, with round ends."""

    def far(x: float, y: float) -> float:
        best = 2.0
        for (ax, ay), (bx, by) in pairwise(points):
            dx, dy = bx - ax, by - ay
            along = max(0.0, min(1.0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)))
            best = min(best, hypot(x - ax - along * dx, y - ay - along * dy))
        return best - width / 2

    return far


def ring(x0: float, y0: float, radius: float, width: float, begin: float = -pi, end: float = pi) -> Shape:
    """A part of a circle, clockwise from `begin` to `end`; 0 points to the right, as y grows downwards."""
    ends = [(x0 + radius * cos(at), y0 + radius * sin(at)) for at in (begin, end)]

    def far(x: float, y: float) -> float:
        angle = atan2(y - y0, x - x0)
        if begin <= angle <= end or begin <= angle + 2 * pi <= end:
            return abs(hypot(x - x0, y - y0) - radius) - width / 2
        return min(hypot(x - a, y - b) for a, b in ends) - width / 2

    return far


def triangle(*corners: tuple[float, float]) -> Shape:
    """Three corners, clockwise."""

    def far(x: float, y: float) -> float:
        sides = zip(corners, (*corners[1:], corners[0]), strict=True)
        return max(
            ((y - ay) * (bx - ax) - (x - ax) * (by - ay)) * -1 / hypot(bx - ax, by - ay) for (ax, ay), (bx, by) in sides
        )

    return far


def _grid(colour: Colour) -> list[Layer]:
    return [
        (colour, frame(0.06, 0.12, 0.94, 0.88, 0.075, 0.06)),
        (colour, box(0.08, 0.31, 0.92, 0.37)),
        (colour, box(0.08, 0.58, 0.92, 0.63)),
        (colour, box(0.34, 0.14, 0.40, 0.86)),
    ]


ICONS: dict[str, list[Layer]] = {
    "kis": [
        (NAVY, box(0.03, 0.03, 0.97, 0.97, 0.18)),
        (WHITE, box(0.19, 0.52, 0.34, 0.80, 0.02)),
        (WHITE, box(0.425, 0.22, 0.575, 0.80, 0.02)),
        ((0xFF, 0x6B, 0x6B), box(0.66, 0.38, 0.81, 0.80, 0.02)),
    ],
    "refresh": [
        (BLUE, ring(0.5, 0.52, 0.34, 0.115, -0.05 * pi, 1.55 * pi)),
        (BLUE, triangle((0.50, 0.00), (0.80, 0.19), (0.50, 0.38))),
    ],
    "auto": [
        (BLUE, ring(0.5, 0.5, 0.39, 0.105)),
        (BLUE, line([(0.5, 0.26), (0.5, 0.52), (0.67, 0.62)], 0.10)),
    ],
    "insert": [
        *_grid(GREY),
        (WHITE, box(0.50, 0.44, 1.0, 0.94, 0.25)),
        (BLUE, box(0.54, 0.48, 0.98, 0.92, 0.22)),
        (WHITE, line([(0.76, 0.59), (0.76, 0.81)], 0.075)),
        (WHITE, line([(0.65, 0.70), (0.87, 0.70)], 0.075)),
    ],
    "sheet": [(BLUE, box(0.06, 0.12, 0.94, 0.36, 0.06)), *_grid(GREY)],
    "report": [
        (GREY, frame(0.15, 0.05, 0.85, 0.95, 0.08, 0.07)),
        (BLUE, box(0.29, 0.53, 0.40, 0.80)),
        (RED, box(0.445, 0.36, 0.555, 0.80)),
        (BLUE, box(0.60, 0.45, 0.71, 0.80)),
        (GREY, box(0.29, 0.19, 0.71, 0.26)),
    ],
    "status": [
        (BLUE, ring(0.5, 0.5, 0.40, 0.09)),
        (BLUE, line([(0.5, 0.47), (0.5, 0.70)], 0.115)),
        (BLUE, ring(0.5, 0.29, 0.02, 0.085)),
    ],
}


def pixels(layers: Iterable[Layer], size: int) -> bytes:
    """RGBA, row by row."""
    layers = list(layers)
    made = bytearray()
    step = 1 / (size * _POINTS)
    for row in range(size):
        for column in range(size):
            total = [0, 0, 0, 0]
            for sub in range(_POINTS * _POINTS):
                x = (column * _POINTS + sub % _POINTS + 0.5) * step
                y = (row * _POINTS + sub // _POINTS + 0.5) * step
                top = next((colour for colour, shape in reversed(layers) if shape(x, y) <= 0), None)
                if top:
                    total = [a + b for a, b in zip(total, (*top, 1), strict=True)]
            hit = total[3]
            made += bytes(round(part / hit) if hit else 0 for part in total[:3])
            made.append(round(255 * hit / (_POINTS * _POINTS)))
    return bytes(made)


def png(data: bytes, size: int) -> bytes:
    """A square picture as a PNG file."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + data[at : at + 4 * size] for at in range(0, len(data), 4 * size))
    head = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def unpack(picture: bytes) -> tuple[int, bytes]:
    """Size and pixels of a picture that `png` made: two zlibs pack the same pixels differently."""
    size = struct.unpack(">I", picture[16:20])[0]
    at = picture.index(b"IDAT")
    length = struct.unpack(">I", picture[at - 4 : at])[0]
    rows = zlib.decompress(picture[at + 4 : at + 4 + length])
    width = 4 * size + 1
    return size, b"".join(rows[row + 1 : row + width] for row in range(0, len(rows), width))


def write(folder: Path = FOLDER) -> None:
    """Every icon in every size, where its pixels have changed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, layers in ICONS.items():
        for size in SIZES if name == "kis" else [size for size in SIZES if size != 64]:
            path, made = folder / f"{name}-{size}.png", pixels(layers, size)
            if not path.exists() or unpack(path.read_bytes()) != (size, made):
                path.write_bytes(png(made, size))
                sys.stdout.write(f"{path.name}\n")


if __name__ == "__main__":
    write()
