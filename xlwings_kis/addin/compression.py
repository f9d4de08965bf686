"""The compression of VBA source (MS-OVBA 2.4.1), both ways.

A container is a signature byte and chunks of at most 4,096 bytes of text; in a chunk, a flag byte announces eight tokens,
each one letter or a copy (offset and length in 16 bits, shared between them by how far into the chunk we are).
"""

from __future__ import annotations

_SIGNATURE = 1
_CHUNK = 4096
_COMPRESSED = 0xB000
_RAW = 0x3000
_SIZE_MASK = 0x0FFF
_SHORTEST = 3


def compress(text: bytes) -> bytes:
    """The text as a compressed container."""
    container = bytearray((_SIGNATURE,))
    for start in range(0, len(text), _CHUNK):
        container += _pack(text[start : start + _CHUNK])
    return bytes(container)


def decompress(container: bytes) -> bytes:
    """The text of a container. Raises `ValueError` where it is none."""
    if not container or container[0] != _SIGNATURE:
        raise ValueError("not a compressed container")
    text, at = bytearray(), 1
    while at + 2 <= len(container):
        header = int.from_bytes(container[at : at + 2], "little")
        end = at + (header & _SIZE_MASK) + _SHORTEST
        if end > len(container):
            raise ValueError("a chunk is cut off")
        body = container[at + 2 : end]
        text += _unpack(body) if header & 0x8000 else body
        at = end
    return bytes(text)


def _pack(chunk: bytes) -> bytes:
    tokens, at, seen = bytearray(), 0, dict[bytes, list[int]]()
    while at < len(chunk):
        flags, group = 0, bytearray()
        for bit in range(8):
            if at >= len(chunk):
                break
            length, offset = _longest(chunk, at, seen)
            step = max(length, 1)
            if length:
                flags |= 1 << bit
                bits = _offset_bits(at)
                group += ((offset - 1) << (16 - bits) | (length - _SHORTEST)).to_bytes(2, "little")
            else:
                group.append(chunk[at])
            for place in range(at, at + step):
                seen.setdefault(chunk[place : place + _SHORTEST], []).append(place)
            at += step
        tokens.append(flags)
        tokens += group
    if len(tokens) > _CHUNK:  # nothing repeats: as it is, filled up
        return (_RAW | (_CHUNK - 1)).to_bytes(2, "little") + chunk.ljust(_CHUNK, b"\0")
    return (_COMPRESSED | (len(tokens) - 1)).to_bytes(2, "little") + bytes(tokens)


def _longest(chunk: bytes, at: int, seen: dict[bytes, list[int]]) -> tuple[int, int]:
    """The longest earlier run that goes on here: (length, offset), or (0, 0)."""
    best, found = 0, 0
    most = min(len(chunk) - at, (0xFFFF >> _offset_bits(at)) + _SHORTEST)
    for place in reversed(seen.get(chunk[at : at + _SHORTEST], ())):
        length = _SHORTEST
        while length < most and chunk[place + length] == chunk[at + length]:
            length += 1
        if length > best and length <= most:
            best, found = length, at - place
            if best == most:
                break
    return best, found


def _unpack(body: bytes) -> bytes:
    text, at = bytearray(), 0
    while at < len(body):
        flags, at = body[at], at + 1
        for bit in range(8):
            if at >= len(body):
                break
            if not flags >> bit & 1:
                text.append(body[at])
                at += 1
                continue
            bits = _offset_bits(len(text))
            token = int.from_bytes(body[at : at + 2], "little")
            start = len(text) - (token >> (16 - bits)) - 1
            if start < 0 or at + 2 > len(body):
                raise ValueError("a copy points outside its chunk")
            for place in range(start, start + (token & (0xFFFF >> bits)) + _SHORTEST):
                text.append(text[place])
            at += 2
    return bytes(text)


def _offset_bits(at: int) -> int:
    """Bits of a copy's offset, at a place in the chunk: enough to reach its start, at least four."""
    return max((at - 1).bit_length(), 4) if at else 4
