"""The SQLite file itself: versions, damage, locks and processes that die in the middle of a write."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from clocks import ManualClock, kst
from samples import KRX_KOSPI

from xlwings_kis.clock import to_kst
from xlwings_kis.errors import Problem
from xlwings_kis.fields import FIGURES
from xlwings_kis.rows import Row
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.store import connection, schema, sqlite
from xlwings_kis.store.base import Ask, StoreTrouble, Verdict
from xlwings_kis.store.damage import healthy, set_aside
from xlwings_kis.store.guarded import PATIENCE
from xlwings_kis.store.sqlite import SqliteStore
from xlwings_kis.store.trouble import DamagedStore

posix = pytest.mark.skipif(os.name != "posix", reason="processes are forked and killed")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "한글 store.sqlite3"


@pytest.fixture
def open_store(path: Path, clock: ManualClock) -> Iterator[Callable[[], SqliteStore]]:
    handles: list[SqliteStore] = []

    def make() -> SqliteStore:
        handles.append(SqliteStore(path, "scope", clock, 5.0))
        return handles[-1]

    yield make
    for handle in handles:
        handle.close()


def fill(store: SqliteStore, clock: ManualClock, number: int = 200) -> None:
    """So many bodies: enough pages that damage hits one of them."""
    for at in range(number):
        rows = tuple(Row(str(code), f"이름 {at}", tuple(range(at, at + len(FIGURES)))) for code in range(8000, 8011))
        mark = sha256(str(at).encode()).hexdigest()
        store.land(Snapshot(KRX_KOSPI, to_kst(clock.epoch()), rows, sha256=mark), "me", clock.epoch(), 0.0)
        clock.move(1)


def land_one(store: SqliteStore, clock: ManualClock, figure: int) -> None:
    """One more body: 개인 with the same figure throughout."""
    rows = (Row("8000", "개인", (figure,) * len(FIGURES)),)
    store.land(Snapshot(KRX_KOSPI, to_kst(clock.epoch()), rows), "me", clock.epoch(), 0.0)


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


# --- versions ---


def test_a_new_file_has_the_version_of_the_program(open_store, path):
    open_store()
    assert version_of(path) == len(schema.MIGRATIONS) > 0


def test_opening_again_changes_nothing(open_store, path):
    open_store().close()
    with closing(sqlite3.connect(path)) as db:
        before = list(db.iterdump())
    open_store().close()
    with closing(sqlite3.connect(path)) as db:
        assert list(db.iterdump()) == before


def test_readers_and_a_writer_do_not_wait_for_each_other(open_store, path):
    open_store()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_an_empty_file_becomes_a_store(open_store, path):
    path.touch()
    assert open_store().claim(Ask(KRX_KOSPI, "me", 30.0)).verdict is Verdict.GRANTED


def test_the_file_of_a_newer_program_is_left_alone(open_store, path, clock):
    fill(open_store(), clock, 3)
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
        before = list(db.iterdump())
    with pytest.raises(StoreTrouble) as caught:
        open_store()
    assert not isinstance(caught.value, DamagedStore)
    assert version_of(path) == len(schema.MIGRATIONS) + 1
    with closing(sqlite3.connect(path)) as db:
        assert list(db.iterdump()) == before


def test_a_migration_that_fails_leaves_the_file_as_it_was(open_store, path, clock, monkeypatch):
    fill(open_store(), clock, 3)
    with closing(sqlite3.connect(path)) as db:
        before = list(db.iterdump())
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, "CREATE TABLE more (a); CREATE TABLE clock (a)"))
    with pytest.raises(StoreTrouble):
        open_store()
    with closing(sqlite3.connect(path)) as db:
        assert list(db.iterdump()) == before
        assert version_of(path) == len(schema.MIGRATIONS) - 1


def test_a_migration_keeps_what_is_there(open_store, path, clock, monkeypatch):
    first = open_store()
    fill(first, clock, 3)
    kept = first.kept(KRX_KOSPI)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, "ALTER TABLE clock ADD COLUMN more TEXT"))
    assert open_store().kept(KRX_KOSPI) == kept
    assert version_of(path) == len(schema.MIGRATIONS)


def test_a_file_of_version_1_keeps_its_data(open_store, path, clock):
    with closing(sqlite3.connect(path)) as db:
        db.executescript((Path(__file__).parent / "data" / "store-1.sql").read_text(encoding="utf-8"))
    clock.set("2026-11-20 10:30:02")
    store = open_store()
    assert version_of(path) == len(schema.MIGRATIONS)
    kept = store.kept(KRX_KOSPI)
    assert kept.latest.by_code["7000"].figures == (30, 31, 32, 33, None, *range(35, 48))
    assert (kept.order, kept.counters.data, kept.problem.key) == (("7000",), 1, "no_answer")
    memory = store.witnesses(KRX_KOSPI, date(2026, 11, 20))
    assert memory.earlier.asof == kst("2026-11-19 15:31:00")
    assert memory.waiting.content == memory.earlier.content
    then = store.at(KRX_KOSPI, kst("2026-11-20 10:25:00").timestamp())
    assert then.by_code["8000"].figures[0] == 2**33 * 10
    assert then.notes == ("무엇이 이상함",)
    land_one(store, clock, 3)
    course = store.series(KRX_KOSPI, date(2026, 11, 20), [("8000", FIGURES[0]), ("", FIGURES[0])])
    assert [sight.figures for sight in course] == [(10, 40), (2**33 * 10, 2**33 * 40), (30, 120), (3, None)]
    assert course[0][:2] == (kst("2026-11-20 10:00:00").timestamp(), kst("2026-11-20 10:05:00").timestamp())


OPENING = """
import sys
from pathlib import Path
from xlwings_kis.clock import SystemClock
from xlwings_kis.store.sqlite import SqliteStore

