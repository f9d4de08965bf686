"""The add-in is put where Excel opens it and taken away again, and nothing in between is half done."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from pc import USER, Killed, Pc, Running, addin_bytes, builder, disabled_item

from xlwings_kis.addin import config, install, places, policy, stamp, windows
from xlwings_kis.addin.state import State
from xlwings_kis.cli import main
from xlwings_kis.errors import FileError, SettingsError

OLD, NEW = addin_bytes("0.0.1", "0.37.0"), addin_bytes()
OLD_CONFIG = b'"INTERPRETER_WIN","C:\\old\\pythonw.exe"\r\n"SHOW CONSOLE","False"\r\n'
NEW_LINE = b'"INTERPRETER_WIN","%LOCALAPPDATA%\\kis venv\\Scripts\\pythonw.exe"\r\n'


@pytest.fixture
def pc(tmp_path, monkeypatch):
    """A PC of a user with a Korean name and a space in it."""
    machine = Pc(tmp_path / "C")
    package = SimpleNamespace(build=lambda folder, lang: (builder(NEW)(folder), folder / "kis_program_trade.xlsm"))
    monkeypatch.setattr(windows, "here", lambda: machine)
    monkeypatch.setitem(sys.modules, "xlwings_kis.addin.package", package)
    return machine


@pytest.fixture
def old(pc):
    """The same PC with an add-in of an older version."""
    for path, data in ((pc.addin, OLD), (pc.config, OLD_CONFIG)):
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
    return pc


def run(capsys, *words):
    """Run a command; whatever it says may be shown to anybody."""
    status = main(["addin", *words])
    out, err = capsys.readouterr()
    assert not any(part in out + err for part in (USER, *USER.split()))
    return status, out, err


def test_install_puts_the_add_in_into_xlstart_and_says_which_python_to_start(pc, capsys):
    status, out, err = run(capsys, "install")
    assert (status, out) == (0, "")
    assert pc.addin.read_bytes() == NEW
    assert pc.config.read_bytes() == NEW_LINE
    assert err.splitlines() == [
        r"추가 기능을 설치했습니다 · %APPDATA%\Microsoft\Excel\XLSTART",
        "다음에 Excel을 켜면 열립니다. 지금 켜져 있으면 닫았다가 다시 켜세요.",
        "수식이 들어 있는 예시 통합 문서(kis_program_trade.xlsm)는 xlwings-kis addin build 로 만듭니다.",
    ]


def test_an_add_in_that_came_from_the_internet_loses_its_mark(pc):
    install.install(pc, builder(NEW))
    assert pc.unmarked == [pc.addin]


def test_installing_again_changes_no_file_and_disturbs_no_excel(pc, capsys):
    run(capsys, "install")
    pc.running = [Running(pc.startup, pc.addin)]
    pc.locked = {pc.addin, pc.config}
    before, pc.log = pc.everything(), []
    status, _, err = run(capsys, "install")
    assert status == 0
    assert pc.everything() == before
    assert pc.log == ["unmark", "open"]
    assert "추가 기능이 이미 최신입니다" in err
    assert "켜져 있는 Excel 1개에서 바로 쓸 수 있습니다" in err


def test_an_older_add_in_is_closed_in_every_running_excel_before_the_new_one_is_opened(old):
    old.running = [Running(old.startup, old.addin), Running(old.startup)]
    old.locked = {old.addin}
    done = install.install(old, builder(NEW))
    assert (done.outcome, done.opened, done.running) == (install.Outcome.RENEWED, 2, 2)
    assert old.log == ["put xlwings_kis.conf", "close", "put xlwings_kis.xlam", "unmark", "open"]
    assert [each.addin for each in old.running] == [old.addin] * 2
    assert old.addin.read_bytes() == NEW


def test_the_users_other_lines_of_the_settings_file_stay(old):
    install.install(old, builder(NEW))
    assert old.config.read_bytes() == NEW_LINE + b'"SHOW CONSOLE","False"\r\n'


def test_the_folder_that_a_running_excel_names_goes_before_the_usual_one(pc):
    elsewhere = pc.root / "D" / "XLSTART"
    pc.running = [Running(elsewhere)]
    install.install(pc, builder(NEW))
    assert (elsewhere / places.ADDIN_NAME).read_bytes() == NEW
    assert not pc.addin.exists()


def test_an_excel_that_holds_the_file_is_told_in_one_sentence_and_nothing_has_changed(old, capsys):
    old.running = [Running(old.startup, old.addin, answers=False)]
    old.locked = {old.addin}
    before = old.everything()
    status, out, err = run(capsys, "install")
    assert (status, out) == (FileError.exit_code, "")
    assert err == (
        "Excel이 사용 중. xlwings_kis.xlam 파일을 바꿀 수 없습니다. 셀 편집을 마치고 Excel을 모두 닫은 뒤 "
        "xlwings-kis addin install 을 다시 실행하세요.\n"
    )
    assert old.everything() == before


def test_where_only_one_of_two_excels_answers_it_gets_its_old_add_in_back(old):
    answers, busy = Running(old.startup, old.addin), Running(old.startup, old.addin, answers=False)
    old.running = [answers, busy]
    close = old.close

    def close_and_stay_locked(name):
        count = close(name)
        old.locked = {old.addin}
        return count

    old.close = close_and_stay_locked
    with pytest.raises(FileError):
        install.install(old, builder(NEW))
    assert answers.addin == old.addin
    assert old.addin.read_bytes() == OLD


def test_a_first_installation_that_cannot_be_written_leaves_nothing_behind(pc, capsys):
    pc.locked = {pc.addin}
    status, _, err = run(capsys, "install")
    assert status == FileError.exit_code
    assert err == (
        r"파일 쓰기 실패. %APPDATA%\Microsoft\Excel\XLSTART\xlwings_kis.xlam에 쓸 수 있는지, "
        "디스크에 자리가 있는지 확인하세요.\n"
    )
    assert not pc.config.exists()
    assert not pc.config.parent.exists()


def test_a_settings_file_that_cannot_be_written_stops_before_anything_else(old):
    old.locked = {old.config}
    before = old.everything()
    with pytest.raises(FileError, match=r"%USERPROFILE%"):
        install.install(old, builder(NEW))
    assert old.everything() == before


def test_a_builder_that_fails_has_changed_nothing(old):
    def build(folder):
        (folder / places.ADDIN_NAME).write_bytes(NEW[:100])
        raise RuntimeError("no template")

    before = old.everything()
    with pytest.raises(RuntimeError):
        install.install(old, build)
    assert (old.everything(), old.log) == (before, [])


def test_a_full_disk_while_building_is_told_and_a_part_of_ours_that_is_missing_is_our_own_fault(old):
    def build_with(trouble):
        def build(folder):
            raise trouble

        return build

    before = old.everything()
    with pytest.raises(FileError, match="%TEMP%"):
        install.install(old, build_with(OSError(28, "No space left on device")))
    with pytest.raises(FileNotFoundError):
        install.install(old, build_with(FileNotFoundError("workbook/ribbon.xml")))
    assert (old.everything(), old.log) == (before, [])


STEPS = 5
"""Calls that change something in a renewal: file, close, file, mark, open."""


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("number", range(1, STEPS + 1))
def test_a_kill_at_any_moment_leaves_each_file_old_or_new_and_the_next_run_ends_well(old, number, moment):
    old.running = [Running(old.startup, old.addin)]
    old.kill_at = (number, moment)
    with pytest.raises(Killed):
        install.install(old, builder(NEW))
    assert old.addin.read_bytes() in (OLD, NEW)
    assert config.interpreter(old.config.read_bytes()) in (
        r"C:\old\pythonw.exe",
        r"%LOCALAPPDATA%\kis venv\Scripts\pythonw.exe",
    )
    assert [path.name for path in old.startup.iterdir()] == [places.ADDIN_NAME]
    old.kill_at = None
    install.install(old, builder(NEW))
    assert (old.addin.read_bytes(), old.running[0].addin) == (NEW, old.addin)
    assert State(old).configured_is_this


def test_those_were_all_the_steps(old):
    old.running = [Running(old.startup, old.addin)]
    install.install(old, builder(NEW))
    assert len(old.log) == STEPS


REMOVALS = ["close", "remove xlwings_kis.xlam", "remove ~$xlwings_kis.xlam", "remove xlwings_kis.conf", "remove folder"]


def test_an_uninstallation_closes_removes_and_forgets_in_this_order(old):
    old.set(policy.DISABLED_ITEMS, "1A2B", disabled_item(old.addin))
    install.uninstall(old)
    assert old.log == [*REMOVALS, "forget"]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("number", range(1, len(REMOVALS) + 2))
def test_an_uninstallation_that_is_killed_is_finished_by_the_next(pc, number, moment):
    empty = pc.everything()
    install.install(pc, builder(NEW))
    pc.set(policy.DISABLED_ITEMS, "1A2B", disabled_item(pc.addin))
    pc.log, pc.kill_at = [], (number, moment)
    with pytest.raises(Killed):
        install.uninstall(pc)
    pc.kill_at = None
    install.uninstall(pc)
    left = set(pc.everything()) - set(empty)
    assert all(Path(pc.profile, each).is_dir() for each in left)
    assert not pc.config.parent.exists()
    assert pc.keys == {policy.DISABLED_ITEMS: {}}


def test_what_a_killed_run_left_half_written_is_swept_away_by_the_next(pc):
    leftovers = [pc.startup.parent / ".xlwings_kis-12ab.tmp", pc.config.parent / ".xlwings_kis-34cd.tmp"]
    for path in leftovers:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"half")
    install.install(pc, builder(NEW))
    assert not any(path.exists() for path in leftovers)


def test_uninstall_leaves_neither_file_nor_folder_nor_registry_value_of_ours(pc, capsys):
    pc.startup.mkdir(parents=True)
    before = pc.everything()
    run(capsys, "install")
    pc.running = [Running(pc.startup, pc.addin)]
    pc.locked = {pc.addin}
    (pc.startup / "~$xlwings_kis.xlam").touch()
    pc.set(policy.DISABLED_ITEMS, "1A2B", disabled_item(pc.addin))
    pc.set(policy.DISABLED_ITEMS, "3C4D", disabled_item(pc.startup / "other.xlam"))
    status, out, err = run(capsys, "uninstall")
    assert (status, out) == (0, "")
    assert err == "지웠습니다: 추가 기능(xlwings_kis.xlam), 설정 파일, Excel의 사용 안 함 목록에 있던 항목.\n"
    assert pc.everything() == before
    assert pc.running[0].addin is None
    assert list(pc.keys[policy.DISABLED_ITEMS]) == ["3C4D"]


def test_uninstall_looks_into_the_usual_folder_too_where_excel_names_another(pc):
    install.install(pc, builder(NEW))
    pc.running = [Running(pc.root / "D" / "XLSTART")]
    assert install.uninstall(pc).addin
    assert not pc.addin.exists()


def test_a_python_named_by_its_short_path_is_still_this_python(pc):
    short = Path("C:/Users/6E4F~1/venv/pythonw.exe")
    pc.page, pc.short = "cp1252", {pc.executable.with_name("pythonw.exe"): short}
    install.install(pc, builder(NEW))
    assert State(pc).configured == short
    assert State(pc).configured_is_this


def test_a_second_uninstall_finds_nothing(pc, capsys):
    run(capsys, "install")
    run(capsys, "uninstall")
    assert run(capsys, "uninstall") == (0, "", "설치된 것이 없습니다.\n")


def test_uninstall_leaves_other_peoples_files_alone(old):
    others = [old.startup / "PERSONAL.XLSB", old.startup / "my_xlwings_kis.xlam", old.config.parent / "메모.txt"]
    for path in others:
        path.write_bytes(b"theirs")
    install.uninstall(old)
    assert [path.read_bytes() for path in others] == [b"theirs"] * 3
    assert not old.addin.exists()
    assert not old.config.exists()


def test_a_file_that_excel_holds_is_told_and_the_rest_still_goes(old, capsys):
    old.locked = {old.addin}
    status, _, err = run(capsys, "uninstall")
    assert status == FileError.exit_code
    assert err.splitlines() == [
        "지웠습니다: 설정 파일.",
        "Excel이 사용 중. xlwings_kis.xlam 파일을 바꿀 수 없습니다. 셀 편집을 마치고 Excel을 모두 닫은 뒤 "
        "xlwings-kis addin uninstall 을 다시 실행하세요.",
    ]
    assert old.addin.exists()
    assert not old.config.parent.exists()


def refused(pc, capsys):
    """What is said where nothing is installed; nothing has changed."""
    before = pc.everything()
    status, out, err = run(capsys, "install")
    assert (status, out, pc.log) == (SettingsError.exit_code, "", [])
    assert pc.everything() == before
    assert err.count("\n") == 1
    return err


def test_python_from_the_store_is_refused_for_excel_cannot_see_into_its_sandbox(pc, capsys):
    pc.put_python(pc.root / "Program Files" / "WindowsApps" / "PythonSoftwareFoundation.Python.3.11", scripts="")
    assert refused(pc, capsys).startswith("Store Python. Microsoft Store의 Python은 격리되어")


def test_a_virtual_environment_of_the_stores_python_shares_its_sandbox(pc, capsys):
    pc.base_prefix = pc.root / "Program Files" / "WindowsApps" / "PythonSoftwareFoundation.Python.3.11"
    assert refused(pc, capsys).startswith("Store Python. ")


def test_pip_user_is_refused_with_the_name_of_the_dll_and_the_way_out(pc, capsys):
    pc.put_python(pc.root / "Python311", dll=False, scripts="")
    pc.user_base.mkdir(parents=True)
    (pc.user_base / "xlwings64-0.37.8.dll").touch()
    err = refused(pc, capsys)
    assert err.startswith("DLL 위치 오류. pip --user로 설치되어 xlwings64-0.37.8.dll이")
    assert "py -m venv" in err


def test_a_dll_that_a_virus_scanner_took_away_is_named(pc, capsys):
    (pc.venv / "xlwings64-0.37.8.dll").unlink()
    assert "xlwings64-0.37.8.dll이 Python 폴더에 없습니다" in refused(pc, capsys)


def test_a_32_bit_excel_needs_the_32_bit_dll_whatever_python_is(pc, capsys):
    pc.bits = 32
    (pc.venv / "xlwings64-0.37.8.dll").unlink()
    assert run(capsys, "install")[0] == 0
    (pc.venv / "xlwings32-0.37.8.dll").unlink()
    assert "xlwings32-0.37.8.dll" in State(pc).dll
    assert State(pc).dll_problem == "dll_missing"


@pytest.mark.parametrize("scripts", ["", "Scripts"])
def test_the_dll_is_found_beside_python_and_one_folder_above(pc, scripts):
    pc.put_python(pc.root / "plain", scripts=scripts)
    assert State(pc).dll_problem is None


def test_without_pythonw_the_python_with_a_window_is_started(pc):
    pc.executable.with_name("pythonw.exe").unlink()
    install.install(pc, builder(NEW))
    assert config.interpreter(pc.config.read_bytes()).endswith(r"\Scripts\python.exe")


def test_a_session_without_the_users_folders_is_refused(pc, capsys, monkeypatch):
    monkeypatch.setattr(Pc, "environ", {})
    assert refused(pc, capsys).startswith("사용자 폴더 없음. ")
    assert run(capsys, "uninstall") == (0, "", "설치된 것이 없습니다.\n")


def test_a_folder_with_korean_letters_outside_the_profile_is_named_by_its_short_path(pc):
    pc.put_python(pc.root / "주식" / "venv")
    pc.short[pc.executable.with_name("pythonw.exe")] = Path("D:/7D2A~1/venv/Scripts/pythonw.exe")
    install.install(pc, builder(NEW))
    assert pc.config.read_bytes().isascii()
    assert config.interpreter(pc.config.read_bytes()) == str(Path("D:/7D2A~1/venv/Scripts/pythonw.exe"))


def test_a_folder_with_korean_letters_on_a_disk_without_short_names_is_refused(pc, capsys):
    pc.put_python(pc.root / "주식" / "venv")
    assert refused(pc, capsys).startswith("읽을 수 없는 경로. ")


def test_a_korean_user_name_on_a_western_windows_needs_the_short_path_too(pc):
    """The DLL is loaded and started through the machine's code page, where %LOCALAPPDATA% would be question marks."""
    pc.page = "cp1252"
    with pytest.raises(SettingsError, match="읽을 수 없는 경로"):
        install.install(pc, builder(NEW))
    pc.short[pc.executable.with_name("pythonw.exe")] = Path("C:/Users/6E4F~1/venv/pythonw.exe")
    install.install(pc, builder(NEW))
    assert pc.config.read_bytes().isascii()
    assert b"6E4F~1" in pc.config.read_bytes()


