"""Whatever KIS answers: nothing escapes, and no secret is in what is shown.

The corpus in tests/data/corpus first, then what hypothesis finds; longer with `--hypothesis-profile=long` (docs/proof.md).
"""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from clocks import ManualClock
from fuzzing import (
    JSON,
    KEY,
    SECRET,
    SECRETS,
    TEXT,
    TOKEN,
    corpus,
    every_output,
    examples,
    leaks,
    world,
)
from hypothesis import given
from hypothesis import strategies as st
from loopback import read_request
from making import ELEVEN, FIGURE_NAMES, item
from samples import KRX_KOSPI

from xlwings_kis.errors import KisError, failure
from xlwings_kis.gateway import Gateway
from xlwings_kis.protocol import Answer, Credentials, Request, TransportFault
from xlwings_kis.secret import Secret
from xlwings_kis.tokens import PrivateFile, Tokens
from xlwings_kis.transport import Transport

CODES = st.sampled_from([
    *("EGW00133", "EGW00103", "EGW00121", "EGW00123", "EGW00201", "EGW00215", "EGW00202", "EGW00300", "EGW00207"),
    *("EGW02004", "OPSQ2001", "MCA00000", "EGW00999", "", KEY),
])  # fmt: skip
NUMBER = st.one_of(
    st.integers(-(10**6), 10**6).map(str), st.sampled_from(["", "-", "1,234", "+5", "-0000903", "12x", "1.5"]), JSON
)
ITEM = st.builds(
    lambda made, changed, gone: {name: value for name, value in {**made, **changed}.items() if name not in gone},
    st.builds(item, st.sampled_from([*ELEVEN, "7000", "9300", KEY, ""]) | JSON, TEXT | JSON),
    st.dictionaries(st.sampled_from(FIGURE_NAMES) | TEXT, NUMBER, max_size=3),
    st.sets(st.sampled_from([*FIGURE_NAMES, "invr_cls_code", "invr_cls_name"]), max_size=2),
)
GOOD = st.fixed_dictionaries({
    "rt_cd": st.just("0"), "msg_cd": CODES, "msg1": TEXT,
    "output1": st.lists(ITEM, max_size=13) | st.just([item(code) for code in ELEVEN]),
})  # fmt: skip
NEAR = st.fixed_dictionaries(
    {},
    optional={
        "rt_cd": st.sampled_from(["0", "1", "2", 0]) | JSON,
        "msg_cd": CODES | JSON,
        "msg1": TEXT | JSON,
        "output1": st.lists(ITEM | JSON, max_size=13) | JSON,
        "access_token": SECRETS | JSON,
        "access_token_token_expired": st.sampled_from(["2026-11-21 11:20:31", "9999-12-31 23:59:59", "x"]) | JSON,
        "expires_in": st.integers(-10, 10**12) | JSON,
        "error_code": CODES | JSON,
        "error_description": TEXT | JSON,
    },
)
CHARSETS = st.sampled_from(["utf-8", "utf-8-sig", "cp949", "utf-16"])


def spelled(content: Any, charset: str, ascii_only: bool, cut: int) -> bytes:
    text = json.dumps(content, ensure_ascii=ascii_only)
    return text.encode(charset, "replace")[: cut or None]


BODY = st.one_of(
    st.builds(spelled, GOOD | NEAR | JSON, CHARSETS, st.booleans(), st.just(0) | st.integers(1, 3000)),
    st.binary(max_size=200),
    st.sampled_from([b"", b"<html>", b"[" * 100_000, b'{"rt_cd":' + b"[" * 900 + b"]" * 900 + b"}", b"1" * 5000]),
)
DATES = st.sampled_from([
    "Fri, 20 Nov 2026 02:20:31 GMT", "Fri, 20 Nov 2026 05:20:31 GMT", "Thu, 01 Jan 1970 00:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 -1200", "Mon, 01 Jan 0001 00:00:00 +2359", "x", "", KEY,
])  # fmt: skip
ANSWER = st.builds(
    Answer,
    st.sampled_from([200, 200, 200, 401, 403, 500, 302, 407, 503, 204]),
    st.fixed_dictionaries({}, optional={"Date": DATES, "Content-Type": TEXT, "Location": SECRETS}),
    BODY,
)


def raising(answer: Answer | KisError) -> Answer:
    if isinstance(answer, KisError):
        raise TransportFault(answer)
    return answer


def shown_everywhere(folder: Path, answers: list[Answer | KisError]) -> None:
    """These answers in turn, the last of them again and again, and after them KIS as it is."""
    with world(folder, XLWINGS_KIS_DEADLINE="5", KIS_ACCESS_TOKEN=TOKEN) as made:
        left = list(answers)
        made.answer = lambda _request: raising(left.pop(0) if len(left) > 1 else left[0])
        every_output(made)
        made.answer = made.truth
        made.clock.move(61)
        assert made.run("table", "KRX", "코스피", "--format", "csv").status == 0


@pytest.mark.parametrize("path", corpus("answers"), ids=lambda path: path.name)
def test_an_answer_of_the_corpus_is_shown_or_refused_on_every_way_out(path, tmp_path):
    shown_everywhere(tmp_path, [Answer(500 if path.suffix == ".refused" else 200, {}, path.read_bytes())])