print("ready", flush=True)
sys.stdin.readline()
for number in range(10):
    store = SqliteStore(Path(sys.argv[1]) / f"{number}.sqlite3", "scope", SystemClock(), 5.0)
    store.count("data")
print("done", flush=True)
"""


def test_several_processes_may_make_the_same_file_at_once(tmp_path):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    processes = [subprocess.Popen([sys.executable, "-c", OPENING, str(tmp_path)], text=True, **pipes) for _ in range(4)]
    try:
        for process in processes:
            assert process.stdout.readline() == "ready\n", process.stderr.read()
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in processes:
            out, err = process.communicate()
            assert out == "done\n", err
        for number in range(10):
            assert version_of(tmp_path / f"{number}.sqlite3") == len(schema.MIGRATIONS)
            with closing(sqlite3.connect(tmp_path / f"{number}.sqlite3")) as db:
                assert db.execute("SELECT sum(n) FROM counter").fetchone() == (4,)
    finally:
        for process in processes:
            process.kill()
            process.communicate()


# --- locks ---


def test_a_locked_file_is_trouble_and_no_damage(open_store, path):
    store = open_store()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreTrouble) as caught:
            store.count("data")
        assert not isinstance(caught.value, DamagedStore)
        other.execute("ROLLBACK")
    store.count("data")
    assert store.kept(KRX_KOSPI).counters.data == 1


def test_looking_in_vain_needs_no_lock(open_store, path, clock):
    store, other = open_store(), open_store()
    other.claim(Ask(KRX_KOSPI, "other", 30.0))
    store.claim(Ask(KRX_KOSPI, "me", 30.0))
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert store.claim(Ask(KRX_KOSPI, "me", 30.0)).verdict is Verdict.BUSY


def test_a_folder_that_is_not_there_is_trouble(tmp_path, clock):
    with pytest.raises(StoreTrouble) as caught:
        SqliteStore(tmp_path / "nowhere" / "store.sqlite3", "scope", clock, 5.0)
    assert not isinstance(caught.value, DamagedStore)


# --- damage ---


def _zero(start: int, length: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:start] + bytes(length) + data[start + length :]


DAMAGES = {
    "garbage": lambda data: b"\x17garbage\xff" * 5000,
    "text": lambda data: "스프레드시트".encode() * 1000,
    "header of zeros": _zero(0, 100),
    "all zeros": lambda data: bytes(len(data)),
    "first page of zeros": _zero(0, 4096),
    "truncated in the middle": lambda data: data[: len(data) // 2],
    "truncated in a page": lambda data: data[: len(data) // 2 + 1000],
    "one page left": lambda data: data[:4096],
    "pages of zeros": _zero(8192, 40_960),
    "pages of noise": lambda data: data[:8192] + b"\xa5" * 40_960 + data[8192 + 40_960 :],
}


def use(path: Path, clock: ManualClock) -> None:
    """Everything a process does with a store; raises `DamagedStore` if it notices."""
    store = SqliteStore(path, "scope", clock, 5.0)
    try:
        store.kept(KRX_KOSPI)
        store.claim(Ask(KRX_KOSPI, "me", 30.0))
        store.witnesses(KRX_KOSPI, kst("2026-11-21").date())
        fill(store, clock, 3)
        store.asked([KRX_KOSPI])
        store.in_use(1)
        store.count("data")
        store.take()
    finally:
        store.close()


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_damage_is_detected(open_store, path, clock, damage):
    store = open_store()
    fill(store, clock)
    store.close()
    assert healthy(path)
    data = path.read_bytes()
    assert len(data) > 60_000
    path.write_bytes(damage(data))
    with pytest.raises(DamagedStore):
        use(path, clock)
    assert not healthy(path)


def test_the_undamaged_file_is_healthy_after_use(open_store, path, clock):
    store = open_store()
    fill(store, clock)
    store.close()
    use(path, clock)
    assert healthy(path)


def test_a_file_whose_very_table_names_are_no_letters_is_damaged(open_store, path, clock):
    open_store()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = path.read_bytes()
    path.write_bytes(data.replace(b"CREATE TABLE counter", b"CREA\xd4E TABLE counter"))
    assert not healthy(path)


def test_a_locked_file_counts_as_healthy(open_store, path):
    open_store().close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("BEGIN EXCLUSIVE")
        assert healthy(path)


def test_a_file_in_use_by_others_is_healthy(open_store, path, clock):
    fill(open_store(), clock)
    assert healthy(path)


def test_figures_that_cannot_be_unpacked_are_damage(open_store, path, clock):
    store = open_store()
    fill(store, clock, 1)
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE snapshot SET figures = x'04ff'")
        db.commit()
    with pytest.raises(DamagedStore):
        store.kept(KRX_KOSPI)


@pytest.mark.parametrize("text", ["", "{", "[]", "[1]", '{"key": 1}', "null", "7"])
def test_a_problem_that_cannot_be_read_is_damage(open_store, path, clock, text):
    store = open_store()
    fill(store, clock, 1)
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE series SET problem = ?", (text,))
        db.commit()
    with pytest.raises(DamagedStore):
        store.kept(KRX_KOSPI)


def wrong(path: Path, statement: str) -> None:
    """Change the file in a way that no check of SQLite's sees."""
    with closing(sqlite3.connect(path)) as db:
        db.execute(statement)
        db.commit()
    assert healthy(path)


