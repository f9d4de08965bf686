"""The door of a worker: nobody passes without credentials but to what xlwings Server must show before it can ask for them.

It stands before xlwings Server, which reads a call's body before it asks who calls. It counts and writes the log too.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import HTTPException
from xlwings_server import dependencies
from xlwings_server.models import User

from xlwings_kis.address import is_loopback
from xlwings_kis.errors import our_fault
from xlwings_kis.server import environment
from xlwings_kis.server.guests import GuestBook
from xlwings_kis.server.journal import Journal
from xlwings_kis.server.life import service

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST = 64 * 1024 * 1024
"""Bytes of a script's call: it brings the workbook's values with it."""

LARGEST_FORMULA = 1024 * 1024
"""Bytes of a formula's call: a whole column by mistake would keep everybody waiting."""

OPEN = frozenset(
    {
        "/", "/favicon.ico", "/taskpane", "/taskpane.html", "/manifest", "/manifest.xml", "/manifest/download",
        "/xlwings/alert", "/xlwings/custom-functions-meta", "/xlwings/custom-functions-meta.json",
        "/xlwings/custom-functions-code", "/xlwings/custom-functions-code.js",
        "/xlwings/custom-scripts-meta", "/xlwings/custom-scripts-meta.json",
    }
)  # fmt: skip
"""What Excel fetches before anybody has logged in: pages and lists of names, no figure."""

_TOO_LARGE = 413
_SCRIPTS = "/xlwings/custom-scripts-call/"
_STATIC = "/static/"
_PLAIN_PATH = re.compile(r"(/[\w@-][\w@.-]*)*/?", re.ASCII)
"""No path of ours is any other; xlwings Server would look for `..` outside its folder."""

_FORWARDED = (b"forwarded", b"via", b"x-real-ip", b"cf-connecting-ip")


class Door:
    """An application before another."""

    def __init__(self, inner: App, journal: Journal) -> None:
        self._inner = inner
        self._journal = journal
        self._loopback_only = os.environ.get(environment.LOOPBACK) == "1"
        self._anybody = not dependencies.settings.auth_providers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":  # the worker's life
            await self._inner(scope, receive, send)
            self._journal.tell()
        elif scope["path"] == "/health":
            await _health(send)
        else:
            await self._watched(scope, receive, send)

    async def _watched(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun, status, who = time.perf_counter(), 0, ""

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
            await send(message)

        try:
            if not _PLAIN_PATH.fullmatch(str(scope["path"])):
                raise HTTPException(404, "Not Found")
            who = await self._who(scope)
            await self._inner(scope, _bounded(receive, scope), sending)
        except HTTPException as refused:
            await _refuse(sending, refused.status_code, str(refused.detail))
        except Exception as ours:  # noqa: BLE001 - xlwings Server has answered by then; raised on, it costs the connection
            self._journal.fault(ours)
            if not status:
                await _refuse(sending, 500, our_fault(ours).sentence())
        finally:
            self._journal.call(str(scope["method"]), str(scope["path"]), status, time.perf_counter() - begun, who)

    async def _who(self, scope: Scope) -> str:
        """The name of whoever calls. Raises `HTTPException` for somebody who may not."""
        headers = dict(scope["headers"])
        if self._anybody:
            self._only_here(headers)
        if int(headers.get(b"content-length") or 0) > _largest(scope):
            raise _too_large(scope)
        path = scope["path"]
        if self._anybody or path in OPEN or (path.startswith(_STATIC) and scope["method"] in ("GET", "HEAD")):
            return ""
        if scope["method"] == "OPTIONS":  # what a browser asks before it may ask: it brings no credentials
            return ""
        given = headers.get(b"authorization", b"").decode("latin-1")
        provider = headers.get(b"auth-provider")
        user = await dependencies.authenticate(given, provider.decode("latin-1") if provider else None)
        return str(user.name or user.id or "")

    def _only_here(self, headers: dict[bytes, bytes]) -> None:
        """Without credentials only this machine is served: no page of a stranger's under another name, no proxy."""
        here = _host_of("//" + headers.get(b"host", b"").decode("latin-1"))
        page = _host_of(headers[b"origin"].decode("latin-1")) if b"origin" in headers else here
        passed_on = any(name in _FORWARDED or name.startswith(b"x-forwarded-") for name in headers)
        if passed_on or not (is_loopback(here) and is_loopback(page)):
            raise HTTPException(403, "This server answers its own machine alone. Start it with a list of tokens.")


async def validate_token(token: str) -> User:
    """The provider `custom` of xlwings Server. Raises `HTTPException`."""
    name = _book().who(token) if token else None
    if name is None:
        raise HTTPException(401, REFUSED)
    return User(id=name, name=name)


REFUSED = (
    "접속 토큰을 확인하세요. 작업창에서 다시 입력하면 됩니다. · Check your token: enter it again in the task pane."
)
"""What an Excel shows whose token is not on the list: it may speak either language."""

_books: dict[str, GuestBook] = {}


def _book() -> GuestBook:
    path = os.environ.get(environment.TOKENS, "")
    return _books.setdefault(path, GuestBook(Path(path)))


def _host_of(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _largest(scope: Scope) -> int:
    return LARGEST if str(scope["path"]).startswith(_SCRIPTS) else LARGEST_FORMULA


def _too_large(scope: Scope) -> HTTPException:
    """Of a formula Excel shows the text of a 400, and does not ask again."""
    if str(scope["path"]).startswith(_SCRIPTS):
        return HTTPException(_TOO_LARGE, "The workbook is too large to be sent.")
    return HTTPException(400, TOO_WIDE)


TOO_WIDE = "인수의 범위가 너무 큽니다. 열 전체 대신 필요한 칸만 넣으세요. · The range is too large: pass only the cells needed."


def _bounded(receive: Receive, scope: Scope) -> Receive:
    """A body that is larger than it said, or did not say, is cut off."""
    seen = 0

    async def next_() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > _largest(scope):
            raise _too_large(scope)
        return message

    return next_


async def _health(send: Send) -> None:
    status, word = (200, "ok") if service.healthy else (503, "stopping" if service.stopping else "starting")
    await _answer(send, status, {"status": word})


async def _refuse(send: Send, status: int, why: str) -> None:
    await _answer(send, status, {"detail": why})


async def _answer(send: Send, status: int, body: dict[str, str]) -> None:
    data = json.dumps(body, ensure_ascii=False).encode()
    headers = [
        *(
            ((b"connection", b"close"),) if status in (400, _TOO_LARGE) else ()
        ),  # what is not read must not be taken for a call
        (b"content-type", b"application/json"),
        (b"content-length", str(len(data)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": data})
