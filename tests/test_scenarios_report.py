"""Days of those who send and those who read: the closing report (7), the manager's phone (8), the quant's morning (9)."""

from __future__ import annotations

import csv
import email
import email.policy
import io
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from certificates import server_context
from clocks import kst
from mailserver import PASSWORD, USER, MailServer
from strict_reader import StrictBook
from test_mail_pages import COLOURS, ENOUGH_CONTRAST, browser, contrast  # noqa: F401 - a fixture among them

from xlwings_kis import press, runtime, udfs
from xlwings_kis.cli import main
from xlwings_kis.fields import COLUMNS
from xlwings_kis.log import NAME as NAME_OF_LOG
from xlwings_kis.log import last
from xlwings_kis.markets import ALL_PAIRS

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch, clock, environment, kis, tmp_path):
    monkeypatch.setattr(runtime, "clock", clock)
    kis.calls_per_second = 1000
    folder = tmp_path / "작업 폴더"
    folder.mkdir()
    monkeypatch.chdir(folder)


@pytest.fixture
def run(capsys) -> Run:
    """A command, as a process of its own would run it: exit status, stdout, stderr."""

    def command(*words: str) -> tuple[int, str, str]:
        runtime.close()
        status = main(list(words))
        out, err = capsys.readouterr()
        return status, out, err

    return command


@pytest.fixture
def look(clock) -> Callable[..., None]:
    """Somebody's formulas fetch every pair at Korean moments."""

    def fetch(*moments: str) -> None:
        for moment in moments:
            clock.set(moment)
            for reading in runtime.feed().readings(ALL_PAIRS).values():
                assert reading.problem is None or reading.snapshot is None

    return fetch


@pytest.fixture
def server(authority, monkeypatch) -> Iterator[MailServer]:
    """The company's mail server, and the settings that lead to it."""
    running = MailServer("starttls", server_context(authority))
    to = running.address()
    for name, value in {"HOST": to.host, "PORT": to.port, "USER": USER, "PASSWORD": PASSWORD}.items():
        monkeypatch.setenv(f"XLWINGS_KIS_MAIL_{name}", str(value))
    monkeypatch.setenv("SSL_CERT_FILE", str(authority / "ca.pem"))
    yield running
    running.close()


def read_mail(data: bytes) -> Any:
    return email.message_from_bytes(data, policy=email.policy.default)


def log_of_reports() -> list[str]:
    return [line for line in last(Path(os.environ["XLWINGS_KIS_HOME"]) / NAME_OF_LOG, 1000) if " KST report " in line]


def test_the_closing_report_sent_late_tells_the_close(run, look, kis, clock, server):
    """Scenario 7. 15:45 was missed; at 17:10 the feed has moved on."""
    look("2026-11-20 15:29:40", "2026-11-20 15:38:30", "2026-11-20 16:20:00", "2026-11-20 17:09:00")
    clock.set("2026-11-20 17:10:00")
    kis.reset_calls()
    words = ("--at", "마감", "--mail-to", "manager@company.kr")
    assert run("report", "-o", "첫째.xlsx", *words)[0] == 0
    assert kis.calls == [], "KIS has no past: the figures are the stored ones"

    book = StrictBook(Path("첫째.xlsx").read_bytes())
    assert book.rows("요약")[1] == ["2026-11-20(금) 정규장 마감 · 조회 15:38:30"]
    close = {row["invr_cls_code"]: int(row["all_ntby_amt"]) for row in kis.truth("J", "1", _kst("15:38:30"))}
    now = {row["invr_cls_code"]: int(row["all_ntby_amt"]) for row in kis.truth("J", "1", clock.now)}
    told = {name: _first(book.rows("KRX 코스피"), name)[3] for name in ("개인", "외국인", "기관계")}
    assert told == {"개인": close["8000"], "외국인": close["9100"], "기관계": close["8888"]}
    assert close != now

    (sent,) = server.envelopes
    message = read_mail(sent.content)
    assert message["Subject"].startswith("[프로그램] 11/20 마감")
    body = message.get_body(("plain",)).get_content()
    assert "애프터마켓 거래로 바뀔 수 있습니다" in " ".join(body.split())
    (attachment,) = message.iter_attachments()
    assert attachment.get_content() == Path("첫째.xlsx").read_bytes()

    look("2026-11-20 17:40:00")
    clock.set("2026-11-20 18:30:00")
    assert run("report", "-o", "둘째.xlsx", *words)[0] == 0
    assert Path("둘째.xlsx").read_bytes() == Path("첫째.xlsx").read_bytes(), "the same snapshot, the same bytes"

    before, mails = len(log_of_reports()), len(server.envelopes)
    clock.set("2026-11-21 15:45:00")
    status, _, _ = run("report", "-o", "토요일.xlsx", "--if-session", *words)
    assert (status, len(server.envelopes), Path("토요일.xlsx").exists()) == (0, mails, False)
    assert len(log_of_reports()) == before + 1


