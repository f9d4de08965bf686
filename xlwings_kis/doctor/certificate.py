"""Who signed a certificate: of X.509's DER just as much as that takes. Pure.

A certificate that is not trusted is exactly the one to be named, so nothing here judges it.
"""

from __future__ import annotations

from collections.abc import Iterator

_NAMES = {b"\x55\x04\x03": "CN", b"\x55\x04\x0a": "O"}
"""OIDs 2.5.4.3 and 2.5.4.10."""

_SEQUENCE, _VERSION, _BMP = 0x30, 0xA0, 0x1E
_HANDSHAKE_CERTIFICATE = 11
_TLS_13 = 0x0304


def issuer(certificate: bytes) -> str:
    """`Company CA (Company Ltd.)`; empty for what is no certificate."""
    try:
        (whole,) = _parts(certificate)
        signed = next(_parts(whole[1]))
        fields = [field for field in _parts(signed[1]) if field[0] != _VERSION]
        found = dict(_named(fields[2][1]))  # serial number, algorithm, issuer
    except (ValueError, IndexError, StopIteration):
        return ""
    common, company = found.get("CN", ""), found.get("O", "")
    if not common or not company or common == company:
        return common or company
    return f"{common} ({company})"


def presented(message: bytes, version: int) -> bytes:
    """The server's own certificate in the handshake message that brings it; empty for any other message."""
    if len(message) < 8 or message[0] != _HANDSHAKE_CERTIFICATE:
        return b""
    at = 4
    if version >= _TLS_13:
        at += 1 + message[at]  # a context comes first
    at += 3  # the length of the list
    length = int.from_bytes(message[at : at + 3])
    return message[at + 3 : at + 3 + length]


def _named(name: bytes) -> Iterator[tuple[str, str]]:
    for _, relative in _parts(name):
        for _, attribute in _parts(relative):
            (_, oid), (kind, value), *_ = _parts(attribute)
            if oid in _NAMES:
                yield _NAMES[oid], value.decode("utf-16-be" if kind == _BMP else "utf-8", errors="replace")


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements of a DER value: (tag, content). Raises `ValueError` where one is cut."""
    at = 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length & 0x80:
            many = length & 0x7F
            length, at = int.from_bytes(data[at : at + many]), at + many
        if at + length > len(data):
            raise ValueError("cut")
        yield tag, data[at : at + length]
        at += length
