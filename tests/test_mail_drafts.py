"""A draft opens in whatever way there is, sends nothing, and where there is none says where the report is."""

from __future__ import annotations

import email
import email.policy
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from mailing import kosdaq, kospi, report

from xlwings_kis import mail
from xlwings_kis.errors import failure
from xlwings_kis.mail import addresses, door
from xlwings_kis.mail.door import ClosedError, DesktopDoor, Draft
from xlwings_kis.mail.drafts import Way

NAME = "프로그램매매_20261120_1545.xlsx"
SUBJECT = "[프로그램] 11/20 마감 코스피 -1,012억 코스닥 +87억 (15:45 조회)"


class Doors:
    """A machine on which some ways are closed; it remembers what was asked of the others."""

    def __init__(self, *closed: str) -> None:
        self.closed = closed
        self.asked: list[tuple[str, Any]] = []

    def _ask(self, way: str, what: Any) -> None:
        if way in self.closed:
            raise ClosedError
        self.asked.append((way, what))

    def outlook(self, draft: Draft) -> None:
        self._ask("outlook", draft)

    def open(self, path: Path) -> None:
        self._ask("open", path)

    def copy(self, page: str, text: str) -> None:
        self._ask("copy", (page, text))

    def show(self, path: Path) -> None:
        self._ask("show", path)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "보고 폴더" / NAME
    path.parent.mkdir()
    path.write_bytes(b"PK a workbook")
    return path


def test_outlooks_window_opens_with_everything_in_it(saved):
    doors = Doors()
    drafted = mail.draft(report(), saved, doors, to=addresses.parse(['"홍, 길동" <a@b.kr>; c@d.kr']))
    assert drafted == (Way.OUTLOOK, "메일 초안을 열었습니다. 확인한 뒤 보내세요.")
    ((way, draft),) = doors.asked
    assert (way, draft.subject, draft.attachment) == ("outlook", SUBJECT, saved)
    assert draft.to == '"홍, 길동" <a@b.kr>; c@d.kr'
    assert "<b>1,012억원 매도 우위</b>" in draft.page


def test_without_outlook_a_draft_file_is_opened_by_the_default_program(saved):
    doors = Doors("outlook")
    drafted = mail.draft(report(), saved, doors)
    beside = saved.with_suffix(".eml")
    assert doors.asked == [("open", beside)]
    assert drafted.way is Way.FILE
    assert beside.name in drafted.sentence
    message = email.message_from_bytes(beside.read_bytes(), policy=email.policy.default)
    assert (message["X-Unsent"], message["Subject"], message["From"]) == ("1", SUBJECT, None)
    (attachment,) = message.iter_attachments()
    assert (attachment.get_filename(), attachment.get_content()) == (NAME, b"PK a workbook")


def test_without_any_mail_program_the_text_is_on_the_clipboard_and_the_file_is_shown(saved):
    doors = Doors("outlook", "open")
    drafted = mail.draft(report(), saved, doors)
    (copied, (page, text)), shown = doors.asked
    assert (copied, shown) == ("copy", ("show", saved))
    assert text.startswith("코스피 프로그램은 1,012억원 매도 우위입니다. ")
    assert page.startswith("<!DOCTYPE html>")
    assert drafted.sentence.endswith(f"새 메일에 붙여 넣고 {NAME} 파일을 첨부하세요.")


def test_without_anything_the_sentence_says_where_the_report_is(saved):
    drafted = mail.draft(report(), saved, Doors("outlook", "open", "copy", "show"))
    assert drafted.way is Way.NONE
    assert f"보고서는 저장되어 있습니다: {NAME}." in drafted.sentence
    assert saved.read_bytes() == b"PK a workbook"


def test_a_folder_that_cannot_be_shown_costs_nothing(saved):
    assert mail.draft(report(), saved, Doors("outlook", "open", "show")).way is Way.CLIPBOARD


def test_a_draft_file_that_cannot_be_written_leads_to_the_next_way(saved):
    saved.with_suffix(".eml").mkdir()
    assert mail.draft(report(), saved, Doors("outlook")).way is Way.CLIPBOARD


def test_no_sentence_shows_the_users_folder(saved):
    for closed in ((), ("outlook",), ("outlook", "open"), ("outlook", "open", "copy")):
        for lang in ("ko", "en"):
            sentence = mail.draft(report(lang=lang), saved, Doors(*closed)).sentence
            assert saved.parent.name not in sentence
            assert "{" not in sentence


