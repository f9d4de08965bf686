"""Mail servers of this machine: a real one (aiosmtpd) with TLS and logins, and one that does what a test says."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult

from xlwings_kis.mail.delivery import Server
from xlwings_kis.secret import Secret

USER, PASSWORD = "desk@company.kr", "correct horse battery"

logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # it reports what the tests ask for


class MailServer:
    """aiosmtpd on a thread of its own. `security` is the client's word for how it is to be spoken to."""

    def __init__(
        self,
        security: str = "starttls",
        tls: ssl.SSLContext | None = None,
        refuse: tuple[str, ...] = (),
        protocol: type[SMTP] = SMTP,
        **options: Any,
    ) -> None:
        self.security, self.refuse = security, refuse
        self.envelopes: list[Any] = []
        self.names: list[str] = []
        self.logins: list[tuple[str, str, str]] = []
        over_starttls = security == "starttls" and tls is not None
        options = {
            "hostname": "mail.company.kr",
            "tls_context": tls if over_starttls else None,
            "require_starttls": over_starttls,
            "auth_require_tls": over_starttls,
            "authenticator": self._authenticate,
        } | options
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._loop = asyncio.new_event_loop()
        self._protocols: list[SMTP] = []

        def make() -> SMTP:
            self._protocols.append(protocol(self, loop=self._loop, **options))
            return self._protocols[-1]

        direct = tls if security == "tls" else None
        self._server = self._loop.run_until_complete(self._loop.create_server(make, sock=self._socket, ssl=direct))
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def address(self, user: str = USER, password: str = PASSWORD, security: str = "") -> Server:
        """How the client is told about this server."""
        port = self._socket.getsockname()[1]
        return Server("127.0.0.1", port, security or self.security, user, Secret(password) if user else None)

    def close(self) -> None:
        """Stop; whoever is still connected is cut off."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _stop(self) -> None:
        self._server.close()
        for protocol in self._protocols:
            if protocol.transport:
                protocol.transport.abort()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _authenticate(self, server: SMTP, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        login, password = given.login.decode(), given.password.decode()
        self.logins.append((mechanism, login, password))
        return AuthResult(success=(login, password) == (USER, PASSWORD), handled=False)

    # --- what aiosmtpd asks its handler ---

    async def handle_EHLO(  # noqa: N802 - its name
        self, server: SMTP, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.names.append(hostname)
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 - its name
        if address in self.refuse:
            return "550 5.1.1 no such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 - its name
        self.envelopes.append(envelope)
        return "250 OK"


class CutsInData(SMTP):
    """Goes away in the middle of the message."""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - its name
        await self.push("354 go on")
        await self._reader.readline()
        self.transport.abort()


class CutsAfterData(SMTP):
    """Takes the whole message and goes away without a word."""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - its name
        await self.push("354 go on")
        while await self._reader.readline() != b".\r\n":
            pass
        self.transport.abort()


class HangsAfterData(SMTP):
    """Takes the whole message and thinks about it for ever. `thinking` tells that it has begun to."""

    thinking = threading.Event()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - its name
        await self.push("354 go on")
        while await self._reader.readline() != b".\r\n":
            pass
        self.thinking.set()
        await asyncio.sleep(3600)


class RefusesData(SMTP):
    """Does not like the message, and repeats what it knows of us."""

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - its name
        await self.push(f"554 5.7.1 spam, says {PASSWORD}")


class Scripted:
    """A server that does with each connection what a test says."""

    def __init__(self, handle: Callable[[socket.socket, threading.Event], None]) -> None:
        self.over = threading.Event()
        self._handle = handle
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def address(self, security: str = "starttls") -> Server:
        """How the client is told about this server."""
        return Server("127.0.0.1", self._socket.getsockname()[1], security, USER, Secret(PASSWORD))

    def close(self) -> None:
        """Stop; whoever is still connected is cut off."""
        self.over.set()
        for one in (self._socket, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._open.append(connection)
            with suppress(OSError):
                self._handle(connection, self.over)
            connection.close()
