"""What a report says, before anything is written: its session, its standing, its sentences and footnotes."""

from __future__ import annotations

import re
import string
from dataclasses import replace
from pathlib import Path

import pytest
from clocks import kst
from making import row
from making import snapshot as made
from report_sample import report, table, with_reading
from samples import KRX_KOSDAQ, KRX_KOSPI, NXT_KOSPI, UN_KOSPI
from strict_reader import StrictBook

from xlwings_kis import report as reports
from xlwings_kis import sessions
from xlwings_kis.errors import Problem
from xlwings_kis.fields import Band
from xlwings_kis.markets import Exchange, Market, Pair
from xlwings_kis.reading import Reading
from xlwings_kis.report import texts
from xlwings_kis.report.content import Report
from xlwings_kis.report.sources import sections
from xlwings_kis.report.summary import differences, summary, warnings
from xlwings_kis.report.texts import TEXTS
from xlwings_kis.report.widths import broken, width
from xlwings_kis.snapshot import Standing


@pytest.fixture(autouse=True)
def _calendar():
    sessions.load(2026)


def on(exchange_pair, at, **more):
    """A report of one table of an exchange, fetched at a moment of 2026-11-20 unless it says a day."""
    moment = at if " " in at else f"2026-11-20 {at}"
    snapshot = replace(table(KRX_KOSPI, moment, **more), pair=exchange_pair)
    return Report((exchange_pair,), {exchange_pair: Reading(exchange_pair, snapshot)})


@pytest.mark.parametrize(
    ("pair", "at", "label", "closing", "over"),
    [
        (KRX_KOSPI, "11:20:31", "정규장", False, False),
        (KRX_KOSPI, "15:29:59", "정규장", False, False),
        (KRX_KOSPI, "15:30:00", "정규장 마감", True, False),
        (KRX_KOSPI, "15:39:50", "정규장 마감", True, False),
        (KRX_KOSPI, "15:45:12", "정규장 마감", True, False),
        (KRX_KOSPI, "16:00:01", "애프터마켓", False, False),
        (KRX_KOSPI, "20:10:00", "장 종료", False, True),
        (NXT_KOSPI, "08:20:00", "NXT 프리마켓", False, False),
        (NXT_KOSPI, "15:45:12", "애프터마켓", False, False),
        (UN_KOSPI, "15:35:00", "정규장 마감", True, False),
        (UN_KOSPI, "15:45:12", "애프터마켓", False, False),
    ],
)
def test_a_report_is_named_by_the_session_its_figures_belong_to(pair, at, label, closing, over):
    made = on(pair, at)
    assert (made.session_label, made.closing, made.over) == (label, closing, over)


def test_the_second_line_says_day_session_and_fetch_time():
    assert summary(report()).when == "2026-11-20(금) 정규장 마감 · 조회 15:45:12"
    assert summary(report("en")).when == "2026-11-20 (Fri) regular session closed · Fetched 15:45:12"
    assert report().session == "KRX 정규장 마감"


def test_a_market_is_told_in_two_short_lines_and_four_rows():
    said = summary(report())
    assert said.sentences == (
        ("코스피 1,012억원 매도 우위", "차익 +215, 비차익 -1,227 (외국인 비차익 -1,405)"),
        ("코스닥 87억원 매수 우위", "차익 -3, 비차익 +90 (외국인 비차익 +47)"),
    )
    kospi = said.grids[KRX_KOSPI]
    assert kospi.columns == ("차익", "비차익", "전체")
    assert [(line.label, line.figures) for line in kospi.rows] == [
        ("외국인", (25, -1405, -1380)),
        ("기관계", (190, 220, 410)),
        ("개인", (0, -38, -38)),
        ("기타법인", (0, -4, -4)),
        ("합계", (215, -1227, -1012)),
        ("15:30 대비", (4, -25, -20)),
        ("전일 마감 대비", (301, -1718, -1417)),
    ]


def test_a_comparison_with_what_is_not_stored_is_blank_never_zero():
    kosdaq = summary(report()).grids[KRX_KOSDAQ]
    assert kosdaq.rows[-1].figures == (None, None, None)


