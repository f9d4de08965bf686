"""What people write in cells, read: every accepted word, and an error naming the accepted ones for any other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import FIGURE_NAMES, refusal_of

from xlwings_kis import words
from xlwings_kis.errors import ArgumentError
from xlwings_kis.markets import Exchange, Market

EXCHANGES = {
    Exchange.KRX: "한국거래소 KRX J krx j Ｊ ＫＲＸ",
    Exchange.NXT: "넥스트레이드 NXT NX nxt nx ＮＸ",
    Exchange.UN: "통합 전체 UN ALL un all ＵＮ",
}
MARKETS = {
    Market.KOSPI: "코스피 유가증권 KOSPI KS 1 kospi １",
    Market.KOSDAQ: "코스닥 KOSDAQ KQ 4 kosdaq ４",
}
PEOPLE = {
    "8000": "개인, 개인투자자, 8000, 개 인",
    "9100": "외국인, 외인, 외국인합계, 외국인 합계, 9100",
    "8888": "기관계, 기관, 기관합계, 기관투자자, 8888, 기 관",
    "1000": "금융투자, 금투, 증권, 1000",
    "2000": "보험, 보 험, 2000",
    "3000": "투신, 투자신탁, 3000",
    "3100": "사모, 사모펀드, 사모 펀드, 3100",
    "4000": "은행, 은 행, 4000",
    "5000": "기타금융, 종금, 기타 금융, 5000",
    "6000": "연기금등, 연기금, 연기금 등, 기금, 연 기 금, 6000",
    "7100": "기타법인, 기타, 기타 법인, 기 타, 7100",
    "7000": "국가·지자체, 국가, 지자체, 국가/지자체, 국가지자체, 국가.지자체, 7000",
    "": "합계, 전체, 시장, total, Total, TOTAL, 합 계",
}


def every(table, split):
    return [(word.strip(), meant) for meant, listed in table.items() for word in listed.split(split)]


def chosen(fields):
    """Wire names of the figures a `fields` argument selects."""
    return [field.wire for field in words.selection(fields).figures]


def named(*, bands="all arbt nabt", sides="seln shnu ntby", measures="qty amt"):
    """Wire names of a choice, in the table's order, from the names typed in the tests."""
    return [
        name
        for name in FIGURE_NAMES
        for band, side, measure in [name.split("_")]
        if band in bands.split() and side in sides.split() and measure in measures.split()
    ]


@pytest.mark.parametrize(("word", "exchange"), every(EXCHANGES, " "))
def test_every_word_for_an_exchange_is_understood(word, exchange):
    assert words.pair(word, "1").exchange is exchange
    assert words.pair(f"  {word} ", "1").exchange is exchange
    assert words.pair([[word]], "1").exchange is exchange


@pytest.mark.parametrize(("word", "market"), every(MARKETS, " "))
def test_every_word_for_a_market_is_understood(word, market):
    assert words.pair("KRX", word).market is market
    assert words.pair("KRX", f"\u3000{word}\t").market is market
    assert words.pair("KRX", ((word,),)).market is market


@pytest.mark.parametrize(("number", "market"), [(1.0, Market.KOSPI), (4.0, Market.KOSDAQ), (1, Market.KOSPI)])
def test_excel_passes_numbers_as_floats_and_ranges_of_one_cell(number, market):
    assert words.pair("KRX", number).market is market
    assert words.pair(("KRX",), [[number]]).market is market


@pytest.mark.parametrize(
    "word", [None, "", " ", "KOSPI200", 2.0, 1.5, True, [[1.0, 4.0]], [], float("nan"), float("inf")]
)
def test_any_other_market_is_refused_with_the_accepted_ones(word):
    with pytest.raises(ArgumentError, match=r"코스피\(1\) 또는 코스닥\(4\)") as refused:
        words.pair("KRX", word)
    assert refused.value.problem.key == "unknown_market"


@pytest.mark.parametrize("word", [None, "", "NYSE", "1", 1.0, False, [["KRX", "NXT"]]])
def test_any_other_exchange_is_refused_with_the_accepted_ones(word):
    with pytest.raises(ArgumentError, match=r"KRX\(J\), NXT\(NX\) 또는 통합\(UN\)") as refused:
        words.pair(word, "1")
    assert refused.value.problem.key == "unknown_exchange"


