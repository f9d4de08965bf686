"""The store as a whole: what is in it, out of it, among it. Several processes at once, and nothing half done."""

from __future__ import annotations

import inspect
import itertools
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from clocks import ManualClock, kst
from hypothesis import given, settings
from hypothesis import strategies as st
from making import refusal_of
from samples import KRX_KOSDAQ, KRX_KOSPI

from xlwings_kis.fields import FIGURES
from xlwings_kis.markets import Pair
from xlwings_kis.rows import Row
from xlwings_kis.snapshot import Snapshot, Standing
from xlwings_kis.store.archive import Archive, Merged, Received
from xlwings_kis.store.base import Store, StoreTrouble
from xlwings_kis.store.damage import healthy
from xlwings_kis.store.merging import Arrival, merged, unknown
from xlwings_kis.store.packed import Packed, Run
from xlwings_kis.store.shared.archive import SharedArchive
from xlwings_kis.store.shared.server import Server
from xlwings_kis.store.shared.store import RedisStore
from xlwings_kis.store.sqlite import SqliteStore
from xlwings_kis.store.trouble import DamagedStore

FRIDAY = date(2026, 11, 20)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "한글 store.sqlite3"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What is promised of the store as a whole is promised of a server too; what is promised of its file, of the file."""
    if "place" in metafunc.fixturenames:
        of_files = set(inspect.signature(metafunc.function).parameters) & {"path", "tmp_path", "monkeypatch"}
        metafunc.parametrize("place", ["file"] if of_files else ["file", "server"], indirect=True)


@pytest.fixture
def place(request: pytest.FixtureRequest, path: Path, clock: ManualClock) -> Path | Server:
    """Where it is: a file, or a server whose clock is the test's."""
    if request.param == "file":
        return path
    return Server(request.getfixturevalue("redis_server").address, clock, clock.epoch)


@pytest.fixture
def open_archive(place: Path | Server) -> Iterator[Callable[..., Archive]]:
    handles: list[Archive] = []

    def make(scope: str = "scope") -> Archive:
        handles.append(Archive(place, scope) if isinstance(place, Path) else SharedArchive(place, scope))
        return handles[-1]

    yield make
    for handle in handles:
        handle.close()


@pytest.fixture
def archive(open_archive) -> Archive:
    return open_archive()


@pytest.fixture
def store(place: Path | Server, clock: ManualClock) -> Iterator[Store]:
    on_file = isinstance(place, Path)
    with closing(SqliteStore(place, "scope", clock, 5.0) if on_file else RedisStore(place, "scope", 5.0, "")) as made:
        yield made


def body(at: str, figure: int, *codes: str, pair: Pair = KRX_KOSPI, **more) -> Snapshot:
    rows = tuple(Row(code, f"이름 {code}", (figure,) * len(FIGURES)) for code in codes or ("8000",))
    moment = kst(at if " " in at else f"2026-11-20 {at}")
    return Snapshot(pair, moment, rows, changed=moment, **more)


def land(store: SqliteStore, clock: ManualClock, *bodies: Snapshot) -> None:
    for one in bodies:
        clock.now = one.asof
        store.land(one, "me", clock.epoch(), 0.0)


def received(*bodies: Snapshot) -> list[Received]:
    return [Received(one.pair, Arrival(one.asof.timestamp(), Packed.of(one)), one.empty) for one in bodies]


def seen(archive: Archive, day: date = FRIDAY, pair: Pair = KRX_KOSPI) -> list[tuple]:
    """The tables of a day: from, to, figure, what they count as."""
    return [
        (f"{one.changed:%H:%M:%S}", f"{one.asof:%H:%M:%S}", one.rows[0].figures[0], one.standing.value)
        for one in archive.tables(day, pair)
    ]


# --- looking and pruning ---


def test_what_there_is_is_told_pair_by_pair(store, archive, open_archive, clock):
    land(store, clock, body("2026-11-19 10:00:00", 1), body("10:00:00", 1), body("10:01:00", 2))
    land(store, clock, body("10:02:00", 3, pair=KRX_KOSDAQ))
    assert archive.stored() == (
        (KRX_KOSPI, 2, 3, FRIDAY - timedelta(days=1), FRIDAY),
        (KRX_KOSDAQ, 1, 1, FRIDAY, FRIDAY),
    )
    assert archive.days() == ((FRIDAY - timedelta(days=1), KRX_KOSPI), (FRIDAY, KRX_KOSPI), (FRIDAY, KRX_KOSDAQ))
    assert archive.days(FRIDAY, FRIDAY) == ((FRIDAY, KRX_KOSPI), (FRIDAY, KRX_KOSDAQ))
    other = open_archive("another key")
    assert (other.stored(), other.days(), other.tables(FRIDAY, KRX_KOSPI)) == ((), (), ())
    assert other.others() == (4 if isinstance(other, Archive) else 0)
    assert archive.others() == 0