def test_a_missing_figure_stays_missing_in_its_row_and_in_the_sum():
    snapshot = made("2026-11-20 15:45:12", row("9100", nabt_ntby_amt=None), row("8888"), row("8000"), row("7100"))
    said = summary(Report((KRX_KOSPI,), {KRX_KOSPI: Reading(KRX_KOSPI, snapshot)}))
    rows = {line.label: line.figures for line in said.grids[KRX_KOSPI].rows}
    assert rows["외국인"][1] is None
    assert rows["합계"][1] is None
    assert rows["합계"][2] is not None


class TestMarks:
    """What must be known before any figure."""

    def test_as_it_should_be_there_is_nothing_to_mark(self):
        made = report()
        assert summary(made).marks == ()
        assert warnings(made) == ()
        assert {made.late, made.partial, made.demo, made.holiday, made.unconfirmed} == {False}

    def test_old_data_is_named_with_its_time(self):
        old = table(KRX_KOSDAQ, "2026-11-20 14:02:10", stale=True)
        made = with_reading(report(), KRX_KOSDAQ, Reading(KRX_KOSDAQ, old, Problem("no_answer")))
        assert made.late
        assert made.asof == kst("2026-11-20 15:45:12")
        assert summary(made).marks == ("지연: KRX 코스닥 (조회 11/20 14:02:10)",)

    def test_a_missing_table_says_why_and_the_rest_is_told(self):
        made = with_reading(report(), KRX_KOSPI, Reading(KRX_KOSPI, problem=Problem("ip_not_allowed", "EGW00207")))
        said = summary(made)
        assert made.partial
        assert said.marks == (
            "KRX 코스피 없음: 허용되지 않은 IP(EGW00207). KIS Developers의 접속 허용 IP를 확인하세요.",
        )
        assert [head for head, _ in said.sentences] == ["코스닥 87억원 매수 우위"]

    def test_tables_that_are_old_or_missing_for_one_reason_are_told_in_one_line(self):
        made, why = report(), Problem("no_answer")
        for pair, at in ((KRX_KOSPI, "14:02:10"), (KRX_KOSDAQ, "14:02:12")):
            made = with_reading(made, pair, Reading(pair, table(pair, f"2026-11-20 {at}", stale=True), why))
        away = {Pair(exchange, market): why for exchange in (Exchange.NXT, Exchange.UN) for market in Market}
        away[Pair(Exchange.UN, Market.KOSDAQ)] = Problem("ip_not_allowed", "EGW00207")
        missing = {pair: Reading(pair, problem=problem) for pair, problem in away.items()}
        made = replace(made, pairs=(*made.pairs, *away), readings={**made.readings, **missing})
        said = summary(made)
        assert said.marks == (
            "지연: KRX 코스피·코스닥 (조회 11/20 14:02:10~14:02:12)",
            f"NXT 코스피·코스닥, 통합 코스피 없음: {why.sentence(once=True)}",
            "통합 코스닥 없음: 허용되지 않은 IP(EGW00207). KIS Developers의 접속 허용 IP를 확인하세요.",
        )
        assert warnings(made) == said.marks
        sheet = StrictBook(reports.render(made)).sheets["요약"]
        assert sheet["A11"].value == "코스닥 87억원 매수 우위"  # still on a phone's first screen

    def test_figures_of_a_day_without_trading_carry_their_own_day(self):
        snapshot = table(KRX_KOSPI, "2026-11-21 11:00:00", standing=Standing.HOLIDAY, of=kst("2026-11-20 20:05:00"))
        made = Report((KRX_KOSPI,), {KRX_KOSPI: Reading(KRX_KOSPI, snapshot)})
        said = summary(made)
        assert said.when == "2026-11-20(금) 장 종료 · 조회 11/21 11:00:00"
        assert said.marks == ("휴장(추정): 11/20의 값입니다. 오늘 값이 아닙니다.",)

    def test_where_only_the_day_is_known_no_session_is_claimed(self):
        snapshot = table(KRX_KOSPI, "2026-11-22 11:00:00", standing=Standing.HOLIDAY, of=kst("2026-11-20 00:00:00"))
        made = Report((KRX_KOSPI,), {KRX_KOSPI: Reading(KRX_KOSPI, snapshot)})
        assert (made.session_label, made.session, made.closing) == ("", "", False)
        assert summary(made).when == "2026-11-20(금) · 조회 11/22 11:00:00"

    def test_simulated_and_unconfirmed_figures_say_so(self):
        assert summary(on(KRX_KOSPI, "11:20:00", demo=True)).marks == ("예시(모의 자료)입니다. 실제 시세가 아닙니다.",)
        doubtful = on(KRX_KOSPI, "09:02:00", standing=Standing.UNCONFIRMED)
        assert summary(doubtful).marks == ("확인 중: 전일 값이 아닌지 아직 비교하지 못했습니다.",)


