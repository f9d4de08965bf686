"""Stored tables as rows of a file: one row an investor, however many there are, in memory that does not grow."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO

from xlwings_kis.cli.formats import harmless
from xlwings_kis.excel import date_time
from xlwings_kis.fields import CODE, FIGURES, NAME
from xlwings_kis.snapshot import Snapshot, Standing

if TYPE_CHECKING:
    from openpyxl import Workbook

ROWS_A_SHEET = 1_000_000
"""Excel has room for 1,048,576."""

_STANDINGS = {
    Standing.TODAY: ("당일", "of the day"),
    Standing.UNCONFIRMED: ("확인 중", "unconfirmed"),
    Standing.PREVIOUS: ("전일 값", "of the last day"),
    Standing.HOLIDAY: ("휴장(추정)", "holiday (presumed)"),
    Standing.EMPTY: ("자료 없음", "no data"),
}


def standing_label(standing: Standing, lang: str = "ko") -> str:
    """What a table counts as, in a word."""
    return _STANDINGS[standing][0 if lang == "ko" else 1]


def columns(lang: str = "ko") -> list[str]:
    """The header: the document's names, with the unit where a figure has one."""
    spoken = 0 if lang == "ko" else 1
    first = [("처음 조회(KST)", "First seen (KST)"), ("마지막 조회(KST)", "Last seen (KST)"), ("거래소", "Exchange")]
    texts = [*first, ("시장", "Market"), ("구분", "Counts as")]
    figures = [f"{field.label(lang)}({field.kind.unit(lang)})" for field in FIGURES]
    return [*(text[spoken] for text in texts), NAME.label(lang), *figures, CODE.label(lang)]


def records(snapshot: Snapshot, lang: str, written: Callable[[datetime], Any]) -> Iterator[list[Any]]:
    """The rows of a table under `columns`: moments as they are `written`, harmless texts, numbers, None for a missing figure."""
    before = [
        written(snapshot.changed or snapshot.asof),
        written(snapshot.asof),
        harmless(snapshot.exchange.label(lang)),
        harmless(snapshot.market.label(lang)),
        harmless(standing_label(snapshot.standing, lang)),
    ]
    for row in snapshot.rows:
        yield [*before, harmless(row.label(lang)), *row.figures, harmless(row.code)]


def to_csv(file: BinaryIO, tables: Iterable[Snapshot], lang: str = "ko") -> int:
    """Write a CSV file with a byte order mark (Excel on a Korean Windows needs one); how many rows."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer, number = csv.writer(text, lineterminator="\r\n"), 0
    writer.writerow(columns(lang))
    for snapshot in tables:
        writer.writerows(records(snapshot, lang, _iso))  # a missing figure becomes an empty field
        number += len(snapshot.rows)
    text.detach()
    return number


def to_xlsx(file: BinaryIO, tables: Iterable[Snapshot], lang: str = "ko") -> int:
    """Write a workbook, a sheet for every million rows; how many rows. Date-times are Korean: Excel knows no offset."""
    from openpyxl import Workbook

    book, number = Workbook(write_only=True), 0
    title = "자료" if lang == "ko" else "Data"
    sheet = _sheet(book, f"{title} 1", lang)
    for snapshot in tables:
        for record in records(snapshot, lang, date_time):
            if number and number % ROWS_A_SHEET == 0:
                sheet = _sheet(book, f"{title} {number // ROWS_A_SHEET + 1}", lang)
            sheet.append(record)
            number += 1
    book.save(file)
    return number


def _sheet(book: Workbook, title: str, lang: str) -> Any:
    sheet: Any = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    sheet.append(columns(lang))
    return sheet


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
