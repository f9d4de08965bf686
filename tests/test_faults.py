"""Every named fault × the formula: what the cell says, what it cost, and that the shape never changes."""

from __future__ import annotations

import pytest

from xlwings_kis import udfs
from xlwings_kis.simulator import Fault

FIGURES_COME = "11/20 11:20:31"
KEY = "#KIS! 앱키 또는 시크릿 오류({}). KIS Developers에서 확인한 뒤 xlwings-kis login 으로 다시 저장하세요."
COOL_DOWN = "#KIS! 토큰 발급 대기{}. 11:21:31 이후 자동으로 다시 시도합니다."
REJECTED = "#KIS! 새 토큰도 거절됨({}). 11:21:31 이후 자동으로 다시 시도합니다. 같은 앱키를 쓰는 다른 PC를 확인하세요."
MANY = "#KIS! 조회 한도 초과({}). 잠시 뒤 자동으로 다시 조회합니다. 같은 앱키를 쓰는 다른 프로그램을 확인하세요."
BUSY = "#KIS! KIS 서버 혼잡({}). 잠시 뒤 자동으로 다시 조회합니다."
RIGHT = "#KIS! 조회 권한 없음({}). 고객 구분(KIS_CUSTTYPE)과 KIS Developers의 이용 신청을 확인하세요."
PAPER = "#KIS! 모의투자 앱키(EGW02004). 이 조회는 실전투자 앱키로만 됩니다."
BROKEN = "#KIS! 알 수 없는 응답. {} 잠시 뒤 자동으로 다시 조회합니다."
SHAPE = "#KIS! 응답 형식 변경. {} 항목을 읽을 수 없습니다. xlwings-kis를 최신판으로 올리세요."
SILENT = "#KIS! 서버 응답 없음. 잠시 뒤 자동으로 다시 조회합니다."
EMPTY = "#KIS! 자료 없음. KIS가 아직 값을 보내지 않았습니다. 잠시 뒤 자동으로 다시 조회합니다."
LATE = "#KIS! 응답 지연. 0.3초 안에 답이 없어 기다리지 않았습니다. 새로고침을 누르면 도착한 값이 표시됩니다."

