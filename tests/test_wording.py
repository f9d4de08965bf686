"""What people read when something fails: the cause first, then one thing to do, with the code."""

from __future__ import annotations

import re
from string import Formatter

import pytest
from clocks import kst
from hypothesis import given
from hypothesis import strategies as st

from xlwings_kis import errors, today, wording
from xlwings_kis.errors import Problem, error, failure
from xlwings_kis.markets import Exchange
from xlwings_kis.snapshot import Standing
from xlwings_kis.wording import SENTENCES

FACTS = {
    "name": "XLWINGS_KIS_TTL",
    "expected": "1에서 3600 사이의 초",
    "expected_en": "seconds from 1 to 3600",
    "file": "config.toml",
    "line": "3",
    "names": "KIS_IP_ADDR",
    "time": "11:03:20",
    "msg": "점검 중입니다.",
    "seconds": "3",
    "host": "openapi.koreainvestment.com:9443",
    "broken": "html",
    "version": "0.37.9",
    "field": "output1[1].all_ntby_amt",
    "exchange": "KRX",
    "exchange_en": "KRX",
    "topic": "는",
    "moment": "11/20 10:30",
    "word": "KOSPI200",
    "reason": "쓰기 금지.",
    "what": "ValueError",
    "length": "35",
    "proxy": "proxy.example:8080",
    "kinds": "Ntlm",
    "status": "403",
    "issuer": "Company CA",
    "dll": "xlwings64-0.37.8.dll",
    "setting": "VBAWarnings=3",
    "command": "install",
    "place": "%APPDATA%",
    "who": "a@b.kr",
    "sent": "2",
    "reply": "550",
    "nearest": "ttl",
}
DOES_ITSELF = re.compile(r"다시 (시도|조회)합니다")
ASKS = re.compile(r"세요[.(:]")
TELLS_WHAT_WILL_BE = {"paper_key", "slow", "refreshing", "before_open", "still_yesterday", "holiday"}
"""The tables of words fix these as they are: nothing is to be done but to wait, or to use another key."""


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("key", SENTENCES)
def test_every_sentence_is_whole_with_its_facts(key, lang):
    text = Problem(key, "EGW00123", FACTS).sentence(lang)
    assert "…" not in text.replace("AT(…", "")
    assert not re.search(r"[{}]", text)
    assert "  " not in text


@pytest.mark.parametrize("lang", ["ko", "en"])
@pytest.mark.parametrize("key", SENTENCES)
def test_a_missing_fact_never_costs_the_sentence(key, lang):
    cause = Problem(key).cause(lang)
    assert cause
    assert Problem(key).sentence(lang).startswith(cause)


@pytest.mark.parametrize("key", SENTENCES)
def test_the_facts_of_a_sentence_are_among_those_the_package_hands_in(key):
    row = SENTENCES[key]
    used = {name for text in row[1:] for _, name, _, _ in Formatter().parse(text) if name}
    assert used <= {*FACTS, "code", "where"}


MAILED = {key for key, row in SENTENCES.items() if row.family == "delivery"}
"""Never in a cell: these say on a terminal why a mail did not leave, in brackets, and where the report is."""


@pytest.mark.parametrize("key", sorted(set(SENTENCES) - MAILED))
def test_a_korean_cause_has_at_most_twelve_letters_before_its_code(key):
    assert 0 < len(Problem(key).cause("ko")) <= 12


@pytest.mark.parametrize("key", sorted(MAILED))
def test_a_mail_that_did_not_leave_says_why_and_where_the_report_is(key):
    told = Problem(key, facts=FACTS | {"file": "프로그램매매_20261120.xlsx"}).sentence()
    assert re.match(r"메일(을 보내지 못했|을 일부만 보냈|이 도착했는지 알 수 없)습니다\(.+\)\. ", told)
    assert "보고서는 저장되어 있습니다: 프로그램매매_20261120.xlsx" in told


@pytest.mark.parametrize("key", SENTENCES)
def test_a_code_stands_in_brackets_right_after_the_cause_of_what_kis_refused(key):
    refused = SENTENCES[key].family in ("refused", "credential", "token")
    assert ("{code}" in SENTENCES[key].cause_ko) == refused
    assert SENTENCES[key].cause_ko.endswith("{code}") == refused


@pytest.mark.parametrize("key", sorted(set(SENTENCES) - TELLS_WHAT_WILL_BE - {"refused"}))
def test_every_remedy_asks_for_one_thing_or_says_that_it_is_tried_again(key):
    remedy = SENTENCES[key].remedy_ko
    assert remedy.endswith(".")
    assert ASKS.search(remedy) or DOES_ITSELF.search(remedy)


