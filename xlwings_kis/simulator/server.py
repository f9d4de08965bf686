"""The gateway's socket: HTTP/1.1 with keep-alive on the loopback, and every way an answer can go astray."""

from __future__ import annotations

import os
import socket
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Event, Lock, Thread, current_thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from .answers import Answer, Delivery, Request, json_answer
from .gateway import DATA, TOKEN, Gateway

LOOPBACK = "127.0.0.1"
CONTROL_FAULT = "/_simulator/fault"
CONTROL_STATE = "/_simulator/state"
HANG_SECONDS = 60.0
DRIP_SECONDS = 0.2
_MAX_BODY = 1_000_000


class LoopbackServer(ThreadingHTTPServer):
    """One simulator's server; `stopping` releases everything that hangs or sleeps."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    # On Windows SO_REUSEADDR would let another process take over the port.
    allow_reuse_address = os.name != "nt"

    def __init__(
        self, gateway: Gateway, now: Callable[[], datetime], latency: Callable[[str], float], port: int
    ) -> None:
        self.gateway = gateway
        self.now = now
        self.latency = latency
        self.stopping = Event()
        self.error: BaseException | None = None
        self._connections: set[socket.socket] = set()
        self._handlers: set[Thread] = set()
        self._aborted: set[socket.socket] = set()
        self._lock = Lock()
        super().__init__((LOOPBACK, port), _Handler)

    def server_bind(self) -> None:
        # HTTPServer's own asks the DNS for our name, which may take seconds on Windows.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]

    @property
    def open_connections(self) -> int:
        with self._lock:
            return len(self._connections)

    def release(self) -> None:
        """End every connection and handler, without waiting for any client."""
        self.stopping.set()
        with self._lock:
            connections, handlers = list(self._connections), list(self._handlers)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for handler in handlers:
            handler.join(timeout=1.0)

    def abort(self, connection: socket.socket) -> None:
        """Have the close of this connection send RST instead of FIN."""
        linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        with self._lock:
            self._aborted.add(connection)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
            self._handlers.add(current_thread())
        if self.stopping.is_set():  # accepted in the last moment: `release` may have missed it
            with suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._handlers.discard(current_thread())

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._connections.discard(request)
            aborted = request in self._aborted
            self._aborted.discard(request)
        if aborted:
            request.close()  # no shutdown before: that sends FIN, an orderly close to the client
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is everyday here; a bug of ours is kept for `stop` to raise."""
        error = sys.exception()
        if not isinstance(error, OSError) and self.error is None:
            self.error = error


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: LoopbackServer

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: headers hold keys, and stderr is the command line's."""

    def _serve(self) -> None:
        request = self._read()
        if request is None:
            self.close_connection = True
            return
        if request.path in (CONTROL_FAULT, CONTROL_STATE):
            self._send(self._control(request))
            return
        server = self.server
        answer, kind = server.gateway.answer(request, server.now(), time.monotonic())
        if kind in (DATA, TOKEN):
            server.stopping.wait(server.latency(kind))
        self._deliver(answer)

    def _read(self) -> Request | None:
        length = self.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > _MAX_BODY:
            return None
        body = self.rfile.read(int(length))
        address = urlsplit(self.path)
        query = dict(parse_qsl(address.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, address.path, query, headers, body)

    def _control(self, request: Request) -> Answer:
        # A web page may send requests to the loopback, too: a foreign name in Host (DNS rebinding) or a
        # form's content type gives it away.
        if urlsplit(f"//{request.headers.get('host', '')}").hostname not in (LOOPBACK, "localhost"):
            return json_answer(403, {"error": "loopback only"})
        if (request.method, request.path) == ("GET", CONTROL_STATE):
            return json_answer(200, self.server.gateway.state())
        if (request.method, request.path) != ("POST", CONTROL_FAULT):
            return json_answer(405, {"error": "POST fault, GET state"})
        if not request.headers.get("content-type", "").startswith("application/json"):
            return json_answer(415, {"error": "content-type: application/json"})
        return self.server.gateway.control(request.body)

    def _deliver(self, answer: Answer) -> None:
        stopping = self.server.stopping
        if answer.delivery is Delivery.PLAIN:
            self._send(answer)
            return
        self.close_connection = True
        head, body = self._head(answer), answer.body
        half = len(body) // 2
        match answer.delivery:
            case Delivery.CUT:
                self.wfile.write(head + body[:half])
            case Delivery.HANG:
                stopping.wait(HANG_SECONDS)
            case Delivery.HANG_IN_BODY:
                self.wfile.write(head + body[:half])
                stopping.wait(HANG_SECONDS)
            case Delivery.DRIP:
                self.wfile.write(head)
                for byte in body:
                    self.wfile.write(bytes((byte,)))
                    if stopping.wait(DRIP_SECONDS):
                        break
            case Delivery.RESET:
                self.server.abort(self.connection)
            case Delivery.CLOSE:
                pass

    def _send(self, answer: Answer) -> None:
        # One write: head and body in two packets would cost a round trip 40 ms (Nagle, delayed ACK).
        self.wfile.write(self._head(answer) + answer.body)

    def _head(self, answer: Answer) -> bytes:
        length = len(answer.body) if answer.length is None else answer.length
        date = format_datetime(self.server.now().astimezone(UTC), usegmt=True)
        status = answer.status or 500  # 0 is never sent
        lines = [
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
            f"date: {date}",
            *(f"{name}: {value}" for name, value in answer.headers),
            f"content-length: {length}",
            f"connection: {'close' if self.close_connection else 'keep-alive'}",
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
