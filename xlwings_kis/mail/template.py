"""Subject and body by template: text with `$names`, filled and nothing else. The built-in mail is one too.

A template file begins with `제목: …` (or `Subject: …`) if it wants its own subject; the rest, if there is any, is the body.
What a reader must be told is told whatever a template leaves out: marks of the subject, remarks, the source.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import NamedTuple

from xlwings_kis.errors import KisError, failure
from xlwings_kis.mail.letter import Letter
from xlwings_kis.markets import Market


class Piece(NamedTuple):
    """A name that a template may use: what it stands for, in both languages, and its text."""

    ko: str
    en: str
    text: Callable[[Letter], str]


PIECES: Mapping[str, Piece] = {
    "tag": Piece("`[프로그램]`, `[프로그램·지연]`, `[예시]`", "the mark of the subject", lambda letter: letter.tag),
    "day": Piece("자료의 날: `11/20`", "the day of the figures", lambda letter: letter.day),
    "date": Piece("자료의 날: `2026-11-20(금)`", "the same in full", lambda letter: letter.date),
    "moment": Piece("`마감` 또는 `장 종료`, 장중에는 빈칸", "close, final, or blank", lambda letter: letter.moment),
    "session": Piece("`KRX 정규장 마감`", "the session", lambda letter: letter.session),
    "time": Piece("조회시각: `15:45`", "when it was fetched", lambda letter: letter.time),
    "asof": Piece("조회시각: `2026-11-20 15:45:12`", "the same in full", lambda letter: letter.asof),
    "totals": Piece("`코스피 -1,012억 코스닥 +87억`", "the totals of the markets", lambda letter: letter.totals),
    "kospi": Piece("`-1,012억`", "the total of KOSPI", lambda letter: letter.total(Market.KOSPI)),
    "kosdaq": Piece("`+87억`", "the total of KOSDAQ", lambda letter: letter.total(Market.KOSDAQ)),
}
"""Names that stand for a few words: in subjects and bodies."""

BLOCKS: Mapping[str, tuple[str, str]] = {
    "remarks": ("지연·일부·휴장·예시·검산 안내, 없으면 빈칸", "what is not as usual; blank where nothing is"),
    "sentences": ("시장마다 한 문장", "a sentence for each market"),
    "table": ("표", "the tables"),
    "fetched": ("`조회 2026-11-20 15:45:12 (KRX 정규장 마감). …`", "when it was fetched, and what may still change"),
    "source": ("출처와 이용 조건", "the source and the terms of use"),
}
"""Names that stand for whole lines: in bodies alone."""

REQUIRED = ("remarks", "source")

SUBJECT = {"ko": "$tag $day $moment $totals ($time 조회)", "en": "$tag $day $moment $totals (fetched $time)"}
BODY = "$remarks\n\n$sentences\n\n$table\n\n$fetched\n$source"

FILE = Path("templates", "mail.txt")
"""In the state folder, where the settings name no other."""

_LARGEST = 64 * 1024
_SUBJECT_LINE = re.compile(r"\A(?:제목|subject)[ \t]*:[ \t]*(.*)$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Texts:
    """A subject and a body with names in them."""

    subject: str
    body: str = BODY
    file: str = ""


def load(home: Path, named: str, lang: str) -> Texts:
    """The user's template, else ours. Raises `SettingsError` for one that is named but not there, or names what nobody knows."""
    path = home / Path(named).expanduser() if named else home / FILE
    try:
        data = path.read_bytes() if named or path.exists() else b""
        if len(data) > _LARGEST:
            raise ValueError
        text = _decoded(data)
    except (OSError, ValueError):
        raise failure("mail_template_file", ask_user=True, file=path.name) from None
    found = _SUBJECT_LINE.match(text)
    subject = found.group(1).strip() if found else ""
    body = (text[found.end() :] if found else text).strip()
    texts = Texts(subject or SUBJECT[lang], body or BODY, path.name)
    _check(texts)
    return texts


def default(lang: str) -> Texts:
    """The built-in mail."""
    return Texts(SUBJECT[lang])


def subject(texts: Texts, letter: Letter) -> str:
    """The subject on one line; a mark that is more than usual stands first even where the template has none."""
    values = {name: piece.text(letter) for name, piece in PIECES.items()}
    told = " ".join(Template(texts.subject).substitute(values).split())
    marked = letter.warnings or letter.report.demo
    return f"{letter.tag} {told}" if marked and letter.tag not in told else told


def body(texts: Texts, values: Mapping[str, str], escape: Callable[[str], str] = str) -> list[list[str]]:
    """The paragraphs of the body as lines, names filled from `values`; those left without a line are left out.

    `escape` is for the template's own words, `values` are escaped already.
    """
    text = texts.body
    for name in REQUIRED:
        if name not in _names(text):
            text = f"${name}\n\n{text}" if name == "remarks" else f"{text}\n\n${name}"
    paragraphs = []
    for paragraph in re.split(r"\n[ \t]*\n+", escape(text.replace("\r\n", "\n"))):
        filled = [(line, Template(line).substitute(values).rstrip()) for line in paragraph.strip("\n").split("\n")]
        kept = [told for line, told in filled if told or not line.strip()]
        if any(kept):
            paragraphs.append(kept)
    return paragraphs


def _decoded(data: bytes) -> str:
    """UTF-8 as editors save today, else the code page of a Korean Windows."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp949")


def _check(texts: Texts) -> None:
    for text, known in ((texts.subject, {*PIECES}), (texts.body, {*PIECES, *BLOCKS})):
        if not Template(text).is_valid():
            raise _unknown(texts, "$")
        for name in _names(text):
            if name not in known:
                raise _unknown(texts, f"${name}")


def _names(text: str) -> list[str]:
    return Template(text).get_identifiers()


def _unknown(texts: Texts, word: str) -> KisError:
    return failure("mail_template_name", ask_user=True, file=texts.file, word=word)