@pytest.mark.parametrize("key", SENTENCES)
def test_no_sentence_hides_behind_an_error_having_occurred_or_shouts(key):
    korean, english = Problem(key, "", FACTS).sentence(), Problem(key, "", FACTS).sentence("en")
    assert "오류가 발생했습니다" not in korean
    assert "error occurred" not in english.lower()
    assert "!" not in korean + english
    assert "기준시각" not in korean


@pytest.mark.parametrize("key", sorted(set(SENTENCES) - {"refused"}))
def test_korean_remedies_speak_politely_and_formally(key):
    for clause in re.split(r"(?<=[가-힣])\. ", SENTENCES[key].remedy_ko.rstrip(".")):
        assert not re.search(r"(해요|돼요|한다|된다|하라|하시오)$", clause)


EXACT = [
    (Problem("no_key"), "앱키가 없습니다. 명령 프롬프트에서 xlwings-kis login 을 실행하세요."),
    (
        Problem("wrong_key", "EGW00103"),
        "앱키 또는 시크릿 오류(EGW00103). KIS Developers에서 확인한 뒤 xlwings-kis login 으로 다시 저장하세요.",
    ),
    (Problem("paper_key", "EGW02004"), "모의투자 앱키(EGW02004). 이 조회는 실전투자 앱키로만 됩니다."),
    (
        Problem("token_wait", "EGW00133", {"time": "11:03:20"}),
        "토큰 발급 대기(EGW00133). 11:03:20 이후 자동으로 다시 시도합니다.",
    ),
    (
        Problem("too_many_calls", "EGW00201"),
        "조회 한도 초과(EGW00201). 잠시 뒤 자동으로 다시 조회합니다. 같은 앱키를 쓰는 다른 프로그램을 확인하세요.",
    ),
    (
        Problem("slow", facts={"seconds": "3"}),
        "응답 지연. 3초 안에 답이 없어 기다리지 않았습니다. 새로고침을 누르면 도착한 값이 표시됩니다.",
    ),
    (
        Problem("unreachable", facts={"host": "openapi.koreainvestment.com:9443"}),
        "서버 연결 실패. openapi.koreainvestment.com:9443 접속이 막혔는지 전산팀에 문의하세요(진단 참고).",
    ),
    (
        Problem("certificate"),
        "인증서 확인 실패. 사내 보안 장비의 루트 인증서가 Windows에 설치되어 있는지 확인하세요(진단 참고).",
    ),
    (Problem("ip_not_allowed", "EGW00207"), "허용되지 않은 IP(EGW00207). KIS Developers의 접속 허용 IP를 확인하세요."),
    (
        today.why_not(Standing.PREVIOUS, Exchange.KRX, kst("2026-11-20 08:30:00")),
        '장 시작 전. KRX는 09:00부터 표시됩니다. 전일 마감은 =KIS_PROGRAM_AT(…,"전일마감").',
    ),
    (Problem("holiday"), "휴장일(추정). 오늘 자료가 없습니다."),
    (
        Problem("unknown_market", facts={"word": "KOSPI200"}),
        '시장을 알 수 없음: "KOSPI200". 코스피(1) 또는 코스닥(4)을 넣으세요.',
    ),
    (
        Problem("mail_refused", facts={"who": "a@b.kr", "file": "프로그램매매_20261120.xlsx"}),
        "메일을 보내지 못했습니다(수신 거부: a@b.kr). 보고서는 저장되어 있습니다: 프로그램매매_20261120.xlsx. "
        "받는 주소를 확인하세요.",
    ),
    (Problem("refused", "EGW00999", {"msg": "점검 중입니다."}), "KIS 응답 오류(EGW00999): 점검 중입니다."),
]


@pytest.mark.parametrize(("problem", "sentence"), EXACT, ids=[problem.key for problem, _ in EXACT])
def test_the_fixed_sentences_are_letter_by_letter_those_of_the_wording(problem, sentence):
    assert problem.sentence() == sentence


@pytest.mark.parametrize(
    ("key", "cause"),
    [
        ("unknown_exchange", "거래소를 알 수 없음"),
        ("unknown_field", "항목을 알 수 없음"),
        ("unknown_investor", "투자자를 알 수 없음"),
    ],
)
def test_other_arguments_follow_the_pattern_of_the_market(key, cause):
    assert Problem(key, facts={"word": "x"}).sentence().startswith(f'{cause}: "x". ')
    assert Problem(key, facts={"word": "x"}).sentence().endswith(("을 넣으세요.", "를 넣으세요."))


