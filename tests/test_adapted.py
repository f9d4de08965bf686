"""xlwings' own VBA module after our changes: one Python for all, and nothing a mailed workbook could turn to its use."""

from __future__ import annotations

import re
import sys

import pytest
from vba_reader import read

from xlwings_kis.addin import adapted, hidden, modules
from xlwings_kis.errors import AddinError


@pytest.fixture(scope="module")
def theirs():
    return next(module.source for module in modules._template().modules if module.name == "xlwings")


def test_the_command_line_is_one_for_all_workbooks_and_imports_nothing_beside_them(theirs, monkeypatch):
    from xlwings.utils import prepare_sys_path

    changed = adapted.adapted(theirs)
    assert 'PYTHONPATH = AddExcelDir & ";;;;;"' in changed
    before = list(sys.path)
    monkeypatch.setattr(sys, "path", list(before))
    prepare_sys_path("False;;;;;")
    assert sys.path == before
    assert '" -B -P -c ""import sys, os;"' in changed


def test_only_our_file_and_the_user_choose_the_program(theirs):
    changed = adapted.adapted(theirs)
    code = read("xlwings", changed)
    (config,) = [each for each in code.procedures if each.name == "GetConfig"]
    assert "ThisWorkbook" in config.body
    assert "GetConfigFilePath" in config.body
    for gone in ("ActiveWorkbook", "Directory", "FullName"):
        assert gone not in config.body
    assert 'GetConfig("INTERPRETER", "pythonw")' not in changed


def test_nothing_is_left_that_runs_programs_shows_boxes_or_reads_foreign_files(theirs):
    changed = adapted.adapted(theirs)
    for word in (
        "RunPython",
        "ExecuteWindows",
        "RunFrozenPython",
        "ShowError",
        "MsgBox",
        "Popup",
        ".Run(",
        "ReadFile",
        "Kill ",
    ):
        assert word in theirs
        assert word not in changed
    assert changed.startswith('Attribute VB_Name = "xlwings"\r\nOption Private Module\r\n')
    assert "Zoomer Analytics" in changed  # their licence wants its notice


def test_what_is_raised_names_no_path(theirs):
    raised = re.findall(r"Err\.Raise .*", adapted.adapted(theirs))
    assert len(raised) == 6
    assert set(raised) == {'Err.Raise 1000, Description:="Python"\r', "Err.Raise 1001, Description:=NDims\r"}


def test_the_wrappers_server_is_ours_and_xlwings_has_another_name(theirs):
    changed = adapted.adapted(theirs)
    assert not re.search(r"\bXLPy\b", changed)
    assert "XLPyDLLActivateAuto(KisServer, XLPyCommand, 1)" in changed
    assert {"kisserver", "getconfig", "fileexists", "parentfolder", "killpy"} <= read("xlwings", changed).public


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('PROJECT_NAME As String = "myaddin"', 'PROJECT_NAME As String = "other"'),
        ('GetConfig("INTERPRETER", "pythonw")', 'GetConfig("INTERPRETER", "python")'),
        ("'Workbook Sheet Config", "'Sheet"),
        ("Sub ShowError(", "Sub ShowErrors("),
        ("Function FileExists(", "Function FileExists(ByVal x)\n ShowError x\nEnd Function\nFunction FileExists2("),
        ('XLWINGS_VERSION As String = "', 'XLWINGS_RELEASE As String = "'),
    ],
)
def test_another_xlwings_is_refused_with_a_sentence(theirs, old, new):
    assert old in theirs
    with pytest.raises(AddinError) as refused:
        adapted.adapted(theirs.replace(old, new))
    assert str(refused.value).startswith("낯선 xlwings 판. 이 xlwings 판은 ")
    assert "pip install -U xlwings-kis" in str(refused.value)


def test_the_config_sheet_answers_what_is_asked_but_the_interpreter(theirs):
    code = "".join(line for line in adapted.adapted(theirs).splitlines() if "FName &" not in line)  # Word, Access
    asked = set(re.findall(r'GetConfig\("([^"]+)"', code))
    assert asked - dict(hidden.SETTINGS).keys() == {"INTERPRETER_WIN"}, "other keys are looked for in the user's file"
