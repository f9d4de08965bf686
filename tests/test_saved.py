"""Saved answers of KIS, read: two ways to say whose and when, and a sentence for every file that is none."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from clocks import kst
from hypothesis import given
from hypothesis import strategies as st
from making import body, item
from samples import KRX_KOSPI, NXT_KOSPI

from xlwings_kis import saved
from xlwings_kis.errors import KisError

NOW = kst("2026-11-20 12:00:00")
BODY = body(item())


def wrapped(**changed) -> dict:
    return {"time": "2026-11-20T10:30:00+09:00", "exchange": "KRX", "market": "KOSPI", "body": BODY, **changed}


def parse(answer, name="answer.json"):
    data = answer if isinstance(answer, bytes) else json.dumps(answer, ensure_ascii=False).encode()
    return saved.parse(name, data, NOW)


@pytest.mark.parametrize(
    "time", ["2026-11-20T10:30:00+09:00", "2026-11-20 10:30:00", "2026-11-20T01:30:00Z", " 20261120T103000 "]
)
def test_a_wrapped_answer_says_itself_whose_it_is_and_when_it_came(time):
    snapshot = parse(wrapped(time=time))
    assert (snapshot.pair, snapshot.asof) == (KRX_KOSPI, kst("2026-11-20 10:30:00"))
    assert snapshot.by_code["8000"]["all_ntby_amt"] == int(item()["all_ntby_amt"])


@pytest.mark.parametrize(
    "name", ["NXT_KOSPI_20261120_103000.json", "nxt_kospi_20261120103000 (2).json", "NXT_KOSPI_20261120T103000.JSON"]
)
def test_a_bare_answer_is_named_after_its_table_and_time(name):
    snapshot = parse(BODY, name)
    assert (snapshot.pair, snapshot.asof) == (NXT_KOSPI, kst("2026-11-20 10:30:00"))


def test_the_same_body_has_the_same_mark_however_it_was_saved():
    assert parse(wrapped()).sha256 == parse(BODY, "KRX_KOSPI_20261120_103000.json").sha256
    assert len(parse(wrapped()).sha256) == 64


def test_an_older_page_is_read_too():
    assert parse(json.dumps(wrapped(), ensure_ascii=False).encode("cp949")).rows[0].name == "개 인"
    assert parse("\ufeff".encode() + json.dumps(wrapped()).encode()).rows


@pytest.mark.parametrize(
    ("answer", "name", "cause"),
    [
        (b"", "a.json", "JSON이 아닌 파일"),
        (b"<html>", "a.json", "JSON이 아닌 파일"),
        (b"[1, 2]", "a.json", "JSON이 아닌 파일"),
        (b"[" * 100_000, "a.json", "JSON이 아닌 파일"),
        (b"\xff\xfe", "a.json", "JSON이 아닌 파일"),
        (BODY, "answer.json", "시각이 없는 파일"),
        (BODY, "KRX_KOSPI_20261320_103000.json", "시각이 없는 파일"),
        (wrapped(time=None), "a.json", "시각이 없는 파일"),
        (wrapped(time="soon"), "a.json", "시각이 없는 파일"),
        (wrapped(time=20261120), "a.json", "시각이 없는 파일"),
        (wrapped(time="2026-11-20T12:00:01+09:00"), "a.json", "아직 오지 않은 시각"),
        (wrapped(exchange="NASDAQ"), "a.json", "거래소를 알 수 없음"),
        (wrapped(market=None), "a.json", "시장을 알 수 없음"),
        (wrapped(body=body(item(), rt_cd="1")), "a.json", "정상 응답이 아님"),
        (wrapped(body="{}"), "a.json", "정상 응답이 아님"),
        (wrapped(body={"rt_cd": "0"}), "a.json", "응답 형식 변경"),
        (wrapped(body=body(item(all_ntby_amt="많이"))), "a.json", "응답 형식 변경"),
    ],
)
def test_a_file_that_is_no_answer_is_refused_with_the_reason(answer, name, cause):
    with pytest.raises(KisError) as refused:
        parse(answer, name)
    assert refused.value.problem.cause() == cause


@given(st.binary(max_size=40), st.text(max_size=40))
def test_whatever_lies_in_a_folder_is_an_answer_or_has_a_sentence(data, name):
    with suppress(KisError):
        parse(data, name)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["rt_cd", "output1", "a"]), inner),
    max_leaves=5,
)


@given(JSON, JSON, JSON, JSON)
def test_whatever_a_wrapper_holds_is_an_answer_or_has_a_sentence(time, exchange, market, inner):
    with suppress(KisError):
        parse({"time": time, "exchange": exchange, "market": market, "body": inner})


def test_files_of_folders_in_the_folder_are_found_in_order(tmp_path):
    for name in ("b/2.json", "a.json", "b/1.json", "c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "d.json").mkdir()
    assert [path.relative_to(tmp_path).as_posix() for path in saved.files(tmp_path)] == [
        "a.json",
        "b/1.json",
        "b/2.json",
    ]


def test_a_file_far_too_large_is_not_read(tmp_path):
    with (tmp_path / "a.json").open("wb") as file:
        file.truncate(3_000_000)
    with pytest.raises(KisError, match="지나치게 큰 파일"):
        saved.read(tmp_path / "a.json", NOW)
