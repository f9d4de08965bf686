"""One pass over the parts of a workbook that openpyxl wrote, mending what it leaves to others.

Texts become shared strings (phone viewers show inline ones blank), relationship targets relative, fonts ordered as the
Open XML schema wants them, charts freed of empty runs, and time stamps of the archive fixed, so that the same cells make
the same bytes.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable
from io import BytesIO
from xml.etree import ElementTree as Xml

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_CONTENT = "http://schemas.openxmlformats.org/package/2006/content-types"
_TYPES = "[Content_Types].xml"
_BOOK_RELATIONS = "xl/_rels/workbook.xml.rels"
_STRINGS = "xl/sharedStrings.xml"
_STRINGS_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
_FONT_ORDER = (
    "b", "i", "strike", "condense", "extend", "outline", "shadow", "u", "vertAlign", "sz", "color", "name", "family",
    "charset", "scheme",
)  # fmt: skip
_LIKE_AN_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
"""`_x0041_` in a text is an A to Excel, so its underscore is written as an escape itself."""

_INLINE = re.compile(r'(<c [^>]*?)t="inlineStr"><is><t(?: xml:space="preserve")?(?: ?/>|>([^<]*)</t>)</is></c>')

_REFERENCE = re.compile("&(#?[0-9A-Za-z]+);")
_FAR_LETTER = re.compile("&(#(?:1[2-9][0-9]|[2-9][0-9]{2}|[0-9]{4,7}));")
_EMPTY = re.compile(r"<(\w+)([^<>]*)></\1>")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}

_DECLARATION = b"<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_PREFIXES = {
    "": _MAIN,
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "xdr": "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
    "cp": "http://schemas.openxmlformats.org/package/2006/metadata/core-properties",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}


def mend(workbook: bytes, last: Callable[[dict[str, bytes]], None] | None = None) -> bytes:
    """The same workbook, mended; `last` is given the parts at the end."""
    with zipfile.ZipFile(BytesIO(workbook)) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    strings: dict[str, int] = {}
    used = 0
    for name in parts:
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            parts[name], more = _share(parts[name], strings)
            used += more
        elif name.startswith("xl/charts/"):
            parts[name] = _tidy(parts[name])
        elif name.endswith(".rels"):
            parts[name] = _relative(name, parts[name])
        elif name.endswith(".xml") and not name.startswith(
            "xl/theme/"
        ):  # openpyxl writes otherwise where lxml is there
            root = _parse(parts[name])
            parts[name] = _dump(root, default=root.tag[1:].partition("}")[0])
    parts["xl/styles.xml"] = _order_fonts(parts["xl/styles.xml"])
    if _STRINGS not in parts:
        _announce_strings(parts)
    parts[_STRINGS] = _strings(strings, used)
    if last:
        last(parts)
    return packed(parts)


def _share(sheet: bytes, strings: dict[str, int]) -> tuple[bytes, int]:
    """A sheet with its inline texts moved to the shared ones; how many cells hold text.

    A sheet is the one large part, and taking it apart would double the time of a file: texts are found as openpyxl writes
    them. A text in several looks is not among them, and an error.
    """
    used = 0

    def shared(found: re.Match[str]) -> str:
        nonlocal used
        used += 1
        text = _REFERENCE.sub(_letter, found[2] or "")
        return f'{found[1]}t="s"><v>{strings.setdefault(text, len(strings))}</v></c>'

    whole = _INLINE.sub(shared, sheet.decode("utf-8"))
    if "inlineStr" in whole:
        raise ValueError("a text in several looks cannot be shared")
    # lxml and the standard library write empty elements and Korean letters differently; only page footers still hold text.
    whole = _FAR_LETTER.sub(_letter, _EMPTY.sub(r"<\1\2/>", whole.replace(" />", "/>")))
    return whole.encode(), used


def _letter(reference: re.Match[str]) -> str:
    """What `&amp;`, `&#10;` or `&#xA;` stands for."""
    name = reference[1]
    if not name.startswith("#"):
        return _ENTITIES[name]
    return chr(int(name[2:], 16) if name[1] in "xX" else int(name[1:]))


def _tidy(chart: bytes) -> bytes:
    """A chart without the empty runs that stand where only a look is described; number formats of its own."""
    root = _parse(chart)
    for paragraph in root.iterfind(f".//{{{_PREFIXES['c']}}}txPr/{{{_PREFIXES['a']}}}p"):
        for run in paragraph.findall(f"{{{_PREFIXES['a']}}}r"):
            paragraph.remove(run)
    for number in root.iter(f"{{{_PREFIXES['c']}}}numFmt"):
        number.set("sourceLinked", "0")
    return _dump(root, default=_PREFIXES["c"])


def _strings(strings: dict[str, int], used: int) -> bytes:
    root = Xml.Element(f"{{{_MAIN}}}sst", {"count": str(used), "uniqueCount": str(len(strings))})
    for text in strings:
        item = Xml.SubElement(Xml.SubElement(root, f"{{{_MAIN}}}si"), f"{{{_MAIN}}}t")
        item.text = _LIKE_AN_ESCAPE.sub("_x005F_", text)
        if text != text.strip():
            item.set(_SPACE, "preserve")
    return _dump(root)


def _announce_strings(parts: dict[str, bytes]) -> None:
    """Tell the workbook and the package of the part that openpyxl did not write."""
    types = _parse(parts[_TYPES])
    Xml.SubElement(types, f"{{{_CONTENT}}}Override", {"PartName": f"/{_STRINGS}", "ContentType": _STRINGS_TYPE})
    parts[_TYPES] = _dump(types, default=_CONTENT)
    relations = _parse(parts[_BOOK_RELATIONS])
    Xml.SubElement(
        relations,
        f"{{{_RELATIONS}}}Relationship",
        {"Type": f"{_PREFIXES['r']}/sharedStrings", "Target": posixpath.basename(_STRINGS), "Id": "rIdStrings"},
    )
    parts[_BOOK_RELATIONS] = _dump(relations, default=_RELATIONS)


def _relative(name: str, relations: bytes) -> bytes:
    root = _parse(relations)
    folder = posixpath.dirname(posixpath.dirname(name))
    for relation in root.iter(f"{{{_RELATIONS}}}Relationship"):
        target = relation.get("Target", "")
        if target.startswith("/"):
            relation.set("Target", posixpath.relpath(target, f"/{folder}"))
    return _dump(root, default=_RELATIONS)


def _order_fonts(styles: bytes) -> bytes:
    root = _parse(styles)
    for font in root.iter(f"{{{_MAIN}}}font"):
        font[:] = sorted(font, key=lambda child: _FONT_ORDER.index(child.tag.rpartition("}")[2]))
    return _dump(root)


def _parse(part: bytes) -> Xml.Element:
    return Xml.fromstring(part)  # noqa: S314 - our own parts, written a moment ago


def _dump(root: Xml.Element, default: str = _MAIN) -> bytes:
    for prefix, name in _PREFIXES.items():
        Xml.register_namespace(prefix, name if prefix else default)
    return _DECLARATION + Xml.tostring(root, encoding="unicode").encode()  # twice as fast as letting it encode


def packed(parts: dict[str, bytes]) -> bytes:
    """Parts as a file: same parts, same bytes, on any system and on any day."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, part in parts.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 0  # or it tells Windows from the others
            file.writestr(entry, part, zipfile.ZIP_DEFLATED)
    return out.getvalue()
