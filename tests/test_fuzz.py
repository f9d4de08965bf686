"""Whatever comes from outside (answers, cells, settings, stored files), nothing escapes, and no secret is in what is shown.

Each property is tried with the corpus in tests/data/corpus first, then with what hypothesis finds; longer with
`--hypothesis-profile=long` (docs/proof.md).
"""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
import zlib
from contextlib import closing, suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from clocks import ManualClock
from fuzzing import (
    KEY,
    PASSWORD,
    SECRET,
    TOKEN,
    World,
    corpus,
    every_formula,
    every_output,
    fair,
    figures_of,
    leaks,
    world,
)
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from loopback import read_request
from making import ELEVEN, FIGURE_NAMES, item
from samples import KRX_KOSPI

from xlwings_kis import settings as settings_
from xlwings_kis import udfs
from xlwings_kis.errors import KisError, failure
from xlwings_kis.gateway import Gateway
from xlwings_kis.markets import ALL_PAIRS
from xlwings_kis.protocol import Answer, Credentials, IssuedToken, Request, TransportFault
from xlwings_kis.secret import Secret
from xlwings_kis.tokens import COOL_DOWN, LONGEST_REST, MOST_IN_COOL_DOWN, Tokens, look
from xlwings_kis.transport import Transport

LONGER = settings.default.max_examples / 100


def examples(number: int) -> settings:
    """So many in the usual run, in proportion more in a longer one."""
    return settings(
        max_examples=max(1, round(number * LONGER)),
        deadline=None,
        suppress_health_check=list(HealthCheck),  # a world costs its time, and each example has its own
    )


SECRETS = st.sampled_from([KEY, SECRET, TOKEN, PASSWORD, f"Bearer {TOKEN}", SECRET[:30]])
TEXT = st.text(max_size=20) | SECRETS | st.sampled_from(["", " ", "-", "=1+1", "\x00", "\ud800", "기 관", "a" * 3000])
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.sampled_from([10**400, -1, 1e308])
JSON = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=10
)

# --- what the gateway answers ---

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


@examples(40)
@given(st.lists(ANSWER, min_size=1, max_size=3))
def test_whatever_kis_answers_is_shown_or_refused_on_every_way_out(tmp_path_factory, answers):
    shown_everywhere(tmp_path_factory.mktemp("답", numbered=True), answers)


FAULT = st.sampled_from(["no_answer", "unreachable", "broken_answer", "proxy", "certificate"])


@examples(250)
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
    shelf = Tokens(tmp_path_factory.mktemp("토큰"), "fuzz", gateway.issue_token, clock)
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


# --- the bytes themselves ---

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


@examples(80)
@given(RAW | st.binary(max_size=100), st.sampled_from(["data", "token"]))
def test_whatever_bytes_come_are_an_answer_or_a_fault_of_the_transport(serve, raw, kind):
    assert not leaks(received(serve, raw, kind))


# --- what Excel passes ---


class Hostile:
    """An object of COM whose every answer is an error."""

    def __str__(self) -> str:
        raise OSError("the object invoked has disconnected from its clients")

    __repr__ = __str__
    __eq__ = __hash__ = __bool__ = __len__ = __iter__ = __float__ = __str__  # type: ignore[assignment]


class Time(datetime):
    """Like pywintypes' time: a date-time of its own class."""

    def __str__(self) -> str:
        return "(PyTime)"


def endless() -> list[Any]:
    """A range that holds itself."""
    made: list[Any] = []
    made.append(made)
    return made


def deep(levels: int) -> Any:
    made: Any = "KRX"
    for _ in range(levels):
        made = [made]
    return made


ERRORS = st.sampled_from([-2146826246, -2146826281, -2146826273, -2146826265, -2146826252, -2146826259, -2146826288])
WORDS = st.sampled_from([
    "KRX", "코스피", "외국인", "비차익", "순매수 대금", "10:30", "마감", "전일마감", "FALSE", "#N/A", "1", "2026-11-20",
    "A" * 100_000, "," * 5000, "1" * 5000, "９", "٣", "İ", "\ud800", "\x00", "전일" * 500, "2026-11-20T10:30:00+99:99",
])  # fmt: skip
CELL = st.one_of(
    st.none(), st.booleans(), st.integers(), st.builds(lambda: 10**5000), st.floats(), ERRORS, WORDS,
    st.text(max_size=30), st.binary(max_size=9), st.datetimes(), st.dates(), st.times(), st.timedeltas(), st.decimals(),
    st.complex_numbers(), st.builds(Hostile), st.builds(Time, st.integers(1, 9999), st.just(1), st.just(1)),
    st.just(float("nan")), st.just({}), st.just(Ellipsis),
)  # fmt: skip
RANGE = st.recursive(CELL, lambda inner: st.lists(inner, max_size=3) | st.tuples(inner, inner), max_leaves=8)
ARGUMENT = st.one_of(RANGE, st.builds(endless), st.sampled_from([5, 60, 3000]).map(deep))

