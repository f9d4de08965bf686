"""Every trouble × every surface: each look is what docs/fault-matrix.md says, and within the promises whatever it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from matrix import cells
from matrix.surfaces import SURFACES, Surface
from matrix.troubles import TROUBLES, Trouble

from xlwings_kis.protocol import TREATMENTS
from xlwings_kis.simulator import Fault

PAGE = (Path(__file__).parent.parent / "docs" / "fault-matrix.md").read_text(encoding="utf-8")
ROWS = cells.rows_of(PAGE)

TOKENS, CALLS = 1, 4
"""What one look may cost: a token where one would do, and a call repeated three times."""

WITH_FIGURES, WITHOUT = {0}, {1, 3, 4, 5, 6, 7}


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # `ssl` drops a socket shut before its handshake
@pytest.mark.parametrize("first", [True, False], ids=["first", "later"])
@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.name)
@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=lambda trouble: trouble.name)
def test_a_trouble_shows_and_costs_what_the_page_says(trouble: Trouble, surface: Surface, first: bool):
    expected = ROWS.get((trouble.name, surface.name, first), "")
    for patience in cells.PATIENCE if trouble.hangs else cells.PATIENCE[:1]:  # a busy machine is given more time
        seen = cells.look(trouble, surface, patience, first=first)
        keeps_every_promise(seen, surface)
        if seen.row() == expected:
            break
    assert seen.row() == expected, "run: python docs/generate.py --matrix, and read what has changed"


def keeps_every_promise(seen: cells.Seen, surface: Surface) -> None:
    """What no page may excuse."""
    assert seen.figure in ("새 값", "11:20:31", "없음"), "never another day's figures, nor anybody's invention"
    if seen.figure == "11:20:31":
        assert "지연" in seen.text or "조회 11/20 11:20:31" in seen.text, (
            "old figures are marked, or say of when they are"
        )
    assert seen.tokens <= TOKENS
    assert seen.calls <= CALLS
    assert seen.kept in ("그대로", "따로 둠")
    assert not re.search(r"Traceback|Error|Exception|프로그램 오류|None", seen.text)
    for secret in seen.secrets:
        assert secret not in seen.text
        assert secret.encode() not in seen.written
    if surface.name in ("report", "table"):
        assert seen.status in (WITHOUT if seen.figure == "없음" else WITH_FIGURES)
        assert "자동으로" not in seen.text, "the command has ended: nobody asks again"
    if surface.name == "record":
        assert seen.status is not None
        assert "자동으로" not in seen.text.partition("끝냈습니다")[2], "nor does a recorder that has ended"


def test_the_page_has_these_rows_and_no_others():
    assert PAGE.partition("\n\n")[2] == cells.page(
        lambda trouble, surface, first: ROWS[trouble.name, surface.name, first]
    )


def test_every_fault_of_the_simulator_is_in_the_matrix():
    assert {trouble.name for trouble in TROUBLES.values() if trouble.of_kis} == {fault.value for fault in Fault}


def test_every_code_that_kis_is_known_to_send_is_in_the_matrix():
    told = " ".join(trouble.what for trouble in TROUBLES.values())
    assert set(TREATMENTS) <= set(re.findall(r"[A-Z]{3,4}\d{4,5}", told))
