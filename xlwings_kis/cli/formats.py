"""A snapshot as JSON and CSV. Pure."""

from __future__ import annotations

import csv
import io
import json

from xlwings_kis.fields import CODE, COLUMNS, NAME
from xlwings_kis.snapshot import Snapshot

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_json(snapshot: Snapshot, lang: str = "ko") -> str:
    """The object of the contract, indented."""
    return json.dumps(
        {
            "exchange": snapshot.exchange.name,
            "market": snapshot.market.name,
            "asof": snapshot.asof.isoformat(timespec="seconds"),
            "stale": snapshot.stale,
            "demo": snapshot.demo,
            "rows": snapshot.to_records(lang),
        },
        ensure_ascii=False,
        indent=2,
    )


def to_csv(snapshot: Snapshot, lang: str = "ko") -> str:
    """The columns of the formula under the document's names; text that begins like a formula is quoted as text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([field.label(lang) for field in COLUMNS])
    for record in snapshot.to_records(lang):
        record[NAME.wire] = harmless(str(record[NAME.wire]))
        record[CODE.wire] = harmless(str(record[CODE.wire]))
        writer.writerow(["" if record[field.wire] is None else record[field.wire] for field in COLUMNS])
    return out.getvalue()


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text
