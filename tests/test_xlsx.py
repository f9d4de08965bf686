"""The workbook, read by others than the library that wrote it."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from samples import KRX_KOSDAQ, KRX_KOSPI

from xlwings_kis import xlsx
from xlwings_kis.block import block
from xlwings_kis.simulator import Fault

SOFFICE = shutil.which("soffice")


@pytest.fixture
def book(kis, feed, tmp_path):
    path = tmp_path / "표 하나.xlsx"
    kis.fault = Fault.FORMULA_TEXT
    xlsx.write(path, [block(feed.reading(pair)) for pair in (KRX_KOSPI, KRX_KOSDAQ)])
    return path


@pytest.mark.skipif(SOFFICE is None and not os.environ.get("CI"), reason="LibreOffice is not installed")
def test_libreoffice_reads_every_figure_and_name(book, kis, tmp_path):
    profile = (tmp_path / "office").as_uri()
    subprocess.run(
        [SOFFICE or "soffice", "--headless", f"-env:UserInstallation={profile}",
         "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,1",
         "--outdir", str(tmp_path), str(book)],
        check=True, capture_output=True,
    )  # fmt: skip
    (table,) = tmp_path.glob("*.csv")
    rows = {row[0]: row[1:] for row in csv.reader(table.read_text(encoding="utf-8").splitlines())}
    truth = {row["invr_cls_code"]: row for row in kis.truth("J", "1")}
    wires = [f"{band}_{side}_amt" for band in ("all", "arbt", "nabt") for side in ("seln", "shnu", "ntby")]
    for label, code in (("개인", "8000"), ("외국인", "9100"), ("연기금등", "6000"), ("기타법인", "7100")):
        assert [int(float(cell)) for cell in rows[label][:9]] == [int(truth[code][wire]) for wire in wires]
    groups = ("8000", "9100", "8888", "7100")
    (total,) = [cells for label, cells in rows.items() if label.startswith("합계")]
    assert int(float(total[2])) == sum(int(truth[code]["all_ntby_amt"]) for code in groups)


def test_the_open_xml_rules_find_nothing(book):
    from openxml_audit import OpenXmlValidator

    result = OpenXmlValidator().validate(str(book))
    assert [str(error) for error in result.errors] == []


def test_no_part_holds_a_formula_a_macro_or_a_link(book):
    for name in zipfile.ZipFile(book).namelist():
        part = zipfile.ZipFile(book).read(name).decode("utf-8")
        assert "<f>" not in part
        assert "vbaProject" not in name
        assert 'TargetMode="External"' not in part


def test_a_workbook_that_cannot_be_written_leaves_the_old_one(kis, feed, tmp_path, monkeypatch):
    path = tmp_path / "표.xlsx"
    path.write_bytes(b"old")
    monkeypatch.setattr(Path, "replace", lambda self, target: (_ for _ in ()).throw(PermissionError("open in Excel")))
    with pytest.raises(PermissionError):
        xlsx.write(path, [block(feed.reading(KRX_KOSPI))])
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.glob("*.tmp")] == []


def test_a_failed_check_stands_in_the_total_and_in_the_note(kis, feed):
    kis.fault = Fault.BROKEN_SUM
    shown = block(feed.reading(KRX_KOSPI))
    (total,) = [line for line in shown.lines if line.role.value == "total"]
    assert total.label == "합계 !"
    assert "검산 확인 필요" in shown.note


def test_without_data_the_block_keeps_its_rows_and_says_why(kis, feed):
    kis.fault = Fault.IP_NOT_ALLOWED
    shown = block(feed.reading(KRX_KOSPI))
    assert shown.status.startswith("#KIS! 허용되지 않은 IP(EGW00207).")
    assert len(shown.lines) == 12
    assert {figure for line in shown.lines for figure in line.figures} == {None}


def test_texts_are_shared_strings_and_targets_relative_as_phones_want_them(book):
    archive = zipfile.ZipFile(book)
    sheet = archive.read("xl/worksheets/sheet1.xml").decode("utf-8")
    assert "inlineStr" not in sheet
    assert "외국인" in archive.read("xl/sharedStrings.xml").decode("utf-8")
    for name in archive.namelist():
        if name.endswith(".rels"):
            assert 'Target="/' not in archive.read(name).decode("utf-8")
