"""Everything one gateway and one key need, put together: settings → store, tokens, gateway."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from xlwings_kis.clock import Clock, SystemClock, to_kst
from xlwings_kis.errors import Problem, failure
from xlwings_kis.gateway import Gateway, Sender, TokenShelf
from xlwings_kis.log import Log, Logged, role
from xlwings_kis.markets import Pair
from xlwings_kis.protocol import Credentials
from xlwings_kis.secret import Secret
from xlwings_kis.settings import Settings
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.store import opening
from xlwings_kis.store.archive import Archive
from xlwings_kis.store.base import DEMO_SCOPE, Store
from xlwings_kis.store.sqlite import SqliteStore
from xlwings_kis.today import judge
from xlwings_kis.tokens import BroughtToken, Place, PrivateFile, Tokens
from xlwings_kis.transport import Transport

if TYPE_CHECKING:
    from xlwings_kis.store.shared.archive import SharedArchive
    from xlwings_kis.store.shared.server import Server


@dataclass(frozen=True)
class Desk:
    """One gateway, one key. `fetch` asks KIS once; everything it needs to know of others it asks the store."""

    settings: Settings
    clock: Clock
    store: Store
    gateway: Gateway
    tokens: TokenShelf
    close: Callable[[], None]

    def fetch(self, pair: Pair, seconds: float) -> tuple[Snapshot, float, float]:
        """The table of a pair with its verdict, when it came (PC clock) and the PC clock's skew. Raises typed errors."""
        received = self.gateway.program_trade(pair, self.tokens, seconds)
        asof = to_kst(received.at + received.skew)
        body = Snapshot(
            pair, asof, received.rows, received.notes, changed=asof, demo=self.settings.demo, sha256=received.sha256
        )
        trust = self.settings.demo or self.settings.pre_open == "trust"
        verdict = judge(body, self.store.witnesses(pair, asof.date()), trust=trust)
        return replace(body, standing=verdict.standing, of=verdict.of), received.at, received.skew

    @property
    def sharing(self) -> bool:
        """Whether other processes see what this one fetches."""
        return self.store.sharing

    @property
    def warning(self) -> Problem | None:
        """Something to tell beside the figures."""
        return self.tokens.warning


def open_desk(settings: Settings, clock: Clock) -> Desk:
    """Make a desk: no network yet. Raises `SettingsError` where the credentials are missing or wrong."""
    if settings.demo:
        return _demo_desk(settings, clock)
    who = settings.credentials
    server = open_server(settings, clock) if settings.desk else None
    store = opening.of_desk(settings, server, clock) if server else opening.of_machine(settings, clock, settings.rate)
    transport: Sender = Transport(settings.base_url)
    if settings.log:
        transport = Logged(transport, Log(settings.home, clock, role()), clock)
    gateway = _gateway(transport, who, store, clock)
    if settings.access_token:
        tokens: TokenShelf = BroughtToken(settings.access_token)
    else:
        tokens = Tokens(_token_place(settings, server, store, clock), gateway.issue_token, clock)

    def close() -> None:
        transport.close()
        store.close()

    return Desk(settings, clock, store, gateway, tokens, close)


def open_archive(settings: Settings, *, make: bool = False) -> Archive | SharedArchive:
    """The store as a whole, for commands: the machine's, or what machines share; `make`: even where there is none yet.

    Raises `SettingsError` (what is stored belongs to a key), `NoDataError` for the demo and without a store, `StoreTrouble`.
    """
    path = settings.store_path
    if settings.demo:
        raise failure("demo_keeps_nothing")
    if settings.credentials and settings.desk:
        from xlwings_kis.store.shared.archive import SharedArchive

        return SharedArchive(open_server(settings, SystemClock(), patient=True), settings.scope)
    if not make and not path.exists():
        raise failure("nothing_stored")
    opening.prepare_folder(path, own_folder=path.parent == settings.home)
    return Archive(path, settings.scope)


def open_server(settings: Settings, clock: Clock, *, patient: bool = False) -> Server:
    """The server that machines share: not connected yet. Raises `SettingsError` where it would not be safe."""
    from xlwings_kis.store.shared.server import ANSWER_SECONDS, PATIENT_SECONDS, Server, require

    assert settings.desk  # noqa: S101 - asked for only where there is one
    require()
    return Server(settings.desk, clock, answer=PATIENT_SECONDS if patient else ANSWER_SECONDS)


def mend(settings: Settings, clock: Clock) -> Path | None:
    """Set the store aside if SQLite calls it broken, and say where it is then. Raises `StoreTrouble` where that cannot be."""
    return opening.mend(settings.store_path, clock)


def _demo_desk(settings: Settings, clock: Clock) -> Desk:
    """The embedded simulator, over real HTTP on this machine, with nothing written anywhere."""
    from xlwings_kis.simulator import Simulator

    token = "demo-token"  # noqa: S105 - the simulator of this process takes it, and nobody else
    simulator = Simulator(
        lambda: to_kst(clock.epoch()), loop_session=True, accepted_tokens=(token,), calls_per_second=1000
    )
    simulator.start()
    who = Credentials(Secret(simulator.app_key), Secret(simulator.app_secret))
    store = SqliteStore(opening.PRIVATE, DEMO_SCOPE, clock, settings.rate)
    transport = Transport(simulator.url)

    def close() -> None:
        transport.close()
        store.close()
        simulator.stop()

    return Desk(settings, clock, store, _gateway(transport, who, store, clock), BroughtToken(Secret(token)), close)


def _token_place(settings: Settings, server: Server | None, store: Store, clock: Clock) -> Place:
    own = PrivateFile(settings.home, settings.scope, clock)
    if server is None or settings.store_key is None:
        return own
    from xlwings_kis.tokens.shared import SharedToken

    return SharedToken(server, settings.scope, settings.store_key, own, clock, near=lambda: store.sharing)


def _gateway(transport: Sender, who: Credentials, store: Store, clock: Clock) -> Gateway:
    return Gateway(transport, who, clock, counted=store.count, rate=store.take)
