"""The one module that knows `redis`: a connection, one script, and how far this machine's clock is from the server's.

Whatever goes wrong comes out as `StoreTrouble` that names a kind and nothing else: addresses, users and passwords stay here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date
from importlib.resources import files
from typing import Any, TypeVar

from xlwings_kis import trust
from xlwings_kis.address import Address
from xlwings_kis.clock import Clock
from xlwings_kis.errors import failure
from xlwings_kis.markets import Pair
from xlwings_kis.store.base import BURST, JUST_NOW, LEASE, LONGEST_REST, StoreTrouble
from xlwings_kis.store.packed import SHOWS

VERSION = "1"
"""Of everything there: a program of another version finds other keys, and refuses values of another one."""

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 1.0
"""A step that nobody waits for any more (see `guarded`) keeps its thread no longer than this."""

PATIENT_SECONDS = 10.0
"""What a command may wait for an answer."""

AGAIN = 60.0
"""Seconds after which the clocks are compared anew."""

_JUMP = 1.0
_NEAR = 0.02
_TRIES = 3

_R = TypeVar("_R")


def require() -> None:
    """Raises `SettingsError` where the libraries that a shared store needs are not installed."""
    try:
        import cryptography.hazmat.primitives.ciphers.aead  # noqa: F401
        import redis  # noqa: F401
    except ImportError:
        raise failure("no_redis", ask_user=True) from None


def prefix(scope: str) -> str:
    """What all keys of a gateway and key begin with: in a cluster they lie together."""
    return f"xlwings-kis:{VERSION}:{{{scope}}}:"


def day_key(scope: str, pair: Pair, day: int) -> str:
    """The hash of a day's bodies; `day` is its ordinal."""
    return f"{prefix(scope)}day:{pair.key}:{day}"


def days_key(scope: str, pair: Pair) -> str:
    """The days of a pair that have bodies, in order."""
    return f"{prefix(scope)}days:{pair.key}"


class Server:
    """One server, for all threads of a process. Connects when first asked, and again by itself when it was away."""

    def __init__(
        self,
        address: Address,
        clock: Clock,
        now: Callable[[], float] | None = None,
        answer: float = ANSWER_SECONDS,
    ) -> None:
        self.address = address
        self._clock = clock
        self._now = now or self._time
        self._mutex = threading.Lock()
        self._offset: float | None = None
        self._drift = self._compared = 0.0
        self._client: Any = _client(address, answer)
        self._script: Any = self._client.register_script(_steps())

    def connect(self) -> None:
        """Have a connection that answers. Raises `StoreTrouble`."""
        self.do(lambda client: client.time())

    def prepare(self) -> None:
        """Compare the clocks and leave the script there, which the first step would do otherwise. Raises `StoreTrouble`."""
        self.offset()
        self.do(lambda client: client.script_load(self._script.script))

    def step(self, scope: str, name: str, mark: str, skew: float, *arguments: str | bytes | float) -> Any:
        """One atomic step of the script; floats keep every digit. Raises `StoreTrouble`."""
        given = [name, repr(self.now()), repr(skew), mark, *(repr(a) if isinstance(a, float) else a for a in arguments)]
        return self.do(lambda _: self._script(keys=[prefix(scope)], args=given))

    def do(self, ask: Callable[[Any], _R]) -> _R:
        """Put something to the server by its client. Raises `StoreTrouble`."""
        import redis

        try:
            return ask(self._client)
        except (redis.RedisError, OSError, ValueError) as trouble:
            raise StoreTrouble(type(trouble).__name__) from trouble

    def now(self) -> float:
        """The server's clock."""
        return self._clock.epoch() + self.offset()

    def offset(self) -> float:
        """How far the server's clock is ahead of this machine's; compared at first, now and then, and when either jumps."""
        with self._mutex:
            wall, ticks = self._clock.epoch(), self._clock.monotonic()
            due = ticks - self._compared >= AGAIN or abs(wall - ticks - self._drift) > _JUMP
            if self._offset is None or due:
                self._offset = self._compare()
                self._compared, self._drift = ticks, wall - ticks
            return self._offset

    def close(self) -> None:
        """Let go of the connections."""
        with suppress(StoreTrouble):
            self.do(lambda client: client.close())

    def _compare(self) -> float:
        best = float("inf"), 0.0
        for _ in range(_TRIES):
            asked = self._clock.epoch()
            begun = self._clock.monotonic()
            theirs = self._now()
            took = self._clock.monotonic() - begun
            best = min(best, (took, theirs - asked - took / 2))
            if took < _NEAR:
                break
        return best[1]

    def _time(self) -> float:
        seconds, micros = self.do(lambda client: client.time())
        return float(seconds) + float(micros) / 1e6


def texts(values: Iterable[bytes | None]) -> list[str]:
    """Replies as text; nothing as the empty one."""
    try:
        return [(value or b"").decode() for value in values]
    except (UnicodeDecodeError, AttributeError) as odd:
        raise StoreTrouble("not a stored text") from odd


def _steps() -> str:
    body = files("xlwings_kis.store.shared").joinpath("steps.lua").read_text(encoding="utf-8")
    epoch = date(1970, 1, 1).toordinal()
    names = "VERSION, LEASE, BURST, JUST_NOW, LONGEST_REST, EPOCH"
    values = f"'{VERSION}', {LEASE}, {BURST}, {JUST_NOW}, {LONGEST_REST}, {epoch}"
    shown = ", ".join(f"{standing.value} = true" for standing in SHOWS)
    return f"local {names} = {values}\nlocal SHOWN = {{ {shown} }}\n{body}"


def _client(address: Address, answer: float) -> Any:
    """A client that connects later, repeats nothing and waits for nothing long."""
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    class Verified(redis.SSLConnection):
        """TLS as everywhere in this program: the operating system's certificates and certifi's, and the host's name."""

        def _wrap_socket_with_ssl(self, sock: Any) -> Any:
            return trust.with_bundle().wrap_socket(sock, server_hostname=address.host)

    common: dict[str, Any] = {
        "db": address.db,
        "username": address.username or None,
        "password": address.password.reveal() if address.password else None,
        "socket_timeout": answer,
        "socket_connect_timeout": CONNECT_SECONDS,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
    }
    if address.scheme == "unix":
        pool = redis.ConnectionPool(connection_class=redis.UnixDomainSocketConnection, path=address.path, **common)
    else:
        kind = Verified if address.scheme == "rediss" else redis.Connection
        pool = redis.ConnectionPool(
            connection_class=kind, host=address.host, port=address.port, socket_keepalive=True, **common
        )
    return redis.Redis(connection_pool=pool)
