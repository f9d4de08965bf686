"""What was odd about an answer, in sentences. The store keeps them in Korean; who reads English is given the same in English."""

from __future__ import annotations

import re
from typing import Final

_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "twice": (
        "투자자코드 {code}({name})이 두 번 와서 첫 값을 씁니다",
        "investor code {code} came twice; the first is used",
    ),
    "unknown_fields": ("문서에 없는 항목이 왔습니다: {names}", "fields that are not in the document: {names}"),
    "absent_fields": ("문서의 항목이 오지 않았습니다: {names}", "fields of the document that did not come: {names}"),
}
_KNOWN = tuple(
    (re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.*)", re.escape(ko))), english) for ko, english in _TEXTS.values()
)


def remark(key: str, **facts: str) -> str:
    """The sentence as it is kept."""
    return _TEXTS[key][0].format(**facts)


def spoken(kept: str, lang: str) -> str:
    """A sentence that was kept, in a language; one that nobody knows any more stays as it is."""
    if lang != "ko":
        for korean, english in _KNOWN:
            if found := korean.fullmatch(kept):
                return english.format(**found.groupdict())
    return kept