def test_a_table_that_cannot_be_read_costs_no_other(store, archive, path, clock):
    land(store, clock, body("10:00:00", 1), body("10:01:00", 2))
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE snapshot SET figures = x'00' WHERE id = 1")
    assert [one and one.rows[0].figures[0] for one in archive.tables(FRIDAY, KRX_KOSPI)] == [None, 2]


def test_pruning_removes_what_is_older_and_nothing_else(store, archive, open_archive, path, clock):
    days = [FRIDAY - timedelta(days=back) for back in (3, 2, 1, 0)]
    for day, number in itertools.product(days, range(3)):
        land(store, clock, body(f"{day} 10:00:0{number}", number, "8000", "9300"))
    with closing(SqliteStore(path, "another key", clock, 5.0)) as other:
        land(other, clock, body(f"{days[0]} 10:00:00", 1))
    clock.set("2026-11-20 10:01:00")
    assert archive.prune(days[2]) == 6
    assert [day for day, _ in archive.days()] == days[2:]
    assert store.kept(KRX_KOSPI).order == ("9300",)
    assert open_archive("another key").days() == ((days[0], KRX_KOSPI),)
    archive.compact()
    assert len(seen(archive)) == 3


def test_many_are_pruned_in_steps_that_others_can_work_between(store, archive, clock, monkeypatch):
    from xlwings_kis.store import archive as room

    monkeypatch.setattr(room, "_AT_ONCE", 2)
    land(store, clock, *(body(f"2026-11-18 10:00:0{number}", number) for number in range(7)), body("10:00:00", 1))
    assert archive.prune(FRIDAY) == 7
    assert seen(archive) == [("10:00:00", "10:00:00", 1, "today")]


def test_the_store_prunes_by_itself_once_a_day(path, archive, clock):
    with closing(SqliteStore(path, "scope", clock, 5.0, keep_days=2)) as store:
        for back in (5, 3, 2, 1):
            land(store, clock, body(f"{FRIDAY - timedelta(days=back)} 10:00:00", back))
        assert len(archive.days()) == 3
        land(store, clock, body("10:00:00", 1))
        assert [day for day, _ in archive.days()] == [FRIDAY - timedelta(days=back) for back in (2, 1, 0)]


def test_a_store_without_a_limit_keeps_everything(store, archive, clock):
    land(store, clock, body("2020-01-02 10:00:00", 1), body("10:00:00", 1))
    assert len(archive.days()) == 2


def test_pruning_that_has_to_wait_costs_nothing(path, clock, monkeypatch):
    with closing(SqliteStore(path, "scope", clock, 5.0, keep_days=1)) as store:
        land(store, clock, body("2026-11-10 10:00:00", 1))

        def busy(*arguments):
            raise sqlite3.OperationalError("database is locked")

        monkeypatch.setattr(store._bodies, "drop_before", busy)
        land(store, clock, body("10:00:00", 2))
        assert store.kept(KRX_KOSPI).latest.rows[0].figures[0] == 2


# --- merging ---


def test_bodies_of_elsewhere_stand_where_they_belong(store, archive, clock):
    land(store, clock, body("10:00:00", 1), body("10:10:00", 1), body("10:30:00", 3))
    done = archive.merge(received(body("10:20:00", 2), body("09:30:00", 9), body("10:40:00", 4)))
    assert done == Merged(new=3, known=0, empty=0)
    assert seen(archive) == [
        ("09:30:00", "09:30:00", 9, "today"),
        ("10:00:00", "10:10:00", 1, "today"),
        ("10:20:00", "10:20:00", 2, "today"),
        ("10:30:00", "10:30:00", 3, "today"),
        ("10:40:00", "10:40:00", 4, "today"),
    ]
    assert store.kept(KRX_KOSPI).latest.rows[0].figures[0] == 4
    assert store.at(KRX_KOSPI, kst("2026-11-20 10:25:00").timestamp()).rows[0].figures[0] == 2


