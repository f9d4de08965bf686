"""The one module that speaks SMTP: a message out, and who has got it; always within a time, never in the clear.

Plain connections are for this machine itself. One login is tried and no more: a second wrong one may lock the account. The
server learns neither this machine's name nor more of its address than it sees.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from typing import NamedTuple, NoReturn

from xlwings_kis import trust
from xlwings_kis.address import is_loopback
from xlwings_kis.errors import KisError, failure
from xlwings_kis.secret import Secret, redact

CONNECT_SECONDS = 10.0
BUDGET_SECONDS = 120.0
"""For everything together: company servers look for viruses before they answer."""

PORTS = {"starttls": 587, "tls": 465, "none": 25}
_NOBODY = "[127.0.0.1]"
"""What we call ourselves in EHLO: an address that tells nothing, as mail programs for telephones do."""

_PARTING_SECONDS = 5.0
_NAMED = 3
"""So many refused addresses are named in a sentence."""

_ACCEPTED = (250, 251)
_START_INPUT = 354
_CLOSING = 421
_TOO_LARGE = 552


@dataclass(frozen=True, slots=True)
class Server:
    """Where mails are handed in, and as whom. Without a user there is no login (a company's own relay)."""

    host: str
    port: int = 0
    security: str = "starttls"
    user: str = ""
    password: Secret | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port, the port by the kind of security where none is given."""
        return self.host, self.port or PORTS[self.security]


class Receipt(NamedTuple):
    """Whose address the server accepted, and whose it refused. Nothing has left where nobody was accepted."""

    accepted: tuple[str, ...]
    refused: tuple[str, ...]


def send(
    message: EmailMessage,
    sender: str,
    recipients: tuple[str, ...],
    server: Server,
    seconds: float = BUDGET_SECONDS,
) -> Receipt:
    """Hand a message in, once. Raises `DeliveryError` with the reason, `SettingsError` for what would go in the clear."""
    if server.security == "none" and not is_loopback(server.host):
        raise failure("plain_mail", ask_user=True)
    data = message.as_bytes()
    with _Watch(seconds) as watch, _told(server, watch):
        session = _Session(server, watch)
        try:
            watch.connected = True
            session.greet()
            return session.hand_in(data, sender, recipients)
        finally:
            session.part()


def refusal(receipt: Receipt) -> KisError:
    """The error of a mail that not everybody gets."""
    named, more = ", ".join(receipt.refused[:_NAMED]), len(receipt.refused) - _NAMED
    who = f"{named} +{more}" if more > 0 else named
    if receipt.accepted:
        return failure("mail_partly", who=who, sent=str(len(receipt.accepted)))
    return failure("mail_refused", who=who)


class _Session(smtplib.SMTP):
    """A connection to one server, encrypted before anything is said on it that matters."""

    def __init__(self, server: Server, watch: _Watch) -> None:
        self._server, self._watch = server, watch
        super().__init__(*server.address, local_hostname=_NOBODY, timeout=CONNECT_SECONDS)
        if self.sock:
            self.sock.settimeout(watch.seconds)  # from here on the watch decides

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        sock = socket.create_connection((host, port), timeout)
        self._watch.follow(sock)
        return trust.with_bundle().wrap_socket(sock, server_hostname=host) if self._server.security == "tls" else sock

    def greet(self) -> None:
        """Say hello, encrypt, log in."""
        self.ehlo_or_helo_if_needed()
        if self._server.security == "starttls":
            if not self.has_extn("starttls"):
                raise failure("mail_no_tls")
            try:
                self.starttls(context=trust.with_bundle())
            except smtplib.SMTPResponseException:  # it offers what it then refuses
                raise failure("mail_no_tls") from None
            self.ehlo()
        self._watch.encrypted = True
        if self._server.user:
            self._log_in(self._server.user, self._server.password)

    def hand_in(self, data: bytes, sender: str, recipients: tuple[str, ...]) -> Receipt:
        """The message, if anybody may have it."""
        size = [f"size={len(data)}"] if self.has_extn("size") else []
        code, reply = self.mail(sender, size)
        if code not in _ACCEPTED:
            self._refused(code, reply, "mail_rejected" if code in (_CLOSING, _TOO_LARGE) else "mail_sender")
        answers = {recipient: self.rcpt(recipient)[0] for recipient in recipients}
        receipt = Receipt(
            tuple(who for who, code in answers.items() if code in _ACCEPTED),
            tuple(who for who, code in answers.items() if code not in _ACCEPTED),
        )
        if receipt.accepted:
            code, reply = self.docmd("DATA")
            if code != _START_INPUT:
                self._refused(code, reply)
            self.send(_dotted(data))
            self._watch.unsure = True  # the server has all of it; without its answer nobody knows what it does with it
            code, reply = self.getreply()
            if code < 0:  # no answer that can be read
                raise smtplib.SMTPServerDisconnected
            if code not in _ACCEPTED:
                self._refused(code, reply)
        return receipt

    def part(self) -> None:
        """Take leave, if there is still somebody."""
        with contextlib.suppress(smtplib.SMTPException, OSError):
            if self.sock:
                self.sock.settimeout(_PARTING_SECONDS)
            self.quit()
        self.close()

    def _log_in(self, user: str, password: Secret | None) -> None:
        if password is None:
            raise failure("no_mail_password", ask_user=True)
        self.user, self.password = user, password.reveal()
        offered = self.esmtp_features.get("auth", "").upper().split()
        try:
            if "PLAIN" in offered:
                self.auth("PLAIN", self.auth_plain)
            elif "LOGIN" in offered:
                self.auth("LOGIN", self.auth_login)
            else:
                raise failure("mail_no_login")
        except smtplib.SMTPAuthenticationError as error:  # its text may repeat what we sent: it goes no further
            raise failure("mail_login", reply=str(error.smtp_code)) from None
        except ValueError:  # a question that is none
            raise failure("mail_no_login") from None
        finally:
            self.password = ""

    def _refused(self, code: int, reply: bytes, key: str = "mail_rejected") -> NoReturn:
        said = redact(reply.decode("utf-8", "replace"), (self._server.password,))
        raise failure(key, reply=str(code), msg=said)


class _Watch:
    """Ends a session whose answers come too slowly, and knows how far it got."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.expired = self.connected = self.encrypted = self.unsure = False
        self._line: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> _Watch:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._line:
            self._line.close()

    def follow(self, sock: socket.socket) -> None:
        """The line to cut. A copy of the handle: TLS takes the socket itself over, even before its handshake is done."""
        self._line = sock.dup()

    def _expire(self) -> None:
        self.expired = True
        if self._line:
            with contextlib.suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def _told(server: Server, watch: _Watch) -> Iterator[None]:
    """Whatever a connection may break by, as one of our errors."""
    try:
        yield
    except KisError:
        raise
    except (smtplib.SMTPException, OSError) as error:
        raise _reason(error, server, watch) from error


def _reason(error: Exception, server: Server, watch: _Watch) -> KisError:
    late = watch.expired or isinstance(error, TimeoutError) or "timed out" in str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return failure("mail_certificate")
    if watch.unsure:
        return failure("mail_unsure")
    if isinstance(error, smtplib.SMTPResponseException):  # to our coming, or to our greeting
        said = error.smtp_error
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        return failure("mail_rejected", reply=str(error.smtp_code), msg=text)
    if isinstance(error, ssl.SSLError) and not late and not watch.encrypted:
        return failure("mail_no_tls")
    if late and (watch.connected or isinstance(error, smtplib.SMTPException)):
        return failure("mail_slow")
    if not watch.connected:
        return failure("mail_unreachable", host="{}:{}".format(*server.address))
    return failure("mail_cut")


def _dotted(data: bytes) -> bytes:
    """The message as DATA carries it: lines that begin with a dot get another, one alone ends it."""
    lines = data.removesuffix(b"\r\n").split(b"\r\n")
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines) + b"\r\n.\r\n"
