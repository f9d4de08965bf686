"""`serve`: the formulas for a whole desk, on xlwings Server; `serve token` and `serve manifest` prepare it."""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import socket
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from xlwings_kis import settings
from xlwings_kis.address import is_loopback
from xlwings_kis.cli import output, terminal
from xlwings_kis.cli.ending import Ending
from xlwings_kis.cli.texts import text
from xlwings_kis.cli.usage import UsageError
from xlwings_kis.errors import failure
from xlwings_kis.files import replace_file
from xlwings_kis.server import environment
from xlwings_kis.server.guests import FILE, GuestBook, named
from xlwings_kis.settings import Settings

_MOST_WORKERS = 64
_OURS = 1
_ENTRA = ("XLWINGS_AUTH_ENTRAID_CLIENT_ID", "XLWINGS_AUTH_ENTRAID_TENANT_ID")
_NEEDED = ("xlwings_server", "uvicorn")


def options(command: Callable[..., argparse.ArgumentParser], kind: type[argparse.ArgumentParser], lang: str) -> None:
    """What can be typed."""
    serve = command("serve")
    serve.add_argument("--host", default="127.0.0.1", metavar="HOST", help=text("serve_host", lang))
    serve.add_argument("--port", type=int, default=8000, help=text("serve_port", lang))
    serve.add_argument("--workers", type=int, default=1, metavar="N", help=text("serve_workers", lang))
    serve.add_argument("--certfile", metavar="FILE", help=text("serve_certfile", lang))
    serve.add_argument("--keyfile", metavar="FILE", help=text("serve_keyfile", lang))
    serve.add_argument("--behind-proxy", action="store_true", help=text("serve_behind_proxy", lang))
    serve.add_argument("--tokens", metavar="FILE", help=text("serve_tokens", lang))
    serve.add_argument("--grace", type=float, default=10.0, metavar="SECONDS", help=text("serve_grace", lang))
    serve.add_argument("--drain", type=float, default=1.0, metavar="SECONDS", help=text("serve_drain", lang))
    serve.add_argument("--demo", action="store_true", help=text("demo_flag", lang))
    parts = serve.add_subparsers(dest="part", metavar="COMMAND", parser_class=kind)
    token = command("serve token", parts)
    token.add_argument("name", metavar="NAME", help=text("serve_name", lang))
    token.add_argument("--tokens", metavar="FILE", default=argparse.SUPPRESS, help=text("serve_tokens", lang))
    token.add_argument("--remove", action="store_true", help=text("serve_remove", lang))
    manifest = command("serve manifest", parts)
    manifest.add_argument("--url", required=True, metavar="URL", help=text("serve_url", lang))
    manifest.add_argument(
        "-o", "--output", default="manifest.xml", metavar="FILE", help=text("serve_manifest_out", lang)
    )


def serve(arguments: argparse.Namespace) -> int:
    """Serve until told to end, by Ctrl+C too: that is how one ends a server, so it is no failure."""
    lang = arguments.lang
    known = settings.load({"lang": lang} | ({"demo": True} if arguments.demo else {}))
    _check_numbers(arguments, known)
    _installed()
    tls = _certificate(arguments)
    book = GuestBook(Path(arguments.tokens) if arguments.tokens else known.home / FILE)
    providers = _providers(arguments, book)
    _check_address(arguments, providers, tls=bool(tls))
    if not known.demo:
        known.credentials  # noqa: B018 - raises what is missing: now, not in a user's cell
    environment.prepare(
        providers, book.path, known.lang,
        demo=known.demo, loopback=is_loopback(arguments.host), drain=max(0.0, arguments.drain),
    )  # fmt: skip
    _load(lang)
    with _listening(arguments.host, arguments.port, lang) as listener, Ending():
        port = listener.getsockname()[1]
        host = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
        terminal.say(text("serve_license", lang))
        who = ", ".join(text(f"serving_{each}", lang) for each in providers or ("anybody",))
        url = f"{'https' if tls else 'http'}://{host}:{port}"
        terminal.say(text("serving", lang, url=url, workers=str(arguments.workers), who=who))
        status = _run(listener, arguments, tls)
    terminal.say(text("served", lang))
    return status


def token(arguments: argparse.Namespace) -> int:
    """A person's token on stdout, once; the file keeps its hash."""
    lang, name = arguments.lang, arguments.name
    if not named(name):
        raise UsageError(text("bad_guest", lang))
    given = getattr(arguments, "tokens", None)
    book = GuestBook(Path(given) if given else settings.home_folder() / FILE)
    with output.failing(book.path, lang):
        if arguments.remove:
            if not book.remove(name):
                raise UsageError(text("token_unknown", lang, name=name))
            terminal.say(text("token_removed", lang, name=name))
            return 0
        made, replaced = book.add(name)
    terminal.say(text("token_made", lang, name=name))
    terminal.say(made, sys.stdout)
    if replaced:
        terminal.say(text("token_replaced", lang))
    return 0