def test_a_broken_template_costs_its_words_but_not_the_draft(saved):
    folder = Path(os.environ["XLWINGS_KIS_HOME"]) / "templates"
    folder.mkdir(parents=True)
    (folder / "mail.txt").write_text("제목: $nobody", encoding="utf-8")
    doors = Doors()
    drafted = mail.draft(report(kospi(stale=True), kosdaq()), saved, doors)
    assert doors.asked[0][1].subject.startswith("[프로그램·지연] 11/20 ")
    assert drafted.sentence.startswith("메일 초안을 열었습니다. 확인한 뒤 보내세요. 메일 서식 오류. mail.txt의 $nobody")


# --- the machine a person sits at ---


class Item:
    """A mail item of Outlook's that has only the members we may use: there is no Send."""

    __slots__ = ("Attachments", "CC", "HTMLBody", "Subject", "To", "shown")

    def __init__(self) -> None:
        self.Attachments = SimpleNamespace(Add=lambda path, kind: self.shown.append((path, kind)))
        self.shown: list[Any] = []

    def Display(self, modal: bool) -> None:  # noqa: N802 - its name
        self.shown.append(("display", modal))


class ComError(Exception):
    """pywintypes.com_error."""


@pytest.fixture
def outlook(monkeypatch) -> SimpleNamespace:
    """A double of pywin32 whose Outlook may be missing."""
    held = SimpleNamespace(item=Item(), missing=False)

    def dispatch(name: str) -> Any:
        assert name == "Outlook.Application"
        if held.missing:
            raise ComError(-2147221005, "Invalid class string")
        return SimpleNamespace(CreateItem={0: held.item}.__getitem__)

    types, com, client = ModuleType("pywintypes"), ModuleType("win32com"), ModuleType("win32com.client")
    types.com_error, client.Dispatch, com.client = ComError, dispatch, client
    for module in (types, com, client):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return held


def test_outlook_is_given_an_absolute_path_and_shows_a_window_that_does_not_block(outlook, saved, monkeypatch):
    monkeypatch.chdir(saved.parent)
    DesktopDoor().outlook(Draft("제목", "<p>본문</p>", Path(NAME), to="a@b.kr", cc=""))
    item = outlook.item
    assert (item.Subject, item.HTMLBody, item.To) == ("제목", "<p>본문</p>", "a@b.kr")
    assert item.shown == [(str(saved), 1), ("display", False)]


def test_a_machine_without_classic_outlook_is_a_closed_door(outlook, saved):
    outlook.missing = True
    with pytest.raises(ClosedError):
        DesktopDoor().outlook(Draft("", "", saved))


def test_so_is_one_without_pywin32(monkeypatch, saved):
    monkeypatch.setitem(sys.modules, "pywintypes", None)
    with pytest.raises(ClosedError):
        DesktopDoor().outlook(Draft("", "", saved))


def test_windows_opens_files_and_folders_by_their_default_program(monkeypatch, saved):
    opened: list[str] = []
    monkeypatch.setattr(os, "startfile", opened.append, raising=False)
    DesktopDoor().open(saved)
    DesktopDoor().show(saved)
    assert opened == [str(saved), str(saved.parent)]


def test_a_file_type_without_a_program_is_a_closed_door(monkeypatch, saved):
    def start(path: str) -> None:
        raise OSError(1155, "No application is associated with the specified file for this operation")

    monkeypatch.setattr(os, "startfile", start, raising=False)
    with pytest.raises(ClosedError):
        DesktopDoor().open(saved)


@pytest.mark.parametrize(("platform", "program"), [("darwin", "open"), ("linux", "xdg-open")])
def test_other_systems_have_a_program_for_it(monkeypatch, saved, platform, program):
    ran: list[Any] = []
    monkeypatch.delattr(os, "startfile", raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(subprocess, "run", lambda command, **more: ran.append((command, more["timeout"] > 0)))
    DesktopDoor().open(saved)
    assert ran == [([program, str(saved)], True)]


@pytest.mark.parametrize(
    "trouble",
    [FileNotFoundError("xdg-open"), subprocess.CalledProcessError(3, "xdg-open"), subprocess.TimeoutExpired("open", 1)],
)
def test_a_program_that_fails_is_a_closed_door(monkeypatch, saved, trouble):
    def run(*_: Any, **__: Any) -> None:
        raise trouble

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(ClosedError):
        DesktopDoor().open(saved)


def test_the_clipboard_may_be_a_closed_door_too(monkeypatch):
    def put(page: str, text: str) -> None:
        raise failure("no_clipboard")

    monkeypatch.setattr(door.clipboard, "put_html", put)
    with pytest.raises(ClosedError):
        DesktopDoor().copy("", "")


def test_nothing_of_ours_ever_calls_outlooks_send():
    folder = Path(door.__file__).parent
    assert ".Send" not in "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