def test_on_the_managers_phone_mail_and_attachment_are_whole(run, look, clock, kis, browser):  # noqa: F811 - the fixture
    """Scenario 8. 17:15: a viewer that knows neither formulas nor inline texts, and a screen 360 points wide."""
    look(*(f"2026-11-20 {9 + minute // 60:02}:{minute % 60:02}:30" for minute in range(10, 400, 30)))
    look("2026-11-20 15:38:30")
    clock.set("2026-11-20 17:15:00")
    assert run("report", "-o", "보고서.xlsx", "--at", "마감", "--mail-to", "manager@company.kr", "--dry-run")[0] == 0
    message = read_mail(Path("보고서.eml").read_bytes())

    (attachment,) = message.iter_attachments()
    book = StrictBook(attachment.get_content())  # refuses inline texts, formulas, external and absolute targets
    assert "xl/sharedStrings.xml" in book.parts
    assert not [name for name in book.parts if "externalLink" in name or name.endswith((".bin", "calcChain.xml"))]
    for sheet in ("요약", "시간대별"):
        if sheet in book.sheets:
            for _, series in book.charts(sheet):
                assert all(one.values and one.categories for one in series), "what a viewer draws is in the file"
    assert any(book.charts(sheet) for sheet in book.sheets)
    summary = book.rows("요약")
    groups = {"외국인": "9100", "기관계": "8888", "개인": "8000", "기타법인": "7100"}
    for label, market in (("KRX 코스피", "1"), ("KRX 코스닥", "4")):
        block = summary[next(at for at, row in enumerate(summary) if row[0] == label) :]
        truth = {row["invr_cls_code"]: row for row in kis.truth("J", market, _kst("15:38:30"))}
        for name, code in groups.items():
            figures = [int(truth[code][f"{band}_ntby_amt"]) for band in ("arbt", "nabt", "all")]
            assert _first(block, name)[1:] == [press.eok(figure) for figure in figures], (label, name)

    total = r"[+-][\d,]+억"
    # A telephone shows some thirty letters: in any market both totals stand before the time.
    assert re.match(rf"\[프로그램\] 11/20 마감 코스피 {total} 코스닥 {total} \(", message["Subject"])
    assert re.match(rf".*코스피{total}코스닥[+-]\d", message["Subject"].replace(" ", "")[:30])

    page_of_mail = message.get_body(("html",)).get_content()
    for scheme in ("light", "dark"):
        page = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
        page.route("**/*", lambda route: pytest.fail(f"the page asks for {route.request.url}"))
        page.set_content(page_of_mail)
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        seen = page.evaluate(COLOURS)
        assert len(seen) > 40
        assert [text for text, colour, behind in seen if contrast(colour, behind) < ENOUGH_CONTRAST] == []
        page.close()


def test_the_next_morning_the_close_is_read_without_a_call(run, look, clock, kis, formulas_on, new_feed):
    """Scenario 9. A quant at 07:30."""
    look("2026-11-20 15:39:10", "2026-11-20 20:05:00")
    clock.set("2026-11-23 07:30:00")
    kis.reset_calls()
    for exchange, market in (("UN", "KOSPI"), ("KRX", "KOSPI")):
        status, out, _ = run("table", exchange, market, "--at", "전일마감", "--format", "csv", "-o", "x.csv")
        assert (status, out) == (0, "")
        data = Path("x.csv").read_bytes()
        assert data.startswith(b"\xef\xbb\xbf")
        heads, *rows = csv.reader(io.StringIO(data.decode("utf-8-sig")))
        assert heads == [field.ko for field in COLUMNS]
        shown = udfs.KIS_PROGRAM_AT("통합" if exchange == "UN" else "KRX", "코스피", "전일마감")
        assert [[row[0], *map(float, row[1:-1]), row[-1]] for row in rows] == shown[1:]
    assert kis.calls == [], "the store alone was asked"

    feed = new_feed()
    formulas_on(feed)
    table = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
    assert {cell for row in table[1:] for cell in row[1:-1]} == {"#N/A"}, "yesterday is not today"

    status, out, err = run("table", "UN", "KOSPI", "--at", "2026-11-18 15:30", "--format", "csv")
    assert (status, out) == (7, "")
    assert err.startswith("저장된 자료 없음")


def _first(rows: list[list[str | float]], name: str) -> list[str | float]:
    """The row of a name: of the amounts, which stand above the quantities."""
    return next(row for row in rows if row[0] == name)


def _kst(of_day: str) -> Any:
    return kst(f"2026-11-20 {of_day}")
