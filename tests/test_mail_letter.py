"""A mail says it all in its first lines: subject, a sentence a market, a small table, what to know, whence it is."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from clocks import kst
from mailing import kosdaq, kospi, report, who
from making import reading, snapshot
from samples import KRX_KOSDAQ, KRX_KOSPI, NXT_KOSPI

from xlwings_kis.errors import Problem
from xlwings_kis.mail import plain, template
from xlwings_kis.mail.letter import Letter
from xlwings_kis.markets import Exchange, Market, Pair
from xlwings_kis.report.content import Report
from xlwings_kis.snapshot import Standing


def subject(made: Report) -> str:
    return template.subject(template.default(made.lang), Letter(made))


def text(made: Report) -> str:
    return plain.render(Letter(made), template.default(made.lang))


def test_the_subject_is_the_wordings_letter_by_letter():
    assert subject(report()) == "[프로그램] 11/20 마감 코스피 -1,012억 코스닥 +87억 (15:45 조회)"


def test_the_first_thirty_letters_of_the_subject_hold_both_totals():
    """Letters as Korean counts them, blanks apart: so many a telephone shows."""
    shown = subject(report()).replace(" ", "")[:30]
    assert "코스피-1,012억" in shown
    assert "코스닥+87억" in shown


def test_while_figures_move_the_time_stands_in_for_the_close():
    moving = report(kospi("2026-11-20 11:20:31"), kosdaq("2026-11-20 11:20:31"))
    assert subject(moving) == "[프로그램] 11/20 코스피 -1,012억 코스닥 +87억 (11:20 조회)"


def test_after_the_last_session_the_figures_are_final():
    over = report(kospi("2026-11-20 20:10:00"), kosdaq("2026-11-20 20:10:00"))
    assert subject(over) == "[프로그램] 11/20 장 종료 코스피 -1,012억 코스닥 +87억 (20:10 조회)"
    assert "바뀔 수" not in text(over)


def test_old_figures_are_marked_in_subject_title_and_first_line():
    problem = Problem("no_answer")
    late = report(kospi("2026-11-20 14:02:10", stale=True), kosdaq("2026-11-20 14:20:31"), problem=problem)
    assert subject(late).startswith("[프로그램·지연] 11/20 코스피 ")
    assert text(late).startswith(
        "* 지연: KRX 코스피 표는 14:02:10에 조회한 자료입니다(서버 응답 없음).\n\n코스피 프로그램은"
    )
    assert "KRX 코스피 · 지연 11/20 14:02:10 (단위: 억원, 순매수)" in text(late)
    assert "KRX 코스닥 (단위" in text(late)


def missing(pair: Pair = KRX_KOSDAQ, key: str = "empty") -> Report:
    made = report(kospi())
    return replace(
        made, pairs=(*made.pairs, pair), readings={**made.readings, pair: reading(pair=pair, problem=Problem(key))}
    )


def test_a_missing_table_is_marked_named_and_explained():
    assert subject(missing()) == "[프로그램·일부] 11/20 마감 코스피 -1,012억 코스닥 자료 없음 (15:45 조회)"
    assert "* KRX 코스닥 자료가 없습니다(자료 없음).\n" in text(missing())
    assert text(missing()).count("(단위: 억원, 순매수)") == 1


def test_what_is_late_and_partial_says_both():
    made = missing()
    late = replace(made, readings={**made.readings, KRX_KOSPI: reading(kospi(stale=True))})
    assert subject(late).startswith("[프로그램·지연·일부] ")


def test_simulated_figures_are_never_mistaken_for_real_ones():
    demo = report(kospi(demo=True), kosdaq(demo=True))
    assert subject(demo).startswith("[예시] 11/20 마감 ")
    assert text(demo).startswith("* 예시 자료입니다. 실제 시세가 아닙니다.\n\n")
    assert "KRX 코스피 · 예시 11/20 15:45:12" in text(demo)


def test_figures_of_another_day_say_which_day_and_when_they_were_fetched():
    facts = {"standing": Standing.HOLIDAY, "of": kst("2026-11-20 15:31:00")}
    made = report(kospi("2026-11-21 10:00:00", **facts), kosdaq("2026-11-21 10:00:00", **facts))
    assert made.day == date(2026, 11, 20)
    assert subject(made) == "[프로그램·휴장] 11/20 마감 코스피 -1,012억 코스닥 +87억 (11/21 10:00 조회)"
    assert text(made).startswith("* 휴장(추정): 11/20의 값입니다. 오늘 값이 아닙니다.\n\n")


def test_figures_nobody_could_compare_yet_are_marked():
    made = report(kospi("2026-11-20 09:02:00", standing=Standing.UNCONFIRMED), kosdaq("2026-11-20 09:02:00"))
    assert subject(made).startswith("[프로그램·확인 중] ")
    assert "* 확인 중: KRX 코스피 값이 전일 값이 아닌지 아직 비교하지 못했습니다." in text(made)


def test_a_table_that_does_not_add_up_says_so_before_its_figures():
    wrong = snapshot("2026-11-20 15:45:12", who("9100", 5, 5), *kospi().rows[:1])
    broken = replace(wrong.rows[0], figures=(99_999, *wrong.rows[0].figures[1:]))
    told = text(report(replace(wrong, rows=(broken, *wrong.rows[1:]))))
    assert told.startswith("* KRX 코스피: 검산 확인 필요: ")


def test_the_body_is_the_wordings_word_by_word():
    paragraphs = text(report()).split("\n\n")
    assert paragraphs[0] == (
        "코스피 프로그램은 1,012억원 매도 우위입니다. 차익 215억원 순매수, 비차익 1,227억원 순매도이며, "
        "비차익은 외국인이 1,405억원 순매도했습니다.\n"
        "코스닥 프로그램은 87억원 매수 우위입니다. 차익 3억원 순매도, 비차익 90억원 순매수입니다."
    )
    assert paragraphs[-1] == (
        "조회 2026-11-20 15:45:12 (KRX 정규장 마감). 이후 시간외·애프터마켓 거래로 바뀔 수 있습니다.\n"
        "출처: 한국투자증권 Open API [국내주식-116]. 내부 참고용이며 외부 제공·재배포를 금합니다. 투자 권유가 아닙니다.\n"
    )


def test_the_table_has_the_four_groups_their_sum_and_below_the_parts_of_the_institutions():
    table = text(report()).split("\n\n")[1].splitlines()
    assert table[0] == "KRX 코스피 (단위: 억원, 순매수)"
    assert [line.split() for line in table[1:8]] == [
        ["투자자", "차익", "비차익", "전체"],
        ["외국인", "+25", "-1,405", "-1,380"],
        ["기관계", "+190", "+220", "+410"],
        ["개인", "0", "-38", "-38"],
        ["기타법인", "0", "-4", "-4"],
        ["합계", "+215", "-1,227", "-1,012"],
        ["금융투자", "+190", "+220", "+410"],
    ]
    assert [line.split()[0] for line in table[8:]] == ["보험", "투신", "사모", "은행", "기타금융", "연기금등"]
    assert all(line.startswith("  ") for line in table[7:])


def test_columns_stand_straight_where_korean_letters_are_twice_as_wide():
    table = text(report()).split("\n\n")[1].splitlines()[1:]
    widths = {sum(2 if ord(letter) > 0x1100 else 1 for letter in line) for line in table}
    assert len(widths) == 1


def test_a_group_that_kis_has_just_invented_is_shown_with_its_code_and_not_as_a_formula():
    table = text(report(kospi("2026-11-20 15:45:12", who("9300", 1, 2, "=새\r\n집단"))))
    assert re.search(r"^새  집단 \(코드 9300\) +\+1 +\+2 +\+3$", table, re.M)


def test_an_exchange_that_is_not_krx_is_named():
    made = report(kospi(pair=NXT_KOSPI))
    assert subject(made) == "[프로그램] 11/20 NXT 코스피 -1,012억 (15:45 조회)"
    assert text(made).startswith("NXT 코스피 프로그램은 1,012억원 매도 우위입니다.")


def test_sentences_tell_the_first_exchange_and_tables_show_all():
    everything = report(*(kospi(pair=Pair(exchange, Market.KOSPI)) for exchange in Exchange))
    assert text(everything).count("프로그램은") == 1
    assert [line.split(" (")[0] for line in text(everything).splitlines() if "단위" in line] == [
        "KRX 코스피", "NXT 코스피", "통합 코스피",
    ]  # fmt: skip


def test_a_total_that_cannot_be_made_is_no_zero():
    made = report(snapshot("2026-11-20 15:45:12", who("9100", 25, -1405)))
    assert "코스피 자료 없음" in subject(made)


@pytest.mark.parametrize("words", [["[Program] 11/20 close KOSPI -101.2 bn won KOSDAQ +8.7 bn won (fetched 15:45)"]])
def test_the_english_mail_has_the_same_pieces(words):
    assert [subject(report(lang="en"))] == words
    told = text(report(lang="en"))
    assert told.startswith("KOSPI programs: 101.2 bn won net sold. Arbitrage: 21.5 bn won bought; ")
    assert "KRX KOSPI (KRW 100 million, net buying)" in told
    assert not re.search("[가-힣]", told.replace("[국내주식-116]", ""))
