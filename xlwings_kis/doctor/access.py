"""Checks of what stands between a user and KIS. Each looks at one thing; of what they rest on the first to fail speaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from xlwings_kis import log, places, strangers
from xlwings_kis.clock import to_kst
from xlwings_kis.doctor import folders
from xlwings_kis.doctor.finding import Finding, Level
from xlwings_kis.doctor.standing import Standing
from xlwings_kis.errors import Problem
from xlwings_kis.settings import BY_NAME, KEY_LENGTH, REAL_DOMAIN, SECRET_LENGTH
from xlwings_kis.store.damage import healthy

Check = Callable[[Standing], Iterator[Finding]]


def settings(standing: Standing) -> Iterator[Finding]:
    """Whether everything that was set can be read."""
    loaded = standing.loaded
    for stranger in strangers.in_config(standing.environ):
        yield _of(stranger, "settings", Level.WARNING)
    if isinstance(loaded, Problem):
        yield _of(loaded, "settings")
        return
    if loaded.demo:
        yield Finding("settings", Level.NOTE, "demo_mode")
    elif loaded.base_url != REAL_DOMAIN:
        yield Finding("settings", Level.WARNING, "other_gateway", {"source": _source(standing, "base_url")})
    else:
        where = dict.fromkeys(_source(standing, name) for name, _ in loaded.sources if not BY_NAME[name].secret)
        yield _fine("settings", source=", ".join(where)) if where else Finding("settings", Level.FINE, "defaults")


def keyring(standing: Standing) -> Iterator[Finding]:
    """The operating system's keyring."""
    own_key = standing.settings is not None and standing.settings.app_key is not None
    if standing.keyring is None:
        yield Finding("keyring", Level.NOTE, "keyring_absent" if own_key else "keyring_needed")
    elif standing.keyring_problem:
        yield _of(standing.keyring_problem, "keyring", Level.WARNING if own_key else Level.PROBLEM)
    else:
        yield _fine("keyring", place=standing.keyring)


def key(standing: Standing) -> Iterator[Finding]:
    """The pair: where it comes from, and its form."""
    found = standing.settings
    if found is None or found.demo or (standing.keyring_problem and not found.app_key):
        return  # said already
    if standing.credentials_problem:
        yield _of(standing.credentials_problem, "key")
        return
    assert found.app_key  # noqa: S101 - without them there is a problem, which was told
    assert found.app_secret  # noqa: S101
    lengths = len(found.app_key.reveal()), len(found.app_secret.reveal())
    facts = {"key": str(lengths[0]), "secret": str(lengths[1]), "source": _source(standing, "app_key")}
    if lengths == (KEY_LENGTH, SECRET_LENGTH):
        yield Finding("key", Level.FINE, "key", facts)
    else:
        yield Finding("key", Level.WARNING, "odd_key", facts)


def folder(standing: Standing) -> Iterator[Finding]:
    """The state folder: on this machine, and writable."""
    home, environ = standing.home, standing.environ
    facts = {"place": places.shown(home)}
    if not folders.writable(home):
        yield Finding("folder", Level.PROBLEM, "state_folder")
    elif service := folders.cloud(home, environ):
        yield Finding("folder", Level.WARNING, "folder_synchronised", facts | {"service": service})
    elif folders.remote(home):
        yield Finding("folder", Level.WARNING, "folder_remote", facts)
    elif folders.roaming(home, environ):
        yield Finding("folder", Level.WARNING, "folder_roaming", facts)
    else:
        yield Finding("folder", Level.FINE, "folder", facts)


def desk(standing: Standing) -> Iterator[Finding]:
    """The server that machines share."""
    found = standing.desk
    if found is None:
        return
    if found.problem:
        yield _of(found.problem, "desk")
    elif found.what:
        yield Finding("desk", Level.WARNING, "desk_gone", {"place": found.place, "what": found.what})
    else:
        yield _fine("desk", place=found.place, milliseconds=str(found.milliseconds))


