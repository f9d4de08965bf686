"""Secrets: taken out of foreign text, whole or cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlwings_kis.secret import Secret, redact

KEY = Secret("PSabcdefghijklmnopqrstuvwxyz0123456789")
OLD = Secret("eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzUxMiJ9.old-token")
NEW = Secret("eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzUxMiJ9.new-token")


@pytest.mark.parametrize("length", [8, 9, 20, 37, 38])
@pytest.mark.parametrize("after", ["", "…", " 입니다"])
def test_a_secret_that_was_cut_is_taken_out(length, after):
    assert redact(f"받은 값: {KEY.reveal()[:length]}{after}", [KEY]) == f"받은 값: <hidden>{after}"


def test_seven_characters_tell_nothing():
    assert redact("PSabcde", [KEY]) == "PSabcde"


@pytest.mark.parametrize("order", [(OLD, NEW), (NEW, OLD)])
@pytest.mark.parametrize("secret", [OLD, NEW])
@pytest.mark.parametrize("cut", [0, 1, 5])
def test_tokens_that_begin_alike_are_taken_out_to_their_ends(order, secret, cut):
    value = secret.reveal()
    assert redact(f"a {value[: len(value) - cut]} b", order) == "a <hidden> b"


def test_every_occurrence_is_taken_out():
    value = KEY.reveal()
    assert redact(f"{value},{value[:10]}{value[:12]}.", [None, KEY, Secret("")]) == "<hidden>,<hidden><hidden>."


@given(before=st.text(max_size=20), after=st.text(max_size=20), length=st.integers(8, 38))
def test_no_eight_first_characters_are_left_whatever_surrounds_them(before, after, length):
    assert KEY.reveal()[:8] not in redact(before + KEY.reveal()[:length] + after, [KEY, OLD])
