"""Sights of one day that came together from two places, as the runs they make. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from xlwings_kis.store.bodies import Packed, Run


class Arrival(NamedTuple):
    """A body seen at one moment elsewhere."""

    at: float
    body: Packed


def unknown(stored: list[Run], arrivals: Iterable[Arrival]) -> list[Arrival]:
    """The arrivals that tell something new, in order, each once: not those that a stored run already covers."""
    new: dict[tuple[float, bytes], Arrival] = {}
    for arrival in sorted(arrivals, key=lambda one: one.at):
        content = arrival.body.content
        if not any(run.first <= arrival.at <= run.last and run.body.content == content for run in stored):
            new.setdefault((arrival.at, content), arrival)
    return list(new.values())


def merged(stored: list[Run], new: Iterable[Arrival], judge: Callable[[Arrival, list[Run]], Run]) -> list[Run]:
    """The runs of a day with the new arrivals among them, in order of time.

    Of a stored run only its two ends were surely seen; an arrival with other figures between them splits it. `judge` says
    what an arrival counts as, given the runs before it.
    """
    sights: list[tuple[float, Run | Arrival]] = [(arrival.at, arrival) for arrival in new]
    for run in stored:
        sights += [(run.first, run), (run.last, run)] if run.last > run.first else [(run.first, run)]
    runs: list[Run] = []
    for at, sight in sorted(sights, key=lambda one: one[0]):
        run = sight._replace(first=at, last=at) if isinstance(sight, Run) else judge(sight, runs)
        if runs and runs[-1].body.content == run.body.content:
            runs[-1] = runs[-1]._replace(last=at, standing=run.standing, of=run.of)
        else:
            runs.append(run)
    return runs
