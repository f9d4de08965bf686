"""The transport: every way a connection can fail, by name; always within a time; never past a certificate."""

from __future__ import annotations

import gc
import gzip
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from loopback import Loopback, answer_of, answering, dripping, hanging, read_request, tunnel
from samples import KRX_KOSPI

from xlwings_kis import transport as module
from xlwings_kis.errors import NetworkError
from xlwings_kis.gateway import Gateway
from xlwings_kis.protocol import Answer, Credentials, Request, TransportFault, data_request, read_data, token_request
from xlwings_kis.secret import Secret
from xlwings_kis.simulator import Fault, Simulator
from xlwings_kis.transport import CONNECT_SECONDS, LARGEST_BODY, Transport

SOON = 0.4
"""A budget for what never comes."""

ENOUGH = 20.0
"""A budget for what comes at once, even on a busy machine."""

WHO = Credentials(Secret("key"), Secret("secret"))
DATA = data_request(KRX_KOSPI, WHO, Secret("a-token"), lambda: "uid")
TOKEN = token_request(WHO)


@pytest.fixture
def to() -> Iterator[Callable[[str], Transport]]:
    transports: list[Transport] = []

    def make(url: str) -> Transport:
        transports.append(Transport(url))
        return transports[-1]

    yield make
    for transport in transports:
        transport.close()


def fault_of(transport: Transport, request: Request = DATA, budget: float = ENOUGH) -> TransportFault:
    with pytest.raises(TransportFault) as caught:
        transport.send(request, budget)
    return caught.value


def told(fault: TransportFault) -> tuple[str, str, bool, bool]:
    """The sentence, what was broken, whether it is worth another try, whether KIS may have acted."""
    problem = fault.error.problem
    return problem.key, problem.facts.get("broken", ""), fault.again, fault.sent


NO_ANSWER = ("no_answer", "", False, True)
DROPPED = ("no_answer", "", True, True)
CUT = ("broken_answer", "cut", False, True)
LARGE = ("broken_answer", "large", False, True)
REFUSED = ("unreachable", "", True, False)
UNREACHABLE = ("unreachable", "", False, False)
CERTIFICATE = ("certificate", "", False, False)
PROXY = ("proxy", "", False, False)


# --- connections that work ---


def test_calls_share_one_connection(serve, to):
    server = serve()
    transport = to(server.url)
    for _ in range(4):
        assert transport.send(DATA, ENOUGH).body == b'{"good": true}'
    assert server.accepted == 1
    assert len(server.received) == 4


def test_a_token_is_asked_for_on_a_connection_of_its_own(serve, to):
    server = serve()
    transport = to(server.url)
    transport.send(DATA, ENOUGH)
    transport.send(TOKEN, ENOUGH)
    transport.send(TOKEN, ENOUGH)
    transport.send(DATA, ENOUGH)
    assert server.accepted >= 2  # 3, but for a send that meets the closing itself


def test_a_request_goes_out_as_it_was_made(serve, to):
    server = serve()
    transport = to(server.url + "/")
    transport.send(DATA, ENOUGH)
    transport.send(TOKEN, ENOUGH)
    data, token = (request.decode() for request in server.received)
    assert data.startswith(f"GET {DATA.path}?EXCH_DIV_CLS_CODE=J&MRKT_DIV_CLS_CODE=1 HTTP/1.1\r\n")
    assert "\r\nauthorization: Bearer a-token\r\n" in data
    assert "\r\ntr_id: HHPPG046600C1\r\n" in data
    assert token.startswith(f"POST {TOKEN.path} HTTP/1.1\r\n")
    assert token.endswith('{"grant_type": "client_credentials", "appkey": "key", "appsecret": "secret"}')


def test_an_answer_comes_back_whole(serve, to):
    body = "한글".encode() * 50_000
    server = serve(answering(answer_of(body, "X-Some: thing", "Date: Fri, 20 Nov 2026 02:20:31 GMT", status="500 No")))
    status, headers, got = to(server.url).send(DATA, ENOUGH)
    assert (status, got) == (500, body)
    assert headers["x-some"] == "thing"