def test_foreign_text_is_folded_cut_and_freed_of_what_cannot_be_shown():
    assert wording.clean("a\r\n\tb  c\x00\x9f\ud800d") == "a b c d"
    assert wording.clean("가" * 500) == "가" * 119 + "…"
    assert wording.clean("가" * 120) == "가" * 120


@given(st.text(st.characters()), st.text(st.characters()))
def test_facts_of_any_kind_fill_a_sentence_and_stay_printable(word, code):
    text = Problem("refused", code, {"msg": word}).sentence()
    assert text.startswith("KIS 응답 오류")
    assert len(text) < 170
    text.encode("utf-8")
    assert "\n" not in text


def test_braces_in_a_fact_are_no_fields():
    assert Problem("refused", "X", {"msg": "{code} {word!r}"}).sentence() == "KIS 응답 오류(X): {code} {word!r}"


@pytest.mark.parametrize("kind", ["html", "json", "cut", "empty", "large", "redirect", "token"])
def test_a_broken_answer_says_what_was_broken_in_both_languages(kind):
    korean = failure("broken_answer", broken=kind)
    assert str(korean).startswith("알 수 없는 응답. ")
    assert str(korean).endswith("니다. 잠시 뒤 다시 시도하세요.")
    assert korean.problem.sentence("en").isascii()
    assert "…" not in korean.problem.sentence("en")


PROMISES = re.compile(r"자동으로|저절로|표시됩니다|by itself|as they come|shows what")


@pytest.mark.parametrize("key", sorted(set(SENTENCES) - {"before_open", "refreshing"}))
def test_whoever_asks_once_is_promised_nothing_that_nobody_will_do(key):
    for lang in ("ko", "en"):
        assert not PROMISES.search(Problem(key, "EGW00123", FACTS).sentence(lang, once=True))


@pytest.mark.parametrize("promised", [promised for promised, _ in wording._TO_WHO_ASKS_ONCE])
def test_no_promise_is_replaced_that_no_sentence_makes(promised):
    assert any(promised in remedy for row in SENTENCES.values() for remedy in (row.remedy_ko, row.remedy_en))


def test_where_a_formula_is_asked_again_a_command_says_so_to_its_user():
    waiting, busy = Problem("token_wait", "EGW00133", {"time": "11:03:20"}), Problem("gateway_busy", "EGW00202")
    assert waiting.sentence(once=True) == "토큰 발급 대기(EGW00133). 11:03:20 이후 다시 시도하세요."
    assert waiting.sentence("en", once=True) == "Waiting to issue a token(EGW00133). Try again after 11:03:20."
    assert busy.sentence(once=True) == "KIS 서버 혼잡(EGW00202). 잠시 뒤 다시 시도하세요."


def test_words_of_kis_that_sound_like_a_promise_are_quoted_as_they_came():
    said = "잠시 뒤 자동으로 다시 조회합니다."
    assert Problem("refused", "X", {"msg": said}).sentence(once=True) == f"KIS 응답 오류(X): {said}"


@pytest.mark.parametrize("key", SENTENCES)
def test_every_sentence_makes_a_typed_error_with_a_hint(key):
    raised = error(Problem(key, "EGW00123", FACTS))
    assert isinstance(raised, errors.KisError)
    assert str(raised) == Problem(key, "EGW00123", FACTS).sentence(once=True)
    assert raised.hint
    assert str(raised).endswith(raised.hint)
    assert raised.code == "EGW00123"


@pytest.mark.parametrize(
    ("key", "kind", "exit_code"),
    [
        ("no_key", errors.SettingsError, 3),
        ("wrong_key", errors.CredentialError, 3),
        ("paper_key", errors.CredentialError, 3),
        ("unknown_market", errors.ArgumentError, 2),
        ("refused", errors.RefusedError, 4),
        ("ip_not_allowed", errors.RefusedError, 4),
        ("token_wait", errors.TokenError, 4),
        ("token_unanswered", errors.NetworkError, 5),
        ("no_answer", errors.NetworkError, 5),
        ("slow", errors.NetworkError, 5),
        ("wrong_shape", errors.AnswerError, 1),
        ("empty", errors.NoDataError, 7),
        ("cannot_write", errors.FileError, 6),
        ("no_mail", errors.SettingsError, 3),
        ("wrong_address", errors.ArgumentError, 2),
        ("mail_refused", errors.DeliveryError, 5),
        ("internal", errors.KisError, 1),
    ],
)
def test_the_family_of_a_sentence_decides_type_and_exit_status(key, kind, exit_code):
    raised = error(Problem(key))
    assert type(raised) is kind
    assert raised.exit_code == exit_code
