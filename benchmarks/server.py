"""`xlwings-kis serve`: what our formulas leave of the calls a bare xlwings Server answers in a second."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from benchmarks import desk
from benchmarks.figures import Figure, Measured, Subject, Unit
from benchmarks.gateway import Gateway
from benchmarks.place import Place

_SECONDS = 3.0
_ROUNDS = 3
_CONNECTIONS = 16
_GOAL = 1 / 0.7
"""At least 0.7 of the calls, so at most so many times the seconds a call."""

_BARE = "a bare xlwings Server with a function that does nothing"
_HELLO = desk.formula("HELLO", [["Kim"]])
_CALLS = {
    "value": ("KIS_PROGRAM_VALUE", desk.formula("KIS_PROGRAM_VALUE", "KRX", "코스피", [["외국인"]], [["비차익"]])),
    "table": ("KIS_PROGRAM_TRADE (12 x 20 cells)", desk.formula("KIS_PROGRAM_TRADE", "KRX", "코스피", None, None)),
}
FIGURES = {
    (name, workers): Figure(
        f"server-{name}" + ("-2" if workers == 2 else ""),
        f"one warm {what} over HTTP, {workers} worker{'s' if workers > 1 else ''}",
        _BARE, Unit.SECONDS, _GOAL,
    )
    for name, (what, _) in _CALLS.items()
    for workers in (1, 2)
}  # fmt: skip


def measure(place: Place) -> Iterator[Measured]:
    """By turns, so that a busy machine is busy for both."""
    with Gateway(place) as gateway:
        settings = gateway.environment(
            place.new_home(), XLWINGS_KIS_TTL="3600", XLWINGS_KIS_PRE_OPEN="trust", XLWINGS_KIS_DEADLINE="30"
        )
        for workers in (1, 2):
            with desk.ours(place, settings, workers) as ours, desk.theirs(place, workers) as theirs:
                yield from _turns(ours, theirs, workers)


def _turns(ours: desk.Server, theirs: desk.Server, workers: int) -> Iterator[Measured]:
    wanted = {name: (ours.port, call) for name, (_, call) in _CALLS.items()} | {"bare": (theirs.port, _HELLO)}
    for port, call in wanted.values():
        desk.ask(port, [call], 4, 1.0)
    taken: dict[str, list[desk.Asked]] = {name: [] for name in wanted}
    for _ in range(_ROUNDS):
        for name, (port, call) in wanted.items():
            taken[name].append(desk.ask(port, [call], _CONNECTIONS, _SECONDS))
    bare = median(asked.each for asked in taken["bare"])
    for name in _CALLS:
        mine = median(asked.each for asked in taken[name])
        failed = sum(asked.failed for asked in taken[name])
        note = f"{1 / mine:,.0f} calls/s against {1 / bare:,.0f}"
        yield Measured(FIGURES[name, workers], mine, bare, note, f"{failed} calls failed" if failed else "")


SUBJECT = Subject(tuple(FIGURES.values()), measure)
