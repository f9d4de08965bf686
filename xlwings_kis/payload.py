"""The received body, read: text → rows. Pure; what it cannot read it names."""

from __future__ import annotations

import re
from typing import Any

from xlwings_kis.errors import failure
from xlwings_kis.fields import CODE, COLUMNS, FIGURES, NAME, Field
from xlwings_kis.remarks import remark
from xlwings_kis.rows import Figure, Row, placed
from xlwings_kis.wording import clean

_NUMBER = re.compile(r"[+-]?\d{1,40}(?:\.0{0,9})?", re.ASCII)
_MISSING = frozenset(("", "-"))
_KNOWN = frozenset(field.wire for field in COLUMNS)
_LARGEST = 10**18
"""Figures have at most 18 digits (document); a longer one is no figure."""


def read_rows(body: dict[str, Any]) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """The rows of a successful body, and in sentences what was odd about it.

    Unknown investors and repeated ones are kept apart, never summed or dropped in silence: of a code that comes twice the
    first is used and a note says so. Raises `AnswerError` naming the field where the shape is not the documented one.
    """
    output = body.get("output1")
    if not isinstance(output, list):
        raise failure("wrong_shape", field="output1")
    rows: dict[str, Row] = {}
    notes: list[str] = []
    for at, item in enumerate(output, 1):
        row = _row(item, at)
        if row.code in rows:
            notes.append(remark("twice", code=row.code, name=row.label()))
        else:
            rows[row.code] = row
    notes += _unexpected(output)
    return placed(list(rows.values())), tuple(notes)


def figure(text: Any, name: str) -> Figure:
    """A figure as KIS writes it: `""`, `-` and null are missing; commas, signs and zero-padding are read."""
    if text is None:
        return None
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise failure("wrong_shape", field=name)
    if isinstance(text, int):
        value = text
    else:
        written = str(text).strip().replace(",", "")
        if written in _MISSING:
            return None
        if not _NUMBER.fullmatch(written):
            raise failure("wrong_shape", field=name)
        value = int(written.partition(".")[0])
    if abs(value) >= _LARGEST:
        raise failure("wrong_shape", field=name)
    return value


def _row(item: Any, at: int) -> Row:
    if not isinstance(item, dict):
        raise failure("wrong_shape", field=f"output1[{at}]")
    code = _text(item, CODE, at).strip()
    if not code:
        raise failure("wrong_shape", field=f"output1[{at}].{CODE.wire}")
    if not any(field.wire in item for field in FIGURES):
        raise failure("wrong_shape", field=f"output1[{at}].{FIGURES[0].wire}")
    name = _text(item, NAME, at, required=False)
    return Row(code, name, tuple(figure(item.get(f.wire), f"output1[{at}].{f.wire}") for f in FIGURES))


def _text(item: dict[str, Any], field: Field, at: int, *, required: bool = True) -> str:
    value = item.get(field.wire)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        raise failure("wrong_shape", field=f"output1[{at}].{field.wire}")
    # What no cell, file or terminal can hold (control characters, halves of letters) must not cost the table.
    return "".join(letter if letter.isprintable() else " " for letter in value)


def _unexpected(output: list[dict[str, Any]]) -> list[str]:
    """Fields the document does not have, and documented figures that no row has: worth a note, not an error."""
    if not output:
        return []
    present = {key for item in output for key in item}
    strange = sorted(clean(str(name), 40) for name in present - _KNOWN)
    unknown = [clean(remark("unknown_fields", names=", ".join(strange)))] if strange else []
    absent = [remark("absent_fields", names=", ".join(sorted(_KNOWN - present)))] if _KNOWN - present else []
    return [*unknown, *absent]
