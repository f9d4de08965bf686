"""Mail addresses as people type them, and nothing that could become another header. Pure.

`a@b.kr, "홍, 길동" <c@d.kr>; e@f.kr`: commas and, as Outlook shows them, semicolons between addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from email.headerregistry import Address

from xlwings_kis.errors import KisError, failure

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"({_ATOM}(?:\.{_ATOM})*)@({_LABEL}(?:\.{_LABEL})*)")
_NAMED = re.compile(r'(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^"<>]*?))\s*<(?P<address>[^<>]*)>')
_LONGEST, _LONGEST_LOCAL = 254, 64


def parse(typed: Iterable[str]) -> tuple[Address, ...]:
    """Every address once, in the order typed. Raises `ArgumentError` naming what is none."""
    found: dict[str, Address] = {}
    for text in typed:
        for piece in _pieces(text):
            address = one(piece)
            found.setdefault(address.addr_spec.lower(), address)
    return tuple(found.values())


def one(text: str) -> Address:
    """`a@b.kr` or `이름 <a@b.kr>`. Raises `ArgumentError`."""
    text = text.strip(" \t")
    if not text.isprintable():  # a line break would begin another header, a mark of direction hide who is meant
        raise _unknown(text)
    named = _NAMED.fullmatch(text)
    name = ""
    if named:
        name = re.sub(r"\\(.)", r"\1", named["quoted"] or "") or (named["bare"] or "")
        if named["bare"] and re.search(r"[,;:@()\[\]\\]", name):  # needs its quotes: else it may be two addresses
            raise _unknown(text)
    spec = (named["address"] if named else text).strip()
    parts = _ADDRESS.fullmatch(spec)
    if not parts or len(spec) > _LONGEST or len(parts[1]) > _LONGEST_LOCAL:
        raise _unknown(text)
    return Address(name.strip(), parts[1], parts[2])


def _pieces(text: str) -> Iterator[str]:
    """Cut at commas and semicolons that stand neither in quotes nor in brackets."""
    start, quoted, within, at = 0, False, False, 0
    while at < len(text):
        letter = text[at]
        if quoted:
            at += letter == "\\"  # what follows a backslash counts for itself
            quoted = letter != '"'
        elif letter == '"':
            quoted = True
        elif letter in "<>":
            within = letter == "<"
        elif letter in ",;" and not within:
            if text[start:at].strip(" \t"):
                yield text[start:at]
            start = at + 1
        at += 1
    if text[start:].strip(" \t") or not text.strip(" \t,;"):
        yield text[start:]


def _unknown(text: str) -> KisError:
    return failure("wrong_address", word="".join(letter if letter.isprintable() else " " for letter in text))
