"""What is installed is whole, whichever way it is installed."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from xlwings_kis import resources

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_every_module_and_every_file_of_the_workbook_and_the_servers_project(wheel):
    held = set(zipfile.ZipFile(wheel).namelist())
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "xlwings_kis").rglob("*.py")}
    workbook = {
        f"xlwings_kis/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "workbook").rglob("*") if path.is_file()
    }
    project = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "xlwings_kis" / "server" / "project").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert modules | workbook | project | {"xlwings_kis/py.typed"} <= held
    assert not [name for name in held if "tests/" in name or name.endswith((".xlsx", ".xlam", ".dll", ".bin"))]


def test_the_workbook_folder_is_found_from_an_unpacked_wheel(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    shown = subprocess.run(
        [sys.executable, "-c",
         "from xlwings_kis import resources as r; print(r.workbook_file('layout.toml'), r.layout()['font']['name'])"],
        env={"PYTHONPATH": str(tmp_path / "site"), "PYTHONIOENCODING": "utf-8"}, cwd=tmp_path, check=True, capture_output=True,
        encoding="utf-8",
    )  # fmt: skip
    assert str(tmp_path / "site" / "xlwings_kis" / "workbook" / "layout.toml") in shown.stdout
    assert "맑은 고딕" in shown.stdout


def test_the_workbook_folder_is_found_from_a_checkout():
    assert resources.workbook_file("layout.toml").is_file()
    assert resources.layout()["colour"]["band"]


def test_a_resource_that_is_missing_is_named():
    with pytest.raises(FileNotFoundError, match=r"workbook/nothing\.xml"):
        resources.workbook_file("nothing.xml")


def test_every_dependency_has_a_range_and_a_reason():
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    start = lines.index("dependencies = [")
    wanted = lines[start + 1 : lines.index("]", start)]
    assert len(wanted) >= 10
    for line in wanted:
        assert "#" in line, line
        assert ">=" in line, line
        assert "==" not in line, line