WRONG = {
    "notes that are no list": "UPDATE snapshot SET notes = '7'",
    "notes that are a text": """UPDATE snapshot SET notes = '"abc"'""",
    "notes that are no texts": "UPDATE snapshot SET notes = '[1]'",
    "half JSON": "UPDATE snapshot SET notes = '['",
    "a moment of no calendar": "UPDATE snapshot SET last_seen = 1e300",
    "a moment that is a text": "UPDATE snapshot SET first_seen = 'x'",
    "a standing nobody knows": "UPDATE snapshot SET standing = 'x'",
    "text that is no UTF-8": "UPDATE snapshot SET standing = CAST(x'ff' AS TEXT)",
    "a failure count that is a text": "UPDATE series SET failures = 'x'",
    "a rest without an end": "UPDATE series SET rest_until = 9e999",
    "a fetch that is a text": "UPDATE series SET fetched = 'x'",
    "a clock out of the calendar": "UPDATE clock SET skew = 1e300",
    "figures other than their digest": "UPDATE snapshot SET content = zeroblob(16)",
    "no table": "DROP TABLE counter",
    "no column": "ALTER TABLE series RENAME COLUMN rest_until TO x",
}


@pytest.mark.parametrize("statement", WRONG.values(), ids=WRONG.keys())
def test_wrong_values_are_damage_and_never_another_error(open_store, path, clock, statement):
    store = open_store()
    fill(store, clock, 1)
    wrong(path, statement)
    with pytest.raises(DamagedStore):
        store.kept(KRX_KOSPI)