@pytest.mark.parametrize(
    ("system", "has"),
    [("Darwin", ["Mac의 Excel", "xlwings Server", "xlwings-kis table"]), ("Linux", ["xlwings-kis addin build"])],
)
def test_other_systems_hear_what_works_there_and_what_does_not(pc, capsys, system, has):
    pc.system = system
    err = refused(pc, capsys)
    assert err.startswith("Windows 전용. ")
    assert all(words in err for words in has)
    assert run(capsys, "uninstall") == (0, "", "설치된 것이 없습니다.\n")
    status, out, _ = run(capsys, "status")
    assert status == 0
    assert all(words in out for words in has)


def test_blocked_macros_do_not_stop_the_installation_but_are_told_with_the_way_without_macros(pc, capsys):
    security = r"HKCU\Software\Policies\Microsoft\Office\16.0\Excel\Security"
    pc.set(security, "VBAWarnings", 3)
    pc.set(rf"{security}\Trusted Locations", "AllLocationsDisabled", 1)
    status, _, err = run(capsys, "install")
    assert status == 0
    assert pc.addin.exists()
    assert "문제(매크로 정책): 매크로 막힘. 회사 정책(VBAWarnings=3, AllLocationsDisabled=1)입니다." in err
    assert "xlwings-kis record --csv 폴더" in err


