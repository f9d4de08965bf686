"""The investor groups of the endpoint: codes, places, labels and accepted words.

Codes are observed (confidence high), the document names none. Other KIS feeds use other codes for the same groups
(9000, 7050): this table belongs to this endpoint alone.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Investor:
    """One group. `part` marks the institutions that 기관계 already contains; `fixed` a place every table keeps."""

    code: str
    ko: str
    en: str
    words: tuple[str, ...] = ()
    part: bool = False
    fixed: bool = True
    disjoint: bool = False

    def label(self, lang: str = "ko") -> str:
        """The name people read."""
        return self.ko if lang == "ko" else self.en


INDIVIDUALS, FOREIGNERS, INSTITUTIONS, CORPORATIONS = "8000", "9100", "8888", "7100"

INVESTORS = (
    Investor(INDIVIDUALS, "개인", "Individuals", ("개인투자자",), disjoint=True),
    Investor(FOREIGNERS, "외국인", "Foreigners", ("외인", "외국인합계"), disjoint=True),
    Investor(INSTITUTIONS, "기관계", "Institutions", ("기관", "기관합계", "기관투자자"), disjoint=True),
    Investor("1000", "금융투자", "Securities", ("금투", "증권"), part=True),
    Investor("2000", "보험", "Insurance", part=True),
    Investor("3000", "투신", "Investment trusts", ("투자신탁",), part=True),
    Investor("3100", "사모", "Private funds", ("사모펀드",), part=True),
    Investor("4000", "은행", "Banks", part=True),
    Investor("5000", "기타금융", "Other financial", ("종금",), part=True),
    Investor("6000", "연기금등", "Pension funds", ("연기금", "기금"), part=True),
    Investor(CORPORATIONS, "기타법인", "Other corporations", ("기타",), disjoint=True),
    Investor("7000", "국가·지자체", "State and local", ("국가", "지자체", "국가지자체"), part=True, fixed=False),
)

BY_CODE = {investor.code: investor for investor in INVESTORS}
FIXED_PLACES = tuple(investor.code for investor in INVESTORS if investor.fixed)
PARTS = tuple(investor.code for investor in INVESTORS if investor.part)
DISJOINT = tuple(investor.code for investor in INVESTORS if investor.disjoint)
BY_INTEREST = (FOREIGNERS, INSTITUTIONS, INDIVIDUALS, CORPORATIONS)
"""The same groups in the order a desk reads them: for reports and mails."""

TOTAL = Investor("", "합계", "Total", ("전체", "시장", "total"), fixed=False)
"""Ours, not a row of KIS: the sum of the disjoint groups."""


def investor_label(code: str, given: str, lang: str = "ko") -> str:
    """Our label for a known code; for an unknown one the given name, trimmed, with its code."""
    known = BY_CODE.get(code)
    if known:
        return known.label(lang)
    word = "코드" if lang == "ko" else "code"
    return f"{_harmless(given)} ({word} {code})".strip()


def _harmless(given: str) -> str:
    """A name of the gateway's as text that no sheet takes for a formula and no terminal for a command."""
    return "".join(letter if letter.isprintable() else " " for letter in given).strip(" =+-@")
