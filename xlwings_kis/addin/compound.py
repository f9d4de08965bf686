"""A compound file (MS-CFB, version 3), written: storages and streams as Office's own programs lay them out."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

SECTOR, MINI = 512, 64
CUTOFF = 4096
"""Streams shorter than this live in 64-byte pieces of the root's own stream."""

_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_NONE = 0xFFFFFFFF
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_RED, _BLACK = 0, 1
_IN_HEADER = 109


@dataclass
class _Entry:
    name: str
    kind: int
    data: bytes = b""
    children: list[int] = field(default_factory=list)
    left: int = _NONE
    right: int = _NONE
    child: int = _NONE
    colour: int = _BLACK
    start: int = _END
    size: int = 0


def write(streams: Mapping[str, bytes]) -> bytes:
    """A compound file of streams by their paths (`VBA/dir`). Same streams, same bytes: no time is written."""
    entries = _entries(streams)
    mini, mini_fat = bytearray(), list[int]()
    for entry in entries:
        if entry.kind == _STREAM and 0 < len(entry.data) < CUTOFF:
            entry.start, entry.size = len(mini) // MINI, len(entry.data)
            pieces = -(-len(entry.data) // MINI)
            mini_fat += [*range(entry.start + 1, entry.start + pieces), _END]
            mini += entry.data.ljust(pieces * MINI, b"\0")

    body, fat = bytearray(), list[int]()

    def add(data: bytes) -> int:
        if not data:
            return _END
        first, sectors = len(fat), -(-len(data) // SECTOR)
        fat.extend([*range(first + 1, first + sectors), _END])
        body.extend(data.ljust(sectors * SECTOR, b"\0"))
        return first

    for entry in entries:
        if entry.kind == _STREAM and len(entry.data) >= CUTOFF:
            entry.start, entry.size = add(entry.data), len(entry.data)
    entries[0].start, entries[0].size = add(bytes(mini)), len(mini)
    mini_start = add(_numbers(mini_fat))
    directory_start = add(b"".join(map(_directory_entry, entries)).ljust(-(-len(entries) // 4) * SECTOR, b"\0"))
    fat_start, sectors = len(fat), _fat_sectors(len(fat))
    if sectors > _IN_HEADER:
        raise ValueError("too large for a compound file of this kind")
    fat += [_FAT] * sectors
    header = _header(sectors, directory_start, mini_start, -(-len(mini_fat) * 4 // SECTOR), fat_start)
    return header + bytes(body) + _numbers(fat)


def _entries(streams: Mapping[str, bytes]) -> list[_Entry]:
    """The directory: the root, storages and streams, the children of each as a balanced tree."""
    entries, storages = [_Entry("Root Entry", _ROOT)], {"": 0}
    for path, data in streams.items():
        folder, _, name = path.rpartition("/")
        if folder not in storages:
            storages[folder] = len(entries)
            entries[0].children.append(len(entries))
            entries.append(_Entry(folder, _STORAGE, start=0))
        entries[storages[folder]].children.append(len(entries))
        entries.append(_Entry(name, _STREAM, data))
    for entry in entries:
        ordered = sorted(entry.children, key=lambda at: (len(entries[at].name), entries[at].name.upper()))
        entry.child = _tree(entries, ordered, depth=1, deepest=len(ordered).bit_length())
    return entries


def _tree(entries: list[_Entry], ordered: list[int], depth: int, deepest: int) -> int:
    """The middle as root of a tree; the incomplete last level is red, so that every path has as many black ones."""
    if not ordered:
        return _NONE
    middle = len(ordered) // 2
    entry = entries[ordered[middle]]
    entry.left = _tree(entries, ordered[:middle], depth + 1, deepest)
    entry.right = _tree(entries, ordered[middle + 1 :], depth + 1, deepest)
    entry.colour = _RED if depth == deepest and depth > 1 else _BLACK
    return ordered[middle]


def _directory_entry(entry: _Entry) -> bytes:
    name = entry.name.encode("utf-16-le")
    if len(name) > 62:
        raise ValueError(f"name too long: {entry.name}")
    return struct.pack(
        "<64sHBBIII16sIQQIQ", name, len(name) + 2, entry.kind, entry.colour, entry.left, entry.right, entry.child,
        b"", 0, 0, 0, entry.start, entry.size,
    )  # fmt: skip


def _header(fat_sectors: int, directory: int, mini_fat: int, mini_fat_sectors: int, fat_start: int) -> bytes:
    places = [fat_start + at if at < fat_sectors else _FREE for at in range(_IN_HEADER)]
    return struct.pack(
        "<8s16sHHHHH6s9I109I", bytes.fromhex("d0cf11e0a1b11ae1"), b"", 0x3E, 3, 0xFFFE, 9, 6, b"",
        0, fat_sectors, directory, 0, CUTOFF, mini_fat, mini_fat_sectors, _END, 0, *places,
    )  # fmt: skip


def _fat_sectors(used: int) -> int:
    """Sectors of the table, which must have room for its own."""
    sectors = 1
    while used + sectors > sectors * (SECTOR // 4):
        sectors += 1
    return sectors


def _numbers(numbers: list[int]) -> bytes:
    """A table of sector numbers, filled up with free ones to whole sectors."""
    return struct.pack(f"<{len(numbers)}I", *numbers) + b"".join(_padding(len(numbers)))


def _padding(used: int) -> Iterator[bytes]:
    for _ in range(-used % (SECTOR // 4)):
        yield struct.pack("<I", _FREE)
