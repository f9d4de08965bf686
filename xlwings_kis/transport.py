"""The one module that knows `requests`: a request out, an answer back, always within a time.

TLS is verified against the operating system's store and certifi's (which `requests` loads into the same context), proxies
of the environment and of Windows are honoured, redirects are not followed. Nothing is repeated here.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies, select_proxy, should_bypass_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

from xlwings_kis import trust
from xlwings_kis.errors import KisError, failure
from xlwings_kis.protocol import Answer, Request, TransportFault

CONNECT_SECONDS = 3.0
LARGEST_BODY = 2 * 1024 * 1024
"""The real answer has about 6 kB."""

BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""Variables that name a file or folder of certificates beside the operating system's."""

POOL = 8
_CHUNK = 16 * 1024


class Transport:
    """One keep-alive pool to one gateway, for all threads of the process."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")
        parts = urlsplit(self._base_url)
        self._host = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
        self._plain = parts.scheme == "http"
        self._session = self._new_session()

    def send(self, request: Request, budget: float) -> Answer:
        """Send, and read the whole answer within `budget` seconds. Raises `TransportFault`."""
        if request.kind == "token":
            # A kept-alive connection may be dead, and a token request must not be repeated to find out.
            with self._new_session() as session:
                return self._exchange(session, request, budget)
        return self._exchange(self._session, request, budget)

    def close(self) -> None:
        """Drop all connections."""
        self._session.close()

    def _exchange(self, session: requests.Session, request: Request, budget: float) -> Answer:
        watch = _Watch(budget)
        try:
            with watch:
                response = session.request(
                    "GET" if request.json is None else "POST",
                    self._base_url + request.path,
                    headers={**request.headers, "accept-encoding": "identity"},
                    params=request.params,
                    json=request.json,
                    proxies=_of_windows(self._base_url),
                    timeout=(min(CONNECT_SECONDS, budget), budget),
                    allow_redirects=False,
                    stream=True,
                )
                watch.answered = True
                with response:
                    answer = Answer(response.status_code, response.headers, _body(response))
        except TransportFault:
            raise
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise self._fault(error, watch) from error
        except (ValueError, TypeError) as error:  # from the depths of libraries that could not read a proxy's address
            if watch.sending:
                raise
            raise TransportFault(failure("proxy"), sent=False) from error
        if watch.expired:  # an end that we made ourselves may look like that of the answer
            raise TransportFault(failure("no_answer"))
        return answer

    def _fault(self, error: Exception, watch: _Watch) -> TransportFault:
        inner = error.args[0] if error.args else None
        reason = getattr(inner, "reason", None) or inner
        if isinstance(error, requests.exceptions.ProxyError):
            return TransportFault(failure("proxy"), sent=False)
        if isinstance(error, requests.exceptions.ConnectTimeout):
            return TransportFault(self._unreachable(), sent=False)
        if isinstance(reason, NewConnectionError):
            return TransportFault(self._unreachable(), again=True, sent=False)
        if not watch.sending:
            if bundle := _unreadable_bundle(error):
                return TransportFault(failure("ca_bundle", ask_user=True, name=bundle), sent=False)
            if isinstance(error, requests.exceptions.SSLError) and "certificate" in str(error).lower():
                return TransportFault(failure("certificate"), sent=False)
            if isinstance(error, ValueError) and not isinstance(error, requests.exceptions.InvalidHeader):
                return TransportFault(failure("proxy"), sent=False)  # our own address was checked with the settings
            return TransportFault(self._unreachable(), again=_closed(reason) and not watch.expired, sent=False)
        if watch.expired or isinstance(error, requests.exceptions.Timeout) or "timed out" in str(error).lower():
            return TransportFault(failure("no_answer"))
        if not watch.answered and _closed(reason):
            return TransportFault(failure("no_answer"), again=True)
        return TransportFault(failure("broken_answer", broken="cut"))

    def _unreachable(self) -> KisError:
        return failure("unreachable", host=self._host)

    def _new_session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = not self._plain  # plain http is this machine itself: no proxy stands between
        session.auth = _keep_header
        adapter = _Adapter(tls=not self._plain)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session


def proxy_for(base_url: str) -> str:
    """The address of the proxy that stands between, with its password if it has one; empty where none does."""
    if urlsplit(base_url).scheme == "http":  # this machine itself
        return ""
    return str(select_proxy(base_url, get_environ_proxies(base_url, no_proxy=None) | _of_windows(base_url)) or "")


def _of_windows(base_url: str) -> dict[str, str]:
    """Windows' own proxy, where the environment names only exceptions (NO_PROXY): the standard library stops there."""
    registry = getattr(urllib.request, "getproxies_registry", None)  # Windows alone has it
    if registry is None or set(urllib.request.getproxies_environment()) != {"no"}:
        return {}
    loopback = urlsplit(base_url).scheme == "http"
    return {} if loopback or should_bypass_proxies(base_url, no_proxy=None) else dict(registry())