def test_threads_do_not_wait_for_each_other(serve, to):
    gate = threading.Barrier(4)

    def together(connection: socket.socket, server: Loopback) -> None:
        server.received.append(read_request(connection))
        gate.wait(20)  # only passed when all four are here
        connection.sendall(answer_of())

    transport, got = to(serve(together).url), []
    threads = [threading.Thread(target=lambda: got.append(transport.send(DATA, ENOUGH).status)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [200] * 4


def test_a_connection_closed_meanwhile_is_replaced(serve, to):
    server = serve(answering(answer_of(b"{}", "connection: keep-alive")))
    transport = to(server.url)
    for _ in range(3):
        with suppress(TransportFault):  # closed in the very moment: what `again` is for
            transport.send(DATA, ENOUGH)
    assert server.accepted >= 2  # 3, but for a send that meets the closing itself


# --- every fault of the simulator ---

OF_THE_CONNECTION = {
    Fault.RESET: DROPPED,
    Fault.CLOSE_BEFORE_ANSWER: DROPPED,
    Fault.HANG: NO_ANSWER,
    Fault.HANG_IN_BODY: NO_ANSWER,
    Fault.SLOW_DRIP: NO_ANSWER,
    Fault.TRUNCATED: CUT,
    Fault.GZIP_BOMB: LARGE,
    Fault.TOKEN_HANG: NO_ANSWER,
    Fault.TOKEN_RESET: DROPPED,
}
FOR_EVER = {Fault.HANG, Fault.HANG_IN_BODY, Fault.SLOW_DRIP, Fault.TOKEN_HANG}


@pytest.fixture
def token(kis: Simulator, to: Callable[[str], Transport]) -> Secret:
    gateway = Gateway(to(kis.url), Credentials(Secret(kis.app_key), Secret(kis.app_secret)), _Now())
    return gateway.issue_token().token


class _Now:
    epoch = staticmethod(lambda: datetime.now(UTC).timestamp())
    monotonic = staticmethod(lambda: 0.0)
    sleep = staticmethod(lambda seconds: None)


def request_to(kis: Simulator, token: Secret, fault: Fault) -> Request:
    who = Credentials(Secret(kis.app_key), Secret(kis.app_secret))
    if fault.concerns == "token":
        return token_request(who)
    return data_request(KRX_KOSPI, who, token, lambda: "uid")


@pytest.mark.parametrize(
    ("fault", "expected"), OF_THE_CONNECTION.items(), ids=[fault.value for fault in OF_THE_CONNECTION]
)
def test_a_fault_of_the_connection_has_its_name(kis, to, token, fault, expected):
    transport, request = to(kis.url), request_to(kis, token, fault)
    kis.reset_calls()
    kis.fail_next(fault)
    assert told(fault_of(transport, request, SOON if fault in FOR_EVER else ENOUGH)) == expected
    assert len(kis.calls) == 1, "nothing is repeated here"
    assert transport.send(request, ENOUGH).status == 200, "and the next call has forgotten it"


OTHERS = [fault for fault in Fault if fault not in OF_THE_CONNECTION]


@pytest.mark.parametrize("fault", OTHERS, ids=[fault.value for fault in OTHERS])
def test_any_other_fault_is_an_answer(kis, to, token, fault):
    transport, request = to(kis.url), request_to(kis, token, fault)
    kis.reset_calls()
    kis.fail_next(fault)
    answer = transport.send(request, ENOUGH)
    assert answer.status == kis.calls[0].status
    assert transport.send(request, ENOUGH).status == 200
    assert len(kis.calls) == 2


def test_a_redirect_is_not_followed(kis, to, token):
    transport = to(kis.url)
    kis.fail_next(Fault.REDIRECT)
    assert transport.send(request_to(kis, token, Fault.REDIRECT), ENOUGH).status == 302
    assert kis.kinds[-1] == "program-trade"
    assert "redirected" not in kis.kinds


def test_a_body_longer_than_it_says_does_not_reach_the_next_answer(kis, to, token):
    transport, request = to(kis.url), request_to(kis, token, Fault.WRONG_LENGTH)
    kis.fail_next(Fault.WRONG_LENGTH)
    transport.send(request, ENOUGH)
    assert read_data(transport.send(request, ENOUGH))["output1"]


# --- servers worse than the simulator ---

SPOILT = {
    "not HTTP": (answering(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), CUT),
    "noise": (answering(b"\x00\xff\xfe\r\n\r\n"), CUT),
    "a status that is none": (answering(b"HTTP/1.1 abc OK\r\n\r\n"), CUT),
    "an endless header": (answering(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000 + b"\r\n\r\n"), CUT),
    "a thousand headers": (answering(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 1000 + b"\r\n"), CUT),
    "gzip that is none": (answering(answer_of(b"no gzip", "content-encoding: gzip")), CUT),
    "chunks that are none": (answering(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"), CUT),
    "chunks that break off": (answering(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab"), CUT),
    "a body without end": (
        answering(b"HTTP/1.1 200 OK\r\n\r\n", *[b" " * 65536] * (LARGEST_BODY // 65536 + 2)),
        LARGE,
    ),
    "a body that is far too long": (answering(answer_of(b" " * (LARGEST_BODY + 100_000), length=10**12)), LARGE),
    "closed without a word": (answering(), DROPPED),
}


@pytest.mark.parametrize(("handle", "expected"), SPOILT.values(), ids=SPOILT.keys())
def test_a_spoilt_answer_has_its_name(serve, to, handle, expected):
    server = serve(handle)
    assert told(fault_of(to(server.url))) == expected
    assert server.accepted == 1


@pytest.mark.parametrize(
    "handle",
    [
        hanging,
        dripping(b"", b"H"),
        dripping(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n"),
        dripping(b"HTTP/1.1 200 OK\r\nx: ", b"y"),
        dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        dripping(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", b" "),
        dripping(b"HTTP/1.1 200 OK\r\n\r\n", b" "),
        dripping(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
    ids=["nothing", "status", "headers", "header", "100 Continue", "body", "body without length", "chunks"],
)
@pytest.mark.parametrize("request_", [DATA, TOKEN], ids=["data", "token"])
def test_what_comes_too_slowly_is_ended_by_the_budget(serve, to, handle, request_):
    server = serve(handle)
    assert told(fault_of(to(server.url), request_, SOON)) == NO_ANSWER
    assert server.accepted == 1


def test_a_body_of_just_the_largest_size_is_taken(serve, to):
    server = serve(answering(answer_of(b" " * LARGEST_BODY)))
    assert len(to(server.url).send(DATA, ENOUGH).body) == LARGEST_BODY


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_bomb_is_refused_without_taking_its_room(serve, to, encoding):
    import zlib

    bomb = gzip.compress(b" " * 200_000_000, 9) if encoding == "gzip" else zlib.compress(b" " * 200_000_000, 9)
    server = serve(answering(answer_of(bomb, f"content-encoding: {encoding}")))
    transport = to(server.url)
    tracemalloc.start()
    try:
        assert told(fault_of(transport)) == LARGE
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 10 * LARGEST_BODY


def test_a_port_nobody_listens_on_is_refused_and_nothing_was_sent(to):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for request in (DATA, TOKEN):
        fault = fault_of(to(f"http://127.0.0.1:{port}"), request)
        assert told(fault) == REFUSED
        assert fault.error.problem.facts == {"host": f"127.0.0.1:{port}"}


def test_a_host_that_does_not_answer_is_unreachable(to, monkeypatch):
    def silent(*_: Any, **__: Any) -> socket.socket:
        raise TimeoutError("timed out")

    monkeypatch.setattr("urllib3.util.connection.create_connection", silent)
    assert told(fault_of(to("http://127.0.0.1:9"))) == UNREACHABLE
    assert told(fault_of(to("https://127.0.0.1:9"))) == UNREACHABLE


def test_a_host_nobody_knows_was_sent_nothing(to, monkeypatch):
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("socket.getaddrinfo", unknown)
    fault = fault_of(to("https://openapi.example:9443"))
    assert told(fault) == REFUSED
    assert fault.error.problem.facts == {"host": "openapi.example:9443"}


def test_no_request_goes_out_without_a_timeout(serve, to, monkeypatch):
    server, asked = serve(), []
    real = requests.Session.request

    def watched(self: requests.Session, *args: Any, **more: Any) -> Any:
        asked.append(more)
        return real(self, *args, **more)

    monkeypatch.setattr(requests.Session, "request", watched)
    transport = to(server.url)
    for request in (DATA, TOKEN):
        for budget in (1.5, 12.0):
            transport.send(request, budget)
    assert [more["timeout"] for more in asked] == [(1.5, 1.5), (CONNECT_SECONDS, 12.0)] * 2
    assert not any(more["allow_redirects"] for more in asked)
    assert not any("verify" in more for more in asked)


# --- TLS ---


def test_a_certificate_of_an_unknown_authority_is_not_trusted(serve, to, tls):
    server = serve(tls=tls())
    for request in (DATA, TOKEN):
        assert told(fault_of(to(server.url), request)) == CERTIFICATE
    assert server.received == []


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_companys_authority_can_be_trusted(serve, to, tls, authority, monkeypatch, variable):
    monkeypatch.setenv(variable, str(authority / "ca.pem"))
    server = serve(tls=tls())
    transport = to(server.url)
    assert transport.send(DATA, ENOUGH).status == 200
    assert transport.send(DATA, ENOUGH).status == 200
    assert transport.send(TOKEN, ENOUGH).status == 200
    assert server.accepted == 2


@pytest.mark.parametrize("name", ["elsewhere", "expired"])
@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_trusted_authority_does_not_excuse_a_wrong_certificate(
    serve, to, tls, authority, monkeypatch, name, variable
):
    monkeypatch.setenv(variable, str(authority / "ca.pem"))
    server = serve(tls=tls(name))
    assert told(fault_of(to(server.url))) == CERTIFICATE
    assert server.received == []


def test_a_server_that_speaks_no_tls_is_unreachable(serve, to, trusted):
    server = serve(lambda connection, server: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    assert told(fault_of(to(server.url.replace("http:", "https:")))) == UNREACHABLE


def test_a_handshake_that_never_comes_is_ended_and_nothing_was_sent(serve, to, trusted):
    server = serve(lambda connection, server: server.over.wait(20))
    for request in (DATA, TOKEN):
        assert told(fault_of(to(server.url.replace("http:", "https:")), request, SOON)) == UNREACHABLE


def test_a_handshake_that_drips_is_ended_by_the_budget(serve, to, trusted):
    def drip(connection: socket.socket, server: Loopback) -> None:
        connection.recv(65536)
        connection.sendall(b"\x16\x03\x03\x40\x00")  # a record of 16 kB begins
        while not server.over.wait(0.02):
            connection.sendall(b"\x02")

    server = serve(drip)
    assert told(fault_of(to(server.url.replace("http:", "https:")), TOKEN, SOON)) == UNREACHABLE


def test_a_handshake_that_is_broken_off_may_be_tried_again(serve, to, trusted):
    server = serve(lambda connection, server: connection.recv(65536))
    assert told(fault_of(to(server.url.replace("http:", "https:")))) == REFUSED


@pytest.mark.parametrize("request_", [DATA, TOKEN], ids=["data", "token"])
def test_a_tls_connection_cut_after_the_request_was_sent(serve, to, tls, trusted, request_):
    def cut(connection: socket.socket, server: Loopback) -> None:
        server.received.append(read_request(connection))
        socket.socket.shutdown(connection, socket.SHUT_RDWR)  # no farewell, as many servers do

    server = serve(cut, tls=tls())
    assert told(fault_of(to(server.url), request_)) == DROPPED
    assert len(server.received) == 1


def test_a_tls_body_that_is_cut_is_a_broken_answer(serve, to, tls, trusted):
    def cut(connection: socket.socket, server: Loopback) -> None:
        read_request(connection)
        connection.sendall(answer_of(b"half", length=1000))
        socket.socket.shutdown(connection, socket.SHUT_RDWR)

    assert told(fault_of(to(serve(cut, tls=tls()).url))) == CUT


@pytest.mark.parametrize(
    "handle",
    [hanging, dripping(b"HTTP/1.1 200 OK\r\nx: ", b"y"), dripping(b"HTTP/1.1 200 OK\r\n\r\n", b" ")],
    ids=["nothing", "header", "body"],
)
def test_what_comes_too_slowly_over_tls_is_ended_too(serve, to, tls, trusted, handle):
    server = serve(handle, tls=tls())
    assert told(fault_of(to(server.url), DATA, 1.0)) == NO_ANSWER
    assert server.accepted == 1


# --- what the environment says ---


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
def test_the_users_netrc_does_not_replace_the_token(serve, to, tls, trusted, monkeypatch, tmp_path, secure):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password stolen\ndefault login user password stolen\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(tls=tls() if secure else None)
    assert requests.utils.get_netrc_auth(server.url) == ("user", "stolen"), "the trap is set"
    to(server.url).send(DATA, ENOUGH)
    (head,) = server.heads
    assert b"\r\nauthorization: Bearer a-token" in head
    assert b"Basic" not in head


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_https_goes_through_the_proxy_of_the_environment(serve, to, tls, trusted, monkeypatch, variable):
    server, proxy = serve(tls=tls()), serve(tunnel)
    monkeypatch.setenv(variable, proxy.url)
    transport = to(server.url)
    for _ in range(2):
        assert transport.send(DATA, ENOUGH).status == 200
    assert [head.split()[:2] for head in proxy.heads] == [[b"CONNECT", f"127.0.0.1:{server.port}".encode()]]
    assert b"a-token" not in proxy.received[0]
    assert len(server.received) == 2


def test_certificates_are_checked_behind_a_proxy_too(serve, to, tls, monkeypatch):
    server, proxy = serve(tls=tls()), serve(tunnel)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    assert told(fault_of(to(server.url))) == CERTIFICATE
    assert len(proxy.received) == 1
    assert server.received == []


def test_no_proxy_is_honoured(serve, to, tls, trusted, monkeypatch):
    server, proxy = serve(tls=tls()), serve(tunnel)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert to(server.url).send(DATA, ENOUGH).status == 200
    assert proxy.accepted == 0


def test_a_password_of_the_proxy_goes_to_the_proxy_and_nowhere_else(serve, to, tls, trusted, monkeypatch):
    server = serve(tls=tls())
    proxy = serve(answering(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//user:pa55word@"))
    fault = fault_of(to(server.url), TOKEN)
    assert told(fault) == PROXY
    assert b"proxy-authorization: basic " in proxy.received[0].lower()
    assert "pa55word" not in f"{fault}{fault.error}{fault.error.problem}"
    assert server.accepted == 0


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # `ssl` drops a socket shut before its handshake
@pytest.mark.parametrize("request_", [DATA, TOKEN], ids=["data", "token"])
def test_a_proxy_that_answers_too_slowly_is_ended_by_the_budget_and_nothing_was_sent(serve, to, monkeypatch, request_):
    proxy = serve(dripping(b"HTTP/1.1 200 Connection established\r\n", b"x: y\r\n"))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    fault = fault_of(to("https://127.0.0.1:9"), request_, SOON)
    assert isinstance(fault.error, NetworkError)
    assert not fault.sent
    assert not fault.again
    del fault
    gc.collect()  # here, where the warning is expected


def test_a_proxy_that_is_not_there_is_named(to, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    assert told(fault_of(to("https://127.0.0.1:9"))) == PROXY


@pytest.mark.parametrize(
    "setting",
    [
        "http://proxy:port",
        "http://proxy:99999999",
        "http://[::1",
        "http://",
        "http://:8080",
        "http://user:p@ss#word@proxy:8080",
        "http://proxy.example..:8080",
        "gopher://proxy:70",
        "socks5://proxy:1080",
    ],
)
@pytest.mark.parametrize("request_", [DATA, TOKEN], ids=["data", "token"])
def test_a_proxy_setting_that_cannot_be_read_is_named_and_nothing_was_sent(to, monkeypatch, setting, request_):
    monkeypatch.setenv("HTTPS_PROXY", setting)
    assert told(fault_of(to("https://127.0.0.1:9"), request_)) == PROXY


@pytest.mark.parametrize("error", [ValueError, TypeError])
def test_a_mistake_of_our_own_after_sending_is_not_blamed_on_the_proxy(serve, to, monkeypatch, error):
    def broken(response: object) -> bytes:
        raise error("a bug")

    monkeypatch.setattr(module, "_body", broken)
    with pytest.raises(error, match="a bug"):
        to(serve(answering(answer_of())).url).send(DATA, ENOUGH)


def test_plain_http_is_this_machine_and_goes_through_no_proxy(serve, to, monkeypatch):
    server, proxy = serve(), serve(tunnel)
    for variable in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, proxy.url)
    for request in (DATA, TOKEN):
        assert to(server.url).send(request, ENOUGH).status == 200
    assert proxy.accepted == 0


def test_a_closed_transport_can_be_used_again(serve, to):
    server = serve()
    transport = to(server.url)
    transport.send(DATA, ENOUGH)
    transport.close()
    assert isinstance(transport.send(DATA, ENOUGH), Answer)
    assert server.accepted == 2


def test_no_thread_is_left_watching(serve, to):
    server = serve()
    transport = to(server.url)
    for _ in range(5):
        transport.send(DATA, 3600.0)
    watching = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    for thread in watching:
        thread.join(5)
    assert not any(thread.is_alive() for thread in watching)
    assert getattr(module._Watch._of_thread, "watch", None) is None
