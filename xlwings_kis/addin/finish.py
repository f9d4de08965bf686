"""The last pass over a workbook's parts: what makes an add-in of it, its ribbon, and a shape that runs a macro."""

from __future__ import annotations

import zipfile
from io import BytesIO

from xlwings_kis.addin import ribbon
from xlwings_kis.parts import packed
from xlwings_kis.resources import layout

_WORKBOOK = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
_ADDIN = b"application/vnd.ms-excel.addin.macroEnabled.main+xml"


def as_addin(workbook: bytes, template: str, lang: str) -> bytes:
    """The workbook as an add-in: of an add-in's type, its window hidden, with a ribbon for old and new Excel."""
    parts = _parts(workbook)
    _change(parts, "[Content_Types].xml", _WORKBOOK, _ADDIN)
    _change(parts, "xl/workbook.xml", b"<workbookView ", b'<workbookView visibility="hidden" ')
    links = ""
    for at, part in enumerate(ribbon.PARTS, 1):
        parts[part.name] = ribbon.filled(template, part, lang)
        links += f'<Relationship Id="rIdRibbon{at}" Type="{part.relation}" Target="{part.name}"/>'
    _change(parts, "_rels/.rels", b"</Relationships>", links.encode() + b"</Relationships>")
    return packed(parts)


def as_workbook(workbook: bytes, macro: str) -> bytes:
    """The workbook with its only shape made a button: it runs a macro of the workbook and is not printed."""
    parts = _parts(workbook)
    drawing = "xl/drawings/drawing1.xml"
    _change(parts, drawing, b'<xdr:sp macro=""', b'<xdr:sp macro="[0]!%s"' % macro.encode())
    name = f'typeface="{layout()["font"]["name"]}"/>'.encode()  # for Korean letters, too
    _change(parts, drawing, b"<a:cs " + name, b"<a:ea " + name + b"<a:cs " + name)
    _change(parts, drawing, b"<xdr:clientData/>", b'<xdr:clientData fPrintsWithSheet="0"/>')
    return packed(parts)


def _parts(workbook: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(workbook)) as file:
        return {name: file.read(name) for name in file.namelist()}


def _change(parts: dict[str, bytes], name: str, old: bytes, new: bytes) -> None:
    if parts[name].count(old) != 1:
        raise ValueError(f"{name}: {old!r} stands there {parts[name].count(old)} times")
    parts[name] = parts[name].replace(old, new)