def test_duplicates_are_ignored(store, archive, clock):
    land(store, clock, body("10:00:00", 1), body("10:10:00", 1))
    again = received(
        body("10:00:00", 1), body("10:05:00", 1), body("10:10:00", 1), body("10:20:00", 2), body("10:20:00", 2)
    )
    assert archive.merge(again) == Merged(new=1, known=4, empty=0)
    assert archive.merge(again) == Merged(new=0, known=5, empty=0)
    assert seen(archive) == [("10:00:00", "10:10:00", 1, "today"), ("10:20:00", "10:20:00", 2, "today")]


def test_other_figures_between_two_sights_split_them(store, archive, clock):
    land(store, clock, body("10:00:00", 1), body("10:10:00", 1))
    archive.merge(received(body("10:05:00", 2)))
    assert [(first, last, figure) for first, last, figure, _ in seen(archive)] == [
        ("10:00:00", "10:00:00", 1),
        ("10:05:00", "10:05:00", 2),
        ("10:10:00", "10:10:00", 1),
    ]


def test_an_imported_body_counts_as_it_would_have_counted_then(archive):
    archive.merge(
        received(
            body("2026-11-19 19:59:00", 7),
            body("2026-11-19 20:00:00", 8),
            body("08:50:00", 8),
            body("09:00:30", 8),
            body("09:01:00", 1),
            body("2026-11-21 10:00:00", 1),
        )
    )
    assert seen(archive) == [("08:50:00", "09:00:30", 8, "previous"), ("09:01:00", "09:01:00", 1, "today")]
    (saturday,) = archive.tables(date(2026, 11, 21), KRX_KOSPI)
    assert (saturday.standing, saturday.of) == (Standing.HOLIDAY, kst("2026-11-20 09:01:00"))


def test_without_a_day_before_the_first_minutes_are_unconfirmed(archive):
    archive.merge(received(body("09:03:00", 1), body("09:06:00", 2)))
    assert [standing for *_, standing in seen(archive)] == ["unconfirmed", "today"]


def test_whoever_trusts_the_gateway_trusts_what_was_saved(archive):
    archive.merge(received(body("08:30:00", 1)), trust=True)
    assert seen(archive) == [("08:30:00", "08:30:00", 1, "today")]


def test_yesterdays_last_body_stays_the_witness_whatever_is_imported_before_it(store, archive, clock):
    land(store, clock, body("2026-11-19 20:00:00", 8))
    archive.merge(received(body("2026-11-19 10:00:00", 3)))
    assert store.witnesses(KRX_KOSPI, FRIDAY).earlier.rows[0].figures[0] == 8


def test_bodies_without_figures_are_counted_and_leave_nothing(archive):
    assert archive.merge(received(body("10:00:00", 0))) == Merged(new=0, known=0, empty=1)
    assert archive.days() == ()


def test_an_import_that_breaks_off_leaves_nothing(store, archive, clock):
    land(store, clock, body("10:00:00", 1))
    broken = received(body("2026-11-19 10:00:00", 5), body("10:05:00", 2))
    broken[1] = broken[1]._replace(arrival=broken[1].arrival._replace(body=broken[1].arrival.body._replace(people="[")))
    with pytest.raises(StoreTrouble):
        archive.merge(broken)
    assert archive.days() == ((FRIDAY, KRX_KOSPI),)
    assert seen(archive) == [("10:00:00", "10:00:00", 1, "today")]


def test_codes_keep_their_place_when_earlier_ones_are_imported(store, archive, clock):
    land(store, clock, body("10:00:00", 1, "8000", "9300"))
    archive.merge(received(body("09:30:00", 2, "8000", "9400")))
    clock.set("2026-11-20 10:00:01")
    assert store.kept(KRX_KOSPI).order == ("9300", "9400")


def test_a_known_body_never_changes_what_the_stored_one_counts_as(store, archive, clock):
    land(store, clock, body("09:01:00", 1), body("09:04:00", 1))
    archive.merge(received(body("09:02:00", 1), body("10:00:00", 2)))
    assert seen(archive) == [("09:01:00", "09:04:00", 1, "today"), ("10:00:00", "10:00:00", 2, "today")]


SIGHTS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 3)), min_size=1, max_size=15, unique_by=lambda one: one[0]
)


