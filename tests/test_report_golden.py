"""The sample report, part by part, as it was when people last looked at it and found it good.

`python tests/test_report_golden.py` writes the parts anew; look at the difference and at the pages before you commit it.
"""

from __future__ import annotations

import re
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as Xml

HERE = Path(__file__).parent
GOLDEN = HERE / "data" / "report"


class Tolerated(NamedTuple):
    """What may differ, and why."""

    part: str
    pattern: str
    why: str


TOLERATED = (
    Tolerated("docProps/app.xml", r"Openpyxl [\d.]+", "the library that wrote it names its version"),
    Tolerated("docProps/app.xml", r"<(\w+:)?AppVersion>[\d.]+", "the same"),
    Tolerated(
        "docProps/core.xml", r"xlwings-kis:report:[0-9a-f]{64}", "the digest of all parts, so of those above and below"
    ),
    Tolerated("xl/sharedStrings.xml", r"xlwings-kis \d+\.\d+\.\d+[\w.]*", "자료 names our version"),
    Tolerated("xl/theme/theme1.xml", r"(?s).+", "Office's theme as openpyxl ships it: we neither write nor change it"),
)


def test_every_part_is_as_it_was():
    made, kept = parts(), {path.relative_to(GOLDEN).as_posix(): path for path in GOLDEN.rglob("*") if path.is_file()}
    assert set(made) == set(kept)
    for name, text in made.items():
        assert tolerant(name, text) == tolerant(name, kept[name].read_text(encoding="utf-8")), name


def test_every_tolerance_is_needed_by_a_part_that_is_there():
    made = parts()
    for tolerated in TOLERATED:
        assert re.search(tolerated.pattern, made[tolerated.part]), tolerated


def parts() -> dict[str, str]:
    """The parts of the sample, one element a line, prefixes and the order of attributes made equal."""
    from report_sample import report

    from xlwings_kis import report as reports

    with zipfile.ZipFile(BytesIO(reports.render(report()))) as archive:
        return {name: plain(archive.read(name)) for name in archive.namelist()}


def plain(part: bytes) -> str:
    """XML that a person can compare."""
    text = Xml.canonicalize(part.decode("utf-8"), rewrite_prefixes=True)
    return text.replace("><", ">\n<") + "\n"


def tolerant(name: str, text: str) -> str:
    """The same without what may differ."""
    for tolerated in TOLERATED:
        if tolerated.part == name:
            text = re.sub(tolerated.pattern, "…", text)
    return text


if __name__ == "__main__":
    sys.path[:0] = [str(HERE), str(HERE.parent)]
    for name, text in parts().items():
        path = GOLDEN / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("…\n" if name.startswith("xl/theme/") else text, encoding="utf-8", newline="\n")
