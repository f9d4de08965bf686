"""The ribbon: one template in `workbook/`, filled once for Excel 2007 and once for every later one."""

from __future__ import annotations

import re
from typing import Final, NamedTuple
from xml.sax.saxutils import escape

from xlwings_kis.addin.texts import text

TEMPLATE = "ribbon.xml"

_PLACEHOLDER = re.compile(r"@([A-Za-z_0-9.]+)@")
_COMMENT = re.compile(r"<!--.*?-->\s*", re.DOTALL)


class Part(NamedTuple):
    """A part of the file: its name, its namespace, and the relationship that leads to it."""

    name: str
    namespace: str
    relation: str


PARTS: Final[tuple[Part, ...]] = (
    Part(
        "customUI/customUI.xml",
        "http://schemas.microsoft.com/office/2006/01/customui",
        "http://schemas.microsoft.com/office/2006/relationships/ui/extensibility",
    ),
    Part(
        "customUI/customUI14.xml",
        "http://schemas.microsoft.com/office/2009/07/customui",
        "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility",
    ),
)
"""Excel 2007 reads the first, every later one the second."""


def keys(template: str) -> set[str]:
    """The texts a template asks for."""
    return set(_PLACEHOLDER.findall(_COMMENT.sub("", template))) - {"namespace"}


def filled(template: str, part: Part, lang: str) -> bytes:
    """The XML of a part. Raises `KeyError` for a text nobody wrote."""

    def value(found: re.Match[str]) -> str:
        key = found.group(1)
        return part.namespace if key == "namespace" else escape(text(key, lang), {'"': "&quot;"})

    return _PLACEHOLDER.sub(value, _COMMENT.sub("", template)).encode()
