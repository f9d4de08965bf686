"""`xlwings-kis serve`: what our formulas leave of the calls a bare xlwings Server answers in a second."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import desk
from benchmarks.figures import Figure, Measured, Subject, Unit
from benchmarks.gateway import Gateway
from benchmarks.place import Place

_SECONDS = 0.5
_ROUNDS = 15
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
    wanted = {name: (ours, call) for name, (_, call) in _CALLS.items()} | {"bare": (theirs, _HELLO)}
    for server, call in wanted.values():
        desk.ask(server.port, [call], 4, 1.0)
    taken: dict[str, list[desk.Asked]] = {name: [] for name in wanted}
    used = dict.fromkeys(wanted, 0.0)
    for _ in range(_ROUNDS):
        for name, (server, call) in wanted.items():
            before = server.cpu()
            taken[name].append(desk.ask(server.port, [call], _CONNECTIONS, _SECONDS))
            used[name] += server.cpu() - before
    bare, cpu = _each(taken["bare"]), {name: used[name] / sum(a.calls for a in taken[name]) for name in wanted}
    for name in _CALLS:
        mine, failed = _each(taken[name]), sum(asked.failed for asked in taken[name])
        share = f"processor time of a call {cpu[name] * 1e3:.2f} against {cpu['bare'] * 1e3:.2f} ms"
        note = f"{1 / mine:,.0f} calls/s against {1 / bare:,.0f}; {share}"
        yield Measured(FIGURES[name, workers], mine, bare, note, f"{failed} calls failed" if failed else "")


def _each(taken: list[desk.Asked]) -> float:
    """The best round: the one in which the machine did least else."""
    return min(asked.each for asked in taken)


SUBJECT = Subject(tuple(FIGURES.values()), measure)