NAMED_ARGUMENTS: dict[str, Any] = {
    "hostile": Hostile(), "endless": endless(), "deep": deep(100_000), "empty range": (), "empty row": ((),), "nan": float("nan"),
    "inf": float("inf"), "error code": -2146826246, "huge number": 10**5000, "huge text": "가" * 1_000_000, "decimal": Decimal("NaN"),
    "ragged": (("KRX",), ("a", "b", ("c",))), "hostile in a range": [[Hostile()]], "a day": date(1, 1, 1), "a time": time(23, 59),
    "a span": timedelta.max, "py time": Time(9999, 12, 31), "bytes": b"\xff", "type": str, "nothing": None,
}  # fmt: skip


@pytest.fixture
def answered(tmp_path):
    """A world whose table is there: arguments are all that is odd."""
    with world(tmp_path, XLWINGS_KIS_DEADLINE="5", KIS_ACCESS_TOKEN=TOKEN) as made:
        assert udfs.KIS_PROGRAM_VALUE("KRX", "코스피", "외국인", "비차익") != "#N/A"
        yield made


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("name", NAMED_ARGUMENTS)
def test_an_argument_of_the_corpus_in_any_place_gives_cells(answered, name, place):
    arguments: list[Any] = ["KRX", "코스피", "외국인", "비차익", None]
    arguments[place] = NAMED_ARGUMENTS[name]
    every_formula(*arguments)


@examples(200)
@given(st.sampled_from(["KRX"]) | ARGUMENT, st.sampled_from(["코스피"]) | ARGUMENT, ARGUMENT, ARGUMENT, ARGUMENT)
def test_whatever_excel_passes_gives_cells(answered, exchange, market, third, fourth, fifth):
    every_formula(exchange, market, third, fourth, fifth)
    assert len([one for one in answered.requests if one.kind == "data"]) <= len(ALL_PAIRS)


# --- settings ---

TOML_VALUE = st.one_of(
    st.sampled_from([
        '""', '" "', "true", "[]", "[[1]]", "{}", "{a = 1}", "nan", "-inf", "1e999", "0xffff", "1979-05-27", "07:32:00",
        '"ko"', '"en"', '"1"', "1", "30.0", '"trust"', '"P"', '"B"', "'''\n'''", '"\\u0000"', '"~nobody/x"', '"redis://h"',
        '"http://example.com"', '"https://[::1"', '"https://openapivts.koreainvestment.com:29443"', "[" * 50 + "]" * 50,
        "9" * 5000, f'"{KEY}"', f'"{SECRET}"', f'"{PASSWORD}"', f'"{PASSWORD} "',
    ]),
    st.integers().map(str), st.floats().map(str), st.text(max_size=20).map(json.dumps),
)  # fmt: skip
TOML_NAME = st.one_of(
    st.sampled_from([*settings_.BY_NAME, "tll", "KIS_APP_KEY", "app-key", "[ttl]", "a.b", '""', KEY]),
    st.text(max_size=8),
)
TOML = st.lists(st.tuples(TOML_NAME, TOML_VALUE).map(" = ".join), max_size=6).map("\n".join)
TOML_BYTES = st.one_of(
    TOML.map(lambda text: text.encode("utf-8", "surrogatepass")),
    TOML.map(lambda text: b"\xef\xbb\xbf" + text.encode("utf-8", "replace")),
    TOML.map(lambda text: text.encode("cp949", "replace")),
    TOML.map(lambda text: text.encode("utf-16", "replace")),
    st.binary(max_size=60),
)
YAML_VALUE = st.one_of(
    st.sampled_from([
        "!!bool x", "!!timestamp x", "!!int ''", "!!float ''", "!!binary é", "!!python/object:os.system []", "&a [*a]", "*a",
        "[", "{", "2026-99-99", "0o9", "190:20:30", "<<: 1", "? [a]", "|", "- ", "'", "~", "!!set {a}", "!!omap []", "=",
        "9" * 5000, "[" * 3000, KEY, SECRET, "https://openapi.koreainvestment.com:9443", "%TAG ! x",
    ]),
    st.text(max_size=20),
)  # fmt: skip
YAML = st.lists(
    st.tuples(st.sampled_from(["my_app", "my_sec", "prod", "my_agent", "x"]) | st.text(max_size=5), YAML_VALUE).map(
        ": ".join
    ),
    max_size=5,
).map("\n".join)
YAML_BYTES = st.one_of(
    YAML.map(lambda text: text.encode("utf-8", "surrogatepass")),
    YAML.map(lambda text: text.encode("utf-16", "replace")),
    st.binary(max_size=60),
)


