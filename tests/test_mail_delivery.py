"""Mails are handed in encrypted, once, within a time; and whoever did not get one is named."""

from __future__ import annotations

import email
import email.policy
import socket
import ssl
import threading
import traceback
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from certificates import server_context
from clocks import kst
from mailing import report
from mailserver import PASSWORD, USER, CutsAfterData, CutsInData, HangsAfterData, MailServer, RefusesData, Scripted

from xlwings_kis.errors import DeliveryError, KisError, SettingsError
from xlwings_kis.mail import addresses, delivery, template
from xlwings_kis.mail.delivery import Receipt, Server
from xlwings_kis.mail.letter import Letter
from xlwings_kis.mail.message import Attachment, Envelope, compose
from xlwings_kis.secret import Secret

SOON = 0.5
"""A budget for what never comes."""

FROM = "desk@company.kr"
TO = ("a@b.kr", "c@d.kr", "e@f.kr")
LARGE = b".\r\n..\r\n.x" * 30_000


@pytest.fixture(autouse=True)
def _trusted(authority: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority / "ca.pem"))


@pytest.fixture
def serve(authority: Path) -> Iterator[Callable[..., Any]]:
    """Servers with a company's certificate."""
    servers: list[Any] = []

    def start(security: str = "starttls", certificate: str | None = "good", **options: Any) -> MailServer:
        context = server_context(authority, certificate) if certificate else None
        servers.append(MailServer(security, context, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def scripted() -> Iterator[Callable[..., Scripted]]:
    servers: list[Scripted] = []

    def start(handle: Callable[..., None]) -> Scripted:
        servers.append(Scripted(handle))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def message(data: bytes = b"PK") -> Any:
    who = Envelope(addresses.parse(TO), (), addresses.one(FROM), kst("2026-11-20 17:10:00"))
    return compose(Letter(report()), Attachment("프로그램매매.xlsx", data), who, template.default("ko"))


def send(to: Server, recipients: tuple[str, ...] = TO, seconds: float = 60.0, data: bytes = b"PK") -> Receipt:
    return delivery.send(message(data), FROM, recipients, to, seconds)


def refused(to: Server, kind: type[KisError] = DeliveryError, **more: Any) -> KisError:
    with pytest.raises(kind) as raised:
        send(to, **more)
    shown = "".join(traceback.format_exception(raised.value)) + repr(to)
    assert PASSWORD not in shown
    return raised.value


def key(error: KisError) -> str:
    return error.problem.key


# --- what arrives ---


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_arrives_whole_over_either_kind_of_encryption(serve, security):
    server = serve(security)
    assert send(server.address(), data=LARGE) == Receipt(TO, ())
    (envelope,) = server.envelopes
    assert (envelope.mail_from, tuple(envelope.rcpt_tos)) == (FROM, TO)
    assert envelope.content == message(LARGE).as_bytes()
    (attachment,) = email.message_from_bytes(envelope.content, policy=email.policy.default).iter_attachments()
    assert attachment.get_content() == LARGE
    assert server.logins == [("PLAIN", USER, PASSWORD)]


def test_lines_that_begin_with_a_dot_arrive_as_they_were(serve):
    server, text = serve(), EmailMessage(policy=email.policy.SMTP)
    text.set_content(".\r\n..\r\n.x\r\nend\r\n")
    delivery.send(text, FROM, TO, server.address())
    assert server.envelopes[0].content == text.as_bytes()
    assert b"\r\n.\r\n..\r\n.x\r\n" in text.as_bytes()


def test_the_server_does_not_learn_what_this_machine_is_called(serve, monkeypatch):
    monkeypatch.setattr(socket, "getfqdn", lambda *_: pytest.fail("nobody needs that name"))
    server = serve()
    send(server.address())
    assert set(server.names) == {"[127.0.0.1]"}


def test_a_companys_relay_needs_no_login(serve):
    server = serve()
    assert send(server.address(user="")).refused == ()
    assert server.logins == []


def test_a_server_that_knows_only_the_other_way_to_log_in_is_spoken_to_in_it(serve):
    server = serve(auth_exclude_mechanism=["PLAIN"])
    assert send(server.address()).refused == ()
    assert server.logins == [("LOGIN", USER, PASSWORD)]


def test_this_machine_itself_may_be_spoken_to_in_the_clear(serve):
    server = serve("none", certificate=None)
    assert send(server.address()).refused == ()


# --- who does not get it ---


def test_whoever_is_refused_is_told_and_the_others_get_it(serve):
    server = serve(refuse=("c@d.kr",))
    receipt = send(server.address())
    assert receipt == Receipt(("a@b.kr", "e@f.kr"), ("c@d.kr",))
    assert server.envelopes[0].rcpt_tos == ["a@b.kr", "e@f.kr"]
    told = str(delivery.refusal(receipt))
    assert told.startswith("메일을 일부만 보냈습니다(수신 거부: c@d.kr). 나머지 2명에게는 보냈습니다. ")


def test_where_all_are_refused_nothing_is_sent(serve):
    server = serve(refuse=TO)
    receipt = send(server.address())
    assert receipt == Receipt((), TO)
    assert server.envelopes == []
    assert str(delivery.refusal(receipt)).startswith("메일을 보내지 못했습니다(수신 거부: a@b.kr, c@d.kr, e@f.kr). ")


def test_many_refused_addresses_are_counted():
    receipt = Receipt((), tuple(f"{n}@b.kr" for n in range(9)))
    assert "(수신 거부: 0@b.kr, 1@b.kr, 2@b.kr +6)" in str(delivery.refusal(receipt))


# --- logins ---


def test_a_wrong_password_is_tried_once_and_shown_nowhere(serve):
    server, typed = serve(), "".join(reversed(PASSWORD))  # a traceback shows lines of this file
    with pytest.raises(DeliveryError) as raised:
        send(server.address(password=typed))
    assert key(raised.value) == "mail_login"
    assert "(로그인 거절 535)" in str(raised.value)
    assert len(server.logins) == 1
    assert server.envelopes == []
    frames = "".join(traceback.format_exception(raised.value))
    assert typed not in frames + repr(raised.value) + repr(raised.value.problem)
    assert server.logins[0][2] == typed


def test_a_server_without_logins_by_password_is_said_to_be_one(serve):
    server = serve(auth_exclude_mechanism=["PLAIN", "LOGIN"])
    assert key(refused(server.address())) == "mail_no_login"


def test_a_user_without_a_password_is_a_matter_of_settings(serve):
    to = serve().address()
    error = refused(Server(to.host, to.port, to.security, USER), SettingsError)
    assert key(error) == "no_mail_password"


# --- encryption ---


@pytest.mark.parametrize("certificate", ["elsewhere", "expired"])
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_wrong_certificate_gets_neither_password_nor_mail(serve, security, certificate):
    server = serve(security, certificate)
    assert key(refused(server.address())) == "mail_certificate"
    assert (server.logins, server.envelopes) == ([], [])


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_an_unknown_authority_is_not_trusted(serve, monkeypatch, security):
    monkeypatch.delenv("SSL_CERT_FILE")
    server = serve(security)
    assert key(refused(server.address())) == "mail_certificate"


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_companys_authority_is_trusted_by_the_same_names_as_the_gateways(serve, monkeypatch, authority, variable):
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv(variable, str(authority / "ca.pem"))
    assert send(serve().address()).refused == ()


def test_a_server_without_starttls_gets_neither_password_nor_mail(serve):
    server = serve(certificate=None)
    assert key(refused(server.address())) == "mail_no_tls"
    assert (server.logins, server.envelopes) == ([], [])


def test_starttls_that_is_offered_and_then_refused_is_no_encryption(scripted):
    def handle(connection, over):
        connection.sendall(b"220 hello\r\n")
        for answer in (b"250-mail\r\n250 STARTTLS\r\n", b"454 not now\r\n"):
            connection.recv(1000)
            connection.sendall(answer)
        connection.recv(1000)

    assert key(refused(scripted(handle).address())) == "mail_no_tls"


def test_a_server_that_speaks_no_tls_on_its_port_is_no_encryption(serve):
    server = serve(certificate=None)
    assert key(refused(server.address(security="tls"))) == "mail_no_tls"
    assert server.logins == []


def test_another_machine_is_never_spoken_to_in_the_clear():
    error = refused(Server("192.0.2.1", 25, "none"), SettingsError)
    assert key(error) == "plain_mail"


# --- what breaks ---


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_connection_cut_within_the_message_has_sent_nothing(serve, security):
    server = serve(security, protocol=CutsInData)
    assert key(refused(server.address(), data=LARGE * 20)) == "mail_cut"


def test_a_connection_cut_before_the_message_has_sent_nothing(scripted):
    def handle(connection, over):
        connection.sendall(b"220 hello\r\n")
        connection.recv(1000)

    assert key(refused(scripted(handle).address("none"))) == "mail_cut"


def test_a_connection_cut_after_the_message_leaves_it_open_whether_it_was_sent(serve):
    server = serve(protocol=CutsAfterData)
    error = refused(server.address())
    assert key(error) == "mail_unsure"
    assert str(error).startswith("메일이 도착했는지 알 수 없습니다(마지막 응답 없음). ")


def test_so_does_an_answer_that_never_comes_and_the_time_ends_it(serve, monkeypatch):
    class WhenItThinks(threading.Thread):
        def __init__(self, seconds: float, then: Callable[[], None]) -> None:
            super().__init__(target=lambda: HangsAfterData.thinking.wait(60) and then())

        def cancel(self) -> None:
            pass

    monkeypatch.setattr(delivery.threading, "Timer", WhenItThinks)
    HangsAfterData.thinking.clear()
    assert key(refused(serve(protocol=HangsAfterData).address())) == "mail_unsure"


def test_a_message_that_is_refused_is_refused_in_the_servers_words_without_our_secrets(serve):
    error = refused(serve(protocol=RefusesData).address())
    assert "(서버 거절 554)" in str(error)
    assert "spam, says <hidden>" in str(error)


def test_a_message_too_large_for_the_server_is_refused_before_it_is_sent(serve):
    error = refused(serve(data_size_limit=1000).address())
    assert (key(error), error.problem.facts["reply"]) == ("mail_rejected", "552")


def test_a_sender_the_server_does_not_like_is_named_by_its_setting(scripted):
    def handle(connection, over):
        connection.sendall(b"220 hello\r\n")
        for answer in (b"250-mail\r\n250 AUTH PLAIN\r\n", b"235 welcome\r\n", b"553 not you\r\n"):
            connection.recv(1000)
            connection.sendall(answer)
        connection.recv(1000)

    error = refused(scripted(handle).address("none"))
    assert key(error) == "mail_sender"
    assert "XLWINGS_KIS_MAIL_FROM" in str(error)


@pytest.mark.parametrize("greeting", [b"554 go away\r\n", b"421 busy\r\n"])
def test_a_server_that_does_not_want_us_at_all_says_so(scripted, greeting):
    error = refused(scripted(lambda connection, over: connection.sendall(greeting)).address())
    assert (key(error), error.problem.facts["reply"]) == ("mail_rejected", greeting.decode()[:3])


@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
def test_a_server_that_says_nothing_is_not_waited_for_beyond_the_time(scripted, security):
    server = scripted(lambda connection, over: over.wait(20))
    assert key(refused(server.address(security), seconds=SOON)) in ("mail_slow", "mail_unreachable")


def test_a_server_that_drips_is_not_waited_for_beyond_the_time(scripted):
    def handle(connection, over):
        while not over.wait(0.02):
            connection.sendall(b"220-still thinking\r\n")

    assert key(refused(scripted(handle).address(), seconds=SOON)) == "mail_slow"


def test_nobody_at_the_address_is_said_with_host_and_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = refused(Server("127.0.0.1", port))
    assert key(error) == "mail_unreachable"
    assert f"127.0.0.1:{port} 접속이 막혔는지" in str(error)


def test_a_name_nobody_has_is_unreachable(monkeypatch):
    def nobody(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    assert key(refused(Server("mail.company.kr"))) == "mail_unreachable"


@pytest.mark.parametrize("garbage", [b"\xff\xfe\r\n", b"220 " + b"x" * 20_000 + b"\r\n", b"hello\r\n"])
def test_what_is_no_mail_server_is_one_sentence(scripted, garbage):
    server = scripted(lambda connection, over: connection.sendall(garbage))
    assert refused(server.address()).exit_code == 5


def test_an_endless_question_at_the_login_is_one_sentence(scripted):
    def handle(connection, over):
        connection.sendall(b"220 hello\r\n")
        connection.recv(1000)
        connection.sendall(b"250-mail\r\n250 AUTH LOGIN\r\n")
        while connection.recv(1000):
            connection.sendall(b"334 !!!\r\n")

    assert refused(scripted(handle).address("none")).exit_code == 5


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_port_follows_from_the_encryption(security, port):
    assert Server("mail.company.kr", security=security).address == ("mail.company.kr", port)


def test_a_secret_is_not_shown_with_the_server():
    assert "hidden" in repr(Server("h", 1, "tls", USER, Secret(PASSWORD)))


def test_tls_below_1_2_is_not_spoken():
    from xlwings_kis import trust

    assert trust.with_bundle().minimum_version >= ssl.TLSVersion.TLSv1_2
