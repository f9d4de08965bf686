"""The real door to Windows, over doubles of `winreg`, `ctypes.windll` and xlwings' COM side."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

import xlwings_kis
from xlwings_kis import files
from xlwings_kis.addin import windows

NAME = "xlwings_kis.xlam"


class Registry:
    """`winreg`: values by view, hive and key."""

    HKEY_CURRENT_USER, HKEY_LOCAL_MACHINE = "HKCU", "HKLM"
    KEY_READ, KEY_SET_VALUE, KEY_WOW64_64KEY, KEY_WOW64_32KEY = 1, 2, 0x100, 0x200

    def __init__(self):
        self.values = {}
        self.refused = set()

    def OpenKey(self, root, key, reserved, access):  # noqa: N802 - winreg's name
        assert reserved == 0
        view = 32 if access & self.KEY_WOW64_32KEY else 64
        found = self.values.get((view, root, key))
        if found is None:
            raise FileNotFoundError(key)
        if key in self.refused:
            raise PermissionError(key)
        return _Key(found)

    def QueryValueEx(self, key, name):  # noqa: N802
        try:
            return key.values[name], 1
        except KeyError:
            raise FileNotFoundError(name) from None

    def QueryInfoKey(self, key):  # noqa: N802
        return 0, len(key.values), 0

    def EnumValue(self, key, at):  # noqa: N802
        name, value = list(key.values.items())[at]
        return name, value, 1

    def DeleteValue(self, key, name):  # noqa: N802
        if name not in key.values:
            raise FileNotFoundError(name)
        del key.values[name]


class _Key:
    def __init__(self, values):
        self.values = values

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None


@pytest.fixture
def registry(monkeypatch):
    double = Registry()
    monkeypatch.setitem(sys.modules, "winreg", double)
    return double


class Book:
    """An open workbook."""

    def __init__(self, books, path):
        self.books, self.api = books, SimpleNamespace(FullName=path)

    def close(self):
        self.books.open_ones.remove(self)


class Books:
    """`app.books` as xlwings has it: what is not there is a KeyError."""

    def __init__(self, *paths):
        self.open_ones = [Book(self, path) for path in paths]

    def __getitem__(self, name):
        for book in self.open_ones:
            if Path(book.api.FullName).name == name:
                return book
        raise KeyError(name)

    def open(self, path):
        if not any(book.api.FullName == path for book in self.open_ones):
            self.open_ones.append(Book(self, path))


class App:
    """A running Excel; `busy` is how many calls it refuses, as it does while a cell is edited."""

    def __init__(self, *paths, busy=0):
        self.books, self.busy, self.asked = Books(*paths), busy, 0
        self.startup_path = "/C/XLSTART"

    @property
    def version(self):
        self.asked += 1
        if self.busy:
            self.busy -= 1
            raise OSError("RPC_E_CALL_REJECTED")
        return 16


@pytest.fixture
def excel(monkeypatch):
    """Let xlwings know these running Excels; gives its module of COM calls."""
    monkeypatch.setattr(windows, "_PAUSE", 0.001)
    unregistered = []
    rim = SimpleNamespace(N_COM_ATTEMPTS=0, cleanup=lambda: None)
    monkeypatch.setattr("atexit.unregister", unregistered.append)

    def running(*apps):
        rim.unregistered = unregistered
        monkeypatch.setitem(sys.modules, "xlwings", SimpleNamespace(apps=list(apps)))
        monkeypatch.setitem(sys.modules, "xlwings._xlwindows", rim)
        return rim

    return running


def test_nothing_of_windows_is_needed_to_import_the_door_or_to_ask_for_the_python():
    own = windows.here().interpreter()
    assert (own.executable, own.version) == (Path(sys.executable), platform.python_version())
    assert own.bits == struct.calcsize("P") * 8
    assert own.xlwings
    assert windows.here().system == platform.system()
    assert "winreg" not in sys.modules or sys.platform == "win32"


def test_an_installed_version_is_listed_once_and_two_are_listed_in_the_order_of_import(monkeypatch):
    versions = [SimpleNamespace(version=each) for each in ("0.37.8", "0.36.1", "0.37.8")]
    monkeypatch.setattr("importlib.metadata.distributions", lambda name: versions)
    assert windows.here().interpreter().xlwings == ("0.37.8", "0.36.1")


def test_a_value_is_found_in_either_view_of_the_registry_and_a_missing_one_is_none(registry):
    registry.values[(64, "HKCU", r"A\B")] = {"x": 1}
    registry.values[(32, "HKLM", r"C")] = {"y": "two"}
    pc = windows.here()
    assert pc.registry(r"HKCU\A\B", "x") == 1
    assert pc.registry(r"HKLM\C", "y") == "two"
    assert pc.registry(r"HKCU\A\B", "z") is None
    assert pc.registry(r"HKCU\nowhere", "x") is None


def test_a_key_that_may_not_be_read_counts_as_empty(registry):
    registry.values[(64, "HKLM", "A")] = {"x": 1}
    registry.refused = {"A"}
    assert windows.here().registry(r"HKLM\A", "x") is None
    assert windows.here().registry_values(r"HKLM\A") == {}
    assert windows.here().forget(r"HKLM\A", "x") is False


def test_the_values_of_a_key_are_listed_and_one_can_be_forgotten(registry):
    registry.values[(64, "HKCU", "A")] = {"x": b"1", "y": b"2"}
    pc = windows.here()
    assert pc.registry_values(r"HKCU\A") == {"x": b"1", "y": b"2"}
    assert pc.forget(r"HKCU\A", "x") is True
    assert pc.forget(r"HKCU\A", "x") is False
    assert pc.registry_values(r"HKCU\A") == {"y": b"2"}


def program(path, machine, mark=b"PE\0\0"):
    """The beginning of a Windows program."""
    path.write_bytes(
        b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x80) + b"\0" * 0x40 + mark + struct.pack("<H", machine)
    )
    return path


@pytest.mark.parametrize(("machine", "bits"), [(0x8664, 64), (0x014C, 32), (0xAA64, 64), (0x1234, None)])
def test_the_bitness_of_a_program_stands_in_its_header(tmp_path, machine, bits):
    assert windows.program_bits(program(tmp_path / "EXCEL.EXE", machine)) == bits


@pytest.mark.parametrize("data", [b"", b"MZ", b"x" * 200, b"MZ".ljust(0x3C, b"\0") + b"\xff\xff\xff\x7f"])
def test_what_is_no_program_has_no_bitness(tmp_path, data):
    path = tmp_path / "x.exe"
    path.write_bytes(data)
    assert windows.program_bits(path) is None
    assert windows.program_bits(tmp_path / "missing.exe") is None


def test_excels_bitness_comes_from_its_program_else_from_its_installer(registry, tmp_path):
    pc = windows.here()
    assert pc.excel_bits() is None
    registry.values[(64, "HKLM", r"SOFTWARE\Microsoft\Office\ClickToRun\Configuration")] = {"Platform": "x86"}
    assert pc.excel_bits() == 32
    path = program(tmp_path / "EXCEL.EXE", 0x8664)
    registry.values[(64, "HKLM", windows._EXCEL)] = {"": f'"{path}"'}
    assert pc.excel_bits() == 64
    path.unlink()
    assert pc.excel_bits() == 32


def test_each_running_excel_says_where_it_starts_from_and_whether_our_add_in_is_open(excel):
    excel(App(f"/C/XLSTART/{NAME}", "/C/PERSONAL.XLSB"), App("/C/x.xlsx"))
    shown = windows.here().excels(NAME)
    assert [(each.startup, each.addin) for each in shown] == [
        (Path("/C/XLSTART"), Path(f"/C/XLSTART/{NAME}")),
        (Path("/C/XLSTART"), None),
    ]


def test_the_add_in_is_closed_where_it_is_open_and_other_workbooks_stay(excel):
    first, second = App(f"/C/{NAME}", "/C/x.xlsx"), App("/C/y.xlsx")
    excel(first, second)
    assert windows.here().close(NAME) == 1
    assert [book.api.FullName for book in first.books.open_ones] == ["/C/x.xlsx"]
    assert len(second.books.open_ones) == 1


def test_the_add_in_is_opened_in_every_excel(excel):
    apps = [App(), App(f"/C/{NAME}")]
    excel(*apps)
    assert windows.here().open(Path(f"/C/{NAME}")) == 2
    assert [len(app.books.open_ones) for app in apps] == [1, 1]


def test_an_excel_that_is_busy_for_a_moment_is_asked_again(excel):
    app = App(f"/C/{NAME}", busy=2)
    excel(app)
    assert windows.here().close(NAME) == 1
    assert app.asked == 3


def test_an_excel_that_stays_busy_is_given_up_and_the_next_one_is_still_asked(excel):
    busy = App(f"/C/{NAME}", busy=10_000)
    excel(busy, App(f"/C/{NAME}"))
    assert windows.here().close(NAME) == 1
    assert busy.asked == windows._TRIES


def test_an_excel_that_hangs_costs_the_deadline_and_nothing_is_done_to_it_later(excel, monkeypatch):
    released = threading.Event()

    class Hanging(App):
        @property
        def version(self):
            released.wait(30)
            return super().version

    later = App(f"/C/{NAME}", busy=1)
    monkeypatch.setattr(windows, "_PATIENCE", 0.05)
    excel(Hanging(f"/C/{NAME}", busy=1), later)
    try:
        assert windows.here().close(NAME) == 0
    finally:
        released.set()
    for thread in threading.enumerate():
        if thread.name == "excel":
            thread.join(10)
    assert len(later.books.open_ones) == 1


def test_xlwings_may_neither_repeat_for_ever_nor_kill_excels_that_show_no_workbook(excel):
    rim = excel(App())
    windows.here().excels(NAME)
    assert rim.N_COM_ATTEMPTS == 1
    assert rim.unregistered == [rim.cleanup]


def test_without_the_com_side_there_is_no_excel(monkeypatch):
    monkeypatch.setitem(sys.modules, "xlwings._xlwindows", None)
    assert windows.here().excels(NAME) == ()
    assert windows.here().open(Path("x")) == 0


@pytest.fixture
def kernel(monkeypatch):
    """`ctypes.windll.kernel32` of a Korean Windows whose disk has short names for one path."""

    def short(path, letters, size):
        if path != "/사용자/pythonw.exe":
            return 0
        letters.value = "/7D2A~1/pythonw.exe"
        return len(letters.value)

    double = SimpleNamespace(GetACP=lambda: 949, GetShortPathNameW=short)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=double), raising=False)


def test_the_code_page_is_named_as_python_names_it(kernel):
    assert "가".encode(windows.here().code_page()) == b"\xb0\xa1"


def test_a_path_without_a_short_form_is_its_own(kernel):
    pc = windows.here()
    assert pc.short_path(Path("/사용자/pythonw.exe")) == Path("/7D2A~1/pythonw.exe")
    assert pc.short_path(Path("/없음")) == Path("/없음")


def test_a_python_that_loads_everything_starts_and_the_window_it_was_called_from_does_not_help(monkeypatch):
    seen = []
    monkeypatch.setenv("CONDA_PREFIX", "x")
    monkeypatch.setenv("VIRTUAL_ENV", "x")
    monkeypatch.setenv("PATH", os.pathsep.join((str(Path(sys.prefix) / "Library" / "bin"), "/elsewhere")))
    monkeypatch.setattr(subprocess, "run", lambda words, **options: seen.append((words, options)))
    assert windows.here().starts(Path("/py/python.exe"))
    ((words, options),) = seen
    assert words[0] == "/py/python.exe"
    assert options["env"]["PATH"] == "/elsewhere"
    assert not {"CONDA_PREFIX", "VIRTUAL_ENV"} & set(options["env"])
    assert options["timeout"] > 0


@pytest.mark.parametrize("trouble", [FileNotFoundError(), subprocess.TimeoutExpired("x", 1)])
def test_a_python_that_is_missing_or_hangs_does_not_start(monkeypatch, trouble):
    def run(*_, **__):
        raise trouble

    monkeypatch.setattr(subprocess, "run", run)
    assert not windows.here().starts(Path("/py/python.exe"))


def test_this_very_python_starts_the_way_excel_would_start_it(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(xlwings_kis.__file__).parent.parent))
    assert windows.here().starts(Path(sys.executable))
    monkeypatch.setattr(windows, "_AS_EXCEL_WOULD", "import nothing_of_that_name")
    assert not windows.here().starts(Path(sys.executable))


def test_a_new_file_never_lies_half_done_beside_the_one_it_replaces(tmp_path, monkeypatch):
    startup, above = tmp_path / "Excel" / "XLSTART", tmp_path / "Excel"
    put, seen = files._put, []

    def watch(temporary, path):
        seen.append((temporary.parent, list(startup.iterdir())))
        put(temporary, path)

    monkeypatch.setattr(files, "_put", watch)
    windows.here().put(startup / NAME, b"new", by=above)
    assert (startup / NAME).read_bytes() == b"new"
    assert seen == [(above, [])]
    assert [path.name for path in above.iterdir()] == ["XLSTART"]


def test_a_file_that_cannot_be_replaced_leaves_no_temporary_one(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "used by another process")

    monkeypatch.setattr(files, "_put", refuse)
    with pytest.raises(PermissionError):
        windows.here().put(tmp_path / "Excel" / "XLSTART" / NAME, b"new", by=tmp_path / "Excel")
    assert [path.name for path in (tmp_path / "Excel").rglob("*")] == ["XLSTART"]


def test_a_kill_before_the_replacement_leaves_a_file_that_the_next_run_knows_as_its_own(tmp_path, monkeypatch):
    from xlwings_kis.addin.install import _OWN_LEFTOVERS

    monkeypatch.setattr(files, "_put", lambda *_: None)
    windows.here().put(tmp_path / "XLSTART" / NAME, b"new", by=tmp_path)
    (left,) = tmp_path.glob(_OWN_LEFTOVERS)
    assert left.read_bytes() == b"new"


def test_only_an_empty_folder_is_removed(tmp_path):
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "theirs").touch()
    assert windows.here().remove_folder(folder) is False
    assert windows.here().remove(folder / "theirs") is True
    assert windows.here().remove(folder / "theirs") is False
    assert windows.here().remove_folder(folder) is True


def test_the_mark_of_the_internet_is_a_stream_of_the_file(tmp_path):
    stream = tmp_path / f"{NAME}:Zone.Identifier"
    stream.touch()
    windows.here().unmark(tmp_path / NAME)
    assert not stream.exists()
    windows.here().unmark(tmp_path / NAME)