def test_a_second_xlwings_is_told_after_installing(pc, capsys):
    pc.versions = ("0.37.8", "0.36.1")
    status, _, err = run(capsys, "install")
    assert status == 0
    assert "두 버전이 설치되어 있습니다(0.37.8, 0.36.1)" in err


def test_english_speaks_no_korean(pc, capsys):
    for words in (["install"], ["status"], ["uninstall"]):
        _, out, err = run(capsys, *words, "--lang", "en")
        assert not any("가" <= letter <= "힣" for letter in out + err)


def test_a_stamp_is_read_back_from_the_add_in(old):
    assert stamp.read(old.addin) == stamp.Stamp("0.0.1", "0.37.0")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04broken", NEW[:200], NEW[:-40], b"x" * 5000])
def test_what_is_no_add_in_has_no_stamp(tmp_path, data):
    path = tmp_path / "x.xlam"
    path.write_bytes(data)
    assert stamp.read(path) is None


def test_a_damaged_settings_file_is_written_anew_without_what_vba_would_stumble_over(pc):
    data = '"A","1"\n쓰레기\n"B","한글"\r\n"interpreter_win","x"'.encode("cp949")
    written = config.with_interpreter(data, "C:\\p.exe").decode("cp949")
    assert written == '"INTERPRETER_WIN","C:\\p.exe"\r\n"A","1"\r\n"B","한글"\r\n'
    assert config.interpreter(written.encode("cp949")) == "C:\\p.exe"
    assert config.interpreter(b"") is None
