"""A snapshot in a notebook: a data frame, and a table in HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from xlwings_kis.fields import CODE, FIGURES, NAME, Kind, Side
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.table import mark

if TYPE_CHECKING:
    import pandas as pd


def to_pandas(snapshot: Snapshot) -> pd.DataFrame:
    """See `Snapshot.to_pandas`."""
    import pandas as pd

    frame = pd.DataFrame.from_records(snapshot.to_records(), columns=[CODE.wire, NAME.wire, *(f.wire for f in FIGURES)])
    frame = frame.astype({field.wire: "Int64" for field in FIGURES}).set_index(CODE.wire)
    frame.attrs = {
        "exchange": snapshot.exchange.name,
        "market": snapshot.market.name,
        "asof": snapshot.asof.isoformat(),
        "stale": snapshot.stale,
        "demo": snapshot.demo,
        "units": {field.wire: field.kind.unit() for field in FIGURES},
        "labels": {field.wire: field.ko for field in (NAME, *FIGURES)},
    }
    return frame


def to_html(snapshot: Snapshot) -> str:
    """The snapshot for a notebook: amounts in million won, net figures in the Korean red and blue, text escaped."""
    shown = [field for field in FIGURES if field.kind is Kind.AMOUNT]
    standing = mark(snapshot)
    marks = [f"{standing} {snapshot.of:%m/%d}" if snapshot.of else standing] if standing else []
    if snapshot.stale and standing != "지연":
        marks.append("지연")
    caption = " · ".join((snapshot.pair.label(), f"조회 {snapshot.asof:%Y-%m-%d %H:%M:%S}", *marks, "단위: 백만원"))
    head = "".join(f"<th>{escape(field.ko)}</th>" for field in (NAME, *shown))
    body = "".join(
        f"<tr><th style='text-align:left'>{escape(row.label())}</th>"
        + "".join(_html_figure(row[field], net=field.side is Side.NET) for field in shown)
        + "</tr>"
        for row in snapshot.rows
    )
    return f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _html_figure(figure: int | None, *, net: bool) -> str:
    if figure is None:
        return "<td></td>"
    if not net or not figure:
        return f"<td style='text-align:right'>{figure:,}</td>"
    colour = "#D00000" if figure > 0 else "#0050C8"
    return f"<td style='text-align:right;color:{colour}'>{figure:+,}</td>"
