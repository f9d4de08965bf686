"""Sights of one day that came together from two places, as the runs they make. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from xlwings_kis.store.packed import Packed, Run


class Arrival(NamedTuple):
    """A body seen at one moment elsewhere."""

    at: float
    body: Packed


def unknown(stored: Sequence[Run], arrivals: Iterable[Arrival]) -> list[Arrival]:
    """The arrivals that tell something new, in order, each once: not those that a stored run already covers."""
    covering = _covering(stored)
    new: dict[tuple[float, bytes], Arrival] = {}
    for arrival in sorted(arrivals, key=_at):
        if covering(arrival) is None:
            new.setdefault((arrival.at, arrival.body.content), arrival)
    return list(new.values())


def merged(stored: Sequence[Run], arrivals: Iterable[Arrival], judge: Callable[[Arrival, list[Run]], Run]) -> list[Run]:
    """The runs of a day with the arrivals among them, in order of time.

    Of a stored run only its two ends were surely seen; an arrival with other figures between them splits it. `judge` says
    what a new arrival counts as, given the runs before it; one that is known already counts as what is stored.
    """
    covering = _covering(stored)
    sights: list[tuple[float, Run | Arrival]] = [(arrival.at, covering(arrival) or arrival) for arrival in arrivals]
    for run in stored:
        sights += [(run.first, run), (run.last, run)]
    runs: list[Run] = []
    for at, sight in sorted(sights, key=lambda one: one[0]):
        run = sight._replace(first=at, last=at) if isinstance(sight, Run) else judge(sight, runs)
        if runs and runs[-1].body.content == run.body.content:
            runs[-1] = runs[-1]._replace(last=at, standing=run.standing, of=run.of)
        else:
            runs.append(run)
    return runs


def _covering(stored: Sequence[Run]) -> Callable[[Arrival], Run | None]:
    """Finds the stored run that an arrival is one more sight of."""
    ordered = sorted(stored, key=lambda run: run.first)
    starts = [run.first for run in ordered]

    def find(arrival: Arrival) -> Run | None:
        place = bisect_right(starts, arrival.at) - 1
        run = ordered[place] if place >= 0 else None
        return run if run and arrival.at <= run.last and run.body.content == arrival.body.content else None

    return find


def _at(arrival: Arrival) -> float:
    return arrival.at
