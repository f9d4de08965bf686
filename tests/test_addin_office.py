"""LibreOffice opens both files, compiles their code, and runs the part of it that needs no Excel."""

from __future__ import annotations

from pathlib import Path

import office
import pytest

from xlwings_kis import __version__, resources
from xlwings_kis.addin import package, texts

pytestmark = office.needed()

SAMPLE = Path(__file__).parent / "workbook_sample"
REAL = Path(str(resources.workbook_folder()))
HAS_REAL = (REAL / "vba").is_dir()

PROBE = """
Function Seven()
  Seven = 7
End Function
Function Build()
  Build = KIS_VERSION & " " & KIS_ADDIN
End Function
"""


@pytest.mark.parametrize("sources", [SAMPLE, *([REAL] if HAS_REAL else [])], ids=lambda folder: folder.name)
@pytest.mark.parametrize("name", [package.ADDIN_NAME, package.WORKBOOK_NAME])
def test_libreoffice_opens_the_file_and_compiles_all_its_code(name, sources, tmp_path):
    path = {each.name: each for each in package.build(tmp_path, sources=sources)}[name]
    found = office.run(path, tmp_path, ["Probe.Seven", "Probe.Build"], Probe=PROBE)
    assert found["answers"] == [7, f"{__version__} {name == package.ADDIN_NAME}"]
    assert {each.stem for each in (sources / "vba").iterdir()} <= set(found["modules"])
    assert ["texts", False] in found["sheets"]


def test_code_that_does_not_compile_is_found(tmp_path):
    path, _ = package.build(tmp_path, sources=SAMPLE)
    broken = "Sub Broken\n  If True Then\nEnd Sub\n"
    assert office.run(path, tmp_path, ["Probe.Seven"], Probe=PROBE, Broken=broken)["answers"] != [7]


LOOK = """
Function Sentence()
  Sentence = KisSay.Text("old_xlwings", "9.9")
End Function
Function Formulas()
  Dim book As KisBook
  Set book = New KisBook
  book.Watch ThisWorkbook
  Formulas = book.Cells.Count
End Function
Function Disturbances()
  Disturbances = KisClock.Disturbs(0, True, True) & " " & KisClock.Disturbs(1, True, True) & " " & _
    KisClock.Disturbs(0, False, True) & " " & KisClock.Disturbs(0, True, False)
End Function
"""


@pytest.mark.skipif(not HAS_REAL, reason="workbook/vba is not there yet")
def test_the_code_finds_our_formulas(tmp_path):
    _, path = package.build(tmp_path, sources=REAL)
    asked = ["Look.Sentence", "Look.Formulas", "Look.Disturbances"]
    assert office.run(path, tmp_path, asked, Look=LOOK)["answers"] == [
        texts.TEXTS["old_xlwings"][0].replace("{0}", "9.9"),
        1 + 6 * 7 + 6,  # the status, a column for each pair at a glance, and the tables
        "False True True True",
    ]