def _keep_header(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Without an auth of its own, requests replaces our token by whatever ~/.netrc has for the host."""
    return request


def _body(response: requests.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > LARGEST_BODY:
            raise TransportFault(failure("broken_answer", broken="large"))
    return bytes(body)


def _unreadable_bundle(error: Exception) -> str:
    """The variable that names certificates nobody can read; empty where that is not the trouble."""
    for name in BUNDLES:
        if path := os.environ.get(name):  # the first that is set is the one that counts
            lost = not Path(path).exists()
            return name if lost or "no_certificate_or_crl_found" in str(error).lower() else ""
    return ""


def _closed(reason: Any) -> bool:
    """Whether the other side reset or closed the connection: over TLS it often does so without a word."""
    return any(isinstance(cause, ConnectionError | ssl.SSLEOFError) for cause in getattr(reason, "args", ()))


class _Watch:
    """Ends an exchange whose bytes come so slowly that no single read times out, and knows how far it got."""

    _of_thread = threading.local()

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self.sending = False
        self.answered = False
        self._connection: HTTPConnection | None = None
        self._sock: Any = None
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> _Watch:
        self._of_thread.watch = self
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._of_thread.watch = None

    @classmethod
    def follow(cls, connection: HTTPConnection, *, sending: bool) -> None:
        """The connection that serves the exchange of this thread; `sending` once it stands (plain ones: nearly)."""
        watch = getattr(cls._of_thread, "watch", None)
        if watch:
            watch._connection = connection
            watch._sock = connection.sock
            watch.sending = sending

    def _expire(self) -> None:
        self.expired = True
        # Where the answer is the last one on its connection, the body keeps a socket that the connection lets go.
        sock = (self._connection.sock if self._connection else None) or self._sock
        if sock:
            _shut(sock)


def _shut(sock: Any) -> None:
    # A TLS socket's own shutdown would wait for its peer; the one below it does not.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _WatchedConnection(HTTPConnection):
    def request(self, *args: Any, **kwargs: Any) -> None:
        _Watch.follow(self, sending=True)
        super().request(*args, **kwargs)
        _Watch.follow(self, sending=True)


class _WatchedTlsConnection(HTTPSConnection):
    def connect(self) -> None:
        _Watch.follow(self, sending=False)
        super().connect()

    def request(self, *args: Any, **kwargs: Any) -> None:
        _Watch.follow(self, sending=True)
        super().request(*args, **kwargs)
        _Watch.follow(self, sending=True)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _WatchedConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTlsConnection


class _Adapter(HTTPAdapter):
    """Watched connections; TLS checked by the operating system as well as by certifi's list."""

    def __init__(self, *, tls: bool) -> None:
        self._tls = tls
        super().__init__(pool_connections=1, pool_maxsize=POOL, max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **kwargs, **self._context())
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs, **self._context())
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        return manager

    def _context(self) -> dict[str, Any]:
        return {"ssl_context": trust.context()} if self._tls else {}
