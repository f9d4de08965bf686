"""A second reader of workbooks, as strict as the viewer of a phone: it knows shared strings and plain numbers, nothing else.

It shares no line with openpyxl. Whatever it does not know (inline texts, formulas, absolute targets) is an error.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from io import BytesIO
from typing import NamedTuple
from xml.etree import ElementTree as Xml

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class Read(NamedTuple):
    """One cell: text or number, and its number format."""

    value: str | float
    number_format: str


class Series(NamedTuple):
    """One series of a chart: what it points to, and what is cached of it."""

    name: str
    categories: list[str]
    reference: str
    values: dict[int, float]


class StrictBook:
    """The sheets of a workbook by name, each a dict of cells by reference (`B9`)."""

    def __init__(self, data: bytes) -> None:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            self.parts = {name: archive.read(name) for name in archive.namelist()}
        self._strings = [_text(item) for item in self._xml("xl/sharedStrings.xml")]
        self._formats = self._number_formats()
        book = self._xml("xl/workbook.xml")
        targets = self._targets("xl/workbook.xml")
        self.sheet_parts = {sheet.get("name"): targets[sheet.get(_RELATION)] for sheet in book.iter(f"{MAIN}sheet")}
        self.sheets = {name: self._cells(part) for name, part in self.sheet_parts.items()}

    def charts(self, sheet: str) -> list[tuple[str, list[Series]]]:
        """Title and series of each chart on a sheet, from the caches alone."""
        part = self.sheet_parts[sheet]
        drawings = [target for target in self._targets(part).values() if "drawing" in target]
        found = []
        for drawing in drawings:
            for target in self._targets(drawing).values():
                root = self._xml(target)
                title = "".join(root.find(f"{CHART}chart/{CHART}title").itertext())
                found.append((title, [_series(each) for each in root.iter(f"{CHART}ser")]))
        return found

    def rows(self, sheet: str) -> list[list[str | float]]:
        """The values of a sheet row by row, blanks left out."""
        by_row: dict[int, list[tuple[int, str | float]]] = {}
        for reference, read in self.sheets[sheet].items():
            letters, digits = re.fullmatch(r"([A-Z]+)(\d+)", reference).groups()
            column = 0
            for letter in letters:
                column = column * 26 + ord(letter) - 64
            by_row.setdefault(int(digits), []).append((column, read.value))
        return [[value for _, value in sorted(by_row[row])] for row in sorted(by_row)]

    def _cells(self, part: str) -> dict[str, Read]:
        cells = {}
        for cell in self._xml(part).iter(f"{MAIN}c"):
            known = [child.tag for child in cell]
            assert known in ([], [f"{MAIN}v"]), f"{part} {cell.get('r')}: {known}"
            if not known:
                continue
            kind, text = cell.get("t", "n"), cell[0].text
            assert kind in ("s", "n"), f"{part} {cell.get('r')}: type {kind}"
            value = self._strings[int(text)] if kind == "s" else float(text)
            cells[cell.get("r")] = Read(value, self._formats[int(cell.get("s", "0"))])
        return cells

    def _number_formats(self) -> list[str]:
        styles = self._xml("xl/styles.xml")
        own = {each.get("numFmtId"): each.get("formatCode") for each in styles.iter(f"{MAIN}numFmt")}
        built_in = {"0": "General", "3": "#,##0", "49": "@"}
        return [
            own.get(each.get("numFmtId")) or built_in[each.get("numFmtId")] for each in styles.find(f"{MAIN}cellXfs")
        ]

    def _targets(self, part: str) -> dict[str, str]:
        folder, name = posixpath.split(part)
        relations = {}
        for relation in self._xml(f"{folder}/_rels/{name}.rels") if f"{folder}/_rels/{name}.rels" in self.parts else ():
            assert relation.get("TargetMode", "Internal") == "Internal"
            assert not relation.get("Target").startswith("/")
            relations[relation.get("Id")] = posixpath.normpath(posixpath.join(folder, relation.get("Target")))
        return relations

    def _xml(self, part: str) -> Xml.Element:
        return Xml.fromstring(self.parts[part])  # noqa: S314 - files the tests have written themselves


def _text(item: Xml.Element) -> str:
    """A shared string; `_x0041_` is how the format writes what XML cannot hold."""
    text = "".join(each.text or "" for each in item.iter(f"{MAIN}t"))
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found.group(1), 16)), text)


def _series(series: Xml.Element) -> Series:
    def points(place: str) -> dict[int, str]:
        return {
            int(point.get("idx")): point.findtext(f"{CHART}v")
            for point in series.find(f"{CHART}{place}").iter(f"{CHART}pt")
        }

    values = {at: float(value) for at, value in points("val").items()}
    reference = series.find(f"{CHART}val").findtext(f".//{CHART}f")
    return Series(points("tx")[0], list(points("cat").values()), reference, values)