def test_the_refused_word_is_shown_as_written_and_a_long_one_cut():
    with pytest.raises(ArgumentError) as refused:
        words.pair("KRX", "KOSPI200")
    assert str(refused.value) == '시장을 알 수 없음: "KOSPI200". 코스피(1) 또는 코스닥(4)을 넣으세요.'
    with pytest.raises(ArgumentError) as refused:
        words.pair("KRX", "가" * 500)
    assert f'"{"가" * 20}…"' in str(refused.value)
    with pytest.raises(ArgumentError, match='"2"'):
        words.pair("KRX", 2.0)
    with pytest.raises(ArgumentError, match='"…"'):
        words.pair("KRX", [[1.0, 4.0]])


@pytest.mark.parametrize(("word", "code"), every(PEOPLE, ","))
def test_every_word_for_an_investor_is_understood(word, code):
    assert words.investor(word) == code
    assert words.investor([[f" {word} "]]) == code


def test_an_investor_code_may_be_a_number():
    assert words.investor(9100.0) == "9100"
    assert words.investor(8888) == "8888"


def test_a_code_nobody_knows_is_taken_for_kis_may_send_one():
    assert words.investor("9300") == "9300"
    assert words.investor(9300.0) == "9300"


@pytest.mark.parametrize("word", [None, "", "외계인", "93000", "９a00", True, [["개인", "외국인"]]])
def test_any_other_investor_is_refused(word):
    with pytest.raises(ArgumentError) as refused:
        words.investor(word)
    assert refused.value.problem.key == "unknown_investor"


@pytest.mark.parametrize("blank", [None, "", "  ", [[None, ""], ["", None]], ",", ()])
def test_blank_fields_mean_all_columns_with_the_code_last(blank):
    selection = words.selection(blank)
    assert chosen(blank) == list(FIGURE_NAMES)
    assert selection.code
    assert [field.wire for field in selection.columns] == ["invr_cls_name", *FIGURE_NAMES, "invr_cls_code"]


@pytest.mark.parametrize(
    ("word", "choice"),
    [
        *((word, {"bands": "all"}) for word in ("전체", "합산")),
        *((word, {"bands": "arbt"}) for word in ("차익", "차익거래")),
        *((word, {"bands": "nabt"}) for word in ("비차익", "비차익거래")),
        ("매도", {"sides": "seln"}),
        ("매수", {"sides": "shnu"}),
        *((word, {"sides": "ntby"}) for word in ("순매수", "순매매")),
        ("수량", {"measures": "qty"}),
        *((word, {"measures": "amt"}) for word in ("대금", "금액")),
    ],
)
def test_a_word_of_a_kind_keeps_that_choice(word, choice):
    assert chosen(word) == named(**choice)
    assert chosen(f" {word} ") == named(**choice)
    assert chosen([[word]]) == named(**choice)


@pytest.mark.parametrize(
    "written", ["순매수 대금", "대금 순매수", "순매수,대금", "순매수대금", "순매수，대금", [["순매수", "대금"]]]
)
def test_words_of_different_kinds_narrow_each_other(written):
    assert chosen(written) == ["all_ntby_amt", "arbt_ntby_amt", "nabt_ntby_amt"]


@pytest.mark.parametrize("written", ["비차익, 순매수", "비차익순매수", "순매수 비차익", (("비차익",), ("순매수",))])
def test_a_band_and_a_side_leave_both_measures(written):
    assert chosen(written) == ["nabt_ntby_qty", "nabt_ntby_amt"]


def test_several_words_of_one_kind_add_up():
    assert chosen("매도 매수") == named(sides="seln shnu")
    assert chosen("차익 비차익 순매수 대금") == ["arbt_ntby_amt", "nabt_ntby_amt"]
    assert chosen("매도 매수 순매수") == list(FIGURE_NAMES)


@pytest.mark.parametrize(
    "written", ["all_ntby_amt", "ALL_NTBY_AMT", "전체순매수대금", "전체 순매수 대금", "All net buy value"]
)
def test_wire_names_and_labels_add_their_column(written):
    assert chosen(written) == ["all_ntby_amt"]
    assert not words.selection(written).code


