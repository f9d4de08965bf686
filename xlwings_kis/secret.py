"""Values that must never be shown."""

from __future__ import annotations

from collections.abc import Iterable


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
    """Foreign text with every secret taken out, in case it echoes what it was sent."""
    for secret in secrets:
        if secret and len(secret.reveal()) >= 4:
            text = text.replace(secret.reveal(), "<hidden>")
    return text