def packed(content: int) -> Packed:
    return Packed("[]", b"", None, bytes([content]), b"")


def as_runs(sights: list[tuple[int, int]]) -> list[Run]:
    """What landing one after the other makes of them."""
    groups = [list(group) for _, group in itertools.groupby(sorted(sights), key=lambda one: one[1])]
    return [Run(group[0][0], group[-1][0], packed(group[0][1]), "today") for group in groups]


@settings(max_examples=300)
@given(SIGHTS, st.data())
def test_what_two_places_saw_together_is_what_one_would_have_seen(sights, data):
    """Wherever each sight was kept first, and as often as it comes again; a run knows its ends alone."""
    there = data.draw(st.lists(st.booleans(), min_size=len(sights), max_size=len(sights)))
    stored = as_runs([one for one, here in zip(sights, there, strict=True) if here])
    arrivals = [Arrival(at, packed(content)) for at, content in data.draw(st.permutations(sights * 2))]

    def judge(arrival: Arrival, before: list[Run]) -> Run:
        return Run(arrival.at, arrival.at, arrival.body, "today")

    together = merged(stored, arrivals, judge)
    assert together == as_runs(sights)
    assert unknown(together, arrivals) == []
    assert merged(together, [], judge) == together


# --- a full disk ---


def fill_up(of: SqliteStore | Archive) -> None:
    """Let the file grow by next to nothing more."""
    (pages,) = of._db.execute("PRAGMA page_count").fetchone()
    of._db.execute(f"PRAGMA max_page_count = {pages + 2}")


def test_a_full_disk_costs_the_bodies_that_found_no_room_and_nothing_else(store, archive, path, clock):
    land(store, clock, body("10:00:00", 1))
    fill_up(store)
    landed = []

    def until_full() -> None:
        for second in range(2, 2000):
            at = kst("2026-11-20 10:00:00") + timedelta(seconds=second)
            land(store, clock, body(f"{at:%H:%M:%S}", second * 7919))
            landed.append(second * 7919)

    full = refusal_of(until_full, StoreTrouble)
    assert not isinstance(full, DamagedStore)
    assert [figure for _, _, figure, _ in seen(archive)] == [1, *landed]
    assert healthy(path)
    store._db.execute("PRAGMA max_page_count = 1000000")
    land(store, clock, body("19:00:00", 5))
    assert seen(archive)[-1][2] == 5


def test_an_import_onto_a_full_disk_leaves_nothing(store, archive, path, clock):
    land(store, clock, body("10:00:00", 1))
    fill_up(archive)
    many = received(*(body(f"2026-11-19 10:{at // 60:02}:{at % 60:02}", at * 7919 + 1) for at in range(3000)))
    with pytest.raises(StoreTrouble) as full:
        archive.merge(many)
    assert not isinstance(full.value, DamagedStore)
    assert archive.days() == ((FRIDAY, KRX_KOSPI),)
    assert healthy(path)


# --- several processes ---

WRITER = """
import sys
from pathlib import Path
from xlwings_kis.clock import to_kst
from xlwings_kis.fields import FIGURES
from xlwings_kis.markets import ALL_PAIRS
from xlwings_kis.rows import Row
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.store.base import StoreTrouble
from xlwings_kis.store.sqlite import SqliteStore

class Clock:
    now = 1_795_136_400.0  # 10:00 on the tests' Friday
    epoch = lambda self: self.now

path, clock, pair, step = Path(sys.argv[1]), Clock(), ALL_PAIRS[int(sys.argv[2])], int(sys.argv[3])
store = SqliteStore(path, "scope", clock, 5.0)
print("ready", flush=True)
sys.stdin.readline()
for number in range(300):
    clock.now += 1
    rows = (Row("8000", "", (number // step + 1,) * len(FIGURES)),)
    while True:
        try:
            store.land(Snapshot(pair, to_kst(clock.now), rows), "writer", clock.now, 0.0)
            break
        except StoreTrouble as trouble:
            assert "Operational" in str(trouble), trouble  # busy: the other one writes
print("done", flush=True)
"""


