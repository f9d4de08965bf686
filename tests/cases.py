"""A way in which something is broken, as the doctor's tests and its page in docs/ go through them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

Patient = TypeVar("Patient")


@dataclass(frozen=True)
class Case(Generic[Patient]):
    """What has happened, which line says so and how, and the exit status."""

    what: str
    name: str
    key: str
    exit_code: int
    happens: Callable[[Patient], object]
