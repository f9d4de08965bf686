"""Everything a user looks at: how to look, and what is seen."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
from officejs import Excel

from matrix.place import Place
from xlwings_kis import ribbon, udfs

_JOINT = " / "
_SHEET = "프로그램매매"
_SECONDS = 20
"""How long a recorder runs here: for one look."""


class Shown(NamedTuple):
    """What a user reads, the figure beside it (None: there is none), and the exit status of a command."""

    text: str
    figure: float | None
    status: int | None = None


class Surface(NamedTuple):
    """`in_excel`: its process goes on from one look to the next, and is a new one each day."""

    name: str
    what: str
    look: Callable[[Place], Shown]
    in_excel: bool = False


def formula(place: Place) -> Shown:
    """`=KIS_PROGRAM_TRADE("KRX","코스피")`: its corner."""
    table = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
    assert {len(row) for row in table} == {20}, "the shape never changes"
    assert len(table) in (12, 13), "eleven places, and one more at most"
    figures = [cell for row in table[1:] for cell in row[1:-1]]
    none = all(cell == "#N/A" for cell in figures)
    assert none or not any(cell == "#N/A" for cell in figures), "figures, or none: nothing in between"
    assert none == table[0][0].startswith("#KIS! "), "where there are none, the corner says why"
    return Shown(table[0][0], _number(table[1][table[0].index("비차익순매수대금")]))


def refresh(place: Place) -> Shown:
    """새로고침, of a sheet that shows one table: what the status bar says, and the sheet's own line about the table."""
    excel = place.memory.setdefault("excel", Excel())
    for _ in (1, 2):
        book = excel.book()
        said = ribbon.refresh(book)
        excel.apply(book.json()["actions"])
        if excel.file[_SHEET]["B4"].value == "KRX 코스피":
            break
        excel.file[_SHEET]["B4"].value = "KRX 코스피"  # the user wants this table alone
    sheet = excel.file[_SHEET]
    return Shown(f"{said}{_JOINT}시트: {sheet['L1'].value}", _number(sheet["J8"].value))


def report(place: Place) -> Shown:
    """`report`: what it says, and what its workbook says over the figures."""
    before = _bytes("보고서.xlsx")
    status, lines = place.command("report", "--market", "코스피", "-o", "보고서.xlsx")
    name = next(
        (
            name
            for name in ("보고서.xlsx", "보고서_2.xlsx")
            if _bytes(name) != (before if name == "보고서.xlsx" else b"")
        ),
        "",
    )
    if not name:
        return Shown(_JOINT.join(lines), None, status)
    sheet = openpyxl.load_workbook(name)["KRX 코스피"]
    row = next(row for row in sheet.iter_rows(values_only=True) if row[0] == "개인")
    marks = [str(cell) for row in sheet.iter_rows(min_row=2, max_row=2, values_only=True) for cell in row if cell]
    return Shown(_JOINT.join((*lines, f"시트: {' '.join(marks)}")), _number(row[9]), status)


def record(place: Place) -> Shown:
    """`record --csv`: what it says in one look, and what its file says."""
    until = place.now + timedelta(seconds=_SECONDS)
    words = ("--pairs", "KRX 코스피", "--until", f"{until:%Y-%m-%d %H:%M:%S}", "--csv", "폴더")
    before = _bytes("폴더/KRX_KOSPI.csv")
    status, lines = place.command("record", *words)
    said = [re.sub(r"^\d\d/\d\d \d\d:\d\d:\d\d ", "", line) for line in lines]
    said = [line for line in said if "Ctrl+C" not in line]
    data = _bytes("폴더/KRX_KOSPI.csv")
    if data == before:
        return Shown(_JOINT.join(said), None, status)
    rows = list(csv.DictReader(data.decode("utf-8-sig").splitlines()))
    (row,) = [row for row in rows if row["투자자코드"] == "8000"]
    return Shown(_JOINT.join((*said, f"CSV: {row['상태']}")), _number(row["비차익순매수대금"]), status)


def table(place: Place) -> Shown:
    """`table -o 표.json`: what it says, and whether the file calls its figures old."""
    before = _bytes("표.json")
    status, lines = place.command("table", "KRX", "코스피", "-o", "표.json")
    data = _bytes("표.json")
    if data == before:
        return Shown(_JOINT.join(lines), None, status)
    shown = json.loads(data)
    (row,) = [row for row in shown["rows"] if row["invr_cls_code"] == "8000"]
    stale = (f"파일: stale {str(shown['stale']).lower()}",)
    return Shown(_JOINT.join((*lines, *stale)), _number(row["nabt_ntby_amt"]), status)


SURFACES = (
    Surface("formula", "수식", formula, in_excel=True),
    Surface("refresh", "새로고침", refresh, in_excel=True),
    Surface("report", "report", report),
    Surface("record", "record", record),
    Surface("table", "table", table),
)


def _bytes(name: str) -> bytes:
    path = Path(name)
    return path.read_bytes() if path.is_file() else b""


def _number(cell: Any) -> float | None:
    try:
        return float(cell)
    except (TypeError, ValueError):
        return None
