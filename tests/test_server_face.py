"""What Office is given before anybody looks: the manifest, its icons, and the texts of the task pane."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "docs"))
try:
    import icons
finally:
    sys.path.pop(0)

from xlwings_kis.addin.texts import TEXTS as OFFICE_TEXTS
from xlwings_kis.markets import ALL_PAIRS

PROJECT = Path(__file__).resolve().parent.parent / "xlwings_kis" / "server" / "project"
SCRIPTS = PROJECT / "static" / "js"
URL = "https://kis.desk.example"

APP = "{http://schemas.microsoft.com/office/appforoffice/1.1}"
OVER = "{http://schemas.microsoft.com/office/taskpaneappversionoverrides}"
BASIC = "{http://schemas.microsoft.com/office/officeappbasictypes/1.0}"
LONGEST = {"Image": 2048, "Url": 2048, "ShortStrings": 125, "LongStrings": 250}
"""Letters, by Microsoft's OfficeAppBasicTypes schema; an id has at most 32."""


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    there = importlib.util.find_spec("xlwings_server")  # importing it would change this process' environment
    if there is None and not os.environ.get("CI"):
        pytest.skip("xlwings Server, which makes the manifest, is not installed")
    folder = tmp_path_factory.mktemp("manifest")
    subprocess.run(
        [sys.executable, "-m", "xlwings_kis", "serve", "manifest", "--url", URL, "-o", str(folder / "manifest.xml")],
        check=True,
        env={**os.environ, "XLWINGS_LICENSE_KEY": "noncommercial", "XLWINGS_KIS_HOME": str(folder)},
    )
    return ElementTree.parse(folder / "manifest.xml").getroot()  # noqa: S314 - we have just made it


def test_every_resource_is_defined_once_and_used(manifest):
    defined = [each.get("id") for kind in resources(manifest) for each in kind]
    used = {each.get("resid") for each in manifest.iter() if each.get("resid")}
    assert sorted(defined) == sorted(set(defined))
    assert set(defined) == used


def test_no_text_or_id_is_longer_than_office_takes(manifest):
    for kind in resources(manifest):
        for each in kind:
            most = LONGEST.get(kind.tag.removeprefix(BASIC)) or LONGEST[each.tag.removeprefix(BASIC)]
            values = [each.get("DefaultValue"), *(over.get("Value") for over in each)]
            assert len(each.get("id")) <= 32
            assert all(0 < len(value) <= most for value in values), each.get("id")
    assert len(manifest.find(f"{APP}DisplayName").get("DefaultValue")) <= 125
    assert len(manifest.find(f"{APP}Description").get("DefaultValue")) <= 250


def test_every_text_is_korean_and_has_its_english(manifest):
    strings = [each for kind in resources(manifest) for each in kind if each.tag == f"{BASIC}String"]
    assert len(strings) > 25
    for each in strings:
        if each.get("id") == "tab.label":
            continue
        assert re.search("[가-힣]", each.get("DefaultValue")), each.get("id")
        english = {over.get("Locale"): over.get("Value") for over in each}
        assert set(english) == {"en-US", "en-GB"}
        assert not re.search("[가-힣]", english["en-US"])
    assert manifest.find(f"{APP}DefaultLocale").text == "ko-KR"


def test_every_address_is_the_desks_and_encrypted(manifest):
    addresses = [value for each in manifest.iter() for value in each.attrib.values() if "://" in value]
    addresses += [each.text for each in manifest.iter() if each.text and "://" in each.text]
    outside = {each for each in addresses if not each.startswith(URL)}
    assert outside == {"https://github.com/xlwings-kis/xlwings-kis"}, "where help is"


def test_ids_of_the_ribbon_are_told_apart(manifest):
    ids = [
        each.get("id") for tag in ("CustomTab", "Group", "Control", "Item") for each in manifest.iter(f"{OVER}{tag}")
    ]
    assert len(ids) == len(set(ids)) == 1 + 3 + 6 + 6
    assert all(len(each) <= 125 for each in ids)


def test_icons_have_the_sizes_they_are_named_for(manifest):
    seen = set()
    for each in manifest.iter(f"{BASIC}Image"):
        if each.get("resid"):
            assert each.get("resid").endswith(f".{each.get('size')}")
            continue
        path = PROJECT / each.get("DefaultValue").removeprefix(URL + "/")
        assert icons.unpack(path.read_bytes())[0] == int(each.get("id").rpartition(".")[2])
        seen.add(path.name)
    for tag, size in (("IconUrl", 32), ("HighResolutionIconUrl", 64)):
        path = PROJECT / manifest.find(f"{APP}{tag}").get("DefaultValue").removeprefix(URL + "/")
        assert icons.unpack(path.read_bytes())[0] == size
    for group in (*manifest.iter(f"{OVER}Group"), *manifest.iter(f"{OVER}Control")):
        assert [each.get("size") for each in group.find(f"{OVER}Icon")] == ["16", "32", "80"]


