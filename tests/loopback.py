"""Servers on this machine with every bad habit, a company's certificate authority, and its proxy."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

Handler = Callable[[socket.socket, "Loopback"], None]


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def read_request(connection: socket.socket) -> bytes:
    """One request, head and body; empty where the client has gone."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return b""
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while len(rest) < int(lengths[0] if lengths else 0):
        rest += connection.recv(65536)
    return head + b"\r\n\r\n" + rest


def answer_of(body: bytes = b"{}", *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, f"content-length: {len(body) if length is None else length}", "", ""]
    return "\r\n".join(lines).encode() + body


class Loopback:
    """A server on this machine that does with each connection what a test says; with `tls` after a handshake."""

    def __init__(self, handle: Handler, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.received: list[bytes] = []
        self.accepted = 0
        self.over = threading.Event()
        self._handle, self._tls = handle, tls
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._socket = socket.create_server(("127.0.0.1", port))
        self.port = self._socket.getsockname()[1]
        self._start(self._accept)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def heads(self) -> list[bytes]:
        return [request.partition(b"\r\n\r\n")[0] for request in self.received]

    def close(self) -> None:
        self.over.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in list(self._open):
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _start(self, job: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=job, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.accepted += 1
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        self._open.add(connection)
        try:
            if self._tls:
                plain, connection = connection, self._tls.wrap_socket(connection, server_side=True)
                self._open.discard(plain)
                self._open.add(connection)
            self._handle(connection, self)
        except OSError:
            pass  # the client has gone: that is what some tests want
        finally:
            self._open.discard(connection)
            connection.close()


def keep_answering(connection: socket.socket, server: Loopback) -> None:
    while request := read_request(connection):
        server.received.append(request)
        connection.sendall(answer_of(b'{"good": true}'))


def answering(*parts: bytes) -> Handler:
    """Send these bytes and close."""

    def handle(connection: socket.socket, server: Loopback) -> None:
        server.received.append(read_request(connection))
        for part in parts:
            connection.sendall(part)

    return handle


def dripping(first: bytes, drop: bytes) -> Handler:
    """Send the first bytes, then a drop again and again, for ever."""

    def handle(connection: socket.socket, server: Loopback) -> None:
        server.received.append(read_request(connection))
        connection.sendall(first)
        while not server.over.wait(0.02):
            connection.sendall(drop)

    return handle


def hanging(connection: socket.socket, server: Loopback) -> None:
    server.received.append(read_request(connection))
    server.over.wait(20)


def tunnel(connection: socket.socket, server: Loopback) -> None:
    """A proxy that notes what it is asked for and carries bytes both ways."""
    request = read_request(connection)
    server.received.append(request)
    carry(connection, request)


def carry(connection: socket.socket, request: bytes, to: int | None = None) -> None:
    """Do what a CONNECT asks for; `to` is where that really is, for an address that only the proxy reaches."""
    host, _, port = request.split()[1].decode().rpartition(":")
    with socket.create_connection(("127.0.0.1", to) if to else (host, int(port))) as beyond:
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        both_ways(connection, beyond)


def both_ways(connection: socket.socket, beyond: socket.socket) -> None:
    """Carry bytes between two until one of them ends."""

    def back() -> None:
        with suppress(OSError):
            while data := beyond.recv(65536):
                connection.sendall(data)
        with suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)

    returning = threading.Thread(target=back, daemon=True)
    returning.start()
    with suppress(OSError):
        while data := connection.recv(65536):
            beyond.sendall(data)
    with suppress(OSError):
        beyond.shutdown(socket.SHUT_RDWR)
    returning.join(5)


def proxy_for(*users: str, to: int | None = None) -> Handler:
    """A company's proxy: it asks for a name and a password, and carries bytes for those it knows (`name:password`)."""
    known = {f"basic {base64.b64encode(user.encode()).decode()}" for user in users}

    def handle(connection: socket.socket, server: Loopback) -> None:
        request = read_request(connection)
        server.received.append(request)
        lines = [line.partition(":") for line in request.decode().split("\r\n")[1:]]
        given = {name.lower(): value.strip() for name, _, value in lines}.get("proxy-authorization", "")
        if given.replace("Basic", "basic") in known:
            carry(connection, request, to)
        else:
            asks = "Proxy-Authenticate: Basic realm=company"
            connection.sendall(answer_of(b"who are you?", asks, status="407 Proxy Authentication Required"))

    return handle


def in_front_of(port: int) -> Handler:
    """The far end of TLS: what comes is carried to a plain server on this machine."""

    def handle(connection: socket.socket, server: Loopback) -> None:
        with socket.create_connection(("127.0.0.1", port)) as beyond:
            both_ways(connection, beyond)

    return handle
