"""Files: whole or not at all, private where they must be."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from xlwings_kis import files
from xlwings_kis.files import private_folder, remove_file, replace_file

posix = pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "한글 폴더"
    folder.mkdir()
    return folder / "보고서.xlsx"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_file_is_written_where_there_was_none(path):
    replace_file(path, "내용".encode())
    assert path.read_text(encoding="utf-8") == "내용"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_replaced(path):
    path.write_bytes(b"a longer one that was there")
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_readers_see_the_old_or_the_new_file_and_nothing_between(path):
    bodies = {bytes((letter,)) * 300_000 for letter in b"ab"}
    replace_file(path, min(bodies))
    done, seen = threading.Event(), set()

    def read() -> None:
        while not done.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(25):
        for body in bodies:
            replace_file(path, body)
    done.set()
    reader.join()
    assert seen
    assert seen <= bodies


@pytest.mark.parametrize(("owner", "step"), [("os", "fsync"), ("pathlib.Path", "replace")], ids=lambda v: str(v))
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "Ctrl+C"])
def test_a_failure_leaves_the_old_file_and_no_temporary_one(path, monkeypatch, owner, step, error):
    path.write_bytes(b"old")

    def broken(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(f"{owner}.{step}", broken)
        with pytest.raises(type(error)):
            replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_in_the_way_is_an_error_and_stays(path):
    path.mkdir()
    (path / "inside").write_text("kept")
    with pytest.raises(OSError):  # noqa: PT011 - which one depends on the system
        replace_file(path, b"new")
    assert (path / "inside").read_text() == "kept"
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_an_error(path):
    with pytest.raises(FileNotFoundError):
        replace_file(path.parent / "nowhere" / "file", b"new")
    assert list(path.parent.iterdir()) == []


def test_a_very_long_name_can_be_written(path):
    long = path.with_name("긴" * 80)
    replace_file(long, b"new")
    assert long.read_bytes() == b"new"


@posix
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_private_file_is_private_whatever_the_umask(path, umask):
    path.write_bytes(b"public before")
    path.chmod(0o644)
    before = os.umask(umask)
    try:
        replace_file(path, b"secret", private=True)
    finally:
        os.umask(before)
    assert mode(path) == 0o600


@posix
@pytest.mark.parametrize(("umask", "expected"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_an_ordinary_file_has_the_mode_the_user_wants(path, umask, expected):
    before = os.umask(umask)
    try:
        replace_file(path, b"report")
        assert os.umask(umask) == umask
    finally:
        os.umask(before)
    assert mode(path) == expected


@posix
def test_a_private_file_is_never_readable_by_others_not_even_for_a_moment(path, monkeypatch):
    modes = []
    real = os.fsync

    def look(handle: int) -> None:
        modes.append(os.fstat(handle).st_mode & 0o777)
        real(handle)

    monkeypatch.setattr("os.fsync", look)
    before = os.umask(0)
    try:
        replace_file(path, b"secret", private=True)
    finally:
        os.umask(before)
    assert modes == [0o600]


@posix
def test_a_private_folder_is_made_private(path):
    before = os.umask(0)
    try:
        made = private_folder(path.parent / "위" / "아래")
    finally:
        os.umask(before)
    assert made.is_dir()
    assert mode(made) == 0o700


@posix
def test_a_folder_others_may_read_is_closed_to_them(path):
    path.parent.chmod(0o755)
    assert mode(private_folder(path.parent)) == 0o700


@posix
def test_a_link_is_no_private_folder(path, tmp_path):
    (tmp_path / "link").symlink_to(path.parent)
    with pytest.raises(PermissionError):
        private_folder(tmp_path / "link")


@posix
def test_the_folder_of_somebody_else_is_refused(path, monkeypatch):
    monkeypatch.setattr(files.os, "getuid", lambda: os.stat(path.parent).st_uid + 1)  # noqa: PTH116 - not patched
    with pytest.raises(PermissionError):
        private_folder(path.parent)


def test_a_file_is_no_private_folder(path):
    path.write_bytes(b"a file")
    with pytest.raises(OSError):  # noqa: PT011 - which one depends on the system
        private_folder(path)
    assert path.read_bytes() == b"a file"


def test_removing_says_whether_there_was_something(path):
    path.write_bytes(b"there")
    assert remove_file(path) is True
    assert remove_file(path) is False
    assert not path.exists()


@pytest.mark.parametrize("times", [1, 3])
def test_a_file_that_somebody_holds_open_for_a_moment_is_replaced(path, monkeypatch, times):
    path.write_bytes(b"old")
    real, tried, pauses = Path.replace, [], []

    def held(self: Path, target: Path) -> Path:
        tried.append(target)
        if len(tried) <= times:
            raise PermissionError(13, "another process uses the file")
        return real(self, target)

    monkeypatch.setattr("pathlib.Path.replace", held)
    monkeypatch.setattr(files.time, "sleep", pauses.append)
    replace_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert len(pauses) == times
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_somebody_holds_open_for_long_is_an_error_and_stays(path, monkeypatch):
    path.write_bytes(b"old")
    pauses: list[float] = []

    def held(self: Path, target: Path) -> Path:
        raise PermissionError(13, "another process uses the file")

    monkeypatch.setattr("pathlib.Path.replace", held)
    monkeypatch.setattr(files.time, "sleep", pauses.append)
    with pytest.raises(PermissionError):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert 0 < sum(pauses) < 1
    assert list(path.parent.iterdir()) == [path]


def test_what_a_killed_process_has_left_goes_with_the_next_file_but_not_what_somebody_writes(path):
    names = (".보고서-0123456789ab.xlsx.tmp", ".a-0123456789ab.xlwings-kis.tmp", ".b-0123456789ab.xlwings-kis.tmp")
    others, left, being_written = (path.with_name(name) for name in names)
    for one in (others, left, being_written):
        one.write_bytes(b"half")
    for one in (others, left):
        os.utime(one, (1, 1))
    replace_file(path, b"whole")
    assert sorted(path.parent.iterdir()) == sorted([path, others, being_written])


def test_what_cannot_be_swept_away_costs_no_file(path, monkeypatch):
    left = path.with_name(".a-0123456789ab.xlwings-kis.tmp")
    left.write_bytes(b"half")
    os.utime(left, (1, 1))

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "unlink", refuse)
    replace_file(path, b"whole")
    assert path.read_bytes() == b"whole"