def test_icons_are_as_their_shapes_draw_them():
    for name in ("kis", "insert"):
        size, kept = icons.unpack((icons.FOLDER / f"{name}-16.png").read_bytes())
        assert kept == icons.pixels(icons.ICONS[name], size)
    assert sorted(path.name for path in icons.FOLDER.iterdir()) == sorted(
        f"{name}-{size}.png" for name in icons.ICONS for size in icons.SIZES if size != 64 or name == "kis"
    )


def test_each_button_has_a_command_and_each_command_a_button(manifest):
    buttons = {each.text for each in manifest.iter(f"{OVER}FunctionName")}
    ribbon = (SCRIPTS / "ribbon.js").read_text(encoding="utf-8")
    commands = set(re.findall(r'command\("(kis-\w+)"', ribbon))
    commands |= {f"kis-insert-{pair.exchange.name}-{pair.market.name}".lower() for pair in ALL_PAIRS}
    assert buttons == commands


def test_both_ribbons_say_the_same(manifest):
    ours = {
        each.get("id"): (each.get("DefaultValue"), each[0].get("Value") if len(each) else each.get("DefaultValue"))
        for kind in resources(manifest)
        for each in kind
        if each.tag == f"{BASIC}String"
    }
    same = {
        "trade.label": "group_trade", "reports.label": "group_report", "tools.label": "group_tools",
        **{f"{name}.label": name for name in ("refresh", "insert", "sheet", "report")},
        **{f"{name}.tip": f"{name}.tip" for name in ("refresh", "auto", "insert", "sheet")},
        **{f"{name}.more": f"{name}.more" for name in ("refresh", "insert")},
        **{f"{pair.exchange.name}-{pair.market.name}.label".lower(): f"pair.{pair.key}" for pair in ALL_PAIRS},
    }  # fmt: skip
    assert {name: ours[name] for name in same} == {name: OFFICE_TEXTS[theirs] for name, theirs in same.items()}


def test_the_pane_has_every_text_it_names_in_both_languages_and_no_other():
    source = (SCRIPTS / "texts.js").read_text(encoding="utf-8")
    table = source[source.index("{") : source.index("\n};")]
    texts = {
        (bare or quoted): (ko, en)
        for bare, quoted, ko, en in re.findall(
            r'^  (?:(\w+)|"([\w.]+)"): \[\s*"(.+?)",\s*"(.+?)",?\s*\]', table, re.MULTILINE
        )
    }
    assert len(texts) == len(re.findall(r"^  \S+: \[", table, re.MULTILINE)) > 40
    for key, (ko, en) in texts.items():
        assert set(re.findall(r"\{\w+\}", ko)) == set(re.findall(r"\{\w+\}", en)), key
        assert key == "language" or not re.search("[가-힣]", en)
    named = set()
    for path in (*SCRIPTS.glob("*.js"), PROJECT / "templates" / "taskpane.html"):
        code = path.read_text(encoding="utf-8")
        named |= set(re.findall(r'(?:text|Trouble)\("([\w.]+)"', code))
        named |= set(re.findall(r'data-(?:text|name)="([\w.]+)"', code))
        if path.name != "texts.js":
            named |= {key for key in re.findall(r'"(\w+)"', code) if key in texts}  # chosen between, then looked up
    assert named - {"failed"} <= set(texts)
    assert set(texts) <= named


def test_the_page_says_the_same_before_its_texts_are_filled_in():
    source = (SCRIPTS / "texts.js").read_text(encoding="utf-8")
    page = (PROJECT / "templates" / "taskpane.html").read_text(encoding="utf-8")
    pieces = re.findall(r'data-text="([\w.]+)"[^>]*>([^<]+)<', page)
    assert len(pieces) > 20
    for key, shown in pieces:
        assert re.search(rf'"?{re.escape(key)}"?: \["{re.escape(shown)}", ', source), key


def test_nothing_in_the_pane_makes_markup_or_code_of_text():
    for path in SCRIPTS.glob("*.js"):
        code = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        code = re.sub(r"//.*", "", code)
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function|application\.", code
        )
    page = (PROJECT / "templates" / "taskpane.html").read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=", page)


def resources(manifest: Any) -> list[Any]:
    """Images, addresses, short and long texts."""
    found = manifest.find(f"{OVER}VersionOverrides/{OVER}Resources")
    assert [each.tag.removeprefix(BASIC) for each in found] == ["Images", "Urls", "ShortStrings", "LongStrings"]
    return list(found)
