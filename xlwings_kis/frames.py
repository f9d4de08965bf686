"""A snapshot in a notebook: a data frame, and a table in HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from xlwings_kis.errors import failure
from xlwings_kis.fields import CODE, FIGURES, NAME, Kind, Side
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.table import mark

if TYPE_CHECKING:
    import pandas as pd


def to_pandas(snapshot: Snapshot, lang: str = "ko") -> pd.DataFrame:
    """See `Snapshot.to_pandas`. Raises `SettingsError` where pandas is not installed."""
    try:
        import pandas as pd
    except ImportError:
        raise failure("no_pandas") from None

    columns = [CODE.wire, NAME.wire, *(field.wire for field in FIGURES)]
    frame = pd.DataFrame.from_records(snapshot.to_records(lang), columns=columns)
    # Named, not inferred: pandas 2 and 3 differ in what they take text for, and a frame without rows has none.
    frame = frame.astype({CODE.wire: "string", NAME.wire: "string"} | {field.wire: "Int64" for field in FIGURES})
    frame = frame.set_index(CODE.wire)
    frame.attrs = {
        "exchange": snapshot.exchange.name,
        "market": snapshot.market.name,
        "asof": snapshot.asof.isoformat(),
        "standing": snapshot.standing.value,
        "stale": snapshot.stale,
        "demo": snapshot.demo,
        "units": {field.wire: field.kind.unit(lang) for field in FIGURES},
        "labels": {field.wire: field.label(lang) for field in (NAME, *FIGURES)},
    }
    return frame


def to_html(snapshot: Snapshot, lang: str = "ko") -> str:
    """The snapshot for a notebook: amounts in million won, net figures in the Korean red and blue, text escaped."""
    ko = lang == "ko"
    shown = [field for field in FIGURES if field.kind is Kind.AMOUNT]
    standing = mark(snapshot, lang)
    marks = [f"{standing} {snapshot.of:%m/%d}" if snapshot.of else standing] if standing else []
    delayed = "지연" if ko else "delayed"
    if snapshot.stale and standing != delayed:
        marks.append(delayed)
    fetched = f"{'조회' if ko else 'fetched'} {snapshot.asof:%Y-%m-%d %H:%M:%S}"
    unit = f"{'단위' if ko else 'unit'}: {Kind.AMOUNT.unit(lang)}"
    caption = " · ".join((snapshot.pair.label(lang), fetched, *marks, unit))
    head = "".join(f"<th>{escape(field.label(lang))}</th>" for field in (NAME, *shown))
    body = "".join(
        f"<tr><th style='text-align:left'>{escape(row.label(lang))}</th>"
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
