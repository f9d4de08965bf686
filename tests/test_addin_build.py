"""`addin build`: both files as Excel and others will read them. What only Excel can tell stands in the checklist."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import olefile
import openpyxl
import pytest
from ribbon_reader import callbacks, problems
from sdk import findings, needs_sdk, spoilt
from vba_reader import Source, read, unknown_names

from xlwings_kis import __version__, guide, resources
from xlwings_kis.addin import compression, formula_page, hidden, modules, package, ribbon, texts, vba, wrappers
from xlwings_kis.addin.vba import Kind
from xlwings_kis.cli import main
from xlwings_kis.errors import AddinError
from xlwings_kis.investors import FIXED_PLACES
from xlwings_kis.live import places as live
from xlwings_kis.live.by_time import places as by_time
from xlwings_kis.markets import ALL_PAIRS

with warnings.catch_warnings():  # the reader's own use of its parser
    warnings.simplefilter("ignore")
    from oletools.olevba import VBA_Parser

SAMPLE = Path(__file__).parent / "workbook_sample"
REAL = Path(str(resources.workbook_folder()))
SOURCES = [SAMPLE, *([REAL] if (REAL / "vba").is_dir() else [])]
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
TEXT = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"


@pytest.fixture(scope="module", params=SOURCES, ids=lambda folder: folder.name)
def sources(request):
    return request.param


@pytest.fixture(scope="module")
def made(sources, tmp_path_factory):
    """Both files, by their names."""
    folder = tmp_path_factory.mktemp("만든 파일")
    paths = package.build(folder, sources=sources)
    assert [path.name for path in paths] == ["xlwings_kis.xlam", "kis_program_trade.xlsm"]
    return {path.name: path for path in paths}


@pytest.fixture(scope="module", params=[package.ADDIN_NAME, package.WORKBOOK_NAME])
def file(made, request):
    return made[request.param]


@pytest.fixture(scope="module")
def workbook(made):
    return made[package.WORKBOOK_NAME]


@pytest.fixture(scope="module")
def addin(made):
    return made[package.ADDIN_NAME]


def part(path, name):
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


def xml(data):
    return ElementTree.fromstring(data)  # noqa: S314 - our own files


def project(path):
    return vba.read(part(path, "xl/vbaProject.bin"))


def sources_of(project):
    return [read(each.name, each.source, is_class=each.kind is not Kind.MODULE) for each in project.modules]


# What other readers find


def test_another_reader_lists_every_module_with_our_source(file, sources):
    parser = VBA_Parser(str(file))
    listed = {name: code.splitlines() for _, _, name, code in parser.extract_macros()}
    parser.close()
    ours = {path.name: path.read_text(encoding="ascii").splitlines() for path in (sources / "vba").iterdir()}
    assert ours
    for name, lines in ours.items():
        assert listed[name][-len(lines) :] == lines
    stems = {Path(name).stem for name in listed}
    assert {"xlwings", "Dictionary", "KisBuild", "xlwings_udfs", "SheetConfig", "SheetTexts"} <= stems
    assert len(listed) == len(project(file).modules)


def test_the_open_xml_rules_find_nothing(file):
    from openxml_audit import OpenXmlValidator

    assert [str(error) for error in OpenXmlValidator().validate(str(file)).errors] == []


@needs_sdk
def test_the_open_xml_sdk_finds_nothing_and_would_find_something(file, tmp_path):
    assert findings(file) == []
    assert findings(spoilt(file, tmp_path)) != []


def test_same_input_same_bytes_in_any_folder_zone_and_process(sources, tmp_path):
    code = (
        "import sys, pathlib\nfrom xlwings_kis.addin import package\n"
        "package.build(pathlib.Path(sys.argv[1]), sources=pathlib.Path(sys.argv[2]))"
    )
    written = []
    for seed, zone in (("1", "Asia/Seoul"), ("2", "America/New_York")):
        folder = tmp_path / zone.partition("/")[2]
        folder.mkdir()
        env = os.environ | {"PYTHONHASHSEED": seed, "TZ": zone, "USER": seed, "PYTHONPATH": str(REAL.parent)}
        subprocess.run([sys.executable, "-c", code, str(folder), str(sources)], check=True, cwd=folder, env=env)
        written.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert written[0] == written[1]
    assert len(written[0]) == 2


def test_no_part_says_who_made_it_when_or_where(file):
    with zipfile.ZipFile(file) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        parts = {name: archive.read(name) for name in archive.namelist()}
    with olefile.OleFileIO(io.BytesIO(parts.pop("xl/vbaProject.bin"))) as streams:
        for path in streams.listdir():
            data = streams.openstream(path).read()
            name = "/".join(path)
            if path[0] == "VBA" and path[-1] != "_VBA_PROJECT":
                data = compression.decompress(data)
            parts[name] = data.replace(b"\0", b"")
    core = parts["docProps/core.xml"].decode()
    assert "<dc:creator></dc:creator><cp:lastModifiedBy></cp:lastModifiedBy>" in core
    assert set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", core)) == {"2026-01-01T00:00:00Z"}
    who = {os.uname().nodename if hasattr(os, "uname") else "", os.environ.get("USERNAME", ""), str(file.parent)} - {""}
    for name, data in parts.items():
        text = data.decode("utf-8", "replace")
        # xlwings' own comments speak of /Users/<User>.
        assert not re.search(r"(?i)[\\/:]Users[\\/:](?!<User>)|/home/|/tmp/|felix", text), name
        assert not [each for each in who if len(each) > 3 and each in text], name


# The add-in


def test_the_addin_is_of_an_addins_type_hidden_and_has_both_ribbons(addin, sources):
    types = part(addin, "[Content_Types].xml").decode()
    assert 'PartName="/xl/workbook.xml" ContentType="application/vnd.ms-excel.addin.macroEnabled.main+xml"' in types
    assert 'visibility="hidden"' in part(addin, "xl/workbook.xml").decode()
    links = {
        link.get("Target"): link.get("Type") for link in xml(part(addin, "_rels/.rels"))
    }  # fmt: skip
    for each in ribbon.PARTS:
        assert links[each.name] == each.relation
        root = xml(part(addin, each.name))
        assert root.tag == f"{{{each.namespace}}}customUI"
        assert "새로고침" in part(addin, each.name).decode()


def test_the_workbook_has_no_ribbon_of_its_own(workbook):
    with zipfile.ZipFile(workbook) as archive:
        assert not [name for name in archive.namelist() if "customUI" in name]


def test_the_ribbon_fits_the_code_that_answers_it(addin):
    code = sources_of(project(addin))
    for each in ribbon.PARTS:
        assert list(problems(part(addin, each.name), code)) == []
        assert callbacks(part(addin, each.name)) >= 3


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('id="kisAuto"', 'id="kisRefresh"', "id kisRefresh stands there 2 times"),
        ('onAction="KisOnRefresh"', 'onAction="KisOnNothing"', "onAction=KisOnNothing: 0 public"),
        ('onAction="KisOnRefresh"', 'onAction="KisOnAuto"', "onAction=KisOnAuto: Sub KisOnAuto(control As"),
        ('onAction="KisOnAuto"', 'onAction="KisOnRefresh"', "but Excel passes (control As IRibbonControl, pressed As Boolean)"),
        ('getLabel="KisGetLabel"', 'getLabel="KisRefresh"', "getLabel=KisRefresh: Sub KisRefresh()"),
        ('onLoad="KisOnLoad"', 'onLoad="KisOnRefresh"', "but Excel passes (ribbon As IRibbonUI)"),
    ],
)  # fmt: skip
def test_a_ribbon_that_does_not_fit_is_found(old, new, complaint):
    code = sources_of(modules.project("x", ("SheetConfig",), SAMPLE, addin=True, lang="ko"))
    template = (SAMPLE / "ribbon.xml").read_text(encoding="utf-8")
    assert old in template
    (found,) = problems(ribbon.filled(template.replace(old, new), ribbon.PARTS[1], "ko"), code)
    assert complaint in found


# The code


def test_the_code_is_ascii_explicit_and_names_nothing_unknown(file):
    code = project(file)
    for each in code.modules:
        assert each.source.isascii(), each.name
        assert "\r\n" in each.source
        assert "\n" not in each.source.replace("\r\n", ""), each.name
        if each.name.startswith("Kis") or (each.name == "ThisWorkbook" and "Sub" in each.source):
            assert "\r\nOption Explicit\r\n" in each.source, each.name
            assert not re.search(r"(?m)^(VERSION|BEGIN|  MultiUse)", each.source), each.name
            assert max(len(line) for line in each.source.splitlines()) < 1024
    theirs = ("xlwings.", "Dictionary.")
    assert [name for name in unknown_names(sources_of(code)) if not name.startswith(theirs)] == []


def test_an_unknown_name_in_the_code_is_found():
    one = read(
        "KisOne",
        "Option Explicit\nPrivate mBook As Object\nPublic Sub Go(ByVal x As Long)\n mBok = x\n KisTwo.Gone\nEnd Sub",
    )
    two = read(
        "KisTwo",
        "Public Sub There()\n Dim y\n y = Therr + 1 ' Comment\n Call There\nEnd Sub\nPrivate Sub Gone()\nEnd Sub",
    )
    assert list(unknown_names([one, two])) == ["KisOne.Go: mBok", "KisOne.Go: KisTwo.Gone", "KisTwo.There: Therr"]


def test_each_file_knows_what_it_is(addin, workbook):
    for path, is_addin in ((addin, True), (workbook, False)):
        (build,) = [each.source for each in project(path).modules if each.name == "KisBuild"]
        assert f"Public Const KIS_ADDIN As Boolean = {is_addin}\r\n" in build
        assert f'Public Const KIS_VERSION As String = "{__version__}"\r\n' in build
        assert re.search(r'Public Const KIS_XLWINGS As String = "0\.37\.\d+"\r\n', build)
        assert 'Public Const KIS_LANG As String = "ko"\r\n' in build
        (wrapped,) = [each.source for each in project(path).modules if each.name == "xlwings_udfs"]
        assert wrapped == wrappers.source(addin=is_addin)
    assert project(addin).name == package.PROJECT


def test_code_names_of_sheets_are_document_modules(file):
    book = xml(part(file, "xl/workbook.xml"))
    names = [book.find(f"{MAIN}workbookPr").get("codeName")]
    with zipfile.ZipFile(file) as archive:
        sheets = [name for name in archive.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)]
    names += [xml(part(file, name)).find(f"{MAIN}sheetPr").get("codeName") for name in sheets]
    assert sorted(names) == sorted(each.name for each in project(file).modules if each.kind is Kind.DOCUMENT)


def test_a_template_that_is_none_is_refused(monkeypatch, tmp_path):
    (tmp_path / modules.TEMPLATE).write_bytes(b"no archive")
    monkeypatch.setattr(modules, "files", lambda package: tmp_path)
    with pytest.raises(AddinError):
        package.addin("ko", SAMPLE)


# The hidden sheets


def test_the_config_sheet_is_hidden_and_names_no_interpreter(file):
    held = hidden_sheet(file, hidden.CONFIG)
    rows = {held[f"A{at}"][1]: held.get(f"B{at}", ("", ""))[1] for at in range(1, len(hidden.SETTINGS) + 1)}
    assert rows == dict(hidden.SETTINGS)
    assert max(int(address[1:]) for address in held) == len(rows), "read down to the first blank"
    assert rows["UDF MODULES"] == wrappers.MODULE
    assert (rows["ADD_WORKBOOK_TO_PYTHONPATH"], rows["USE UDF SERVER"]) == ("False", "True")
    assert (rows["DEBUG UDFS"], rows["SHOW CONSOLE"]) == ("False", "False")
    assert all(key == key.upper() for key in rows)  # as GetConfigFromSheet makes them
    assert not [key for key in rows if "INTERPRETER" in key]


def test_the_texts_are_there_and_each_formula_is_followed_by_its_arguments(file):
    held = hidden_sheet(file, texts.SHEET)
    assert held[hidden.PROBE] == ("KisProbeCell()", "0")
    keys = [value for address, (_, value) in held.items() if address[0] == "A"]
    assert [address[0] for address in held].count("B") == [address[0] for address in held].count("C") == len(keys)
    assert len(keys) == len(set(keys))
    for name, formula in guide.FORMULAS.items():
        at = keys.index(name)
        assert keys[at + 1 : at + 1 + len(formula.arguments)] == [f"{name}.{each.name}" for each in formula.arguments]


@pytest.mark.skipif(REAL not in SOURCES, reason="workbook/vba is not there yet")
def test_every_text_the_code_and_the_ribbon_ask_for_exists_and_none_is_for_nobody():
    code = "".join(path.read_text(encoding="ascii") for path in (REAL / "vba").iterdir())
    template = (REAL / "ribbon.xml").read_text(encoding="utf-8")
    asked = set(re.findall(r'\bText\("(\w+)"', code)) | set(re.findall(r'\b(?:SayText|Offer .*,) "(\w+)"', code))
    asked |= {key for pair in re.findall(r'\bSayText IIf\(\w+, "(\w+)", "(\w+)"\)', code) for key in pair}
    asked |= ribbon.keys(template)
    asked |= set(re.findall(r'tag="(unit_\w+)"', template))
    assert asked == texts.TEXTS.keys()


def test_the_pages_are_set_of_the_sheets_that_python_makes():
    assert {texts.text("sheet_name", lang) for lang in ("ko", "en")} == set(live.SHEET_NAMES)
    assert {texts.text("course_mark", lang) for lang in ("ko", "en")} == {by_time.MARK}


def test_the_wizards_texts_fit_it():
    for formula in guide.FORMULAS.values():
        for each in (formula, *formula.arguments):
            assert 0 < len(each.ko) <= guide.LONGEST
            assert 0 < len(each.en) <= guide.LONGEST


# The workbook with examples


def cells(path, sheet):
    """The cells of a sheet that hold something: address → (formula, what stands there)."""
    root = xml(part(path, f"xl/worksheets/sheet{sheet}.xml"))
    strings = ["".join(each.itertext()) for each in xml(part(path, "xl/sharedStrings.xml"))]
    found = {}
    for cell in root.iter(f"{MAIN}c"):
        value, formula = cell.findtext(f"{MAIN}v"), cell.findtext(f"{MAIN}f")
        if cell.get("t") == "s":
            value = strings[int(value)]
        if value is not None:
            found[cell.get("r")] = (formula, value)
    return found


def hidden_sheet(path, name):
    """The cells of a sheet by its name, which nobody must see."""
    window = xml(part(path, "xl/workbook.xml")).find(f"{MAIN}bookViews/{MAIN}workbookView").get("visibility")
    sheets = list(xml(part(path, "xl/workbook.xml")).iter(f"{MAIN}sheet"))
    (at,) = [at for at, sheet in enumerate(sheets, 1) if sheet.get("name") == name]
    # Excel wants one sheet that is not hidden, in a window that is.
    assert sheets[at - 1].get("state", window) == "hidden"
    return cells(path, at)


def test_the_first_page_has_a_spilling_table_for_each_pair(workbook):
    root = xml(part(workbook, "xl/worksheets/sheet1.xml"))
    spilling = {c.get("r"): c for c in root.iter(f"{MAIN}c") if c.get("cm")}
    formulas = [cell.findtext(f"{MAIN}f") for cell in spilling.values()]
    assert formulas == [
        f'KIS_PROGRAM_TRADE("{pair.exchange.value.ko}","{pair.market.value.ko}",{formula_page.FIELDS_CELL})'
        for pair in ALL_PAIRS
    ]
    assert "dynamicArrayProperties" in part(workbook, "xl/metadata.xml").decode()
    other = {formula for formula, _ in cells(workbook, 1).values() if formula} - set(formulas)
    assert {re.match(r"KIS_PROGRAM_\w+", formula).group() for formula in other} == {
        "KIS_PROGRAM_VALUE", "KIS_PROGRAM_ASOF", "KIS_PROGRAM_STATUS"}  # fmt: skip


def test_tables_have_room_for_more_rows_and_all_columns(workbook):
    held = cells(workbook, 1)
    sheet = openpyxl.load_workbook(workbook).worksheets[0]
    for at in range(len(ALL_PAIRS)):
        area = [cell.coordinate for row in sheet[formula_page.spill(at)] for cell in row]
        assert len(area) == (1 + len(FIXED_PLACES) + formula_page.SPARE) * 20
        assert [address for address in area if address in held] == [area[0]]


def test_before_the_first_calculation_cells_tell_to_allow_macros(workbook):
    waiting = {value for formula, value in cells(workbook, 1).values() if formula}
    assert len(waiting) == 2
    assert all("매크로" in text and "허용" in text for text in waiting)
    calculation = xml(part(workbook, "xl/workbook.xml")).find(f"{MAIN}calcPr")
    # Excel calculates everything on opening where it is told to or was older, and #NAME? would stand there instead.
    assert calculation.get("fullCalcOnLoad") is None
    assert int(calculation.get("calcId")) >= 191029


def test_the_button_runs_a_macro_that_is_there(workbook):
    drawing = xml(part(workbook, "xl/drawings/drawing1.xml"))
    (shape,) = drawing.iter(f"{TEXT}sp")
    assert shape.get("macro") == "[0]!KisRefresh"
    assert "".join(shape.itertext()) == "새로고침"
    found = [
        each for module in sources_of(project(workbook)) for each in module.procedures if each.name == "KisRefresh"
    ]
    assert [(each.kind, each.public, each.parameters) for each in found] == [("Sub", True, "()")]


def test_the_help_page_explains_every_formula_and_every_word(workbook):
    said = "\n".join(value for _, value in cells(workbook, 2).values())
    for name, formula in guide.FORMULAS.items():
        assert f"{name}(" in said
        for text in (formula.ko, *(each.ko for each in formula.arguments)):
            assert text in said
        assert all(f"\n{example.removeprefix('=')}\n" in said for example in formula.examples)
    for word in (
        "넥스트레이드",
        "유가증권",
        "연기금",
        "9100",
        "비차익거래",
        "순매매",
        "금액",
        "지연 11/20 14:02:10",
        "#KIS! …",
    ):
        assert word in said
    assert not [formula for formula, _ in cells(workbook, 2).values() if formula]


def test_the_pages_speak_english_too(tmp_path):
    (tmp_path / "book.xlsm").write_bytes(package.workbook("en", SAMPLE))
    book = openpyxl.load_workbook(tmp_path / "book.xlsm")
    assert book.sheetnames[:2] == ["KIS formulas", "Functions"]
    assert "Enable Content" in str(cells(tmp_path / "book.xlsm", 1)["A2"][1])
    assert "새로고침" not in part(tmp_path / "book.xlsm", "xl/drawings/drawing1.xml").decode()


# The command


@pytest.mark.skipif(REAL not in SOURCES, reason="workbook/vba is not there yet")
def test_the_command_writes_both_files_and_names_them(tmp_path, capsys):
    folder = tmp_path / "새 폴더"
    assert main(["addin", "build", "--output", str(folder)]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["kis_program_trade.xlsm", "xlwings_kis.xlam"]
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("저장했습니다: ") == 2
    assert "addin install" in err


def test_a_file_that_cannot_be_written_is_told_and_leaves_the_old_one(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(package, "workbook_folder", lambda: SAMPLE)
    (tmp_path / "xlwings_kis.xlam").write_bytes(b"old")
    monkeypatch.setattr(Path, "replace", lambda self, target: (_ for _ in ()).throw(PermissionError("open in Excel")))
    assert main(["addin", "build", "--output", str(tmp_path)]) == 6
    assert "파일 쓰기 실패" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*xl*")} == {"xlwings_kis.xlam": b"old"}


def test_a_folder_that_is_a_file_is_told(tmp_path, capsys):
    (tmp_path / "file").write_bytes(b"")
    assert main(["addin", "build", "--output", str(tmp_path / "file")]) == 6
    assert "file: 그 이름의 폴더나 장치가 있습니다." in capsys.readouterr().err


def test_the_formulas_load_nothing_of_the_build(tmp_path):
    names = "('xlsxwriter', 'xlwings_kis.addin')"
    code = f"import sys, xlwings_kis.udfs; print([m for m in sys.modules if m.startswith({names})])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert run.stdout == "[]\n"


def test_a_source_with_a_letter_vba_cannot_hold_is_refused(tmp_path):
    (tmp_path / "vba").mkdir()
    (tmp_path / "vba" / "KisMacros.bas").write_text("' 한글", encoding="utf-8")
    with pytest.raises(UnicodeDecodeError):
        modules.project("x", (), tmp_path, addin=True, lang="ko")


def test_an_unread_class_has_the_header_of_a_class():
    code = {each.name: each for each in modules.project("x", ("SheetA",), SAMPLE, addin=True, lang="ko").modules}
    assert [code[name].kind for name in ("ThisWorkbook", "SheetA", "KisEvents", "KisMacros")] == [
        Kind.DOCUMENT, Kind.DOCUMENT, Kind.CLASS, Kind.MODULE]  # fmt: skip
    assert len([line for line in code["KisEvents"].source.splitlines() if line.startswith("Attribute ")]) == 8
    assert isinstance(sources_of(modules.project("x", (), SAMPLE, addin=True, lang="ko"))[0], Source)
