"""A user's own subject and body: names filled and nothing run; what must be told is told whatever is left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mailing import kosdaq, kospi, report

from xlwings_kis.errors import SettingsError
from xlwings_kis.mail import html, plain, template
from xlwings_kis.mail.letter import Letter
from xlwings_kis.mail.template import BLOCKS, BODY, PIECES, SUBJECT, Texts

LETTER = Letter(report())
LATE = Letter(report(kospi(stale=True), kosdaq()))


@pytest.fixture
def own(tmp_path):
    """Write the template of the state folder and load it."""

    def write(content: str | bytes, named: str = "") -> Texts:
        path = tmp_path / (named or "templates/mail.txt")
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return template.load(tmp_path, named, "ko")

    return write


def test_without_a_file_the_mail_is_the_built_in_one(tmp_path):
    texts = template.load(tmp_path, "", "ko")
    assert (texts.subject, texts.body) == (SUBJECT["ko"], BODY)
    assert template.load(tmp_path, "", "en").subject == SUBJECT["en"]


def test_a_file_has_its_own_subject_and_body(own):
    texts = own(
        "제목: $day 프로그램 $kospi / $kosdaq\n\n팀장님, $date $session 자료입니다.\n코스피는 $kospi입니다.\n\n$table\n"
    )
    assert template.subject(texts, LETTER) == "11/20 프로그램 -1,012억 / +87억"
    told = plain.render(LETTER, texts)
    assert told.startswith(
        "팀장님, 2026-11-20(금) KRX 정규장 마감 자료입니다.\n코스피는 -1,012억입니다.\n\nKRX 코스피 ("
    )


@pytest.mark.parametrize("first", ["제목:", "Subject:", "SUBJECT : "])
def test_either_half_may_be_left_to_us(own, first):
    assert own(f"{first} $totals").body == BODY
    assert own("본문만 $table").subject == SUBJECT["ko"]
    assert own("").body == BODY


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_a_file_may_come_from_any_korean_editor(own, encoding):
    texts = own("제목: 마감 $totals\r\n\r\n안녕하세요\r\n".encode(encoding))
    assert template.subject(texts, LETTER).startswith("마감 코스피")
    assert plain.render(LETTER, texts).startswith("안녕하세요\n\n출처: ")


def test_marks_remarks_and_the_source_cannot_be_left_out(own):
    texts = own("제목: $totals\n\n코스피 $kospi")
    assert template.subject(texts, LATE) == "[프로그램·지연] 코스피 -1,012억 코스닥 +87억"
    told = plain.render(LATE, texts)
    assert told.startswith("* 지연: KRX 코스피 표는 ")
    assert "재배포를 금합니다." in told
    assert "지연" in html.render(LATE, texts, "")


def test_what_is_as_usual_needs_no_mark(own):
    texts = own("제목: $totals\n\n코스피 $kospi")
    assert template.subject(texts, LETTER) == "코스피 -1,012억 코스닥 +87억"
    assert plain.render(LETTER, texts).startswith("코스피 -1,012억\n\n출처")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("제목: $kosi 마감", "$kosi"),
        ("본문 ${kospi.__class__}", "$"),
        ("본문 100$ 끝", "$"),
        ("제목: $table", "$table"),
        ("본문 $코스피", "$"),
    ],
)
def test_a_name_nobody_knows_is_one_sentence_that_shows_it(own, content, word):
    with pytest.raises(SettingsError) as raised:
        own(content)
    assert str(raised.value).startswith(f"메일 서식 오류. mail.txt의 {word}을(를) ")
    assert raised.value.exit_code == 3


def test_a_dollar_sign_is_written_twice(own):
    assert plain.render(LETTER, own("100$$ 아래")).startswith("100$ 아래\n")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a" * 70_000])
def test_what_is_no_text_or_too_much_of_it_is_one_sentence(own, content):
    with pytest.raises(SettingsError, match=r"^메일 서식 읽기 실패\. mail\.txt 파일이 "):
        own(content)


def test_a_named_file_that_is_not_there_is_one_sentence_without_its_folder(tmp_path):
    with pytest.raises(SettingsError) as raised:
        template.load(tmp_path, "우리 팀/서식.txt", "ko")
    assert "서식.txt 파일이 있는지" in str(raised.value)
    assert "우리 팀" not in str(raised.value)


def test_a_named_file_is_found_from_the_state_folder_or_anywhere(own, tmp_path):
    assert own("제목: 가", "서식.txt").subject == "가"
    assert template.load(Path("없는 폴더"), str(tmp_path / "서식.txt"), "ko").subject == "가"


def test_a_templates_own_words_are_text_in_the_page_and_not_markup(own):
    page = html.render(LETTER, own("<script>alert(1)</script> & $kospi"), "")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; -1,012억" in page
    assert "<script" not in page


@given(st.text())
def test_any_text_is_a_template_or_a_sentence_and_never_runs(content):
    texts = Texts("제목", content)
    try:
        template._check(texts)
    except SettingsError:
        return
    assert plain.render(LETTER, texts).endswith("\n")


def test_every_name_is_explained_in_both_languages_and_filled():
    for name in PIECES:
        assert template.subject(Texts(f"<${name}>"), LETTER) == f"<{PIECES[name].text(LETTER)}>"
    assert all(words[0] and words[1] for words in (*PIECES.values(), *BLOCKS.values()))
