"""A name in config.toml that no setting has is told, with the nearest one, and costs nothing else."""

from __future__ import annotations

import pytest

from xlwings_kis import settings, udfs
from xlwings_kis.cli import main
from xlwings_kis.strangers import in_config, strangers


def write(text: str) -> None:
    home = settings.home_folder()
    home.mkdir(parents=True, exist_ok=True)
    (home / "config.toml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("tll", "ttl"), ("TTL", "ttl"), ("app-key", "app_key"), ("KIS_APP_KEY", "app_key"), ("XLWINGS_KIS_RATE", "rate"),
        ("deadlin", "deadline"), ("mail_pasword", "mail_password"), ("keepdays", "keep_days"),
    ],
)  # fmt: skip
def test_a_typo_is_told_with_the_setting_that_is_meant(name, nearest):
    (told,) = strangers([name])
    assert (told.key, told.facts) == ("misspelt_setting", {"file": "config.toml", "name": name, "nearest": nearest})


def test_a_name_that_resembles_none_is_told_alone():
    (told,) = strangers(["qqq"])
    assert told.sentence() == "모르는 설정. config.toml의 qqq 값은 쓰이지 않습니다. 설정의 이름을 확인하세요."
    assert told.sentence("en") == "Unknown setting. qqq in config.toml is not used. Check the names of the settings."


def test_every_setting_is_known():
    assert strangers(settings.BY_NAME) == ()


@pytest.mark.parametrize("name", ["PSdemoKeyOfTheEmbeddedSimulator00000", "a b", "비밀", "", "x" * 25])
def test_what_may_be_a_value_that_strayed_is_not_shown(name):
    assert strangers([name])[0].facts["name"] == "…"


def test_no_more_are_told_than_anybody_reads():
    assert len(strangers(f"x{at}" for at in range(100))) == 5


def test_a_file_that_is_not_there_or_cannot_be_read_tells_nothing():
    assert in_config() == ()
    write("= 1")
    assert in_config() == ()


def test_a_command_tells_it_on_stderr_and_goes_on(kis, environment, capsys):
    write("tll = 60\n")
    assert main(["table", "KRX", "코스피", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert err.startswith("모르는 설정. config.toml의 tll 값은 쓰이지 않습니다. ttl 값을 뜻한다면 이름을 고치세요.\n")
    assert out.startswith("{")


def test_formulas_go_on(kis, environment):
    write("tll = 60\n")
    assert isinstance(udfs.KIS_PROGRAM_VALUE("KRX", "코스피", "외국인", "비차익"), float)


def test_a_command_that_reads_no_settings_tells_nothing(capsys):
    write("tll = 60\n")
    main(["addin", "status"])
    assert "tll" not in capsys.readouterr().err


def test_the_doctor_has_a_line_for_it(kis, environment, capsys):
    write("tll = 60\n")
    main(["doctor"])
    out, err = capsys.readouterr()
    assert "tll" not in err
    lines = out.splitlines()
    (at,) = [at for at, line in enumerate(lines) if "tll" in line]
    assert lines[at - 1].startswith("주의  설정")
