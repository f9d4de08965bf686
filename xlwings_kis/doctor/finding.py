"""What an examination finds: values, put into words where they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from xlwings_kis import errors, wording
from xlwings_kis.doctor.words import NAMES, WORDS


class Level(Enum):
    """How bad it is; the value is the word in JSON."""

    FINE = "ok"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `key` names a sentence of `doctor.words`, or of `wording` where an error says the same."""

    name: str
    level: Level
    key: str
    facts: dict[str, str] = field(default_factory=dict)
    code: str = ""
    """KIS's own, for support."""

    def label(self, lang: str = "ko") -> str:
        """What was looked at."""
        return NAMES[self.name][0 if lang == "ko" else 1]

    def sentence(self, lang: str = "ko") -> str:
        """What was found."""
        words = WORDS.get(self.key)
        if words is None:
            return wording.cause(self.key, lang, self.code, self.facts)
        return wording.filled(words.ko if lang == "ko" else words.en, self.facts)

    def remedy(self, lang: str = "ko") -> str:
        """What to do; empty where nothing is to be done."""
        words = WORDS.get(self.key)
        if words is None:
            return wording.remedy(self.key, lang, self.code, self.facts, once=True)
        return wording.filled(words.remedy_ko if lang == "ko" else words.remedy_en, self.facts)

    def whole(self, lang: str = "ko") -> str:
        """What was found and what to do, in one line."""
        if self.key in WORDS:
            remedy = self.remedy(lang)
            return f"{self.sentence(lang).rstrip('.')}. {remedy}" if remedy else self.sentence(lang)
        return wording.sentence(self.key, lang, self.code, self.facts, once=True)

    @property
    def exit_code(self) -> int:
        """The contract's status of a problem; everything else is 0."""
        if self.level is not Level.PROBLEM:
            return 0
        if self.key in WORDS:
            return errors.SettingsError.exit_code
        return errors.error(errors.Problem(self.key)).exit_code


def worst(findings: Iterable[Finding]) -> int:
    """The exit status: of the first problem, for the later ones often follow from it."""
    return next((each.exit_code for each in findings if each.exit_code), 0)