EXPECTED: dict[Fault, tuple[str, int, int]] = {
    Fault.TOKEN_TOO_SOON: (COOL_DOWN.format("(EGW00133)"), 0, 1),
    Fault.TOKEN_WRONG_KEY: (KEY.format("EGW00103"), 0, 1),
    Fault.TOKEN_WRONG_SECRET: (KEY.format("EGW00105"), 0, 1),
    Fault.TOKEN_HANG: (LATE, 0, 1),
    Fault.TOKEN_HTML: (COOL_DOWN.format(""), 0, 1),
    Fault.TOKEN_BAD_JSON: (COOL_DOWN.format(""), 0, 1),
    Fault.TOKEN_RESET: (COOL_DOWN.format(""), 0, 1),
    Fault.TOKEN_NO_EXPIRY: (COOL_DOWN.format(""), 0, 1),
    Fault.TOKEN_PAPER_KEY: (PAPER, 0, 1),
    Fault.TOKEN_INVALID: (REJECTED.format("EGW00121"), 1, 1),
    Fault.TOKEN_MISSING: (REJECTED.format("EGW00122"), 1, 1),
    Fault.TOKEN_EXPIRED: (REJECTED.format("EGW00123"), 1, 1),
    Fault.UNAUTHORIZED: (REJECTED.format("401"), 1, 1),
    Fault.WRONG_KEY: (KEY.format("EGW00103"), 1, 1),
    Fault.WRONG_SECRET: (KEY.format("EGW00105"), 1, 1),
    Fault.TOO_MANY_CALLS: (MANY.format("EGW00201"), 4, 1),
    Fault.TOO_MANY_CALLS_2: (MANY.format("EGW00215"), 4, 1),
    Fault.ROUTING: (BUSY.format("EGW00202"), 2, 1),
    Fault.GATEWAY_TIMEOUT: (BUSY.format("EGW00203"), 2, 1),
    Fault.ASK_AGAIN: (BUSY.format("EGW00300"), 2, 1),
    Fault.ASK_AGAIN_2: (BUSY.format("EGW00301"), 2, 1),
    Fault.ASK_AGAIN_3: (BUSY.format("EGW00302"), 2, 1),
    Fault.ASK_AGAIN_4: (BUSY.format("EGW00316"), 2, 1),
    Fault.IP_NOT_ALLOWED: ("#KIS! 허용되지 않은 IP(EGW00207). KIS Developers의 접속 허용 IP를 확인하세요.", 1, 1),
    Fault.NO_RIGHT: (RIGHT.format("EGW00206"), 1, 1),
    Fault.BAD_CUSTTYPE: (RIGHT.format("EGW00208"), 1, 1),
    Fault.BAD_SEQ_NO: (RIGHT.format("EGW00209"), 1, 1),
    Fault.PAPER_KEY: (PAPER, 1, 1),
    Fault.FIELD_MISSING: (
        "#KIS! 조회 항목 오류(OPSQ2001). KIS 답: ERROR INPUT FIELD NOT FOUND [EXCH_DIV_CLS_CODE]"
        " xlwings-kis를 최신판으로 올리세요.", 1, 1),
    Fault.UNKNOWN_CODE: ("#KIS! KIS 응답 오류(EGW00999): 알 수 없는 오류가 발생했습니다.", 1, 1),
    Fault.HTML_200: (BROKEN.format("KIS 대신 다른 페이지가 왔습니다."), 1, 1),
    Fault.HTML_503: (BROKEN.format("KIS 대신 다른 페이지가 왔습니다."), 1, 1),
    Fault.EMPTY_BODY: (BROKEN.format("빈 답이 왔습니다."), 1, 1),
    Fault.BAD_JSON: (BROKEN.format("답이 JSON이 아닙니다."), 1, 1),
    Fault.NOT_AN_OBJECT: (BROKEN.format("답이 JSON이 아닙니다."), 1, 1),
    Fault.WRONG_SHAPE: (SHAPE.format("output1"), 1, 1),
    Fault.ROW_NOT_OBJECT: (SHAPE.format("output1[3]"), 1, 1),
    Fault.MISSING_OUTPUT: (SHAPE.format("output1"), 1, 1),
    Fault.BAD_FIGURE: (SHAPE.format("output1[1].all_ntby_amt"), 1, 1),
    Fault.MISSING_CODE: (SHAPE.format("output1[4].invr_cls_code"), 1, 1),
    Fault.INVALID_UTF8: (BROKEN.format("답이 JSON이 아닙니다."), 1, 1),
    Fault.EUC_KR: (FIGURES_COME, 1, 1),
    Fault.WRONG_CONTENT_TYPE: (FIGURES_COME, 1, 1),
    Fault.TRUNCATED: (BROKEN.format("답이 중간에 끊겼습니다."), 1, 1),
    Fault.WRONG_LENGTH: (BROKEN.format("답이 JSON이 아닙니다."), 1, 1),
    Fault.RESET: (SILENT, 2, 1),
    Fault.CLOSE_BEFORE_ANSWER: (SILENT, 2, 1),
    Fault.HANG: (LATE, 1, 1),
    Fault.HANG_IN_BODY: (LATE, 1, 1),
    Fault.SLOW_DRIP: (LATE, 1, 1),
    Fault.GZIP_BOMB: (BROKEN.format("답이 지나치게 큽니다."), 1, 1),
    Fault.REDIRECT: (BROKEN.format("다른 주소로 보내는 답이 왔습니다."), 1, 1),
    Fault.NO_ROWS: (EMPTY, 1, 1),
    Fault.ALL_ZERO: (EMPTY, 1, 1),
    Fault.YESTERDAY: (FIGURES_COME, 1, 1),
    Fault.DUPLICATE_INVESTOR: (FIGURES_COME, 1, 1),
    Fault.UNKNOWN_INVESTOR: (FIGURES_COME, 1, 1),
    Fault.STATE_AND_LOCAL: (FIGURES_COME, 1, 1),
    Fault.MISSING_INVESTOR: (FIGURES_COME, 1, 1),
    Fault.ODD_NUMBERS: (FIGURES_COME, 1, 1),
    Fault.BROKEN_SUM: (FIGURES_COME, 1, 1),
    Fault.FORMULA_TEXT: (FIGURES_COME, 1, 1),
    Fault.CONTROL_CHARACTERS: (FIGURES_COME, 1, 1),
    Fault.EXTRA_FIELD: (FIGURES_COME, 1, 1),
    Fault.FROZEN: (FIGURES_COME, 1, 1),
}  # fmt: skip

