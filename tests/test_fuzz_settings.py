"""Whatever stands in the settings: nothing escapes, and no secret is in what is shown.

The corpus in tests/data/corpus first, then what hypothesis finds; longer with `--hypothesis-profile=long` (docs/proof.md).
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from fuzzing import (
    KEY,
    PASSWORD,
    SECRET,
    TOKEN,
    World,
    corpus,
    examples,
    fair,
    leaks,
    world,
)
from hypothesis import given
from hypothesis import strategies as st

from xlwings_kis import settings as settings_
from xlwings_kis import udfs
from xlwings_kis.errors import KisError

TOML_VALUE = st.one_of(
    st.sampled_from([
        '""', '" "', "true", "[]", "[[1]]", "{}", "{a = 1}", "nan", "-inf", "1e999", "0xffff", "1979-05-27", "07:32:00",
        '"ko"', '"en"', '"1"', "1", "30.0", '"trust"', '"P"', '"B"', "'''\n'''", '"\\u0000"', '"~nobody/x"', '"redis://h"',
        '"http://example.com"', '"https://[::1"', '"https://openapivts.koreainvestment.com:29443"', "[" * 50 + "]" * 50,
        "9" * 5000, f'"{KEY}"', f'"{SECRET}"', f'"{PASSWORD}"', f'"{PASSWORD} "',
    ]),
    st.integers().map(str), st.floats().map(str), st.text(max_size=20).map(json.dumps),
)  # fmt: skip
TOML_NAME = st.one_of(
    st.sampled_from([*settings_.BY_NAME, "tll", "KIS_APP_KEY", "app-key", "[ttl]", "a.b", '""', KEY]),
    st.text(max_size=8),
)
TOML = st.lists(st.tuples(TOML_NAME, TOML_VALUE).map(" = ".join), max_size=6).map("\n".join)
TOML_BYTES = st.one_of(
    TOML.map(lambda text: text.encode("utf-8", "surrogatepass")),
    TOML.map(lambda text: b"\xef\xbb\xbf" + text.encode("utf-8", "replace")),
    TOML.map(lambda text: text.encode("cp949", "replace")),
    TOML.map(lambda text: text.encode("utf-16", "replace")),
    st.binary(max_size=60),
)
YAML_VALUE = st.one_of(
    st.sampled_from([
        "!!bool x", "!!timestamp x", "!!int ''", "!!float ''", "!!binary é", "!!python/object:os.system []", "&a [*a]", "*a",
        "[", "{", "2026-99-99", "0o9", "190:20:30", "<<: 1", "? [a]", "|", "- ", "'", "~", "!!set {a}", "!!omap []", "=",
        "9" * 5000, "[" * 1200, KEY, SECRET, "https://openapi.koreainvestment.com:9443", "%TAG ! x",
    ]),
    st.text(max_size=20),
)  # fmt: skip
YAML = st.lists(
    st.tuples(st.sampled_from(["my_app", "my_sec", "prod", "my_agent", "x"]) | st.text(max_size=5), YAML_VALUE).map(
        ": ".join
    ),
    max_size=5,
).map("\n".join)
YAML_BYTES = st.one_of(
    YAML.map(lambda text: text.encode("utf-8", "surrogatepass")),
    YAML.map(lambda text: text.encode("utf-16", "replace")),
    st.binary(max_size=60),
)


def understood(made: World) -> None:
    """The settings are read or refused by name; commands, status and table say so without a secret."""
    shown, status = "", 3
    try:
        found = settings_.load()
        shown = f"{found!r} {found.scope} {found.mark} {found.sources}"
        shown += f"{found.credentials!r}"
        assert found.store_path.is_absolute()
    except KisError as error:
        status = error.exit_code
        shown += f"{error} {error!r} {error.problem}"
    assert status == 3, shown
    assert settings_.language() in ("ko", "en")
    settings_.stamp()
    commands = [made.run("table", "KRX", "코스피", "--format", "text"), made.run("history", "stats")]
    for one in commands:
        fair(one)
    corner = udfs.KIS_PROGRAM_TRADE("KRX", "코스피")[0][0]
    assert "프로그램 오류" not in corner
    outputs = (shown, corner, *(f"{one.out}{one.err}" for one in commands), *made.files())
    assert not leaks(*outputs, secrets=(KEY, SECRET, TOKEN, PASSWORD))


@pytest.mark.parametrize("path", corpus("config"), ids=lambda path: path.name)
def test_a_config_of_the_corpus_is_read_or_refused_by_name(path, tmp_path):
    with world(tmp_path, XLWINGS_KIS_DEADLINE="5") as made:
        shutil.copy(path, made.home / "config.toml")
        understood(made)


@examples(30)
@given(TOML_BYTES, st.booleans())
def test_whatever_stands_in_config_toml_is_read_or_refused_by_name(tmp_path_factory, data, has_key):
    names = {} if has_key else {"KIS_APP_KEY": "", "KIS_APP_SECRET": ""}
    with world(tmp_path_factory.mktemp("설정"), XLWINGS_KIS_DEADLINE="5", **names) as made:
        (made.home / "config.toml").write_bytes(data)
        understood(made)


def read_from_kis_file(folder: Path, data: bytes) -> None:
    with world(folder, XLWINGS_KIS_DEADLINE="5", KIS_APP_KEY="", KIS_APP_SECRET="") as made:
        path = settings_.kis_file_path()
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
        understood(made)


@pytest.mark.parametrize("path", corpus("kis_devlp"), ids=lambda path: path.name)
def test_a_kis_file_of_the_corpus_is_read_or_refused_by_name(path, tmp_path):
    read_from_kis_file(tmp_path, path.read_bytes())


@examples(30)
@given(YAML_BYTES)
def test_whatever_stands_in_kis_devlp_yaml_is_read_or_refused_by_name(tmp_path_factory, data):
    read_from_kis_file(tmp_path_factory.mktemp("설정"), data)