def off(made, *amounts):
    """The same report with a net of 개인 in each table that fits nothing."""
    for pair, amount in zip(made.pairs, amounts, strict=True):
        known = made.readings[pair].snapshot
        wrong = tuple(row("8000", all_ntby_amt=amount) if line.code == "8000" else line for line in known.rows)
        made = with_reading(made, pair, Reading(pair, replace(known, rows=wrong), lang=made.lang))
    return made


class TestFootnotes:
    """What to know besides."""

    def test_the_first_is_the_check_and_the_last_that_it_is_no_advice(self):
        notes = summary(report()).notes
        assert notes[0] == "확인: 검산 이상 없음"
        assert notes[1] == "정규장 마감 직후 조회값이며 시간외·애프터마켓 거래로 바뀔 수 있습니다."
        assert notes[-3:] == (
            "출처: 한국투자증권 Open API [국내주식-116]",
            "내부 참고용이며 외부 제공·재배포를 금합니다.",
            "투자 권유가 아닙니다.",
        )

    def test_failed_checks_of_all_tables_are_one_footnote_and_a_warning(self):
        made = off(report(), 99, 98)
        (note,) = [note for note in summary(made).notes if "검산" in note]
        assert note.startswith("확인: KRX 코스피 검산 확인 필요: 개인 ")
        assert " · KRX 코스닥 검산 확인 필요: 개인 " in note
        assert warnings(made) == (note,)

    def test_what_is_wrong_with_several_tables_alike_is_told_once(self):
        (note,) = [note for note in summary(off(report(), 99, 99)).notes if "검산" in note]
        assert note.startswith("확인: KRX 코스피·코스닥 검산 확인 필요: 개인 ")
        assert note.count("검산 확인 필요") == 1

    def test_an_english_report_tells_in_english_what_does_not_add_up(self):
        made = off(report("en"), 99, 98)
        (told,) = warnings(made)
        sources = " ".join(str(value) for section in sections(made) for _, value in section.lines)
        assert "check the sums: Individuals, " in told
        assert "off buy − sell (beyond rounding)" in sources
        korean = re.compile("[가-힣]")
        assert not korean.search(told)
        assert not korean.search(sources.replace("[국내주식-116]", "").replace("국내주식-116", ""))

    @pytest.mark.parametrize(
        ("at", "caveat"), [("11:20:31", "장중 조회값"), ("15:45:12", "정규장 마감 직후"), ("20:10:00", None)]
    )
    def test_the_caveat_fits_the_hour(self, at, caveat):
        notes = " ".join(summary(on(KRX_KOSPI, at)).notes)
        for words in ("장중 조회값", "정규장 마감 직후"):
            assert (words in notes) == (words == caveat)


