"""Whatever stands in the stored files: nothing escapes, and no secret is in what is shown.

The corpus in tests/data/corpus first, then what hypothesis finds; longer with `--hypothesis-profile=long` (docs/proof.md).
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest
from clocks import ManualClock
from fuzzing import (
    JSON,
    TOKEN,
    World,
    corpus,
    every_formula,
    examples,
    fair,
    figures_of,
    leaks,
    world,
)
from hypothesis import example, given
from hypothesis import strategies as st
from samples import KRX_KOSPI

from xlwings_kis import udfs
from xlwings_kis.errors import KisError
from xlwings_kis.markets import ALL_PAIRS
from xlwings_kis.protocol import Answer, IssuedToken
from xlwings_kis.secret import Secret
from xlwings_kis.tokens import COOL_DOWN, LONGEST_REST, MOST_IN_COOL_DOWN, PrivateFile, Tokens, look

VALUES = (
    "NULL", "0", "-1", "1", "7", "1e300", "-1e300", "9e999", "-9e999", "9223372036854775807", "''", "'x'", "'[]'", "'{'",
    "'null'", "'\"a\"'", "'[1]'", "x''", "x'00'", "x'ff'", "CAST(x'ff' AS TEXT)", "zeroblob(16)", "zeroblob(100000)",
    "1795141231.0",
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
    "snapshot": ("series", "day", "first_seen", "last_seen", "standing", "of", "content", "sha256", "notes",
                 "roster", "figures", "id"),
    "roster": ("people", "id"),
    "seen": ("series", "day", "code"),
    "bucket": ("level", "at", "scope"),
    "clock": ("skew", "scope"),
    "counter": ("day", "kind", "n", "scope"),
}  # fmt: skip
PLACES = [(table, column) for table, columns in COLUMNS.items() for column in columns]
UPDATE = st.builds("UPDATE OR IGNORE {0[0]} SET {0[1]} = {1}".format, st.sampled_from(PLACES), st.sampled_from(VALUES))
BREAK = st.sampled_from([
    *(f"{verb} {table}" for table in COLUMNS for verb in ("DROP TABLE", "DELETE FROM")),
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


@examples(30)
@given(st.lists(UPDATE, min_size=1, max_size=4) | st.lists(UPDATE | BREAK, min_size=1, max_size=4))
def test_a_store_whose_contents_are_wrong_is_survived(store, tmp_path_factory, statements):
    folder = tmp_path_factory.mktemp("저장")
    survived(folder, changed(store, folder, *statements))


@examples(25)
@given(FLIPS, st.just(1.0) | st.floats(0, 1))
def test_a_store_with_flipped_bytes_is_survived(store, tmp_path_factory, flips, kept):
    folder = tmp_path_factory.mktemp("저장")
    data = bytearray(store.read_bytes())
    for place, mask in flips:
        data[int(place * len(data))] ^= mask
    (folder / "flipped").write_bytes(data[: int(kept * len(data))])
    survived(folder, folder / "flipped")


STATE = {
    "version": 1, "token": TOKEN, "issued": 1795141000.0, "expires": 1795227400.0, "accepted": True, "strikes": 0,
    "requests": [1795141000.0], "rest_from": 0.0, "rest_until": 0.0, "rest_key": "", "rest_code": "", "rest_msg": "",
}  # fmt: skip
MOMENT = st.sampled_from([0, -1, 1795141231.0, 1795141200.0, 1795141260.0, 1795141231.0 + 86400, 1e11, 9e10, 1e308])
TOKEN_FILE = st.one_of(
    st.builds(lambda changed: json.dumps({**STATE, **changed}).encode(), st.dictionaries(
        st.sampled_from([*STATE, "x"]), JSON | MOMENT | st.lists(MOMENT, max_size=4), max_size=4)),
    st.builds(lambda gone: json.dumps({k: v for k, v in STATE.items() if k not in gone}).encode(),
              st.sets(st.sampled_from([*STATE]))),
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
    shelf = Tokens(PrivateFile(folder, "fuzz", clock), issue, clock)
    look(folder, "fuzz", clock.epoch())
    shown = ""
    for pause in (0.0, 1.0, COOL_DOWN, COOL_DOWN, LONGEST_REST):
        clock.move(pause)
        try:
            token = shelf.current()
            shelf.accepted(token)
            if not token.reveal().startswith("NEW"):
                token = shelf.replace(token)
        except KisError as error:
            shown += f"{error} {error!r} {error.problem}"
    assert token.reveal().startswith("NEW")
    assert all(len([at for at in asked if first <= at < first + COOL_DOWN]) <= MOST_IN_COOL_DOWN for first in asked)
    assert TOKEN not in shown


@pytest.mark.parametrize("path", corpus("token"), ids=lambda path: path.name)
def test_a_token_file_of_the_corpus_is_survived(path, tmp_path):
    issued_in_the_end(tmp_path, path.read_bytes())


@examples(80)
@given(TOKEN_FILE)
@example(json.dumps({**STATE, "expires": 1e11, "token": "x", "strikes": 10**9, "accepted": False}).encode())
def test_whatever_stands_in_the_tokens_file_a_token_comes_and_no_storm(tmp_path_factory, data):
    issued_in_the_end(tmp_path_factory.mktemp("토큰"), data)
