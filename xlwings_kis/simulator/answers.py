"""What goes over the wire: a request as the rules see it, an answer as the server sends it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"


class Delivery(Enum):
    """How the bytes of an answer leave (or do not leave) the socket."""

    PLAIN = "header and body at once"
    CUT = "less than Content-Length promises, then close"
    HANG = "nothing, for a minute"
    HANG_IN_BODY = "half the body, then nothing"
    DRIP = "the body byte by byte"
    RESET = "a TCP reset instead of an answer"
    CLOSE = "an orderly close instead of an answer"


@dataclass(frozen=True)
class Request:
    """One request: header names are lower-case; of a repeated query parameter the last value counts."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Answer:
    """One answer; `length` is what Content-Length claims where that is a lie."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: tuple[tuple[str, str], ...] = ()
    delivery: Delivery = Delivery.PLAIN
    length: int | None = None

    def with_headers(self, *headers: tuple[str, str]) -> Answer:
        return replace(self, headers=(*self.headers, *headers))


def typed(status: int, content_type: str, body: bytes) -> Answer:
    return Answer(status, body, (("content-type", content_type),))


def json_answer(status: int, content: Any) -> Answer:
    # Compact and with Korean text unescaped, as the real gateway sends it. (M)
    return typed(status, JSON_TYPE, json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())


def html_answer(status: int, title: str) -> Answer:
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return typed(status, HTML_TYPE, page.encode())


@dataclass(frozen=True)
class Refusal:
    """An error in KIS's words; `rt_cd` is used on queries only."""

    code: str
    text: str
    status: int = 500
    rt_cd: str = "1"

    def on_query(self) -> Answer:
        return json_answer(self.status, {"rt_cd": self.rt_cd, "msg_cd": self.code, "msg1": self.text})

    def on_token(self) -> Answer:
        """The token endpoint has its own shape and always HTTP 403 (observation, H)."""
        return json_answer(403, {"error_description": self.text, "error_code": self.code})