class TestExchangesSideBySide:
    """KRX against NXT against both: shown, never corrected."""

    @pytest.fixture
    def three(self):
        readings = {}
        for exchange, factor in ((Exchange.KRX, 1.0), (Exchange.NXT, 0.1), (Exchange.UN, 1.2)):
            pair = UN_KOSPI._replace(exchange=exchange)
            known = replace(table(KRX_KOSPI, "2026-11-20 15:35:00", factor), pair=pair)
            readings[pair] = Reading(pair, known)
        return Report(tuple(readings), readings)

    def test_the_first_exchange_leads_and_the_others_stand_beside_it(self, three):
        said = summary(three)
        assert list(said.grids) == [KRX_KOSPI]
        (beside,) = said.exchanges
        assert (beside.title, beside.columns) == ("코스피 전체", ("KRX", "NXT", "통합"))
        assert beside.rows[-1].figures == (-1012, -101, -1214)

    def test_what_both_have_that_the_two_have_not_is_told_in_million_won(self, three):
        whole = differences(three, Market.KOSPI)[-1]
        assert whole.label == "합계"
        krx, nxt, both, left = whole.figures
        assert (krx, nxt, both) == (-101_200, -10_120, -121_440)
        assert left == both - krx - nxt

    def test_without_one_of_the_three_there_is_no_difference(self, three):
        two = replace(three, pairs=three.pairs[:2])
        assert differences(two, Market.KOSPI) == ()

    def test_a_missing_exchange_leaves_its_column_blank(self, three):
        nothing = with_reading(three, NXT_KOSPI, Reading(NXT_KOSPI, problem=Problem("empty")))
        (beside,) = summary(nothing).exchanges
        assert beside.columns == ("KRX", "NXT", "통합")
        assert {line.figures[1] for line in beside.rows} == {None}


class TestSources:
    """자료: where every figure comes from."""

    def test_a_table_names_request_time_rows_digest_and_checks(self):
        (kospi, *_) = sections(report())
        lines = dict(kospi.lines)
        assert kospi.heading == "KRX 코스피"
        assert lines["조회시각"] == "2026-11-20 15:45:12 KST"
        assert lines["요청"] == "GET /uapi/domestic-stock/v1/quotations/investor-program-trade-today · HHPPG046600C1"
        assert lines["조건"] == "EXCH_DIV_CLS_CODE=J · MRKT_DIV_CLS_CODE=1"
        assert lines["행 수"] == 11
        assert lines["받은 본문 SHA-256"] == report().newest.sha256
        assert lines["검산"].endswith("건 이상 없음")

    def test_what_was_compared_with_is_named_by_time_and_digest(self):
        (compared,) = [section for section in sections(report()) if section.heading == "비교한 자료"]
        assert compared.lines[0] == ("15:30 · KRX 코스피", "2026-11-20 15:29:40 KST")
        assert compared.lines[-1] == ("전일 마감 · KRX 코스닥", "저장된 자료 없음")

    def test_a_table_that_did_not_come_says_why(self):
        made = with_reading(report(), KRX_KOSPI, Reading(KRX_KOSPI, problem=Problem("holiday")))
        assert sections(made)[0].lines == (("상태", "휴장일(추정). 오늘 자료가 없습니다."),)


def test_english_speaks_everywhere():
    said = summary(report("en"))
    texts = [said.title, said.when, said.unit, *said.notes, *(word for pair in said.sentences for word in pair)]
    texts += [str(part) for section in sections(report("en")) for line in section.lines for part in line]
    for text in texts:
        assert not re.search("[가-힣]", text.replace("[국내주식-116]", "")), text


def test_every_text_is_there_in_both_languages_with_the_same_facts():
    for key, (korean, english) in TEXTS.items():
        facts = [{name for _, name, _, _ in string.Formatter().parse(words) if name} for words in (korean, english)]
        assert korean, key
        assert english, key
        assert facts[0] == facts[1], key


def test_no_text_is_left_that_nobody_says():
    package = Path(texts.__file__).parent
    said = "".join(page.read_text(encoding="utf-8") for page in package.glob("*.py") if page.name != "texts.py")
    assert [key for key in TEXTS if not re.search(rf"""["']{key}["']""", said)] == []


def test_lines_break_at_blanks_by_the_width_of_korean_letters():
    assert width("가a") == 3
    assert broken("가나 다라 마바", 9) == ["가나 다라", "마바"]
    assert broken("가나다라마바사", 4) == ["가나다라마바사"]
    assert broken("", 4) == [""]


def test_the_bands_of_the_summary_are_those_of_the_declaration():
    said = summary(report())
    assert set(said.grids[KRX_KOSPI].columns) == {band.value[0] for band in Band}
