"""No network but this machine, no home but a temporary one, no setting of the user's."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keyring
import pytest
import redis_server as redis_server_module
from clocks import WallClock
from hypothesis import settings as hypothesis_settings

# Before xlwings is imported, which looks then: for the tests of its Office.js engine.
os.environ["XLWINGS_LICENSE_KEY"] = "noncommercial"
from certificates import make_authority, server_context
from loopback import Handler, Loopback, keep_answering
from redis_server import RedisServer
from vault import Vault

from xlwings_kis import desk, runtime, settings
from xlwings_kis.address import is_loopback
from xlwings_kis.feed import Feed
from xlwings_kis.simulator import Simulator
from xlwings_kis.store import guarded

if TYPE_CHECKING:
    from unreached import Scene

hypothesis_settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
hypothesis_settings.register_profile("long", deadline=None, max_examples=5000)  # docs/proof.md
hypothesis_settings.load_profile("untimed")

for number in (signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGINT)):
    if signal.getsignal(number) is signal.SIG_IGN:  # started with nohup or in the background: children would inherit it
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

UNHURRIED = 20.0
"""Seconds a recalculation may take where a test is not about that: the default's three are short on a busy machine."""


@pytest.fixture(autouse=True)
def _nothing_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    home = tmp_path / "홈 폴더"
    home.mkdir()
    for setting in settings.SETTINGS:
        monkeypatch.delenv(setting.env, raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("XLWINGS_KIS_HOME", str(tmp_path / "상태 폴더"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    yield
    runtime.close()


@pytest.fixture(autouse=True)
def _a_busy_machine_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests of the fall-back make their own store; everywhere else a disk that is slow for a second changes nothing."""
    monkeypatch.setattr(guarded, "PATIENCE", 5.0)


@pytest.fixture(autouse=True)
def _loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not is_loopback(str(address[0])):
            raise AssertionError(f"a test tried to reach {address!r}")
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture
def vault() -> Iterator[Vault]:
    """The keyring of this machine, in memory."""
    before, fake = keyring.get_keyring(), Vault()
    keyring.set_keyring(fake)
    yield fake
    fake.opened.set()  # whoever still waits may go
    keyring.set_keyring(before)


@pytest.fixture
def clock() -> WallClock:
    """Friday 2026-11-20 11:20:31 in Seoul, until a test moves it."""
    return WallClock()


@pytest.fixture
def kis(clock: WallClock) -> Iterator[Simulator]:
    """The simulated gateway, on the test's clock. Tokens may be issued as often as our own rules allow."""
    with Simulator(clock, token_interval=0.0) as simulator:
        yield simulator


@pytest.fixture
def environment(kis: Simulator, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Point the settings at the simulated gateway; more settings by their environment names."""

    def point(**more: str) -> None:
        values = {"KIS_APP_KEY": kis.app_key, "KIS_APP_SECRET": kis.app_secret, "KIS_BASE_URL": kis.url, **more}
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    point()
    return point


@pytest.fixture
def new_feed(environment: Callable[..., None], clock: WallClock) -> Iterator[Callable[..., Feed]]:
    """Feeds as separate processes would have them: nothing in common but the state folder."""
    feeds: list[Feed] = []

    def make(deadline: float = UNHURRIED, at: Any = None, **flags: Any) -> Feed:
        own = at or clock
        flags["deadline"] = deadline
        feed = Feed(lambda: desk.open_desk(settings.load(flags), own), own, deadline=deadline, stamp=settings.stamp)
        feeds.append(feed)
        return feed

    yield make
    for feed in feeds:
        feed.close()


@pytest.fixture
def feed(new_feed: Callable[..., Feed]) -> Feed:
    """One feed on the simulated gateway."""
    return new_feed()


@pytest.fixture
def formulas_on(monkeypatch: pytest.MonkeyPatch) -> Callable[[Feed], None]:
    """Let the formulas of `udfs` use a feed of the test's."""
    return lambda feed: monkeypatch.setattr(runtime, "feed", lambda: feed)


@pytest.fixture(scope="session")
def _redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture
def redis_server(request: pytest.FixtureRequest) -> RedisServer:
    """A real server with nothing in it; tests that stop or stall one start their own."""
    if redis_server_module.PROGRAM is None and not os.environ.get("CI"):
        pytest.skip("redis-server is not installed")
    server: RedisServer = request.getfixturevalue("_redis")
    server.flush()
    return server


@pytest.fixture
def own_server(tmp_path: Path, redis_server: RedisServer) -> Iterator[RedisServer]:
    """A Redis that a test may stop, kill and start again: it keeps what it was told."""
    server = RedisServer(tmp_path / "redis", "--appendonly", "yes", "--appendfsync", "always")
    yield server
    server.kill()


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A user whose way to KIS is open; of the PC nothing else is looked at."""
    from unreached import healthy

    from xlwings_kis.addin import windows
    from xlwings_kis.doctor import examination

    monkeypatch.setattr(examination, "doctor", lambda state: ())
    with ExitStack() as stack:
        made = healthy(stack)
        monkeypatch.setattr(windows, "here", lambda: made.machine)
        yield made
        runtime.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Loopback]]:
    """Servers on this machine that do with a connection what a test says."""
    servers: list[Loopback] = []

    def start(handle: Handler = keep_answering, tls: ssl.SSLContext | None = None) -> Loopback:
        servers.append(Loopback(handle, tls))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company's own certificate authority: see `make_authority`."""
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def tls(authority: Path) -> Callable[..., ssl.SSLContext]:
    return partial(server_context, authority)


@pytest.fixture
def trusted(authority: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority / "ca.pem"))


@pytest.fixture
def wait_until() -> Callable[[Callable[[], object]], None]:
    """For what happens in another process: look again until it is so, for a minute at most."""

    def wait(happened: Callable[[], object]) -> None:
        end = time.monotonic() + 60
        while not happened():
            assert time.monotonic() < end, "it did not happen"
            time.sleep(0.05)

    return wait
