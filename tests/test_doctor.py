"""The doctor names what is wrong and one thing to do, gives the right exit status, and may be shown to anybody."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from broken import BROKEN, SECURITY, healthy
from pc import USER
from unreached import UNREACHED

from xlwings_kis import __version__
from xlwings_kis.addin import install, windows
from xlwings_kis.addin.state import State
from xlwings_kis.cli import main
from xlwings_kis.doctor import examination, report
from xlwings_kis.doctor.finding import Finding, Level, worst
from xlwings_kis.doctor.words import LEVELS, NAMES, WORDS
from xlwings_kis.wording import SENTENCES

FACTS = {"version": "1", "bits": "64", "ours": "1", "excel": "64", "python": "64", "versions": "1, 2", "dll": "x.dll"}
FACTS |= {"xlwings": "1", "place": "%APPDATA%", "new": "2", "old": "1", "setting": "VBAWarnings=3", "count": "1"}
FACTS |= {"running": "2", "source": "x", "key": "36", "secret": "180", "service": "OneDrive", "until": "11/20 09:00"}
FACTS |= {
    "host": "x:1",
    "proxy": "p:1",
    "issuer": "CA",
    "pair": "KRX",
    "milliseconds": "1",
    "minutes": "2",
    "what": "TimeoutError",
}


@pytest.fixture
def pc(tmp_path, monkeypatch):
    """A PC on which all is well and Excel runs."""
    machine = healthy(tmp_path / "C")
    monkeypatch.setattr(windows, "here", lambda: machine)
    monkeypatch.setattr(examination, "to_kis", lambda standing: ())  # test_access looks at that
    return machine


def run(capsys, *words):
    status = main(list(words))
    out, err = capsys.readouterr()
    assert not any(part in out + err for part in (USER, *USER.split()))
    return status, out, err


def found(pc, name):
    """The one finding of that name."""
    (finding,) = (each for each in examination.doctor(State(pc)) if each.name == name)
    return finding


def test_a_healthy_pc_is_a_line_for_each_check_without_a_remedy(pc, capsys):
    status, out, err = run(capsys, "doctor")
    assert (status, err) == (0, "")
    assert out.splitlines() == [
        f"정상  Python           3.11.9 64비트, xlwings-kis {__version__}",
        "정상  xlwings          0.37.8",
        "정상  비트             Excel 64비트 / Python 64비트: 정상",
        "정상  DLL              xlwings64-0.37.8.dll: Python 폴더에 있음",
        f"정상  추가 기능        {__version__} (xlwings 0.37.8) · %APPDATA%\\Microsoft\\Excel\\XLSTART",
        "정상  설정 파일        이 Python을 가리킵니다 · %USERPROFILE%\\.xlwings_kis\\xlwings_kis.conf",
        "정상  매크로 정책      추가 기능의 매크로가 실행됩니다.",
        "정상  Defender         Excel이 Python을 켤 수 있습니다.",
        "정상  사용 안 함 목록  Excel이 꺼 두지 않았습니다.",
        "정상  열린 Excel       1개에 추가 기능이 열려 있습니다.",
        "정상  Python 시작      Excel이 부르는 방식으로 켜집니다.",
    ]


def test_looking_changes_nothing(pc, capsys):
    before, log = pc.everything(), list(pc.log)
    for words in (["doctor"], ["doctor", "--json"], ["addin", "status"]):
        run(capsys, *words)
    assert (pc.everything(), pc.log) == (before, log)


def test_a_32_bit_excel_with_a_64_bit_python_is_fine(pc, capsys):
    pc.bits = 32
    status, out, _ = run(capsys, "doctor")
    assert status == 0
    assert "Excel 32비트 / Python 64비트: 정상" in out
    assert "xlwings32-0.37.8.dll: Python 폴더에 있음" in out


def test_scenario_10_signed_macros_only_on_a_new_pc_names_the_policy_and_the_way_without_macros(pc, capsys):
    pc.bits = 32
    pc.set(SECURITY, "VBAWarnings", 3)
    status, out, _ = run(capsys, "addin", "status")
    assert status == 0
    assert f"{__version__} (xlwings 0.37.8)" in out
    assert "VBAWarnings=3" in out
    assert "xlwings-kis record --csv 폴더" in out
    pc.set(rf"{SECURITY}\Trusted Locations", "AllLocationsDisabled", 1)
    status, out, _ = run(capsys, "addin", "status")
    assert status == 3
    assert "문제  매크로 정책      매크로 막힘\n      → 회사 정책(VBAWarnings=3, AllLocationsDisabled=1)" in out
    assert "xlwings-kis record --csv 폴더" in out
    assert f"{__version__} (xlwings 0.37.8)" in out


@pytest.mark.parametrize("case", BROKEN, ids=[case.key for case in BROKEN])
def test_each_broken_thing_has_its_sentence_its_remedy_and_its_exit_status(pc, capsys, case):
    key, expected = case.key, case.exit_code
    case.happens(pc)
    finding = found(pc, case.name)
    assert (finding.key, finding.exit_code) == (key, expected)
    for lang in ("ko", "en"):
        status, out, _ = run(capsys, "doctor", "--lang", lang)
        assert status == expected
        assert finding.sentence(lang) in out
        assert finding.remedy(lang) in out
        assert finding.remedy(lang) or finding.level is Level.NOTE


def test_every_way_to_be_broken_is_tried():
    bad = {key for key, words in WORDS.items() if words.remedy_ko}
    assert bad <= {case.key for case in (*BROKEN, *UNREACHED)}


def test_a_place_outside_the_users_folders_is_shown_by_its_last_part_only(pc, capsys):
    strange = Path("D:/김하늘의 폴더/xlwings_kis.xlam")
    pc.running[0].addin = strange
    assert "…\\xlwings_kis.xlam" in run(capsys, "doctor")[1]


def test_nothing_installed_is_one_problem_not_three(pc, capsys):
    install.uninstall(pc)
    problems = [each for each in examination.status(State(pc)) if each.level is not Level.FINE]
    assert [each.key for each in problems] == ["no_addin"]
    assert run(capsys, "addin", "status")[0] == 3


@pytest.mark.parametrize("system", ["Linux", "Darwin"])
def test_elsewhere_the_windows_checks_are_one_line_and_no_failure(pc, capsys, system):
    pc.system = system
    status, out, _ = run(capsys, "doctor")
    assert status == 0
    assert out.count("Windows") == 1
    assert len(out.splitlines()) == 3


def test_json_for_it_departments_holds_the_same_findings_and_the_exit_status(pc, capsys):
    pc.addin.unlink()
    status, out, _ = run(capsys, "doctor", "--json")
    shown = json.loads(out)
    assert shown["exit"] == status == 3
    assert [each["name"] for each in shown["findings"]] == [each.name for each in examination.doctor(State(pc))]
    (bad,) = (each for each in shown["findings"] if each["level"] == "problem")
    assert bad == {
        "name": "addin",
        "level": "problem",
        "sentence": "설치되어 있지 않습니다.",
        "remedy": "xlwings-kis addin install 을 실행하세요.",
    }


def test_status_as_json_is_an_object_too(pc, capsys):
    assert json.loads(run(capsys, "addin", "status", "--json")[1])["exit"] == 0


def test_the_exit_status_is_that_of_the_first_problem_for_the_others_rest_on_it():
    network = Finding("excel", Level.PROBLEM, "unreachable")
    settings = Finding("dll", Level.PROBLEM, "dll_missing")
    warning = Finding("addin", Level.WARNING, "version_changed")
    assert worst([warning]) == 0
    assert worst([warning, network, settings]) == 5
    assert worst([settings, network]) == 3


def test_every_line_of_the_report_lines_up_for_terminals_that_give_a_korean_letter_two_columns():
    from rich.cells import cell_len

    shown = report.lines([Finding("python", Level.FINE, "start"), Finding("disabled", Level.WARNING, "no_excel")])
    starts = [cell_len(shown[0].partition("Excel이")[0]), cell_len(shown[1].partition("Excel을")[0])]
    assert starts[0] == starts[1]


@pytest.mark.parametrize("key", WORDS)
def test_words_are_whole_in_both_languages_and_a_remedy_in_one_is_one_in_the_other(key):
    words = WORDS[key]
    finding = Finding("excel", Level.FINE, key, FACTS)
    assert bool(words.remedy_ko) == bool(words.remedy_en)
    for lang in ("ko", "en"):
        assert "…" not in finding.whole(lang)
        assert "{" not in finding.whole(lang)
    assert not words.remedy_ko or words.remedy_ko.endswith("세요.")


def test_a_key_is_either_of_the_doctor_or_of_the_errors():
    assert not set(WORDS) & set(SENTENCES)


def test_every_level_and_every_check_has_a_label():
    assert {level.value for level in Level} == set(LEVELS)
    assert {case.name for case in BROKEN} <= set(NAMES)