_EXTRA_ROW = {Fault.UNKNOWN_INVESTOR, Fault.STATE_AND_LOCAL, Fault.FORMULA_TEXT, Fault.CONTROL_CHARACTERS}


def test_every_fault_of_the_simulator_has_its_expectation():
    assert set(EXPECTED) == set(Fault)


@pytest.mark.parametrize("fault", list(EXPECTED), ids=lambda fault: fault.value)
def test_a_fault_costs_what_it_must_and_the_corner_says_what_to_do(kis, new_feed, formulas_on, fault):
    corner, calls, tokens = EXPECTED[fault]
    formulas_on(new_feed(deadline=0.3 if corner == LATE else 10))
    kis.fault = fault
    table = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
    assert table[0][0] == corner
    assert (kis.count("program-trade"), kis.count("token")) == (calls, tokens)
    assert {len(row) for row in table} == {20}
    assert len(table) == (13 if fault in _EXTRA_ROW else 12)
    figures = [cell for row in table[1:] for cell in row[1:-1]]
    if corner == FIGURES_COME:
        assert all(cell == "" or isinstance(cell, float) for cell in figures)
        assert any(isinstance(cell, float) and cell for cell in figures)
    else:
        assert set(figures) == {"#N/A"}


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.HTML_503, Fault.TOKEN_EXPIRED, Fault.BAD_JSON, Fault.RESET])
def test_with_figures_of_today_a_fault_only_marks_them(kis, new_feed, formulas_on, clock, fault):
    formulas_on(new_feed(deadline=2))
    before = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
    kis.fault = fault
    clock.move(31)
    after = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
    assert after[0][0] == "지연 11/20 11:20:31"
    assert after[1:] == before[1:]


def test_text_from_the_gateway_is_data_and_never_a_formula_or_a_control_character(kis, new_feed, formulas_on):
    formulas_on(new_feed())
    kis.fault = Fault.FORMULA_TEXT
    name = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")[-1][0]
    assert not name.startswith(("=", "+", "-", "@"))
    kis.fault = Fault.CONTROL_CHARACTERS
    name = udfs.KIS_PROGRAM_TRADE("NXT", "코스피")[-1][0]
    assert name.isprintable()


def test_a_code_that_comes_twice_is_used_once_and_the_check_says_so(kis, feed):
    kis.fault = Fault.DUPLICATE_INVESTOR
    from samples import KRX_KOSPI

    snapshot = feed.read(KRX_KOSPI).snapshot
    assert len({row.code for row in snapshot.rows}) == len(snapshot.rows) == 11
    assert "두 번 와서 첫 값을 씁니다" in snapshot.failed_checks[0].sentence()


def test_a_sum_that_rounding_cannot_explain_is_told_and_never_corrected(kis, feed):
    from samples import KRX_KOSPI

    kis.fault = Fault.BROKEN_SUM
    snapshot = feed.read(KRX_KOSPI).snapshot
    assert snapshot.failed_checks
    foreigners = next(row for row in kis.truth("J", "1") if row["invr_cls_code"] == "9100")
    served = snapshot.by_code["9100"]
    changed = [name for name in ("all_ntby_qty", "all_ntby_amt") if served[name] != int(foreigners[name])]
    assert changed


def test_a_missing_investor_keeps_its_place_without_figures(kis, new_feed, formulas_on):
    formulas_on(new_feed())
    kis.fault = Fault.MISSING_INVESTOR
    row = next(row for row in udfs.KIS_PROGRAM_TRADE("KRX", "코스피") if row[0] == "연기금등")
    assert set(row[1:-1]) == {""}
    assert row[-1] == "6000"


def test_a_new_investor_comes_after_the_fixed_places_and_stays_there_all_day(kis, new_feed, formulas_on, clock):
    formulas_on(new_feed())
    kis.fail_next(Fault.UNKNOWN_INVESTOR)
    first = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
    assert first[-1][-1] == "9300"
    assert first[-1][0].endswith("(코드 9300)")
    clock.move(31)
    kis.fail_next(Fault.STATE_AND_LOCAL)
    second = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")
    assert [row[-1] for row in second[12:]] == ["9300", "7000"]
    assert [row[0] for row in second[:12]][1:] == [row[0] for row in first[:12]][1:]
