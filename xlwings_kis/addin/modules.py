"""The modules of a VBA project: xlwings' two, our sources with the headers Excel expects, and what is generated."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib.resources import files
from importlib.resources.abc import Traversable

from xlwings_kis import __version__
from xlwings_kis.addin import adapted, vba, wrappers
from xlwings_kis.addin.vba import Kind, Module, Project
from xlwings_kis.errors import failure

TEMPLATE = "quickstart_addin_ribbon.xlam"
WORKBOOK = "ThisWorkbook"
BUILD = "KisBuild"

_BASES = {
    WORKBOOK: "0{00020819-0000-0000-C000-000000000046}",
    "sheet": "0{00020820-0000-0000-C000-000000000046}",
    "class": "0{FCFB3D2A-A0FA-1068-A738-08002B3371B5}",
}
_UNUSED_REFERENCE = "MSForms"
"""Forms, which nobody here has: its records name a folder of the person who made the template."""


def project(name: str, sheets: Iterable[str], sources: Traversable, *, addin: bool, lang: str) -> Project:
    """The project of one of our files; `sheets` are the code names of its sheets.

    Raises `AddinError` for an xlwings nobody knows, `FileNotFoundError` where `sources` has no `vba` folder.
    """
    template = _template()
    theirs = {module.name: module for module in template.modules}
    if not {"xlwings", "Dictionary"} <= theirs.keys():
        raise failure("other_xlwings", version="?")
    release = adapted.version(theirs["xlwings"].source)
    ours = {module.name: module for module in _sources(sources)}
    bare = Module(WORKBOOK, Kind.DOCUMENT, _document(WORKBOOK, _BASES[WORKBOOK]))
    modules = (
        ours.pop(WORKBOOK, bare),
        *(Module(sheet, Kind.DOCUMENT, _document(sheet, _BASES["sheet"])) for sheet in sheets),
        replace(theirs["Dictionary"], source=_text(theirs["Dictionary"].source.splitlines())),
        replace(theirs["xlwings"], source=adapted.adapted(theirs["xlwings"].source)),
        Module(BUILD, Kind.MODULE, _build(release, addin=addin, lang=lang)),
        *ours.values(),
        Module(wrappers.NAME, Kind.MODULE, wrappers.source(addin=addin)),
    )
    references = vba.without_reference(template.references, _UNUSED_REFERENCE)
    return Project(name, modules, references, template.identity)


def _template() -> Project:
    """The project that the installed xlwings ships."""
    try:
        with (files("xlwings") / TEMPLATE).open("rb") as file, zipfile.ZipFile(file) as archive:
            return vba.read(archive.read("xl/vbaProject.bin"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as broken:
        raise failure("other_xlwings", version="?") from broken


def _sources(folder: Traversable) -> Iterator[Module]:
    """Our modules, in the order of their names: `.bas` as they are, `.cls` a class or, named so, the workbook itself."""
    for file in sorted((folder / "vba").iterdir(), key=lambda file: file.name):
        name, _, ending = file.name.rpartition(".")
        if ending not in ("bas", "cls"):
            continue
        lines = file.read_text(encoding="ascii").splitlines()
        if ending == "bas":
            yield Module(name, Kind.MODULE, _text([f'Attribute VB_Name = "{name}"', *lines]))
        elif name == WORKBOOK:
            yield Module(name, Kind.DOCUMENT, _document(name, _BASES[name]) + _text(lines))
        else:
            yield Module(name, Kind.CLASS, _header(name, _BASES["class"], document=False) + _text(lines))


def _document(name: str, base: str) -> str:
    return _header(name, base, document=True)


def _header(name: str, base: str, *, document: bool) -> str:
    return _text(
        [
            f'Attribute VB_Name = "{name}"',
            f'Attribute VB_Base = "{base}"',
            "Attribute VB_GlobalNameSpace = False",
            "Attribute VB_Creatable = False",
            f"Attribute VB_PredeclaredId = {document}",
            f"Attribute VB_Exposed = {document}",
            "Attribute VB_TemplateDerived = False",
            f"Attribute VB_Customizable = {document}",
        ]
    )


def _build(release: str, *, addin: bool, lang: str) -> str:
    """What only the build knows."""
    return _text(
        [
            f'Attribute VB_Name = "{BUILD}"',
            "Option Explicit",
            "Option Private Module",
            "",
            f"Public Const KIS_ADDIN As Boolean = {addin}",
            f'Public Const KIS_VERSION As String = "{__version__}"',
            f'Public Const KIS_XLWINGS As String = "{release}"',
            f'Public Const KIS_LANG As String = "{lang}"',
        ]
    )


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\r\n" for line in lines)
