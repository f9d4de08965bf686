"""Looks for secrets wherever they could hide: in any spelling, and inside of whatever holds other things.

Archives, compound files, VBA projects, databases, mails and notebooks are opened; every text that comes out is looked through.
"""

from __future__ import annotations

import base64
import email
import email.policy
import io
import json
import sqlite3
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import olefile

from xlwings_kis.addin import compression

_BEGINNING = 8
"""So many first characters of a key, a secret or a token are as good as all of it: KIS cuts what it echoes."""

_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DEEPEST = 6


def spellings(secret: str) -> dict[str, bytes]:
    """How a secret may be written, by the name of the spelling; in lower case where case carries nothing."""
    plain = secret.encode()
    found = {
        "utf-8": plain,
        "utf-16-le": secret.encode("utf-16-le"),
        "utf-16-be": secret.encode("utf-16-be"),
        "url": quote(secret, safe="").encode(),
        "form": quote_plus(secret).encode(),
        "html": escape(secret).encode(),
        "json": json.dumps(secret)[1:-1].encode(),
        "python": repr(plain)[2:-1].encode(),
        "hex": plain.hex().encode(),
        "HEX": plain.hex().upper().encode(),
        "backwards": secret[::-1].encode(),
    }
    with suppress(UnicodeEncodeError):
        found["cp949"] = secret.encode("cp949")
    for kind, written in (("base64", plain), ("base64 of utf-16", secret.encode("utf-16-le"))):
        for shift in range(3):  # what stands before it moves it by some bits; the first and the last letters are shared
            inner = base64.b64encode(b"\0" * shift + written)[4 if shift else 0 :].rstrip(b"=")[:-1]
            found[f"{kind} {shift}"] = inner
            found[f"{kind} {shift}, for addresses"] = inner.replace(b"+", b"-").replace(b"/", b"_")
    return found


class Watch:
    """Secrets by name; `beginnings` are those of which the first letters are too much."""

    def __init__(self, secrets: dict[str, str], beginnings: dict[str, str]) -> None:
        self._wanted = {
            (name, how): written
            for name, secret in (
                secrets | {f"{n}, its beginning": s[:_BEGINNING] for n, s in beginnings.items()}
            ).items()
            for how, written in spellings(secret).items()
        }

    def in_data(self, data: bytes, place: str) -> Iterator[str]:
        """`place: name (spelling)` for everything found in some bytes and in whatever they hold."""
        for where, part in parts(data, place):
            for (name, how), written in self._wanted.items():
                if written in part:
                    yield f"{where}: {name} ({how})"

    def in_text(self, text: str, place: str) -> Iterator[str]:
        return self.in_data(text.encode("utf-8", "surrogateescape"), place)

    def in_folder(self, folder: Path, skip: Callable[[Path], bool] = lambda path: False) -> Iterator[str]:
        """Everything in the files of a folder, and in their names."""
        for path in sorted(folder.rglob("*")):
            place = str(path.relative_to(folder))
            yield from self.in_text(place, f"name of {place}")
            if path.is_file() and not skip(path):
                yield from self.in_data(path.read_bytes(), place)


def parts(data: bytes, place: str, depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """The bytes themselves, then everything they hold, by where it is."""
    yield place, data
    if depth == _DEEPEST:
        return
    for name, inner in (*_zip(data), *_compound(data), *_database(data), *_mail(data), *_json(data), *_squeezed(data)):
        yield from parts(inner, f"{place} > {name}", depth + 1)


def _zip(data: bytes) -> Iterator[tuple[str, bytes]]:
    if data[:2] != b"PK":
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        yield "comment", archive.comment
        for entry in archive.infolist():
            yield f"{entry.filename}, entry", entry.filename.encode() + entry.extra + entry.comment
            yield entry.filename, archive.read(entry)


def _compound(data: bytes) -> Iterator[tuple[str, bytes]]:
    if not data.startswith(_COMPOUND):
        return
    with olefile.OleFileIO(io.BytesIO(data)) as file:
        for path in file.listdir(streams=True, storages=True):
            name = "/".join(path)
            yield f"{name}, entry", name.encode()
            if file.get_type(path) != olefile.STGTY_STREAM:
                continue
            stream = file.openstream(path).read()
            yield name, stream
            at = stream.find(b"\x01")
            while at >= 0:  # the source of a module is compressed, and begins somewhere
                with suppress(ValueError, IndexError):
                    yield f"{name} at {at}", compression.decompress(stream[at:])
                at = stream.find(b"\x01", at + 1) if at < 4096 else -1


def _database(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The values of a SQLite file: a long one is spread over pages, and no search of the file alone would find it."""
    if not data.startswith(b"SQLite format 3\0"):
        return
    with closing(sqlite3.connect(":memory:")) as db, warnings.catch_warnings():
        db.text_factory = bytes
        db.deserialize(data[:18] + b"\x01\x01" + data[20:])  # as a file without a log beside it
        names = [name.decode() for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in names:
            for number, row in enumerate(db.execute(f'SELECT * FROM "{table}"')):  # noqa: S608 - names of the file itself
                for value in row:
                    if isinstance(value, bytes) and value:
                        yield f"{table} row {number}", value


def _mail(data: bytes) -> Iterator[tuple[str, bytes]]:
    head = data[:4000].lower()
    if b"mime-version:" not in head:
        return
    message: Any = email.message_from_bytes(data, policy=email.policy.default)
    for name, value in message.items():
        yield f"header {name}", str(value).encode("utf-8", "surrogateescape")
    for number, part in enumerate(message.walk()):
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            yield f"part {number} {part.get_filename() or part.get_content_type()}", content


def _json(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Every text of a JSON document, its escapes undone."""
    if data[:1] not in (b"{", b"[") or b'"' not in data:
        return
    with suppress(ValueError):
        texts: list[str] = []
        to_see = [json.loads(data)]
        while to_see:
            one = to_see.pop()
            if isinstance(one, dict):
                to_see += [*one.keys(), *one.values()]
            elif isinstance(one, list):
                to_see += one
            elif isinstance(one, str):
                texts.append(one)
        yield "texts", "\n".join(texts).encode("utf-8", "surrogateescape")


def _squeezed(data: bytes) -> Iterator[tuple[str, bytes]]:
    """What zlib or gzip has made smaller."""
    if data[:1] == b"\x78" or data[:2] == b"\x1f\x8b":
        with suppress(zlib.error):
            yield "inflated", zlib.decompress(data, 47)