def test_a_missing_table_is_no_damage_where_the_file_is_another_version(open_store, path, clock):
    store = open_store()
    wrong(path, "DROP TABLE counter")
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS) + 1}")
    with pytest.raises(StoreTrouble) as caught:
        store.kept(KRX_KOSPI)
    assert not isinstance(caught.value, DamagedStore)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), DamagedStore),
        (TypeError("not subscriptable"), DamagedStore),
        (OverflowError("too large"), DamagedStore),
        (OSError("device not ready"), StoreTrouble),
        (sqlite3.OperationalError("disk I/O error"), StoreTrouble),
    ],
)
def test_whatever_goes_wrong_while_opening_is_trouble_or_damage(path, clock, monkeypatch, error, kind):
    def break_off(db: sqlite3.Connection) -> None:
        raise error

    monkeypatch.setattr(connection, "migrate", break_off)
    with pytest.raises(StoreTrouble) as caught:
        SqliteStore(path, "scope", clock, 5.0)
    assert type(caught.value) is kind


def test_half_a_character_in_a_text_of_kis_breaks_nothing(open_store, path, clock):
    store, odd = open_store(), "오류 \ud800"
    rows = (Row("8000", odd, (1,) * len(FIGURES)),)
    store.land(Snapshot(KRX_KOSPI, to_kst(clock.epoch()), rows, (odd,), sha256="00"), "me", clock.epoch(), 0.0)
    store.fail(KRX_KOSPI, "me", Problem("refused", "EGW00999", {"msg": odd}), 5.0, "")
    kept = store.kept(KRX_KOSPI)
    assert (kept.latest.notes, kept.latest.rows, kept.problem.facts) == ((odd,), rows, {"msg": odd})


def test_a_body_that_cannot_be_written_is_no_damage(open_store, clock):
    store = open_store()
    rows = (Row("8000", "개인", (2**80,) * len(FIGURES)),)
    with pytest.raises(StoreTrouble) as caught:
        store.land(Snapshot(KRX_KOSPI, to_kst(clock.epoch()), rows, sha256="00"), "me", clock.epoch(), 0.0)
    assert not isinstance(caught.value, DamagedStore)


def test_a_damaged_file_is_set_aside_with_every_byte(path, clock):
    for tail in ("", "-wal", "-shm"):
        path.with_name(path.name + tail).write_bytes(b"bytes" + tail.encode())
    kept = set_aside(path, to_kst(clock.epoch()))
    assert kept.name == f"{path.name}.damaged-20261120-112031"
    assert kept.read_bytes() == b"bytes"
    assert kept.with_name(kept.name + "-wal").read_bytes() == b"bytes-wal"
    assert kept.with_name(kept.name + "-shm").read_bytes() == b"bytes-shm"
    assert not list(path.parent.glob(f"{path.name}"))
    assert not path.with_name(path.name + "-wal").exists()


