"""`--mail-to` and its companions: a saved report handed to the mail server, or written as it would be sent."""

from __future__ import annotations

import argparse
from dataclasses import replace
from email.headerregistry import Address
from pathlib import Path
from typing import TYPE_CHECKING

from xlwings_kis import runtime, settings, sources
from xlwings_kis.cli import terminal
from xlwings_kis.cli.texts import text
from xlwings_kis.clock import to_kst
from xlwings_kis.errors import DeliveryError, KisError, error, failure
from xlwings_kis.secret import Secret
from xlwings_kis.settings import BY_NAME, Settings

if TYPE_CHECKING:
    from xlwings_kis.mail.delivery import Server
    from xlwings_kis.report.content import Report


def options(parser: argparse.ArgumentParser, lang: str) -> None:
    """The options of a command that saves a report."""
    parser.add_argument("--mail-to", metavar="ADDRESS", action="append", help=text("mail_to", lang))
    parser.add_argument("--mail-cc", metavar="ADDRESS", action="append", help=text("mail_cc", lang))
    parser.add_argument("--dry-run", action="store_true", help=text("dry_run", lang))


def wanted(arguments: argparse.Namespace) -> bool:
    """Whether a mail is asked for at all."""
    return bool(arguments.mail_to or arguments.mail_cc or arguments.dry_run)


def deliver(arguments: argparse.Namespace, report: Report, path: Path) -> None:
    """Send a report that is saved at `path`, if that is asked for. Whatever goes wrong, the report stays, and it is said where.

    Raises `ArgumentError` for addresses, `SettingsError` for settings or the template, `DeliveryError` for the rest.
    """
    if not wanted(arguments):
        return
    try:
        _deliver(arguments, report, path)
    except DeliveryError as failed:
        facts = {**failed.problem.facts, "file": path.name}
        raise error(replace(failed.problem, facts=facts)) from failed
    except KisError:
        terminal.say(text("report_kept", arguments.lang, file=path.name))
        raise


def _deliver(arguments: argparse.Namespace, report: Report, path: Path) -> None:
    from xlwings_kis.mail import addresses, delivery, template
    from xlwings_kis.mail.letter import Letter
    from xlwings_kis.mail.message import Attachment, Envelope, compose

    to, cc = addresses.parse(arguments.mail_to or ()), addresses.parse(arguments.mail_cc or ())
    found = settings.load({"demo": True})  # no key pair is looked for: a mail needs none
    texts = template.load(found.home, found.mail_template, report.lang)
    server = None if arguments.dry_run else _server(found)
    sender = _sender(found, needed=server is not None)
    envelope = Envelope(to, cc, sender, to_kst(runtime.clock.epoch()))
    message = compose(Letter(report), Attachment(path.name, _bytes(path)), envelope, texts)
    if server is None or sender is None:
        _write(path.with_suffix(".eml"), message.as_bytes(), arguments)
        return
    with terminal.patience(text("mailing", arguments.lang)):
        receipt = delivery.send(message, sender.addr_spec, envelope.recipients, server)
    if receipt.refused:
        raise delivery.refusal(receipt)
    _say("mailed", arguments, who=", ".join(receipt.accepted))


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as trouble:
        raise failure("mail_unreadable") from trouble


def _server(found: Settings) -> Server:
    from xlwings_kis.mail.delivery import Server

    if not found.mail_host:
        raise failure("no_mail", ask_user=True, names=BY_NAME["mail_host"].env)
    password = found.mail_password
    if found.mail_user and not password:
        kept = sources.keyring_mail()
        # A password goes to the server and account it was given for, and to no other.
        if (kept.get("host"), kept.get("user")) == (found.mail_host, found.mail_user):
            password = Secret(kept["password"])
        else:
            raise failure("no_mail_password", ask_user=True)
    return Server(found.mail_host, found.mail_port, found.mail_security, found.mail_user, password)


def _sender(found: Settings, *, needed: bool) -> Address | None:
    from xlwings_kis.mail import addresses

    try:
        return addresses.one(found.mail_from or found.mail_user)
    except KisError:
        if needed:
            raise failure("no_mail", ask_user=True, names=BY_NAME["mail_from"].env) from None
        return None


def _write(path: Path, data: bytes, arguments: argparse.Namespace) -> None:
    """Beside whatever has that name, never in its place, unless it is the very same mail."""
    from xlwings_kis.report.target import put

    try:
        saved = put(data, path, arguments.lang, replaceable=lambda there: there.read_bytes() == data)
    except OSError as trouble:
        raise failure("cannot_write", file=path.name, reason=text("why_open", arguments.lang)) from trouble
    if saved.remark:
        terminal.say(saved.remark)
    _say("dry_run_saved", arguments, file=saved.path.name)


def _say(key: str, arguments: argparse.Namespace, **facts: str) -> None:
    if not getattr(arguments, "quiet", False):
        terminal.say(text(key, arguments.lang, **facts))
