"""Values that must never be shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import takewhile

_SHORTEST = 4
"""Shorter values would take ordinary words out."""

_TELLING = 8
"""So many first characters of a secret are taken for it: KIS cuts its messages, and a secret with them."""


class Secret:
    """A string that prints as `<hidden>`; `reveal()` is the one way to it, so that every use can be found."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself: for a request header and for nothing else."""
        return self._value

    def __repr__(self) -> str:
        return "<hidden>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


def redact(text: str, secrets: Iterable[Secret | None]) -> str:
    """Foreign text with every secret taken out, whole or cut, in case it echoes what it was sent."""
    values = sorted({secret.reveal() for secret in secrets if secret}, key=len, reverse=True)
    values = [value for value in values if len(value) >= _SHORTEST]
    for value in values:
        text = text.replace(value, "<hidden>")
    if not values:
        return text
    beginning = re.compile("|".join(re.escape(value[:_TELLING]) for value in values))
    kept, at = [], 0
    while found := beginning.search(text, at):
        start = found.start()  # tokens begin alike: the one that agrees longest is the one that was cut
        kept += [text[at:start], "<hidden>"]
        at = start + max(_agreeing(text[start : start + len(value)], value) for value in values)
    return "".join(kept) + text[at:]


def _agreeing(text: str, value: str) -> int:
    """How many first characters the two have in common."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(text, value, strict=False)))