def test_columns_are_added_to_what_words_choose():
    assert chosen("차익 순매수 대금, nabt_seln_qty") == ["arbt_ntby_amt", "nabt_seln_qty"]
    assert chosen("nabt_ntby_amt arbt_ntby_amt") == ["arbt_ntby_amt", "nabt_ntby_amt"]


def test_the_order_is_the_tables_whatever_the_order_of_the_words():
    backwards = " ".join(reversed(FIGURE_NAMES))
    assert chosen(backwards) == list(FIGURE_NAMES)


@pytest.mark.parametrize("word", ["코드", "투자자코드", "invr_cls_code", "code"])
def test_the_code_column_comes_when_it_is_named(word):
    selection = words.selection(f"순매수 대금 {word}")
    assert [field.label() for field in selection.columns] == [
        "투자자",
        "전체순매수대금",
        "차익순매수대금",
        "비차익순매수대금",
        "투자자코드",
    ]


def test_the_investor_always_stands_first_and_narrows_nothing():
    assert [field.label() for field in words.selection("투자자 차익순매수대금").columns] == ["투자자", "차익순매수대금"]


@pytest.mark.parametrize(
    "written", ["순매도", "비차익 환율", "차익차익", "매수순", "12", 1.0, True, [["순매수", "x"]], "all_net_amt"]
)
def test_an_unknown_field_is_refused_with_the_accepted_words(written):
    with pytest.raises(ArgumentError, match=r"전체·차익·비차익, 매도·매수·순매수, 수량·대금") as refused:
        words.selection(written)
    assert refused.value.problem.key == "unknown_field"


@given(st.permutations(["차익", "비차익", "매도", "순매수", "금액"]))
def test_the_order_of_words_never_matters(order):
    assert chosen(" ".join(order)) == named(bands="arbt nabt", sides="seln ntby", measures="amt")


@given(st.one_of(st.text(), st.floats(), st.integers(), st.none(), st.booleans(), st.lists(st.lists(st.text()))))
def test_anything_at_all_is_understood_or_refused_but_never_breaks(anything):
    readers = (
        lambda: words.pair(anything, "1"),
        lambda: words.pair("KRX", anything),
        lambda: words.investor(anything),
        lambda: words.one_field(anything),
        lambda: words.selection(anything),
    )
    for read in readers:
        refused = refusal_of(read, ArgumentError)
        assert refused is None or len(str(refused)) < 150
    assert words.wants_header(anything) in (True, False)


@pytest.mark.parametrize(
    ("written", "wire"),
    [
        ("비차익", "nabt_ntby_amt"),
        ("차익", "arbt_ntby_amt"),
        ("전체", "all_ntby_amt"),
        ("비차익 매도", "nabt_seln_amt"),
        ("비차익매도", "nabt_seln_amt"),
        ("순매수", "all_ntby_amt"),
        ("매수 수량", "all_shnu_qty"),
        ("수량", "all_ntby_qty"),
        ("비차익순매수대금", "nabt_ntby_amt"),
        ("arbt_shnu_qty", "arbt_shnu_qty"),
        ([["차익", "수량"]], "arbt_ntby_qty"),
    ],
)
def test_one_field_is_the_band_s_net_buying_in_money_unless_said_otherwise(written, wire):
    assert words.one_field(written).wire == wire


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("차익 비차익", "many_fields"),
        ("매도 매수", "many_fields"),
        (None, "unknown_field"),
        ("", "unknown_field"),
        ("투자자코드", "unknown_field"),
        ("투자자", "unknown_field"),
        ("엉뚱", "unknown_field"),
    ],
)
def test_one_field_that_is_none_or_several_is_refused(written, key):
    with pytest.raises(ArgumentError) as refused:
        words.one_field(written)
    assert refused.value.problem.key == key


@pytest.mark.parametrize("value", [None, "", True, 1, 1.0, "TRUE", "예", [[True]], [[None]], [[""]]])
def test_a_blank_header_argument_is_yes(value):
    assert words.wants_header(value) is True


@pytest.mark.parametrize("value", [False, 0, 0.0, "FALSE", "false", " False ", "0", [[False]], ((0.0,),)])
def test_false_zero_and_the_text_false_mean_no_header(value):
    assert words.wants_header(value) is False
