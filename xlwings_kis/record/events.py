"""What a recorder has to tell. Frozen values; the rim puts them into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Protocol

from xlwings_kis.errors import Problem
from xlwings_kis.markets import Pair
from xlwings_kis.reading import Reading


@dataclass(frozen=True, slots=True)
class Wish:
    """What to record: which tables, how often, until when, and whether outside the sessions too."""

    pairs: tuple[Pair, ...]
    every: timedelta
    until: datetime | None = None
    always: bool = False


class Kind(Enum):
    """Something worth a line."""

    RECORDING = auto()
    """It looks, from now on."""
    RESTING = auto()
    """Nothing to look at until `then`."""
    TROUBLE = auto()
    """KIS does not answer, or refuses: `problem`."""
    BACK = auto()
    """It answers again; from `then` on nothing was seen."""
    HALTED = auto()
    """Answers come, but their figures have not moved since `then`."""
    MOVING = auto()
    """They move again."""
    UNSTORED = auto()
    """What is seen cannot be stored."""
    STORED = auto()
    """It can again."""
    MISSED = auto()
    """The machine slept, or its clock was set: looks since `then` did not take place."""


@dataclass(frozen=True, slots=True)
class Event:
    """`at`: now; `then`: the other moment that matters to its kind."""

    kind: Kind
    at: datetime
    pairs: tuple[Pair, ...] = ()
    then: datetime | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How it stands: `tables` that were new, when it looks next, what was last read of each pair."""

    now: datetime
    next_look: datetime
    resting: bool
    tables: int
    readings: Mapping[Pair, Reading]


class Listener(Protocol):
    """Whoever is told."""

    def event(self, event: Event) -> None:
        """Something has happened."""

    def progress(self, progress: Progress) -> None:
        """A moment has passed."""
