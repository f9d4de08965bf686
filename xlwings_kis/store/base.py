"""What every store promises. SQLite keeps it for a machine; anything that shares further keeps the same promises.

A store belongs to one gateway and one key (its scope). It speaks the PC's clock for ages, leases and rests; which day is
today it decides by the skew that was last seen against the gateway. Every method is one atomic step. Methods raise
`StoreTrouble` when the store cannot serve them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from typing import NamedTuple, Protocol

from xlwings_kis.errors import Problem
from xlwings_kis.fields import Field
from xlwings_kis.markets import Pair
from xlwings_kis.rows import Figure
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.today import Memory

LEASE = 4.0
"""Seconds a claim lives without being renewed: how long a dead holder delays the others."""

BURST = 6
"""Data calls allowed at once: one for every pair there is."""

DEMO_SCOPE = "demo"
"""The simulator's own scope: what comes from it is marked wherever it goes."""

JUST_NOW = 2.0
"""Seconds below which even 새로고침 takes what is there."""

LONGEST_REST = 3600.0
"""Seconds: no rest is longer than the longest TTL."""


class StoreTrouble(Exception):  # noqa: N818 - never an error to the user: figures go on without sharing
    """The store cannot be opened, read or written (in time)."""


class Verdict(Enum):
    """The answer to a claim."""

    GRANTED = auto()
    FRESH = auto()
    BUSY = auto()
    RESTING = auto()
    THROTTLED = auto()


class Ask(NamedTuple):
    """A wish to fetch: by whom, how old data may be, and whether the user pressed 새로고침.

    `settings` is a mark of the settings: a rest ordered under other ones does not bind.
    """

    pair: Pair
    holder: str
    ttl: float
    force: bool = False
    settings: str = ""


class Claim(NamedTuple):
    """What came of it; `wait` is how long until the next call is allowed where the rate says no."""

    verdict: Verdict
    wait: float = 0.0


class Counters(NamedTuple):
    """Requests sent on a day by all processes; None is unknown."""

    data: int | None = None
    token: int | None = None


UNCOUNTED = Counters()


@dataclass(frozen=True, slots=True)
class Kept:
    """All a store knows of one pair today.

    `latest`: the last body received, whatever it counts as. `good`: the last one that shows figures. `fetched`: when KIS
    last answered at all (PC clock), even with an empty body, which leaves no snapshot. `order`: codes beyond the fixed
    places as they were first seen that day. `problem`, `failures`, `rest_until`: the failures since then.
    """

    latest: Snapshot | None = None
    good: Snapshot | None = None
    fetched: float = 0.0
    empty: bool = False
    order: tuple[str, ...] = ()
    problem: Problem | None = None
    failures: int = 0
    rest_until: float = 0.0
    counters: Counters = UNCOUNTED
    skew: float = 0.0


class Sight(NamedTuple):
    """Figures that stood from `first` to `last` (corrected clock)."""

    first: float
    last: float
    figures: tuple[Figure, ...]


class Store(Protocol):
    """The promises; `tests/test_store.py` holds every implementation to them."""

    @property
    def sharing(self) -> bool:
        """Whether it serves all it was opened for: False while a store that others share cannot be had."""

    def claim(self, ask: Ask) -> Claim:
        """May this holder fetch now? Freshness, rests, leases and the rate are decided in one step."""

    def renew(self, pairs: Iterable[Pair], holder: str) -> None:
        """Keep the leases of a holder that is still at it."""

    def land(self, snapshot: Snapshot, holder: str, at: float, skew: float) -> Kept:
        """Keep what arrived (`at`: PC clock) and end the claim. Equal content only moves the time it was last seen."""

    def fail(self, pair: Pair, holder: str, problem: Problem, rest: float, settings: str) -> Kept:
        """Keep why it failed, and for how many seconds nobody should ask again; end the claim."""

    def kept(self, pair: Pair) -> Kept:
        """What is known of a pair today."""

    def witnesses(self, pair: Pair, day: date) -> Memory:
        """What a body received that day can be held against."""

    def at(self, pair: Pair, moment: float) -> Snapshot | None:
        """The table as it stood at a moment (corrected clock): the last of that Korean day that shows figures.

        A body is known to stand from its first sight to its last: what was bought and sold only ever grows, so equal
        figures at both ends were equal in between. From its last sight to the next body nothing is known. So `asof` is
        when it was last known to stand, at most `moment`; whether that is near enough is for whoever asks
        (`sessions.unseen`).
        """

    def differing(self, shown: Snapshot) -> Snapshot | None:
        """The last table of the same day, and of that day for certain, that was seen before `shown` and differs from it."""

    def series(self, pair: Pair, day: date, wanted: Sequence[tuple[str, Field]]) -> tuple[Sight, ...]:
        """The course of a day: some figures (investor code, field; the empty code means 합계) of each of its tables, in order."""

    def take(self) -> float:
        """Leave for one more data call: 0, or the seconds until the next."""

    def count(self, kind: str) -> None:
        """One more request (`data` or `token`) was sent."""

    def in_use(self, since: float) -> tuple[Pair, ...]:
        """The pairs that formulas asked for since then (PC clock)."""

    def asked(self, pairs: Iterable[Pair]) -> None:
        """Formulas ask for these pairs."""

    def close(self) -> None:
        """Let go of it."""