def understood(made: World) -> None:
    """The settings are read or refused by name; commands, status and table say so without a secret."""
    shown = ""
    try:
        found = settings_.load()
        shown = f"{found!r} {found.scope} {found.mark} {found.sources}"
        shown += f"{found.credentials!r}"
        assert found.store_path.is_absolute()
    except KisError as error:
        assert error.exit_code == 3, error
        shown += f"{error} {error!r} {error.problem}"
    assert settings_.language() in ("ko", "en")
    settings_.stamp()
    commands = [made.run("table", "KRX", "코스피", "--format", "text"), made.run("history", "stats")]
    for one in commands:
        fair(one)
    corner = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")[0][0]
    assert "프로그램 오류" not in corner
    assert not leaks(shown, corner, *(f"{one.out}{one.err}" for one in commands), *made.files())


@pytest.mark.parametrize("path", corpus("config"), ids=lambda path: path.name)
def test_a_config_of_the_corpus_is_read_or_refused_by_name(path, tmp_path):
    with world(tmp_path, XLWINGS_KIS_DEADLINE="5") as made:
        shutil.copy(path, made.home / "config.toml")
        understood(made)


@examples(60)
@given(TOML_BYTES, st.booleans())
def test_whatever_stands_in_config_toml_is_read_or_refused_by_name(tmp_path_factory, data, has_key):
    names = {} if has_key else {"KIS_APP_KEY": "", "KIS_APP_SECRET": ""}
    with world(tmp_path_factory.mktemp("설정"), XLWINGS_KIS_DEADLINE="5", **names) as made:
        (made.home / "config.toml").write_bytes(data)
        understood(made)


def read_from_kis_file(folder: Path, data: bytes) -> None:
    with world(folder, XLWINGS_KIS_DEADLINE="5", KIS_APP_KEY="", KIS_APP_SECRET="") as made:
        path = settings_.kis_file_path()
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
        understood(made)


@pytest.mark.parametrize("path", corpus("kis_devlp"), ids=lambda path: path.name)
def test_a_kis_file_of_the_corpus_is_read_or_refused_by_name(path, tmp_path):
    read_from_kis_file(tmp_path, path.read_bytes())


@examples(60)
@given(YAML_BYTES)
def test_whatever_stands_in_kis_devlp_yaml_is_read_or_refused_by_name(tmp_path_factory, data):
    read_from_kis_file(tmp_path_factory.mktemp("설정"), data)


# --- what is stored ---

VALUES = (
    "NULL", "0", "-1", "1", "7", "1e300", "-1e300", "9e999", "-9e999", "9223372036854775807", "''", "'x'", "'[]'", "'{'", "'null'",
    "'\"a\"'", "'[1]'", "x''", "x'00'", "x'ff'", "CAST(x'ff' AS TEXT)", "zeroblob(16)", "zeroblob(100000)", "1795141231.0",
    "1795141231.0 + 86400", "739000", "'today'", "'2026-11-20'", "randomblob(40)", "'[[\"8000\",7]]'", "'[\"no_key\",1,2,3,4]'",
    "'[\"no_answer\",\"\",{\"a\":1},false,\"x\"]'", "'[\"no_answer\",\"\",[],false,9e999]'", f"'{'[' * 2000}'",
)  # fmt: skip