def manifest(arguments: argparse.Namespace) -> int:
    """The manifest for the address people reach."""
    lang = arguments.lang
    url = _public(arguments.url)
    if url is None:
        raise UsageError(text("bad_url", lang))
    _installed()
    providers = _named_providers()
    environment.prepare(providers, None, lang, demo=False, loopback=False, drain=0)
    _licensed()
    from xlwings_kis.server import manifest as manifests

    target = output.target(arguments.output)
    output.writing(target, lang, lambda: replace_file(target, manifests.render(url).encode()))
    return 0


def _check_numbers(arguments: argparse.Namespace, known: Settings) -> None:
    if not 1 <= arguments.workers <= _MOST_WORKERS:
        raise UsageError(text("bad_workers", arguments.lang))
    if known.demo and arguments.workers > 1:
        raise UsageError(text("one_demo", arguments.lang))
    if bool(arguments.certfile) != bool(arguments.keyfile):
        raise UsageError(text("cert_pair", arguments.lang))


def _installed() -> None:
    """Raises `SettingsError` with the pip command where a package is missing."""
    for name in _NEEDED:
        if importlib.util.find_spec(name) is None:
            raise failure("no_server", what=name)


def _certificate(arguments: argparse.Namespace) -> tuple[str, str] | None:
    if not arguments.certfile:
        return None
    try:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(arguments.certfile, arguments.keyfile, password=_no_password)
    except (OSError, ValueError):  # ssl's own errors are OSErrors
        names = f"{Path(arguments.certfile).name}, {Path(arguments.keyfile).name}"
        raise failure("bad_certificate", file=names) from None
    return arguments.certfile, arguments.keyfile


def _no_password() -> str:
    """A key with a passphrase would ask at the terminal, in each worker."""
    raise ValueError("passphrase")


def _providers(arguments: argparse.Namespace, book: GuestBook) -> tuple[str, ...]:
    """What the environment names, and tokens where a file of them is named or there."""
    providers = _named_providers()
    if (arguments.tokens or book.path.exists()) and environment.CUSTOM not in providers:
        providers = (environment.CUSTOM, *providers)
    if environment.CUSTOM in providers:
        book.check()
    return providers


def _named_providers() -> tuple[str, ...]:
    try:
        providers = environment.providers()
    except ValueError:
        raise failure("bad_provider") from None
    if not set(providers) <= {environment.CUSTOM, environment.ENTRA}:
        raise failure("bad_provider")
    if environment.ENTRA in providers:
        for name in _ENTRA:
            if not os.environ.get(name):
                raise failure("no_entra", name=name)
    return providers


def _check_address(arguments: argparse.Namespace, providers: tuple[str, ...], *, tls: bool) -> None:
    """Off this machine nobody is served without credentials, and no credentials travel in the open."""
    here = is_loopback(arguments.host) and not arguments.behind_proxy
    if not here and not providers:
        raise failure("open_server", host=arguments.host)
    if not here and not tls and not arguments.behind_proxy:
        raise failure("plain_server", host=arguments.host)


def _load(lang: str) -> None:
    """Import here what each worker will: what is missing must be told now, not in a log."""
    _licensed()
    with terminal.patience(text("waiting", lang)):
        importlib.import_module("xlwings_kis.server.app")


def _licensed() -> None:
    try:
        importlib.import_module("xlwings.server")
    except Exception as refused:
        if type(refused).__name__ != "LicenseError":
            raise
        raise failure("no_license") from None


def _listening(host: str, port: int, lang: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except (OSError, OverflowError):
        raise UsageError(text("port_in_use", lang, port=str(port))) from None


def _run(listener: socket.socket, arguments: argparse.Namespace, tls: tuple[str, str] | None) -> int:
    import uvicorn
    from uvicorn.config import STARTUP_FAILURE
    from uvicorn.supervisors import Multiprocess

    from xlwings_kis.server import journal

    listener.set_inheritable(True)
    certfile, keyfile = tls or (None, None)
    config = uvicorn.Config(
        "xlwings_kis.server.app:app",
        workers=arguments.workers,
        log_config=journal.configuration(),
        access_log=False,  # it writes queries; the door writes what may be known
        ssl_certfile=certfile,
        ssl_keyfile=keyfile,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=max(1, round(arguments.grace)),
        timeout_keep_alive=30,
        lifespan="on",
    )
    if arguments.workers > 1:
        supervisor: Any = Multiprocess(config, sockets=[listener])
        supervisor.run()
        broken = any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes)
        return _OURS if broken else 0
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except SystemExit:  # a worker that could not begin; its log line says why
        return _OURS
    return 0


def _public(url: str) -> str | None:
    """An address as people reach it: https, or http on this machine; no path, no name, no password."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    fine = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    plain = parts.path in ("", "/") and not parts.query and not parts.fragment and "@" not in parts.netloc
    letters = bool(host) and all(letter.isalnum() or letter in ".-:" for letter in host) and host.isascii()
    if not (fine and plain and letters):
        return None
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port else "")
