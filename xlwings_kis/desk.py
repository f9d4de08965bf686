"""Everything one gateway and one key need, put together: settings → store, tokens, gateway."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from xlwings_kis import files
from xlwings_kis.clock import Clock, to_kst
from xlwings_kis.errors import Problem, failure
from xlwings_kis.gateway import Gateway, Sender, TokenShelf
from xlwings_kis.log import Log, Logged, role
from xlwings_kis.markets import Pair
from xlwings_kis.protocol import Credentials
from xlwings_kis.secret import Secret
from xlwings_kis.settings import Settings
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.store import guarded
from xlwings_kis.store.archive import Archive
from xlwings_kis.store.base import DEMO_SCOPE, Store, StoreTrouble
from xlwings_kis.store.damage import Opened, healthy, set_aside
from xlwings_kis.store.guarded import SHARE_OF_RATE, GuardedStore
from xlwings_kis.store.sqlite import SqliteStore
from xlwings_kis.today import judge
from xlwings_kis.tokens import BroughtToken, Tokens
from xlwings_kis.transport import Transport

PRIVATE = ":memory:"


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
    store = _shared_store(settings, clock)
    transport: Sender = Transport(settings.base_url)
    if settings.log:
        transport = Logged(transport, Log(settings.home, clock, role()), clock)
    gateway = _gateway(transport, who, store, clock)
    if settings.access_token:
        tokens: TokenShelf = BroughtToken(settings.access_token)
    else:
        tokens = Tokens(settings.home, settings.scope, gateway.issue_token, clock)

    def close() -> None:
        transport.close()
        store.close()

    return Desk(settings, clock, store, gateway, tokens, close)


def open_archive(settings: Settings, *, make: bool = False) -> Archive:
    """The store as a whole, for commands; `make`: even where there is none yet.

    Raises `SettingsError` (what is stored belongs to a key), `NoDataError` for the demo and without a store, `StoreTrouble`.
    """
    path = settings.store_path
    if settings.demo:
        raise failure("demo_keeps_nothing")
    if settings.credentials and not make and not path.exists():
        raise failure("nothing_stored")
    _prepare_folder(path, own_folder=path.parent == settings.home)
    return Archive(path, settings.scope)


def mend(settings: Settings, clock: Clock) -> Path | None:
    """Set the store aside if SQLite calls it broken, and say where it is then. Raises `StoreTrouble` where that cannot be."""
    return _mend(settings.store_path, clock)


def _demo_desk(settings: Settings, clock: Clock) -> Desk:
    """The embedded simulator, over real HTTP on this machine, with nothing written anywhere."""
    from xlwings_kis.simulator import Simulator

    token = "demo-token"  # noqa: S105 - the simulator of this process takes it, and nobody else
    simulator = Simulator(
        lambda: to_kst(clock.epoch()), loop_session=True, accepted_tokens=(token,), calls_per_second=1000
    )
    simulator.start()
    who = Credentials(Secret(simulator.app_key), Secret(simulator.app_secret))
    store = SqliteStore(PRIVATE, DEMO_SCOPE, clock, settings.rate)
    transport = Transport(simulator.url)

    def close() -> None:
        transport.close()
        store.close()
        simulator.stop()

    return Desk(settings, clock, store, _gateway(transport, who, store, clock), BroughtToken(Secret(token)), close)


def _gateway(transport: Sender, who: Credentials, store: Store, clock: Clock) -> Gateway:
    return Gateway(transport, who, clock, counted=store.count, rate=store.take)


def _shared_store(settings: Settings, clock: Clock) -> Store:
    private = SqliteStore(PRIVATE, settings.scope, clock, settings.rate / SHARE_OF_RATE)
    path = settings.store_path
    own_folder, opened = path.parent == settings.home, Opened(path)
    opener = partial(
        _open_file, path, settings.scope, clock, settings.rate,
        own_folder=own_folder, opened=opened, keep_days=settings.keep_days,
    )  # fmt: skip
    return GuardedStore(
        opener,
        private,
        clock,
        mend=partial(_mend, path, clock),
        discard=partial(_mend, path, clock, opened),
        current=opened.still_there,
        patience=guarded.PATIENCE,
    )


def _open_file(
    path: Path,
    scope: str,
    clock: Clock,
    rate: float,
    *,
    own_folder: bool = True,
    opened: Opened | None = None,
    keep_days: int = 0,
) -> Store:
    try:
        _prepare_folder(path, own_folder=own_folder)
        if opened:
            opened.note()
        store = SqliteStore(path, scope, clock, rate, keep_days)
    except OSError as trouble:
        raise StoreTrouble(type(trouble).__name__) from trouble
    return store


def _prepare_folder(path: Path, *, own_folder: bool) -> None:
    try:
        if path.exists() and not path.is_file():
            raise StoreTrouble("a device or a folder")
        if own_folder:
            files.private_folder(path.parent)
        else:  # a folder of the user's choice keeps the modes the user gave it
            path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as trouble:
        raise StoreTrouble(type(trouble).__name__) from trouble


def _mend(path: Path, clock: Clock, found_damaged: Opened | None = None) -> Path | None:
    """Set a damaged store aside, once for all processes: the file that was found so, else what SQLite calls broken."""
    import filelock

    try:
        with filelock.FileLock(path.with_name(path.name + ".mend"), timeout=0.2):
            if path.is_file() and (found_damaged.still_there() if found_damaged else not healthy(path)):
                return set_aside(path, to_kst(clock.epoch()))
    except (OSError, filelock.Timeout) as trouble:
        raise StoreTrouble(type(trouble).__name__) from trouble
    return None