def filled(folder: Path) -> Path:
    """A store as it is after two days: all pairs, a failure, counters. Also what its columns are."""
    with world(folder, XLWINGS_KIS_DEADLINE="5", KIS_ACCESS_TOKEN=TOKEN) as made:
        for moment in ("2026-11-19 11:00:00", "2026-11-19 15:40:00", "2026-11-20 11:00:00", "2026-11-20 11:20:31"):
            made.clock.set(moment)
            for pair in ALL_PAIRS[:2]:
                made.run("table", pair.exchange.value.words[0], pair.market.value.words[0], "--format", "csv")
        made.answer = lambda _request: Answer(503, {}, b"<html>")
        made.clock.move(40)
        made.run("table", "KRX", "코스닥", "--format", "csv")
        shutil.copy(made.home / "store.sqlite3", folder / "store.sqlite3")
    return folder / "store.sqlite3"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setattr("xlwings_kis.store.guarded.PATIENCE", 5.0)
    yield filled(tmp_path_factory.mktemp("저장"))
    patch.undo()


COLUMNS = {
    "series": ("asked", "fetched", "fetched_day", "empty", "holder", "lease_until", "problem", "failures", "rest_from",
               "rest_until", "settings", "pair", "scope", "id"),
    "snapshot": ("series", "day", "first_seen", "last_seen", "standing", "of", "content", "sha256", "notes", "roster", "figures", "id"),
    "roster": ("people", "id"),
    "seen": ("series", "day", "code"),
    "bucket": ("level", "at", "scope"),
    "clock": ("skew", "scope"),
    "counter": ("day", "kind", "n", "scope"),
}  # fmt: skip
PLACES = [(table, column) for table, columns in COLUMNS.items() for column in columns]
UPDATE = st.builds("UPDATE OR IGNORE {0[0]} SET {0[1]} = {1}".format, st.sampled_from(PLACES), st.sampled_from(VALUES))
BREAK = st.sampled_from([
    *(f"DROP TABLE {table}" for table in COLUMNS), *(f"DELETE FROM {table}" for table in COLUMNS),
    *(f"ALTER TABLE {table} RENAME COLUMN {column} TO elsewhere" for table, column in PLACES),
    *(f"PRAGMA user_version = {version}" for version in (-1, 0, 1, 3, 99, 2**31 - 1)),
    "DROP INDEX snapshot_by_day", "ALTER TABLE counter RENAME TO counted", "CREATE VIEW extra AS SELECT * FROM nowhere",
    "CREATE TRIGGER t BEFORE UPDATE ON series BEGIN SELECT RAISE(ABORT, 'no'); END",
    "CREATE TRIGGER t BEFORE INSERT ON snapshot BEGIN SELECT RAISE(IGNORE); END",
    "CREATE TRIGGER t BEFORE UPDATE ON series BEGIN SELECT RAISE(FAIL, 'no'); END",
    "INSERT INTO seen (series, day, code) SELECT id, 739575, 'x' || id FROM series",
    "INSERT INTO counter (scope, day, kind, n) VALUES ('x', 1, 'data', 1)",
    "PRAGMA journal_mode = DELETE", "PRAGMA journal_mode = OFF", "VACUUM", "PRAGMA page_size = 512",
])  # fmt: skip
FLIPS = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=30)


def survived(folder: Path, damaged: Path) -> None:
    """With this file as the store: every way in ends well, and KIS's figures are there as soon as it is asked."""
    with world(folder, XLWINGS_KIS_DEADLINE="5", KIS_ACCESS_TOKEN=TOKEN) as made:
        shutil.copy(damaged, made.home / "store.sqlite3")
        shown = every_formula("KRX", "코스피", None, True)
        shown += every_formula("KRX", "코스닥", "외국인", "비차익", "2026-11-19")
        assert "프로그램 오류" not in shown
        commands = [
            made.run("table", "KRX", "코스피", "--format", "text"),
            made.run("table", "KRX", "코스피", "--at", "11:10", "--format", "text"),
            made.run("history", "stats"),
            made.run("history", "export", "-o", str(made.home / "표.csv")),
        ]
        for one in commands:
            fair(one)
        made.clock.move(3601)  # whatever it ordered: the longest TTL has passed
        shows_the_truth(made)
        fair(made.run("history", "prune", "--keep-days", "1"))
        assert not leaks(shown, *(f"{one.out}{one.err}" for one in commands))
        assert [path.name for path in made.home.iterdir() if path.suffix == ".tmp"] == []


def shows_the_truth(made: World) -> None:
    """A formula shows what KIS has now."""
    before = len(made.requests)
    cells = udfs.KIS_PROGRAM_TRADE("KRX", "코스피", None, False)
    asked = [request for request in made.requests[before:] if request.pair == KRX_KOSPI]
    assert asked, udfs.KIS_PROGRAM_STATUS("KRX", "코스피")
    truth = figures_of(made.rows(asked[0]))
    shown = {line[-1]: [int(cell) for cell in line[1:-1]] for line in cells if line[-1] in truth and "#N/A" not in line}
    assert shown == truth, udfs.KIS_PROGRAM_TRADE("KRX", "코스피")[0][0]


