"""The way to the gateway, step by step: name, proxy, port, TLS. Sends no request, and nothing that is secret but the
password of the proxy to the proxy. Each step has its time."""

from __future__ import annotations

import base64
import re
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from xlwings_kis import workers
from xlwings_kis.doctor import certificate
from xlwings_kis.transport import CONNECT_SECONDS, proxy_for

NAME_SECONDS = 5.0
"""A name server that does not answer is waited for longer by the system itself."""

_HEAD = 16 * 1024


@dataclass(frozen=True)
class Way:
    """How far it goes. `key` names the sentence of what stopped it; `issuer` signed the certificate that came."""

    host: str
    key: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    proxy: str = ""
    issuer: str = ""


class _Stopped(Exception):  # noqa: N818 - a signal within this module
    def __init__(self, key: str, **facts: str) -> None:
        super().__init__(key)
        self.key = key
        self.facts = facts


def look(base_url: str) -> Way:
    """Go there and tell."""
    parts = urlsplit(base_url)
    name, secure = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    host = f"{name}:{port}"
    via = urlsplit(proxy_for(base_url))
    proxy = ""
    try:
        if via.hostname is None:
            connected = _connect(name, port, host)
        else:
            proxy = f"{via.hostname}:{via.port or 80}"
            connected = _through(via, proxy, host)
        with connected:
            return Way(host, proxy=proxy, issuer=_greet(connected, name, host) if secure else "")
    except _Stopped as stopped:
        return Way(host, stopped.key, stopped.facts, proxy)
    except ValueError:  # a proxy's port that is none
        return Way(host, "proxy_unreadable", {}, proxy)


def _connect(name: str, port: int, shown: str) -> socket.socket:
    outcome: workers.Outcome[list[Any]] = workers.Outcome()
    workers.start(
        "xlwings-kis name", lambda: outcome.run(lambda: socket.getaddrinfo(name, port, 0, socket.SOCK_STREAM))
    )
    if not outcome.wait(NAME_SECONDS):
        raise _Stopped("no_name", host=shown)
    try:
        outcome.result()
    except (OSError, UnicodeError):
        raise _Stopped("no_name", host=shown) from None
    try:
        return socket.create_connection((name, port), timeout=CONNECT_SECONDS)
    except TimeoutError:
        raise _Stopped("port_silent", host=shown, seconds=f"{CONNECT_SECONDS:g}") from None
    except ConnectionRefusedError:
        raise _Stopped("port_refused", host=shown) from None
    except OSError:
        raise _Stopped("unreachable", host=shown) from None


def _through(via: Any, proxy: str, host: str) -> socket.socket:
    """A tunnel through the proxy, with the password its address has."""
    try:
        connected = _connect(via.hostname, via.port or 80, proxy)
    except _Stopped:
        raise _Stopped("proxy_gone", proxy=proxy) from None
    lines = [f"CONNECT {host} HTTP/1.1", f"Host: {host}"]
    if via.username is not None:
        pair = f"{unquote(via.username)}:{unquote(via.password or '')}"
        lines.append(f"Proxy-Authorization: Basic {base64.b64encode(pair.encode()).decode()}")
    try:
        connected.sendall("\r\n".join((*lines, "", "")).encode("ascii", errors="replace"))
        head = b""
        while b"\r\n\r\n" not in head and len(head) < _HEAD:
            more = connected.recv(4096)
            if not more:
                break
            head += more
    except OSError:
        connected.close()
        raise _Stopped("proxy_gone", proxy=proxy) from None
    status = re.match(rb"HTTP/1\.\d (\d{3})", head)
    code = status.group(1).decode() if status else ""
    if code == "200":
        return connected
    connected.close()
    if code == "407":
        kinds = {kind.decode() for kind in re.findall(rb"(?i)\r\nproxy-authenticate:[ \t]*([a-z]+)", head)}
        if kinds and not any(kind.lower() == "basic" for kind in kinds):
            raise _Stopped("proxy_login", proxy=proxy, kinds=", ".join(sorted(kinds)))
        raise _Stopped("proxy_password", proxy=proxy)
    raise _Stopped("proxy_blocks", proxy=proxy, host=host, status=code or "?")


def _greet(connected: socket.socket, name: str, host: str) -> str:
    """Begin TLS, and see whose certificate comes: whether it is trusted is for the call to say."""
    seen: list[bytes] = []

    def note(_c: Any, direction: str, version: int, _content: int, _message: int, data: bytes) -> None:
        if direction == "read" and (found := certificate.presented(data, version)):
            seen.append(found)

    context = ssl.create_default_context()
    with suppress(AttributeError):  # not documented: without it, the signer is not named
        context._msg_callback = note  # type: ignore[attr-defined]
    connected.settimeout(CONNECT_SECONDS)
    try:
        context.wrap_socket(connected, server_hostname=name).close()
    except ssl.SSLCertVerificationError as refused:
        if refused.verify_code in (9, 10):  # not yet, or no longer (X509_V_ERR_*)
            raise _Stopped("cert_dates") from None
    except (OSError, ValueError):
        if not seen:
            raise _Stopped("no_tls", host=host) from None
    return certificate.issuer(seen[0]) if seen else ""
