"""A snapshot as JSON, CSV and as a few lines for a messenger. Pure."""

from __future__ import annotations

import csv
import io
import json

from xlwings_kis.fields import CODE, COLUMNS, NAME, Band, Field, figure
from xlwings_kis.investors import BY_CODE, DISJOINT, INSTITUTIONS
from xlwings_kis.rows import Figure
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.table import mark

_FOREIGNERS = "9100"
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MILLION_IN_HUNDRED_MILLION = 100


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


def to_text(snapshot: Snapshot) -> str:
    """Five lines for a messenger, in 억원; the fifth says when."""
    total, arb, non = (figure(band) for band in Band)
    marked = mark(snapshot)
    figures_of = snapshot.of or snapshot.asof
    when = f"{figures_of:%H:%M}" if figures_of.date() == snapshot.asof.date() else f"{figures_of:%m/%d}"
    others = (code for code in (INSTITUTIONS, *DISJOINT) if code != _FOREIGNERS)
    rest = dict.fromkeys(others)
    return "\n".join(
        (
            f"[{marked + ' ' if marked else ''}프로그램 {when}] {snapshot.pair.label()} (억원)",
            f"전체 {_eok(snapshot.total(total))} | 차익 {_eok(snapshot.total(arb))} | 비차익 {_eok(snapshot.total(non))}",
            f"외국인 {_eok(_of(snapshot, _FOREIGNERS, total))} (차익 {_eok(_of(snapshot, _FOREIGNERS, arb))}"
            f" / 비차익 {_eok(_of(snapshot, _FOREIGNERS, non))})",
            " · ".join(f"{BY_CODE[code].ko} {_eok(_of(snapshot, code, total))}" for code in rest),
            f"조회 {snapshot.asof:%H:%M:%S}" if not marked else f"조회 {snapshot.asof:%m/%d %H:%M:%S}",
        )
    )


def _of(snapshot: Snapshot, code: str, field: Field) -> Figure:
    row = snapshot.by_code.get(code)
    return row[field] if row else None


def _eok(million: Figure) -> str:
    """Million won as 억원 with its sign, halves away from zero; `-` where there is none."""
    if million is None:
        return "-"
    hundreds = (abs(million) + _MILLION_IN_HUNDRED_MILLION // 2) // _MILLION_IN_HUNDRED_MILLION
    sign = "" if not hundreds else "+" if million > 0 else "-"
    return f"{sign}{hundreds:,}"


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text
