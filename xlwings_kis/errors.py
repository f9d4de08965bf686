"""Everything that can go wrong, typed.

    KisError
    ├── SettingsError        exit 3   a setting or credential is missing, wrong or of the other environment
    ├── ArgumentError        exit 2   an exchange, market, investor or field nobody knows
    ├── RefusedError         exit 4   KIS answered, and said no
    │   ├── CredentialError  exit 3   … to this key pair
    │   └── TokenError       exit 4   … to a token, or to issuing one now
    ├── NetworkError         exit 5   no answer, a broken answer, or none in time
    ├── AnswerError          exit 1   an answer that is not of the documented shape
    ├── DeliveryError        exit 5   a mail that did not leave, or not to everybody
    ├── NoDataError          exit 7   nothing (yet) for what was asked
    ├── FileError            exit 6   a file or folder that cannot be written
    └── AddinError           exit 1   the add-in cannot be made of the xlwings that is installed

Each carries a `Problem`: which sentence of `wording`, with which facts. The sentence says what happened and what to do;
exceptions are caught at the rims only, where a cell, a terminal or a notebook shows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from xlwings_kis import wording


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that went wrong, as a value: it travels between processes and is put into words at the rim.

    `key` names the sentence, `code` is KIS's own code for support, `facts` fill the sentence. Nothing secret is ever a
    fact. `ask_user`: only the user can mend it. `until` is the epoch from which it is tried again, where that is known.
    """

    key: str
    code: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    ask_user: bool = False
    until: float | None = None

    def cause(self, lang: str = "ko") -> str:
        """The first clause: what happened, with the code."""
        return wording.cause(self.key, lang, self.code, self.facts)

    def sentence(self, lang: str = "ko", *, once: bool = False) -> str:
        """What happened and what to do. `once`: for a command, a script or a saved file, which nobody asks again for."""
        return wording.sentence(self.key, lang, self.code, self.facts, once=once)


def our_fault(ours: BaseException) -> Problem:
    """What a rim says of an exception that is none of ours: its kind alone, never its text."""
    return Problem("internal", facts={"what": type(ours).__name__})


class KisError(Exception):
    """Base of all our exceptions. `str()` is the Korean sentence; `problem.sentence("en", once=True)` the English one."""

    exit_code: ClassVar[int] = 1

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.sentence(once=True))
        self.problem = problem

    @property
    def code(self) -> str:
        """KIS's code, or empty."""
        return self.problem.code

    @property
    def hint(self) -> str:
        """What the user can do."""
        return wording.remedy(self.problem.key, "ko", self.problem.code, self.problem.facts, once=True)


class SettingsError(KisError):
    """A setting or credential is missing, wrong or of the other environment."""

    exit_code = 3


class ArgumentError(KisError):
    """A word that names no exchange, market, investor, field or moment."""

    exit_code = 2


class RefusedError(KisError):
    """KIS answered and refused."""

    exit_code = 4


class CredentialError(RefusedError):
    """KIS refused this key pair."""

    exit_code = 3


class TokenError(RefusedError):
    """KIS refused a token, or to issue one now."""


class NetworkError(KisError):
    """No answer, a broken one, or none in time."""

    exit_code = 5


class AnswerError(KisError):
    """The answer is not of the documented shape; the sentence names the field."""


class DeliveryError(KisError):
    """A mail did not leave, or not to everybody. What it would have carried is kept."""

    exit_code = 5


class NoDataError(KisError):
    """There is nothing (yet) for what was asked."""

    exit_code = 7


class FileError(KisError):
    """A file or folder cannot be written."""

    exit_code = 6


class AddinError(KisError):
    """The add-in cannot be made of the xlwings that is installed."""


_BY_FAMILY: dict[str, type[KisError]] = {
    "settings": SettingsError,
    "argument": ArgumentError,
    "refused": RefusedError,
    "credential": CredentialError,
    "token": TokenError,
    "network": NetworkError,
    "answer": AnswerError,
    "delivery": DeliveryError,
    "no_data": NoDataError,
    "file": FileError,
    "addin": AddinError,
    "internal": KisError,
}


def error(problem: Problem) -> KisError:
    """The typed exception of a problem, by the family its sentence belongs to."""
    return _BY_FAMILY[wording.family(problem.key)](problem)


def failure(key: str, code: str = "", *, ask_user: bool = False, until: float | None = None, **facts: str) -> KisError:
    """`raise failure("unreachable", host=…)`: a typed exception from the key of a sentence and its facts."""
    return error(Problem(key, code, facts, ask_user=ask_user, until=until))