@examples(25)
@given(st.lists(ANSWER, min_size=1, max_size=3))
def test_whatever_kis_answers_is_shown_or_refused_on_every_way_out(tmp_path_factory, answers):
    shown_everywhere(tmp_path_factory.mktemp("답", numbered=True), answers)


FAULT = st.sampled_from(["no_answer", "unreachable", "broken_answer", "proxy", "certificate"])


@examples(120)
@given(
    st.lists(st.tuples(ANSWER | FAULT, st.floats(0, 20), st.booleans(), st.booleans()), min_size=1, max_size=12),
    st.floats(0.05, 15),
)
def test_whatever_the_gateway_does_a_fetch_ends_in_its_time_with_few_calls_and_no_secret(
    tmp_path_factory, script, seconds
):
    """On a clock where nothing is real: each answer takes as long as it likes, up to the budget it was given."""
    clock, sent = ManualClock(), []

    class Sender:
        def send(self, request: Request, budget: float) -> Answer:
            sent.append((request.kind, clock.monotonic()))
            step, takes, again, left_us = script[(len(sent) - 1) % len(script)]
            clock.move(min(takes, budget))
            if isinstance(step, str):
                facts = {"broken": "html"} if step == "broken_answer" else {"host": "h"}
                raise TransportFault(failure(step, **facts), again=again, sent=left_us)
            return step

        def close(self) -> None: ...

    gateway = Gateway(Sender(), Credentials(Secret(KEY), Secret(SECRET)), clock)
    shelf = Tokens(PrivateFile(tmp_path_factory.mktemp("토큰"), "fuzz", clock), gateway.issue_token, clock)
    begun, shown = clock.monotonic(), ""
    try:
        received = gateway.program_trade(KRX_KOSPI, shelf, seconds)
        shown = f"{received}"
    except KisError as error:
        shown = f"{error} {error!r} {error.problem.sentence('en')} {error.problem} {error.hint} {error.__cause__}"
    # A token request has six seconds of its own: who waits for one may be late by them, and by no more.
    late = 6.0 if any(kind == "token" for kind, _ in sent) else 0.0
    assert clock.monotonic() - begun <= seconds + late + 1e-6
    kinds = [kind for kind, _ in sent]
    assert kinds.count("data") <= 1 + 3 + 1 + 1 + 1  # each remedy at most as often as KIS asks for
    assert kinds.count("token") <= 4
    assert not leaks(shown)


HEADER = st.sampled_from([
    b"content-type: application/json", b"content-encoding: gzip", b"content-encoding: deflate", b"content-encoding: br",
    b"transfer-encoding: chunked", b"connection: close", b"content-length: 5", b"content-length: x", b"content-length: -1",
    b"location: http://127.0.0.1:1/", b"set-cookie: a=b", b"date: x", b": ", b"x", b"\xff\xfe: \x00", b"a: " + b"b" * 70_000,
])  # fmt: skip
STATUS_LINE = st.sampled_from([
    b"HTTP/1.1 200 OK", b"HTTP/1.1 500 x", b"HTTP/1.1 302 Found", b"HTTP/1.1 204 x", b"HTTP/1.1 100 Continue", b"HTTP/0.9",
    b"HTTP/1.1 999999 x", b"HTTP/1.1 -1", b"", b"\x16\x03\x01\x02\x00", b"HTTP/1.1 200",
])  # fmt: skip
PACKED = st.sampled_from([bytes, gzip.compress, zlib.compress, lambda data: b"5\r\nhello\r\n0\r\n\r\n"])
RAW = st.builds(
    lambda status, headers, body, pack: b"\r\n".join((status, *headers, b"", b"")) + pack(body),
    STATUS_LINE, st.lists(HEADER, max_size=4), st.binary(max_size=60) | st.just(b'{"rt_cd":"0"}'), PACKED,
)  # fmt: skip
ASKED = Request("data", "/x", {"authorization": f"Bearer {TOKEN}", "appkey": KEY, "appsecret": SECRET}, {})


def received(serve: Any, raw: bytes, kind: str = "data") -> str:
    """What a transport makes of these bytes, as a text that may be shown."""

    def handle(connection: Any, server: Any) -> None:
        read_request(connection)
        connection.sendall(raw)

    server = serve(handle)
    transport = Transport(server.url)
    try:
        answer = transport.send(ASKED._replace(kind=kind), 20.0)
    except TransportFault as fault:
        return f"{fault} {fault!r} {fault.error} {fault.error.problem}"
    finally:
        transport.close()
        server.close()
    return f"{answer}"


@pytest.mark.parametrize("path", corpus("bytes"), ids=lambda path: path.name)
def test_bytes_of_the_corpus_are_an_answer_or_a_fault_of_the_transport(path, serve):
    assert not leaks(received(serve, path.read_bytes()))


@examples(50)
@given(RAW | st.binary(max_size=100), st.sampled_from(["data", "token"]))
def test_whatever_bytes_come_are_an_answer_or_a_fault_of_the_transport(serve, raw, kind):
    assert not leaks(received(serve, raw, kind))
