"""The macros beside 새로고침: report, mail and status, each ending in one sentence."""

from __future__ import annotations

import pytest
from officejs import Excel

from xlwings_kis import buttons, clipboard, ribbon, runtime
from xlwings_kis.mail import drafts
from xlwings_kis.markets import ALL_PAIRS
from xlwings_kis.simulator import Fault


@pytest.fixture
def at_work(formulas_on, feed, clock, monkeypatch):
    formulas_on(feed)
    monkeypatch.setattr(runtime, "clock", clock)
    return feed


@pytest.fixture
def documents(tmp_path, monkeypatch):
    folder = tmp_path / "내 문서"
    folder.mkdir()
    monkeypatch.setattr("platformdirs.user_documents_path", lambda: folder)
    return folder


def test_the_report_goes_among_the_documents_where_the_workbook_has_no_folder_of_its_own(at_work, documents):
    assert ribbon.report(Excel().book()) == "저장했습니다: 프로그램매매_20261120_1120.xlsx"
    assert [path.name for path in documents.iterdir()] == ["프로그램매매_20261120_1120.xlsx"]


def test_a_second_report_of_the_same_moment_takes_the_place_of_the_first(at_work, documents):
    first = ribbon.report(Excel().book())
    before = next(documents.iterdir()).read_bytes()
    assert ribbon.report(Excel().book()) == first
    assert next(documents.iterdir()).read_bytes() == before


def test_without_figures_there_is_a_sentence_and_no_file(at_work, kis, documents):
    kis.fault = Fault.HTML_503
    assert ribbon.report(Excel().book()).startswith("알 수 없는 응답. ")
    assert list(documents.iterdir()) == []


def test_the_report_waits_no_longer_than_the_deadline(kis, new_feed, formulas_on, documents, clock, monkeypatch):
    feed = new_feed(deadline=0.3)
    formulas_on(feed)
    monkeypatch.setattr(runtime, "clock", clock)
    waited = []
    monkeypatch.setattr(feed, "readings", lambda pairs, seconds: waited.append(seconds) or {})
    ribbon.report(Excel().book())
    assert waited == [feed.patience.deadline]


def test_mail_saves_the_report_and_opens_a_draft_that_carries_it(at_work, documents, monkeypatch):
    shown = []

    class Desktop:
        def outlook(self, draft):
            shown.append(draft)

    monkeypatch.setattr(drafts, "DesktopDoor", Desktop)
    assert "초안" in ribbon.mail(Excel().book())
    (draft,) = shown
    assert draft.attachment == documents / "프로그램매매_20261120_1120.xlsx"
    assert draft.attachment.exists()


def test_the_status_is_shown_to_whoever_asked(at_work):
    book = Excel().book()
    ribbon.refresh(book)
    said = ribbon.status(book)
    assert [line.split(":")[0] for line in said.splitlines()] == ["KRX 코스피", "KRX 코스닥"]
    assert "정상 · KRX 정규장 · 조회 11:20:31" in said


@pytest.mark.parametrize("macro", [ribbon.refresh, ribbon.report, ribbon.mail, ribbon.status])
def test_without_a_workbook_a_macro_says_so(at_work, macro):
    assert macro() == "통합 문서를 찾지 못했습니다. 통합 문서를 연 뒤 새로고침하세요."


@pytest.mark.parametrize("macro", [ribbon.refresh, ribbon.report, ribbon.mail, ribbon.status])
def test_our_own_fault_is_a_sentence(at_work, macro, monkeypatch):
    for name in ("refresh", "readings", "in_use"):
        monkeypatch.setattr(at_work, name, lambda *args, **more: 1 / 0)
    assert macro(Excel().book()).startswith("프로그램 오류. ")


def test_the_text_for_messengers_lands_in_the_clipboard(at_work, monkeypatch):
    put = []
    monkeypatch.setattr(clipboard, "put_text", put.append)
    at_work.read(ALL_PAIRS[0])
    assert buttons.copy_text() == "클립보드에 복사했습니다."
    assert put[0].startswith("[프로그램 11:20] KRX 코스피 (억원)\n전체 ")
    assert len(put[0].splitlines()) == 5