def store(standing: Standing) -> Iterator[Finding]:
    """The file in which snapshots are shared."""
    if standing.settings is None or standing.settings.demo:
        return
    path = standing.settings.store_path
    if not path.exists():
        yield Finding("store", Level.FINE, "store_none")
    elif not path.is_file() or not healthy(path):
        yield Finding("store", Level.WARNING, "store_broken")
    else:
        yield _fine("store")


def network(standing: Standing) -> Iterator[Finding]:
    """The way to the gateway."""
    if standing.settings is None or standing.settings.demo:
        return
    way = standing.way
    if way.key:
        yield Finding("network", Level.PROBLEM, way.key, way.facts)
        if standing.script and not way.proxy:
            yield Finding("network", Level.WARNING, "proxy_script")
    elif way.proxy:
        yield Finding("network", Level.FINE, "network_by_proxy", {"host": way.host, "proxy": way.proxy})
    else:
        yield _fine("network", host=way.host)


def token(standing: Standing) -> Iterator[Finding]:
    """The token that all processes share, as it was before the call."""
    if standing.ready is None:
        return
    kept = standing.token
    if standing.ready.access_token:
        yield Finding("token", Level.FINE, "token_brought")
    elif not kept.readable:
        yield Finding("token", Level.WARNING, "token_damaged")
    elif kept.rest:
        yield _of(kept.rest, "token", Level.WARNING)
    elif kept.valid_until:
        yield _fine("token", until=f"{to_kst(kept.valid_until):%m/%d %H:%M}")
    else:
        yield Finding("token", Level.FINE, "token_none")


def certificate(standing: Standing) -> Iterator[Finding]:
    """Who signed what the gateway shows, and whether that is trusted."""
    called = standing.called
    if called is None:
        return
    issuer = standing.way.issuer
    if called.problem and called.problem.key == "certificate":
        known = {"issuer": issuer} if issuer else {}
        yield Finding("certificate", Level.PROBLEM, "cert_issuer" if issuer else "certificate", known)
    elif called.problem and called.problem.key == "ca_bundle":
        yield _of(called.problem, "certificate")
    elif issuer:
        yield Finding("certificate", Level.FINE, "trusted", {"issuer": issuer})


def call(standing: Standing) -> Iterator[Finding]:
    """One table."""
    called = standing.called
    if called is None:
        return
    if called.problem is None:
        yield _fine("call", pair=called.pair.label(), milliseconds=str(called.milliseconds))
    elif called.problem.key not in ("certificate", "ca_bundle"):  # said already
        yield _of(called.problem, "call")


def clock(standing: Standing) -> Iterator[Finding]:
    """The PC's clock against the gateway's."""
    called = standing.called
    if called is None or called.problem:
        return
    if called.skew:
        minutes = str(max(1, round(abs(called.skew) / 60)))
        yield Finding("clock", Level.WARNING, "clock_slow" if called.skew > 0 else "clock_fast", {"minutes": minutes})
    else:
        yield _fine("clock")


def logged(standing: Standing) -> Iterator[Finding]:
    """Where requests are logged."""
    if standing.settings is None or standing.settings.demo:
        return
    if standing.settings.log:
        yield _fine("log", place=places.shown(standing.home / log.NAME))
    else:
        yield Finding("log", Level.NOTE, "log_off")


ALL: tuple[Check, ...] = (
    settings, keyring, key, folder, desk, store, token, network, certificate, call, clock, logged,
)  # fmt: skip


def _source(standing: Standing, name: str) -> str:
    """Where a setting comes from, by the name users know."""
    source = dict(standing.settings.sources).get(name, "") if standing.settings else ""
    if source == "keyring":
        return standing.keyring or source
    return BY_NAME[name].env if source == "environment" else source


def _of(problem: Problem, name: str, level: Level = Level.PROBLEM) -> Finding:
    return Finding(name, level, problem.key, dict(problem.facts), problem.code)


def _fine(name: str, **facts: str) -> Finding:
    return Finding(name, Level.FINE, name, facts)
