"""VBA projects are written without Excel, and other people's readers find in them what we put there."""

from __future__ import annotations

import io
import warnings
import zipfile
from importlib.resources import files

import olefile
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlwings_kis.addin import compound, compression, vba

with warnings.catch_warnings():  # the reader's own use of its parser
    warnings.simplefilter("ignore")
    from oletools.olevba import VBA_Parser, decompress_stream

SIZES = (0, 1, 63, 64, 65, 511, 512, 513, 4095, 4096, 4097, 20_000)


@pytest.fixture(scope="module")
def template():
    """The project that xlwings ships."""
    with (files("xlwings") / "quickstart_addin_ribbon.xlam").open("rb") as file, zipfile.ZipFile(file) as archive:
        return archive.read("xl/vbaProject.bin")


@given(st.one_of(st.binary(max_size=10_000), st.text("ab \r\n", max_size=10_000).map(str.encode)))
def test_any_text_comes_back_from_its_compression(text):
    there_and_back = compression.decompress(compression.compress(text))
    # What nothing repeats in is stored as whole chunks (MS-OVBA 2.4.1.3.10), filled with zeros.
    assert there_and_back[: len(text)] == text
    assert not there_and_back[len(text) :].strip(b"\0")


@given(st.text("Sub Call()\r\n End\t", min_size=1, max_size=20_000).map(str.encode))
def test_another_reader_decompresses_ours(text):
    assert bytes(decompress_stream(bytearray(compression.compress(text)))) == text


def test_source_becomes_much_smaller():
    source = b"Public Sub Refresh()\r\n    On Error GoTo failed\r\nEnd Sub\r\n" * 300
    assert len(compression.compress(source)) < len(source) / 10


@pytest.mark.parametrize("broken", [b"", b"\x02", b"\x01\xff\xbf", b"\x01\x03\xb0\x01\xff\xff"])
def test_what_is_no_container_is_refused(broken):
    with pytest.raises(ValueError, match=r"container|cut off|outside"):
        compression.decompress(broken)


@given(st.lists(st.binary(max_size=9000), min_size=1, max_size=12))
def test_any_streams_come_back_through_another_reader(contents):
    streams = {"PROJECT": b"x", **{f"VBA/Module{at}": content for at, content in enumerate(contents)}}
    with olefile.OleFileIO(io.BytesIO(compound.write(streams)), raise_defects=olefile.DEFECT_INCORRECT) as file:
        assert {"/".join(path): file.openstream(path).read() for path in file.listdir()} == streams
        assert file.parsing_issues == []


@pytest.mark.parametrize("size", SIZES)
def test_a_stream_of_any_size_lies_where_the_format_wants_it(size):
    content = bytes(at % 251 for at in range(size))
    with olefile.OleFileIO(
        io.BytesIO(compound.write({"VBA/dir": content})), raise_defects=olefile.DEFECT_INCORRECT
    ) as file:
        assert file.openstream("VBA/dir").read() == content


def test_a_file_of_many_sectors_has_room_for_its_own_table():
    streams = {f"VBA/M{at}": bytes(70_000) for at in range(40)}
    with olefile.OleFileIO(io.BytesIO(compound.write(streams)), raise_defects=olefile.DEFECT_INCORRECT) as file:
        assert len(file.openstream("VBA/M39").read()) == 70_000


def test_names_in_a_storage_stand_in_a_search_tree_that_finds_every_one():
    names = [f"M{'x' * (at % 9)}{at}" for at in range(31)]
    with olefile.OleFileIO(io.BytesIO(compound.write({f"VBA/{name}": b"1" for name in names}))) as file:
        storage = next(entry for entry in file.root.kids if entry.name == "VBA")

        def walk(sid, blacks):
            if sid == olefile.NOSTREAM:
                return [], {blacks}
            entry = file.direntries[sid]
            left, left_blacks = walk(entry.sid_left, blacks + entry.color)
            right, right_blacks = walk(entry.sid_right, blacks + entry.color)
            for child in (entry.sid_left, entry.sid_right):
                assert child == olefile.NOSTREAM or entry.color or file.direntries[child].color, "two reds in a row"
            return [*left, entry.name, *right], left_blacks | right_blacks

        found, blacks = walk(storage.sid_child, 0)
    assert found == sorted(names, key=lambda name: (len(name), name.upper()))
    assert len(blacks) == 1, "every path has as many black ones"


def test_the_project_xlwings_ships_is_read_and_written_without_loss(template):
    project = vba.read(template)
    assert [module.name for module in project.modules] == [
        "ThisWorkbook",
        "Dictionary",
        "RibbonMyAddin",
        "Sheet2",
        "xlwings",
    ]
    assert vba.read(vba.write(project)) == project


def test_same_project_same_bytes(template):
    assert vba.write(vba.read(template)) == vba.write(vba.read(template))


def test_another_reader_lists_our_modules_with_our_source(template, tmp_path):
    project = vba.read(template)
    ours = vba.Module(
        "KisAddin", vba.Kind.MODULE, 'Attribute VB_Name = "KisAddin"\r\nOption Explicit\r\n' + "' x\r\n" * 3000
    )
    written = vba.Project("XlwingsKis", (*project.modules[:2], ours), project.references, project.identity)
    path = tmp_path / "vbaProject.bin"
    path.write_bytes(vba.write(written))
    listed = {name: code for _, _, name, code in VBA_Parser(str(path)).extract_macros()}
    assert set(listed) == {"ThisWorkbook.cls", "Dictionary.cls", "KisAddin.bas"}
    assert listed["KisAddin.bas"].splitlines() == ours.source.splitlines()
    assert vba.read(path.read_bytes()).name == "XlwingsKis"


@pytest.mark.parametrize("broken", [b"", b"no compound file", compound.write({"PROJECT": b""})])
def test_what_is_no_project_is_refused(broken):
    with pytest.raises(ValueError, match="not a VBA project"):
        vba.read(broken)