def test_what_was_set_aside_in_the_same_second_is_kept_too(path, clock):
    for number in range(3):
        path.write_bytes(b"%d" % number)
        set_aside(path, to_kst(clock.epoch()))
    found = path.parent.glob(f"{path.name}.damaged-*")
    assert sorted(file.read_bytes() for file in found) == [b"0", b"1", b"2"]


def test_a_store_made_while_the_damaged_one_is_set_aside_keeps_all_its_files(open_store, path, clock, monkeypatch):
    path.write_bytes(b"garbage" * 1000)
    real = Path.replace

    def replace_and_be_overtaken(self: Path, target: Path) -> Path:
        moved = real(self, target)
        if self == path:
            fill(open_store(), clock, 1)  # another process, in the very moment
        return moved

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace_and_be_overtaken)
        set_aside(path, to_kst(clock.epoch()))
    assert path.with_name(path.name + "-wal").exists()
    assert open_store().kept(KRX_KOSPI).latest is not None


def test_a_new_store_stands_where_the_damaged_one_was(open_store, path, clock):
    store = open_store()
    fill(store, clock)
    store.close()
    path.write_bytes(b"garbage" * 1000)
    set_aside(path, to_kst(clock.epoch()))
    assert open_store().kept(KRX_KOSPI).latest is None
    assert healthy(path)


# --- kill -9 ---

KILLS = 40

LANDING = """
import os, random, signal, sys
from hashlib import sha256
from pathlib import Path
from xlwings_kis.clock import to_kst
from xlwings_kis.fields import FIGURES
from xlwings_kis.markets import ALL_PAIRS
from xlwings_kis.rows import Row
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.store.damage import healthy
from xlwings_kis.store.sqlite import SqliteStore

class Clock:
    now = 1_795_141_231.0
    epoch = lambda self: self.now

def land_for_ever(path, clock, tell):
    store = SqliteStore(path, "scope", clock, 5.0)
    for number in range(1_000_000):
        clock.now += 0.001
        rows = tuple(Row(str(c), str(number), (random.randrange(10**9),) * len(FIGURES)) for c in range(8000, 8011))
        body = Snapshot(ALL_PAIRS[0], to_kst(clock.now), rows, sha256=sha256(str(number).encode()).hexdigest())
        store.land(body, "me", clock.now, 0.0)
        os.write(tell, body.content)

path, clock, told = Path(sys.argv[1]), Clock(), b""
random.seed(int(sys.argv[3]))
for number in range(int(sys.argv[2])):
    clock.now += 10
    hear, tell = os.pipe()
    child = os.fork()
    if not child:
        try:
            land_for_ever(path, clock, tell)
        finally:
            os._exit(1)
    os.close(tell)
    for _ in range(random.randrange(1, 12)):
        told = os.read(hear, 16)
    for _ in range(random.randrange(20_000)):
        pass
    os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status), "the writer failed by itself"
    while more := os.read(hear, 16):
        told = more
    os.close(hear)
    assert healthy(path), f"kill {number} left a damaged file"
    store = SqliteStore(path, "scope", clock, 5.0)
    rows = store._db.execute("SELECT content FROM snapshot ORDER BY id DESC LIMIT 2").fetchall()
    assert (told,) in rows, f"kill {number} lost what had landed"
    kept = store.kept(ALL_PAIRS[0]).latest
    assert (kept.content,) == rows[0], f"kill {number} left half a body"
    store.close()
print("healthy")
"""


@posix
@pytest.mark.parametrize(
    "kills", [KILLS, pytest.param(10 * KILLS, marks=[pytest.mark.long, pytest.mark.timeout(1200)])]
)
def test_a_process_killed_while_it_lands_leaves_a_healthy_file_with_all_that_had_landed(path, kills):
    done = subprocess.run(
        [sys.executable, "-c", LANDING, str(path), str(kills), "7"], capture_output=True, text=True, timeout=1200
    )
    assert done.stdout == "healthy\n", done.stderr


def test_busy_time_is_within_the_patience_of_the_guard():
    assert sqlite.BUSY_SECONDS < PATIENCE