def test_two_writers_and_a_reader_lose_and_double_nothing(path, archive):
    """A simulated stretch of two recorders in two processes, each with its pair and one shared pair, and us reading."""
    jobs = [("0", "1"), ("1", "3")]
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), *job], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for job in jobs
    ]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    before = 0
    while any(writer.poll() is None for writer in writers):
        tables = archive.tables(FRIDAY, KRX_KOSPI)
        assert [one.rows[0].figures[0] for one in tables] == list(range(1, len(tables) + 1))
        assert len(tables) >= before
        before = len(tables)
    for writer in writers:
        assert writer.communicate()[0] == "done\n"
        assert writer.returncode == 0
    assert len(archive.tables(FRIDAY, KRX_KOSPI)) == 300
    runs = archive.tables(FRIDAY, KRX_KOSDAQ)
    assert [(one.rows[0].figures[0], (one.asof - one.changed).total_seconds()) for one in runs] == [
        (number, 2.0) for number in range(1, 101)
    ]


posix = pytest.mark.skipif(os.name != "posix", reason="processes are forked and killed")

KILLS = 60
"""With the forty of `test_sqlite`, a hundred."""

KILLED = """
import os, random, signal, sys
from pathlib import Path
from xlwings_kis import sessions
from xlwings_kis.clock import to_kst
from xlwings_kis.fields import FIGURES
from xlwings_kis.markets import ALL_PAIRS
from xlwings_kis.rows import Row
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.store.archive import Archive, Received
from xlwings_kis.store.packed import Packed
from xlwings_kis.store.damage import healthy
from xlwings_kis.store.merging import Arrival

path = Path(sys.argv[1])
random.seed(int(sys.argv[3]))
OPEN = 1_795_136_400.0

def bodies(kill):
    for at in range(400):
        rows = (Row("8000", "", (kill * 1000 + at + 1,) * len(FIGURES)),)
        yield Snapshot(ALL_PAIRS[0], to_kst(OPEN + kill * 0.001 + at), rows)

sessions.load(to_kst(OPEN).year)
steps = 0

def merge(kill, last_step):
    # dies at a certain step of the database's machine
    def step():
        global steps
        steps += 1
        if steps == last_step:
            os.kill(os.getpid(), signal.SIGKILL)
    archive = Archive(path, "scope")
    archive._db.set_progress_handler(step, 25)
    archive.merge([Received(b.pair, Arrival(b.asof.timestamp(), Packed.of(b)), False) for b in bodies(kill)])
    return archive

archive = merge(0, -1)
usual = steps
archive.prune(to_kst(OPEN + 86400).date())
archive.close()

outcomes = set()
for kill in range(1, int(sys.argv[2]) + 1):
    hear, tell = os.pipe()
    child = os.fork()
    if not child:
        steps = 0
        merge(kill, random.randrange(1, int(usual * 1.2)))
        os.write(tell, b"!")
        os.kill(os.getpid(), signal.SIGKILL)
    os.close(tell)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status), "the import failed by itself"
    done = os.read(hear, 1) == b"!"
    os.close(hear)
    assert healthy(path), f"kill {kill} left a damaged file"
    archive = Archive(path, "scope")
    day = to_kst(OPEN).date()
    figures = {one.rows[0].figures[0] for one in archive.tables(day, ALL_PAIRS[0])}
    mine = sum(kill * 1000 < figure < (kill + 1) * 1000 for figure in figures)
    assert mine in ((400,) if done else (0, 400)), f"kill {kill} left {mine} of 400"
    outcomes.add(mine)
    archive.prune(to_kst(OPEN + 86400).date())
    archive.close()
assert outcomes == {0, 400}, "all kills came too early, or too late"
print("healthy")
"""


@posix
def test_an_import_killed_at_any_moment_is_there_whole_or_not_at_all(path):
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(path), str(KILLS), "11"], capture_output=True, text=True, timeout=120
    )
    assert done.stdout == "healthy\n", done.stderr


def test_an_import_and_live_bodies_at_once_lose_nothing(path, store, archive, clock):
    clock.set("2026-11-20 10:00:00")
    imported = received(*(body(f"09:{minute:02}:30", 1000 + minute) for minute in range(10, 60)))
    workers = [threading.Thread(target=archive.merge, args=(imported,))]
    workers[0].start()
    for number in range(1, 60):
        clock.move(1)
        land(store, clock, body(f"{clock.now:%Y-%m-%d %H:%M:%S}", number))
    workers[0].join()
    figures = [figure for _, _, figure, _ in seen(archive)]
    assert figures == [*range(1010, 1060), *range(1, 60)]