def changed(store: Path, folder: Path, *statements: str) -> Path:
    path = folder / "changed.sqlite3"
    shutil.copy(store, path)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in statements:
            with suppress(sqlite3.Error):  # one may take away what the next one wants
                db.execute(statement)
    return path


@pytest.mark.parametrize("path", corpus("store"), ids=lambda path: path.name)
def test_a_store_of_the_corpus_is_survived(path, store, tmp_path):
    survived(tmp_path, changed(store, tmp_path, *path.read_text(encoding="utf-8").splitlines()))


@examples(60)
@given(st.lists(UPDATE, min_size=1, max_size=4) | st.lists(UPDATE | BREAK, min_size=1, max_size=4))
def test_a_store_whose_contents_are_wrong_is_survived(store, tmp_path_factory, statements):
    folder = tmp_path_factory.mktemp("저장")
    survived(folder, changed(store, folder, *statements))


@examples(40)
@given(FLIPS, st.just(1.0) | st.floats(0, 1))
def test_a_store_with_flipped_bytes_is_survived(store, tmp_path_factory, flips, kept):
    folder = tmp_path_factory.mktemp("저장")
    data = bytearray(store.read_bytes())
    for place, mask in flips:
        data[int(place * len(data))] ^= mask
    (folder / "flipped").write_bytes(data[: int(kept * len(data))])
    survived(folder, folder / "flipped")


# --- the token's file ---

STATE = {
    "version": 1, "token": TOKEN, "issued": 1795141000.0, "expires": 1795227400.0, "accepted": True, "strikes": 0,
    "requests": [1795141000.0], "rest_from": 0.0, "rest_until": 0.0, "rest_key": "", "rest_code": "", "rest_msg": "",
}  # fmt: skip
MOMENT = st.sampled_from([0, -1, 1795141231.0, 1795141200.0, 1795141260.0, 1795141231.0 + 86400, 1e11, 9e10, 1e308])
TOKEN_FILE = st.one_of(
    st.builds(lambda changed: json.dumps({**STATE, **changed}).encode(), st.dictionaries(
        st.sampled_from([*STATE, "x"]), JSON | MOMENT | st.lists(MOMENT, max_size=4), max_size=4)),
    st.builds(lambda gone: json.dumps({k: v for k, v in STATE.items() if k not in gone}).encode(), st.sets(st.sampled_from([*STATE]))),
    JSON.map(lambda content: json.dumps(content).encode()), st.binary(max_size=60),
    st.integers(0, 300).map(lambda at: json.dumps(STATE).encode()[:at]),
)  # fmt: skip


def issued_in_the_end(folder: Path, data: bytes) -> None:
    """A token comes, at the latest when the longest rest is over, with at most two requests a minute on the way."""
    clock, asked = ManualClock(), []

    def issue() -> IssuedToken:
        asked.append(clock.epoch())
        return IssuedToken(Secret(f"NEW{len(asked)}"), 86400.0)

    (folder / "token-fuzz.json").write_bytes(data)
    shelf = Tokens(folder, "fuzz", issue, clock)
    look(folder, "fuzz", clock.epoch())
    for pause in (0.0, 1.0, COOL_DOWN, COOL_DOWN, LONGEST_REST):
        clock.move(pause)
        try:
            token = shelf.current()
            shelf.accepted(token)
            if not token.reveal().startswith("NEW"):
                token = shelf.replace(token)
        except KisError as error:
            assert TOKEN not in f"{error} {error!r} {error.problem}"
    assert token.reveal().startswith("NEW")
    assert all(len([at for at in asked if first <= at < first + COOL_DOWN]) <= MOST_IN_COOL_DOWN for first in asked)


@pytest.mark.parametrize("path", corpus("token"), ids=lambda path: path.name)
def test_a_token_file_of_the_corpus_is_survived(path, tmp_path):
    issued_in_the_end(tmp_path, path.read_bytes())


@examples(150)
@given(TOKEN_FILE)
@example(json.dumps({**STATE, "expires": 1e11, "token": "x", "strikes": 10**9, "accepted": False}).encode())
def test_whatever_stands_in_the_tokens_file_a_token_comes_and_no_storm(tmp_path_factory, data):
    issued_in_the_end(tmp_path_factory.mktemp("토큰"), data)
