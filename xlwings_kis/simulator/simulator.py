"""The simulator as tests, `demo` and `simulate` use it: a gateway, its server, and two clocks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from threading import Thread
from types import TracebackType
from typing import Any, Self

from .faults import Fault
from .gateway import DATA, Call, Gateway, Pair, Rows
from .rules import KeyPair
from .server import LOOPBACK, LoopbackServer
from .sessions import KST

# Well-formed and plainly not real: 36 and 180 characters, as the document says.
DEMO_APP_KEY = "PSdemoKeyOfTheEmbeddedSimulator00000"
DEMO_APP_SECRET = ("DemoSecretOfTheEmbeddedSimulator/" * 6)[:178] + "=="


def korean_now() -> datetime:
    return datetime.now(KST)


class Simulator:
    """An embedded KIS gateway on the loopback; a context manager, or `start()` and `stop()`.

    `now` is the gateway's wall clock (aware, asked at every request): tokens, data and the Date header go by
    it; calls per second go by real time. `bodies` are fixed rows by (exchange, market). `latency` (data)
    and `token_latency` are seconds before an answer. Attributes may be changed any time, by any thread.
    """

    def __init__(
        self,
        now: Callable[[], datetime] = korean_now,
        *,
        app_key: str = DEMO_APP_KEY,
        app_secret: str = DEMO_APP_SECRET,
        latency: float = 0.0,
        calls_per_second: int = 18,
        token_interval: float = 60.0,
        loop_session: bool = False,
        seed: int = 0,
        port: int = 0,
        accepted_tokens: Iterable[str] = (),
        bodies: Mapping[Pair, Rows] | None = None,
    ) -> None:
        self.now = now
        self.app_key = app_key
        self.app_secret = app_secret
        self.latency = latency
        self.token_latency = 0.0
        self._port = port
        self._server: LoopbackServer | None = None
        self._thread: Thread | None = None
        self._gateway = Gateway(
            KeyPair(app_key, app_secret),
            calls_per_second=calls_per_second,
            token_interval=token_interval,
            loop_session=loop_session,
            seed=seed,
            accepted_tokens=accepted_tokens,
            bodies=bodies,
        )

    # --- life ---

    def start(self) -> Self:
        """Listen; a port that is taken raises OSError. What was recorded before stays."""
        if self._server is None:
            server = LoopbackServer(self._gateway, lambda: self.now(), self._latency_of, self._port)
            # Polled often: `stop` waits for one round.
            thread = Thread(target=server.serve_forever, args=(0.02,), name="kis-simulator", daemon=True)
            self._server, self._thread = server, thread
            thread.start()
        return self

    def stop(self) -> None:
        """Stop listening, and release whoever hangs. Idempotent. A bug met while serving is raised here."""
        server, thread = self._server, self._thread
        self._server = self._thread = None
        if server is None or thread is None:
            return
        server.stopping.set()
        server.shutdown()
        server.server_close()
        server.release()
        thread.join(timeout=1.0)
        if server.error is not None:
            raise RuntimeError("the simulator failed while serving") from server.error

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        if self._server is None:
            raise RuntimeError("the simulator is not running")
        return self._server.server_port

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def _latency_of(self, kind: str) -> float:
        return self.latency if kind == DATA else self.token_latency

    # --- faults ---

    def fail_next(self, fault: Fault, times: int = 1) -> None:
        """The next `times` requests to the endpoint the fault concerns; queued behind earlier ones."""
        self._gateway.queue(fault, times)

    @property
    def fault(self) -> Fault | None:
        """The fault of every request until unset; queued ones go first."""
        return self._gateway.fault

    @fault.setter
    def fault(self, fault: Fault | None) -> None:
        self._gateway.fault = fault

    def clear_faults(self) -> None:
        """Neither a lasting nor a queued fault any more."""
        self._gateway.clear_faults()

    # --- rules ---

    @property
    def calls_per_second(self) -> int:
        return self._gateway.calls_per_second

    @calls_per_second.setter
    def calls_per_second(self, limit: int) -> None:
        self._gateway.calls_per_second = limit

    @property
    def token_interval(self) -> float:
        return self._gateway.token_interval

    @token_interval.setter
    def token_interval(self, seconds: float) -> None:
        self._gateway.token_interval = seconds

    def expire_tokens(self) -> None:
        """Every token issued so far is answered EGW00123; tokens brought by the user stay good."""
        with self._gateway.lock:
            self._gateway.tokens.expire_all()

    def revoke_tokens(self) -> None:
        """Every token issued so far is answered EGW00121; tokens brought by the user stay good."""
        with self._gateway.lock:
            self._gateway.tokens.revoke_all()

    @property
    def issued_tokens(self) -> list[str]:
        """One entry per issue, in order: a token handed out again is there again."""
        with self._gateway.lock:
            return list(self._gateway.tokens.issued)

    # --- data ---

    def serve(self, exchange: str, market: str, rows: Rows | None) -> None:
        """Serve these rows for a pair of codes ("J", "1"), whatever the time; None: the market again."""
        self._gateway.serve(exchange, market, rows)

    def truth(self, exchange: str, market: str, when: datetime | None = None) -> list[dict[str, Any]]:
        """The rows a call at `when` (default: now) gets where no fault meddles: strings by wire name."""
        return self._gateway.rows(exchange, market, when or self.now())

    # --- what happened ---

    @property
    def calls(self) -> list[Call]:
        """Every request to KIS's paths, in order of arrival; a copy."""
        with self._gateway.lock:
            return list(self._gateway.calls)

    @property
    def connections(self) -> int:
        """How many connections are open now."""
        return self._server.open_connections if self._server else 0

    @property
    def kinds(self) -> list[str]:
        return [call.kind for call in self.calls]

    def count(self, kind: str) -> int:
        return self.kinds.count(kind)

    def reset_calls(self) -> None:
        with self._gateway.lock:
            self._gateway.calls.clear()
