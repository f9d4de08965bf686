"""What the documentation says is what the program does."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path

import pytest

from xlwings_kis import runtime
from xlwings_kis.cli import main
from xlwings_kis.cli.parser import EXAMPLES
from xlwings_kis.wording import SENTENCES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")

BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.S)
COMMANDS = [line for block in BLOCKS for line in block.splitlines() if line.startswith("xlwings-kis ")]

ASKED_BY_NAME = {"login", "record", "serve", "simulate"}
"""Commands that ask a person or never end: test_cli, test_cli_record and test_server run them by name."""


def test_the_readme_has_its_two_commands_and_ci_runs_them():
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for name in ("demo", "tests"):
        assert re.search(rf"<!-- command: {name} -->\s*```sh\n.+\n```", README)
        assert f"readme_command.py {name}" in ci


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.split()[1] not in ASKED_BY_NAME])
def test_a_command_of_the_readme_works_as_written(command, kis, environment, clock, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(runtime, "clock", clock)
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(command)[1:]) == 0


@pytest.mark.parametrize("example", sorted({line for lines in EXAMPLES.values() for line in lines}))
def test_an_example_of_the_help_is_a_command_that_parses(example):
    from xlwings_kis.cli import commands, parser

    parsed = parser.build("ko", commands.COMMANDS).parse_args(shlex.split(example)[1:])
    assert callable(parsed.run)


def test_the_python_of_the_readme_runs(kis, environment, clock, monkeypatch, capsys):
    monkeypatch.setattr(runtime, "clock", clock)
    (code,) = re.findall(r"```python\n(.*?)```", README, re.S)
    names: dict[str, object] = {}
    exec(code, names)  # noqa: S102 - the README's own lines
    assert len(names["records"]) == 11
    assert "2026-11-20 11:20:31" in capsys.readouterr().out


def test_the_troubleshooting_table_speaks_of_sentences_that_exist():
    section = README.partition("## 문제 해결")[2].partition("\n## ")[0]
    shown = [re.sub(r"\(EGW\d+\)$", "", cause) for cause in re.findall(r"^\| `([^`]+)` \|", section, re.M)]
    causes = {sentence.cause_ko.replace("{code}", "") for sentence in SENTENCES.values()} | {"공유 꺼짐"}
    assert len(shown) >= 10
    assert set(shown) <= causes


def test_the_generated_pages_are_what_the_program_says_today():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    for name, text in generate.pages().items():
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == text, f"run: python docs/generate.py ({name})"


def test_every_page_the_readme_points_to_is_there():
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


def test_no_page_names_a_path_of_a_machine():
    for page in (ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")):
        assert not re.search(r"/(home|root|work|Users)/", page.read_text(encoding="utf-8")), page.name
