"""Where a report goes: whole or not at all, and never over what is not ours to replace."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
import time
import warnings
import zipfile
from pathlib import Path

import openpyxl
import pytest
from clocks import kst
from report_sample import report

from xlwings_kis import report as reports
from xlwings_kis.parts import packed
from xlwings_kis.report.target import ours, put


@pytest.fixture(scope="module")
def data():
    return reports.render(report())


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "보고서 폴더"
    folder.mkdir()
    return folder / "프로그램매매.xlsx"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_report_is_named_by_the_time_of_its_figures():
    assert reports.file_name(report()) == "프로그램매매_20261120_1545.xlsx"
    assert reports.file_name(report(), ascii_only=True) == "program_trade_20261120_1545.xlsx"
    assert reports.file_name(report("en")) == "program_trade_20261120_1545.xlsx"


def test_a_new_report_leaves_nothing_but_itself(target, data):
    saved = reports.save(report(), target)
    assert saved == (target, "")
    assert target.read_bytes() == data
    assert names(target.parent) == [target.name]


def test_an_older_report_of_ours_is_replaced(target):
    reports.save(report(at="2026-11-20 11:20:31"), target)
    assert reports.save(report(), target) == (target, "")
    assert names(target.parent) == [target.name]


def test_a_report_somebody_has_worked_in_is_kept(target):
    reports.save(report(), target)
    book = openpyxl.load_workbook(target)
    book["요약"]["A40"] = "부장님 메모"
    book.properties.lastModifiedBy = "홍길동"  # as Excel does when it saves
    book.save(target)
    kept = target.read_bytes()
    saved = reports.save(report(), target)
    assert saved.path.name == "프로그램매매_2.xlsx"
    assert target.read_bytes() == kept


def test_a_report_that_another_program_wrote_anew_is_kept_though_it_says_nothing_of_it(target):
    reports.save(report(), target)
    book = openpyxl.load_workbook(target)
    book["요약"]["A40"] = "부장님 메모"
    book.save(target)
    kept = target.read_bytes()
    assert reports.save(report(), target).path.name == "프로그램매매_2.xlsx"
    assert target.read_bytes() == kept


@pytest.mark.parametrize("change", ["a cell", "a part more", "a part less", "a part twice", "another order", "no mark"])
def test_one_byte_of_another_hand_makes_it_no_report_of_ours(target, data, change):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
    target.write_bytes(packed(dict(parts)))
    assert ours(target)
    if change == "a cell":
        parts = [(name, part.replace(b"1,012", b"1,013") if "shared" in name else part) for name, part in parts]
    elif change == "a part more":
        parts.append(("xl/comments1.xml", b"<comments/>"))
    elif change == "a part less":
        parts = [part for part in parts if part[0] != "docProps/app.xml"]
    elif change == "a part twice":
        parts.append(parts[0])
    elif change == "another order":
        parts.reverse()
    else:
        parts = [(name, part.replace(b"xlwings-kis:report", b"xlwings-kis:other")) for name, part in parts]
    with warnings.catch_warnings(), zipfile.ZipFile(target, "w") as archive:
        warnings.simplefilter("ignore", UserWarning)  # zipfile warns of a name that comes twice
        for name, part in parts:
            archive.writestr(name, part)
    assert not ours(target)


@pytest.mark.parametrize(
    "content",
    [
        b"<DOCUMENT SAFER V2>" + bytes(range(256)) * 8,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        b"PK\x03\x04 but no archive",
        b"text",
    ],
    ids=["a company's DRM", "a password", "half an archive", "anything"],
)
def test_what_is_encrypted_or_no_workbook_is_neither_overwritten_nor_changed(target, content, data):
    target.write_bytes(content)
    saved = reports.save(report(), target)
    assert saved.path == target.with_name("프로그램매매_2.xlsx")
    assert saved.remark == (
        "암호화되었거나 이 프로그램이 만든 그대로가 아닌 파일이 있어 '프로그램매매_2.xlsx'로 저장했습니다."
    )
    assert target.read_bytes() == content
    assert saved.path.read_bytes() == data


def test_somebody_elses_workbook_is_kept(target):
    openpyxl.Workbook().save(target)
    kept = target.read_bytes()
    assert reports.save(report(), target).path.name == "프로그램매매_2.xlsx"
    assert target.read_bytes() == kept


def test_the_demos_workbook_is_no_report(target):
    from xlwings_kis import xlsx
    from xlwings_kis.block import block

    made = report()
    xlsx.write(target, [block(reading) for reading in made.readings.values()])
    assert not ours(target)


def test_an_archive_with_monstrous_properties_is_not_read_into(target, tmp_path):
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("docProps/core.xml", b" " * 50_000_000)
    assert not ours(target)


def test_a_file_that_may_be_replaced_but_not_read_is_kept(target, data, monkeypatch):
    """As some guards of encrypted files have it."""
    reports.save(report(at="2026-11-20 11:20:31"), target)
    kept = target.read_bytes()

    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "encrypted")

    monkeypatch.setattr(zipfile, "ZipFile", refuse)
    assert put(data, target).path.name == "프로그램매매_2.xlsx"
    assert target.read_bytes() == kept


def test_an_empty_file_is_a_place_to_write(target):
    target.touch()
    assert reports.save(report(), target).path == target


class TestOpenInExcel:
    """Windows refuses to replace a file that is open: on any system a double of that refusal."""

    @pytest.fixture
    def excel(self, monkeypatch):
        """Names that somebody holds open."""
        held: set[str] = set()
        real = Path.replace

        def replace(self, target):
            if Path(target).name in held:
                raise PermissionError(errno.EACCES, "open")
            return real(self, target)

        monkeypatch.setattr(Path, "replace", replace)
        monkeypatch.setattr(time, "sleep", lambda seconds: None)
        return held

    def test_a_sibling_is_written_and_one_sentence_says_so(self, excel, target, data):
        old = reports.save(report(at="2026-11-20 11:20:31"), target).path.read_bytes()
        excel.add(target.name)
        saved = reports.save(report(), target)
        assert saved == (
            target.with_name("프로그램매매_2.xlsx"),
            "파일이 열려 있어 '프로그램매매_2.xlsx'로 저장했습니다.",
        )
        assert target.read_bytes() == old
        assert saved.path.read_bytes() == data
        assert names(target.parent) == ["프로그램매매.xlsx", "프로그램매매_2.xlsx"]

    def test_the_next_run_replaces_the_sibling_instead_of_piling_up(self, excel, target):
        reports.save(report(), target)
        excel.add(target.name)
        for _ in range(3):
            assert reports.save(report(), target).path.name == "프로그램매매_2.xlsx"
        assert len(names(target.parent)) == 2

    def test_where_the_sibling_is_open_too_the_next_number_is_taken(self, excel, target):
        reports.save(report(), target)
        excel.add(target.name)
        reports.save(report(), target)
        excel.add("프로그램매매_2.xlsx")
        assert reports.save(report(), target).path.name == "프로그램매매_3.xlsx"

    def test_english_says_it_in_english(self, excel, target):
        reports.save(report("en"), target)
        excel.add(target.name)
        remark = reports.save(report("en"), target).remark
        assert remark == "The file is open, so the report is saved as '프로그램매매_2.xlsx'."


class TestFailure:
    """Nothing half written, and the old file stays."""

    @pytest.mark.parametrize("trouble", [OSError(errno.ENOSPC, "full"), PermissionError(errno.EACCES, "closed")])
    def test_a_full_disk_or_a_closed_folder_leaves_the_old_report(self, target, monkeypatch, trouble):
        old = reports.save(report(at="2026-11-20 11:20:31"), target).path.read_bytes()

        def fail(*_, **__):
            raise trouble

        monkeypatch.setattr(os, "fsync", fail)
        if isinstance(trouble, PermissionError):
            monkeypatch.setattr(os, "open", fail)
        with pytest.raises(OSError, match=r"full|closed"):
            reports.save(report(), target)
        monkeypatch.undo()
        assert target.read_bytes() == old
        assert names(target.parent) == [target.name]

    def test_a_folder_of_that_name_is_an_error(self, target):
        target.mkdir()
        with pytest.raises(FileExistsError):
            reports.save(report(), target)

    def test_a_folder_that_is_not_there_is_an_error(self, target):
        with pytest.raises(FileNotFoundError):
            reports.save(report(), target.parent / "없는 폴더" / "x.xlsx")

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
    def test_killed_at_any_moment_the_old_report_or_the_new_one_is_there(self, target, data):
        old = reports.save(report(at="2026-11-20 11:20:31"), target).path.read_bytes()
        here = Path(__file__).parent
        code = (
            "import sys; sys.path[:0] = sys.argv[1:3]\nfrom pathlib import Path\nfrom report_sample import report\n"
            "from xlwings_kis import report as reports\nprint('ready', flush=True)\n"
            "made = report()\nwhile True: reports.save(made, Path(sys.argv[3]))"
        )
        for wait in (0.0, 0.02, 0.15, 0.4):
            writer = subprocess.Popen(
                [sys.executable, "-c", code, str(here), str(here.parent), str(target)], stdout=subprocess.PIPE
            )
            assert writer.stdout.readline() == b"ready\n"
            time.sleep(wait)
            writer.send_signal(signal.SIGKILL)
            writer.wait()
            writer.stdout.close()
            assert target.read_bytes() in (old, data)
        assert target.read_bytes() == data or target.read_bytes() == old


class TestBeside:
    """The ribbon's report goes beside the workbook where that is a folder of this PC, else to the documents."""

    @pytest.fixture
    def documents(self, tmp_path, monkeypatch):
        folder = tmp_path / "문서"
        folder.mkdir()
        monkeypatch.setattr("platformdirs.user_documents_path", lambda: folder)
        return folder

    def test_a_saved_workbook_has_it_beside_itself(self, documents, tmp_path):
        book = tmp_path / "매매.xlsx"
        assert reports.beside(str(book), report()) == tmp_path / "프로그램매매_20261120_1545.xlsx"
        assert names(tmp_path) == ["문서", "홈 폴더"]  # trying left nothing

    @pytest.mark.parametrize(
        "book",
        [
            None,
            "",
            "통합 문서1",
            "https://d.docs.live.net/1/매매.xlsx",
            r"\\server\share\매매.xlsx",
            "/없는/폴더/매매.xlsx",
        ],
    )
    def test_an_unsaved_remote_or_shared_workbook_has_it_in_the_documents(self, documents, book):
        assert reports.beside(book, report()) == documents / "프로그램매매_20261120_1545.xlsx"

    def test_without_documents_it_goes_home(self, documents):
        documents.rmdir()
        assert reports.beside(None, report()) == Path.home() / "프로그램매매_20261120_1545.xlsx"


def test_the_time_in_the_name_is_seouls():
    assert reports.file_name(report(at="2026-11-20 00:05:00")) == "프로그램매매_20261120_0005.xlsx"
    assert report(at="2026-11-20 00:05:00").asof == kst("2026-11-20 00:05:00")
