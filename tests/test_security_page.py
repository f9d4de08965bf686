"""What SECURITY.md promises: what is stored is what it lists, its commands remove it, and nobody else is spoken to."""

from __future__ import annotations

import os
import re
import shlex
import sys
from fnmatch import fnmatch
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from pc import Pc, Running, addin_bytes, builder

from xlwings_kis import ring, runtime, traces
from xlwings_kis.addin import windows
from xlwings_kis.cli import main
from xlwings_kis.server import guests
from xlwings_kis.settings import REAL_DOMAIN, SETTINGS
from xlwings_kis.store.shared.server import VERSION

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
STORED = PAGE.partition("## 무엇이 어디에")[2].partition("\n## ")[0]


@pytest.fixture
def pc(tmp_path, monkeypatch) -> Pc:
    machine = Pc(tmp_path / "C")
    package = SimpleNamespace(build=lambda folder, lang: (builder(addin_bytes())(folder), folder / "예제.xlsm"))
    monkeypatch.setattr(windows, "here", lambda: machine)
    monkeypatch.setitem(sys.modules, "xlwings_kis.addin.package", package)
    return machine


@pytest.fixture
def used(pc, kis, clock, environment, vault, monkeypatch, tmp_path, capsys) -> Path:
    """A PC on which somebody has worked for two days; its state folder."""
    monkeypatch.setattr(runtime, "clock", clock)
    monkeypatch.chdir(tmp_path)
    environment(XLWINGS_KIS_MAIL_HOST="mail.company.kr", XLWINGS_KIS_MAIL_USER="desk@company.kr")
    for name in ("KIS_APP_KEY", "KIS_APP_SECRET"):
        monkeypatch.delenv(name)
    pc.startup.mkdir(parents=True)
    typed = iter((kis.app_key, kis.app_secret, "mail password"))
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    home = Path(os.environ["XLWINGS_KIS_HOME"])
    for words in (["login"], ["login", "--mail"], ["addin", "install"], ["table", "KRX", "코스피"]):
        assert main(words) == 0, words
    pc.running = [Running(pc.startup, pc.addin)]
    runtime.close()
    (home / "config.toml").write_text("ttl = 45\n", encoding="utf-8")
    clock.set("2026-11-23 10:00:00")
    (home / "store.sqlite3.damaged-20261120-112031").write_bytes(b"no database")
    assert main(["table", "KRX", "코스닥"]) == 0
    runtime.close()
    capsys.readouterr()
    return home


def test_every_file_of_the_state_folder_is_on_the_page(used):
    named = re.findall(r"`([\w.*-]+)`", STORED)
    patterns = [*named, *(f"{name}{end}" for name in named for end in ("-wal", "-shm")), "xlwings-kis.log.1"]
    for path in used.iterdir():
        assert path.suffix == ".lock" or any(fnmatch(path.name, pattern) for pattern in patterns), path.name
    for name in ("store.sqlite3", "xlwings-kis.log", "login.json", "config.toml"):
        assert (used / name).exists()
    assert list(used.glob("token-*.json"))


def test_the_page_tells_of_every_entry_in_the_keyring(used, vault):
    assert len(vault.kept) == 2
    for service, entry in vault.kept:
        assert f"항목 `{service}`, `{entry}`" in STORED


def test_the_commands_of_the_page_remove_everything(used, pc, vault, capsys):
    (block,) = re.findall(r"<!-- removal -->\s*```sh\n(.*?)```", PAGE, re.S)
    before = pc.everything()
    pc.running = []
    for line in block.splitlines():
        assert main(shlex.split(line)[1:]) == 0, line
    assert not used.exists()
    assert vault.kept == {}
    gone = set(before) - set(pc.everything())
    assert any(name.endswith("xlwings_kis.xlam") for name in gone)
    assert not [name for name in pc.everything() if "xlwings_kis" in name]


def test_what_is_stored_only_with_a_redis_or_for_a_desk_is_on_the_page_too():
    assert all(f"`{name}`" in STORED for name in (traces.MACHINE, guests.FILE))
    assert f"항목 `{ring.SERVICE}`, `{ring.STORE_ENTRY}`" in STORED
    assert f"`xlwings-kis:{VERSION}:…`" in STORED
    scripts = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "xlwings_kis").rglob("*.js"))
    kept = {f"kis-{name}" for name in re.findall(r'\bkeep\("(\w+)"', scripts)} | set(
        re.findall(r"}(kis-\w+)`", scripts)
    )
    assert len(kept) >= 4
    assert all(f"`{name}`" in STORED for name in kept)


def test_no_address_but_those_of_the_page_is_in_the_program():
    """Names of XML vocabularies look like addresses, and sentences tell some; nobody calls them."""
    told = ("desk.example.kr", "www.xlwings.org")
    vocabularies = ("schemas.openxmlformats.org", "schemas.microsoft.com", "www.w3.org", "purl.org")
    found = set()
    for folder in ("xlwings_kis", "workbook"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".bas", ".cls", ".xml", ".toml", ".js", ".html", ".css", ".lua"):
                found |= set(
                    re.findall(r"https?://[A-Za-z0-9.-]+\.[a-z]{2,}(?::\d+)?", path.read_text(encoding="utf-8"))
                )
    hosts = {urlsplit(address).netloc for address in found} - {*vocabularies, *told}
    real = urlsplit(REAL_DOMAIN).netloc
    assert real in PAGE
    assert hosts == {real, "github.com"}
    assert "github.com" in PAGE


def test_every_setting_that_names_another_machine_is_on_the_page():
    """KIS_BASE_URL is KIS, or this machine itself."""
    naming = {setting.env for setting in SETTINGS if setting.name.endswith("_host") or setting.name == "store"}
    assert len(naming) == 2
    assert all(name in PAGE for name in naming)
