"""An examination as lines for people and as JSON for IT departments. Pure; nothing in it names a user."""

from __future__ import annotations

import json
from collections.abc import Sequence

from xlwings_kis.doctor.finding import Finding, worst
from xlwings_kis.doctor.words import LEVELS


def lines(findings: Sequence[Finding], lang: str = "ko") -> list[str]:
    """A line for each finding, and one below with what to do."""
    level_width = max((_width(_level(each, lang)) for each in findings), default=0)
    label_width = max((_width(each.label(lang)) for each in findings), default=0)
    shown = []
    for each in findings:
        shown.append(
            f"{_padded(_level(each, lang), level_width)}  {_padded(each.label(lang), label_width)}  {each.sentence(lang)}"
        )
        if each.remedy(lang):
            shown.append(f"{' ' * (level_width + 2)}→ {each.remedy(lang)}")
    return shown


def to_json(findings: Sequence[Finding], lang: str = "ko") -> str:
    """The same as an object: the exit status and the findings."""
    shown = [
        {
            "name": each.name,
            "level": each.level.value,
            "sentence": each.sentence(lang),
            "remedy": each.remedy(lang),
        }
        for each in findings
    ]
    return json.dumps({"exit": worst(findings), "findings": shown}, ensure_ascii=False, indent=2)


def _level(finding: Finding, lang: str) -> str:
    return LEVELS[finding.level.value][0 if lang == "ko" else 1]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """Columns of a terminal: a Korean letter takes two."""
    from rich.cells import cell_len

    return cell_len(text)
