"""The clipboard, on a double of pywin32: text as Windows wants it, HTML with its offsets, never left open."""

from __future__ import annotations

import re
import sys
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlwings_kis import clipboard
from xlwings_kis.errors import FileError

PAGE = '<!DOCTYPE html><html><head><style>b{}</style></head><body class="page">\n<b>1,012억원</b>\n</body></html>'


class Double(ModuleType):
    """What we use of win32clipboard, and as strict: everything else needs an open clipboard."""

    CF_UNICODETEXT = 13

    class error(Exception):  # noqa: N801, N818 - its name
        """pywintypes.error."""

    def __init__(self) -> None:
        super().__init__("win32clipboard")
        self.held, self.fails = 0, False
        self.opened = False
        self.contents: dict[int, Any] = {1: b"of somebody else"}

    def OpenClipboard(self) -> None:  # noqa: N802 - its name
        if self.held:
            self.held -= 1
            raise self.error(5, "OpenClipboard", "Access is denied.")
        assert not self.opened
        self.opened = True

    def EmptyClipboard(self) -> None:  # noqa: N802 - its name
        assert self.opened
        self.contents = {}

    def RegisterClipboardFormat(self, name: str) -> int:  # noqa: N802 - its name
        return {"HTML Format": 49_381}[name]

    def SetClipboardData(self, kind: int, data: Any) -> None:  # noqa: N802 - its name
        assert self.opened
        assert isinstance(data, str if kind == self.CF_UNICODETEXT else bytes)
        if self.fails:
            raise self.error(8, "SetClipboardData", "Not enough memory.")
        self.contents[kind] = data

    def CloseClipboard(self) -> None:  # noqa: N802 - its name
        assert self.opened
        self.opened = False


@pytest.fixture
def windows(monkeypatch) -> Double:
    double, types = Double(), ModuleType("pywintypes")
    types.error = Double.error
    monkeypatch.setitem(sys.modules, "win32clipboard", double)
    monkeypatch.setitem(sys.modules, "pywintypes", types)
    monkeypatch.setattr(clipboard.time, "sleep", lambda seconds: None)
    return double


def test_text_replaces_what_was_there_with_the_line_ends_of_windows(windows):
    clipboard.put_text("[프로그램 11:20]\n전체 -1,012\0\r\n끝\n")
    assert windows.contents == {13: "[프로그램 11:20]\r\n전체 -1,012\r\n끝"}
    assert not windows.opened


def test_html_comes_with_text_beside_it(windows):
    clipboard.put_html(PAGE, "1,012억원\n")
    assert windows.contents == {49_381: clipboard.cf_html(PAGE), 13: "1,012억원"}
    assert not windows.opened


def test_a_program_that_holds_the_clipboard_for_a_moment_is_waited_for(windows):
    windows.held = 3
    clipboard.put_text("x")
    assert windows.contents == {13: "x"}


def test_one_that_does_not_let_go_is_one_sentence_and_nothing_is_lost(windows):
    windows.held = 99
    with pytest.raises(FileError, match=r"^클립보드를 쓸 수 없음\. "):
        clipboard.put_text("x")
    assert windows.held == 99 - 5
    assert windows.contents == {1: b"of somebody else"}


def test_a_clipboard_that_fails_is_closed_all_the_same(windows):
    windows.fails = True
    with pytest.raises(FileError):
        clipboard.put_text("x")
    assert not windows.opened


def test_off_windows_it_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "win32clipboard", None)
    with pytest.raises(FileError, match=r"^Windows 전용\. "):
        clipboard.put_text("x")


def parts(data: bytes) -> tuple[dict[str, int], bytes, bytes]:
    """What a program that pastes reads: the offsets, the document and the fragment they mark."""
    offsets = {name.decode(): int(value) for name, value in re.findall(rb"(Start\w+|End\w+):(\d{10})\r\n", data)}
    document = data[offsets["StartHTML"] : offsets["EndHTML"]]
    return offsets, document, data[offsets["StartFragment"] : offsets["EndFragment"]]


def test_the_offsets_count_bytes_and_mark_the_body():
    data = clipboard.cf_html(PAGE)
    offsets, document, fragment = parts(data)
    assert list(offsets) == ["StartHTML", "EndHTML", "StartFragment", "EndFragment"]
    assert data.startswith(b"Version:0.9\r\n")
    assert document.startswith(b"<!DOCTYPE html><html><head>")
    assert document.endswith(b"</body></html>")
    assert fragment.decode() == "\n<b>1,012억원</b>\n"
    assert data == data[: offsets["EndHTML"]] + b"\0"


@given(st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0<>")))
def test_whatever_the_fragment_its_offsets_fit(text):
    assert parts(clipboard.cf_html(text))[2].decode() == text
