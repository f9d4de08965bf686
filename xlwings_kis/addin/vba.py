"""A VBA project (MS-OVBA), read and written as source: no compiled code comes in and none goes out.

Office compiles source by itself when the project says that there is nothing compiled in it, which is also how xlwings
ships its own template.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from xlwings_kis.addin import compound, compression

CODE_PAGE = "cp1252"
"""The template's: our own source is ASCII, for Korean letters turn to mojibake on other Windows."""

_NOTHING_COMPILED = bytes.fromhex("cc61ffff000100")
_NAME, _VERSION, _MODULES, _COOKIE, _END = 0x04, 0x09, 0x0F, 0x13, 0x10
_REFERENCE_NAME, _REFERENCE_CONTROL = 0x16, 0x2F
_MODULE_NAME, _STREAM_NAME, _OFFSET, _PROCEDURAL, _CLASS, _MODULE_END = 0x19, 0x1A, 0x31, 0x21, 0x22, 0x2B


class Kind(Enum):
    """What a module is; the value is its word in the PROJECT stream."""

    DOCUMENT = "Document"
    CLASS = "Class"
    MODULE = "Module"


@dataclass(frozen=True)
class Module:
    """One module: `source` with its `Attribute` lines, lines ending in CR LF."""

    name: str
    kind: Kind
    source: str


@dataclass(frozen=True)
class Project:
    """A project: `references` are the records of its `dir` stream before the modules, kept as they came; `identity` the
    lines of PROJECT that belong together (ID and the keys made of it)."""

    name: str
    modules: tuple[Module, ...]
    references: bytes
    identity: tuple[str, ...]


def read(data: bytes) -> Project:
    """The project in a vbaProject.bin. Raises `ValueError` where it is none."""
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as file:
            streams = {"/".join(path): file.openstream(path).read() for path in file.listdir()}
        lines = streams["PROJECT"].decode(CODE_PAGE).splitlines()
        return _project(streams, lines)
    except (OSError, KeyError, IndexError, struct.error) as broken:
        raise ValueError("not a VBA project") from broken


def write(project: Project) -> bytes:
    """A vbaProject.bin. Same project, same bytes."""
    streams = {"VBA/dir": compression.compress(_directory(project)), "VBA/_VBA_PROJECT": _NOTHING_COMPILED}
    for module in project.modules:
        streams[f"VBA/{module.name}"] = compression.compress(module.source.encode(CODE_PAGE))
    streams["PROJECT"] = "".join(f"{line}\r\n" for line in _project_lines(project)).encode(CODE_PAGE)
    names = (module.name for module in project.modules)
    streams["PROJECTwm"] = b"".join(f"{n}\0".encode(CODE_PAGE) + f"{n}\0".encode("utf-16-le") for n in names) + b"\0\0"
    return compound.write(streams)


def without_reference(references: bytes, name: str) -> bytes:
    """The records of a project's references without those to one library."""
    kept, pending, drop = bytearray(), bytearray(), False
    extended = False  # the record before was that of a control, whose second name follows
    for record, at, content in _records(references):
        whole = references[at : at + 6 + len(content)]
        if record == _REFERENCE_NAME and not extended:
            kept += b"" if drop else pending
            pending, drop = bytearray(), content.decode(CODE_PAGE) == name
        extended = record == _REFERENCE_CONTROL
        pending += whole
    return bytes(kept + (b"" if drop else pending))


def _project(streams: dict[str, bytes], lines: list[str]) -> Project:
    directory = compression.decompress(streams["VBA/dir"])
    records = list(_records(directory))
    start = next(at for record, at, _ in records if record == _MODULES)
    kinds = {}
    for line in lines:
        word, _, name = line.partition("=")
        if word in {kind.value for kind in Kind}:
            kinds[name.partition("/")[0]] = Kind(word)
    modules, name, stream = [], "", ""
    for record, _, content in records:
        if record == _MODULE_NAME:
            name = content.decode(CODE_PAGE)
        elif record == _STREAM_NAME:
            stream = content.decode(CODE_PAGE)
        elif record == _OFFSET:
            (offset,) = struct.unpack("<I", content)
            text = compression.decompress(streams[f"VBA/{stream}"][offset:])
            modules.append(Module(name, kinds[name], text.decode(CODE_PAGE)))
    title = next(content for record, _, content in records if record == _NAME).decode(CODE_PAGE)
    identity = tuple(line for line in lines if line.partition("=")[0] in ("ID", "CMG", "DPB", "GC"))
    return Project(title, tuple(modules), directory[:start], identity)


def _records(directory: bytes) -> Iterator[tuple[int, int, bytes]]:
    """(id, place, content) of each record. One of them understates its size by two."""
    at = 0
    while at + 6 <= len(directory):
        record, size = struct.unpack_from("<HI", directory, at)
        size += 2 if record == _VERSION else 0
        yield record, at, directory[at + 6 : at + 6 + size]
        at += 6 + size


def _directory(project: Project) -> bytes:
    out = bytearray()
    for record, at, content in _records(project.references):
        if record == _NAME:
            out += _record(_NAME, project.name.encode(CODE_PAGE))
        else:
            out += project.references[at : at + 6 + len(content)]
    out += _record(_MODULES, struct.pack("<H", len(project.modules))) + _record(_COOKIE, b"\xff\xff")
    for module in project.modules:
        out += _module_records(module)
    return bytes(out + _record(_END, b""))


def _module_records(module: Module) -> bytes:
    name, wide = module.name.encode(CODE_PAGE), module.name.encode("utf-16-le")
    return b"".join(
        (
            _record(_MODULE_NAME, name), _record(0x47, wide),
            _record(_STREAM_NAME, name), _record(0x32, wide),
            _record(0x1C, b""), _record(0x48, b""),
            _record(_OFFSET, struct.pack("<I", 0)),
            _record(0x1E, struct.pack("<I", 0)),
            _record(0x2C, b"\xff\xff"),
            _record(_PROCEDURAL if module.kind is Kind.MODULE else _CLASS, b""),
            _record(_MODULE_END, b""),
        )
    )  # fmt: skip


def _record(record: int, content: bytes) -> bytes:
    return struct.pack("<HI", record, len(content)) + content


def _project_lines(project: Project) -> Iterator[str]:
    first, *keys = project.identity
    yield first
    for module in project.modules:
        yield f"{module.kind.value}={module.name}" + ("/&H00000000" if module.kind is Kind.DOCUMENT else "")
    yield f'Name="{project.name}"'
    yield 'HelpContextID="0"'
    yield 'VersionCompatible32="393222000"'
    yield from keys
    yield ""
    yield "[Host Extender Info]"
    yield "&H00000001={3832D640-CF90-11CF-8E43-00A0C911005A};VBE;&H00000000"
    yield ""
    yield "[Workspace]"
    for module in project.modules:
        yield f"{module.name}=0, 0, 0, 0, C"
