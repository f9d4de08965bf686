"""Whatever an installation brings along is named with its licence."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest
import wheels
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "licences.md"


@pytest.fixture(scope="module")
def licences():
    spec = importlib.util.spec_from_file_location("licences", ROOT / "docs" / "licences.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def listed() -> dict[str, tuple[str, str]]:
    rows = re.findall(r"^\| ([A-Za-z][\w.-]*) \| ([^|]+) \| ([^|]*) \|", PAGE.read_text(encoding="utf-8"), re.M)
    return {canonicalize_name(name): (licence, why) for name, licence, why in rows}


def test_everything_that_is_installed_with_us_is_listed_with_its_licence(licences):
    known = listed()
    needed = wheels.needed("xlwings-kis")
    assert len(needed) > 20
    assert set(needed) - set(known) == set(), (
        "run: python docs/generate.py; name a licence in docs/licences.py if asked"
    )
    for name in needed:
        assert known[name][0] == licences.licence(name), name


def test_our_own_dependencies_are_listed_with_the_reason_that_the_project_gives(licences):
    known = listed()
    for name, why in licences.declared().items():
        assert known[canonicalize_name(name)][1] == why
    assert all(licences.declared().values())
    assert len(licences.declared()) == len(list(wheels.declared()))


def test_what_only_one_system_installs_is_listed_and_says_where(licences):
    text = PAGE.read_text(encoding="utf-8")
    for name, (licence, by, where) in licences.ELSEWHERE.items():
        assert f"| {name} | {licence} | {by} | {where} |" in text
    assert {"pywin32", "pywin32-ctypes"} <= set(licences.ELSEWHERE)


def test_no_licence_asks_more_of_us_than_to_be_named():
    """No GPL, AGPL or the like came in with an update."""
    assert {licence for licence, _ in listed().values()} <= {
        "MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "Apache-2.0 OR BSD-3-Clause", "PSF-2.0", "MPL-2.0",
        "Public Domain",
    }  # fmt: skip


def test_a_distribution_that_does_not_tell_is_a_question_to_us(licences, monkeypatch):
    monkeypatch.setattr(licences.metadata, "metadata", lambda name: {"License": "see the file"} | _NoClassifiers())
    with pytest.raises(ValueError, match="does not tell its licence"):
        licences.licence("somebody")


class _NoClassifiers(dict):
    def __ror__(self, other):
        return _NoClassifiers(other)

    def get_all(self, name):
        return None


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="other Pythons need a little less")
def test_the_page_is_what_the_installation_says():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert PAGE.read_text(encoding="utf-8") == generate.licences(), "run: python docs/generate.py"
