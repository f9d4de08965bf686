"""The report as a file: read by others than the library that wrote it, the same bytes every time, and nothing given away."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from io import BytesIO

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from making import row
from report_sample import report, table, with_reading
from samples import KRX_KOSDAQ, KRX_KOSPI
from sdk import findings, needs_sdk, spoilt
from strict_reader import StrictBook

from xlwings_kis import pen
from xlwings_kis import report as reports
from xlwings_kis.errors import Problem
from xlwings_kis.markets import Exchange, Market
from xlwings_kis.reading import Reading
from xlwings_kis.report.summary import summary
from xlwings_kis.simulator import Fault

SOFFICE = shutil.which("soffice")
IN_CI = bool(os.environ.get("CI"))
SIGNED = "[Red]+#,##0;[Blue]-#,##0;0"


@pytest.fixture(scope="module")
def data():
    return reports.render(report())


@pytest.fixture(scope="module")
def book(data):
    return StrictBook(data)


@pytest.fixture
def seen(kis, feed):
    """The report of the simulated gateway, as a file."""
    return reports.render(reports.make(feed, reports.Request()))


class TestSheets:
    """What is where."""

    def test_the_sheets_stand_in_the_order_they_are_read(self, book):
        assert list(book.sheets) == ["요약", "KRX 코스피", "KRX 코스닥", "시간대별", "자료"]

    def test_without_history_there_is_no_sheet_of_times(self):
        plain = StrictBook(reports.render(replace(report(), course={}, earlier=())))
        assert list(plain.sheets) == ["요약", "KRX 코스피", "KRX 코스닥", "자료"]

    def test_english_names_its_sheets_in_english(self):
        book = StrictBook(reports.render(report("en")))
        assert list(book.sheets) == ["Summary", "KRX KOSPI", "KRX KOSDAQ", "By time", "Sources"]

    def test_the_first_screen_of_a_phone_says_it_all(self, book):
        first = [book.sheets["요약"].get(f"A{row}") for row in range(1, 13)]
        assert [read.value if read else None for read in first] == [
            "프로그램매매 투자자별 동향",
            "2026-11-20(금) 정규장 마감 · 조회 15:45:12",
            "코스피 1,012억원 매도 우위",
            "차익 +215, 비차익 -1,227 (외국인 비차익 -1,405)",
            "코스닥 87억원 매수 우위",
            "차익 -3, 비차익 +90 (외국인 비차익 +47)",
            None,
            "KRX 코스피",
            "외국인",
            "기관계",
            "개인",
            "기타법인",
        ]

    def test_on_the_cover_nothing_stands_right_of_the_fourth_column_and_nothing_is_merged_or_frozen(self, data, book):
        assert {re.sub(r"\d", "", reference) for reference in book.sheets["요약"]} <= set("ABCD")
        sheet = openpyxl.load_workbook(BytesIO(data))["요약"]
        assert sheet.merged_cells.ranges == set()
        assert sheet.freeze_panes is None
        assert sheet.page_setup.orientation == "portrait"
        for chart in sheet._charts:
            assert (chart.anchor._from.col, chart.anchor.to.col) == (0, 4)

    def test_every_page_names_time_source_and_use(self, data):
        for sheet in openpyxl.load_workbook(BytesIO(data)):
            footer = sheet.oddFooter.center.text
            assert footer.startswith(
                "조회 2026-11-20 15:45:12 · 한국투자증권 Open API · 내부 참고용, 외부 제공·재배포 금지"
            )
            assert footer.endswith("&P/&N")

    def test_a_long_warning_breaks_into_rows_and_moves_the_rest_down(self):
        made = with_reading(report(), KRX_KOSPI, Reading(KRX_KOSPI, problem=Problem("wrong_key", "EGW00103")))
        rows = StrictBook(reports.render(made)).rows("요약")
        assert rows[2][0].startswith("KRX 코스피 없음: 앱키 또는 시크릿 오류(EGW00103).")
        assert len(rows[3]) == 1
        assert ["KRX 코스닥", "차익", "비차익", "전체"] in rows

    def test_the_sheet_of_a_missing_table_keeps_its_frame_and_says_why_without_a_formulas_marker(self):
        made = with_reading(report(), KRX_KOSPI, Reading(KRX_KOSPI, problem=Problem("holiday")))
        rows = StrictBook(reports.render(made)).rows("KRX 코스피")
        assert rows[1] == ["휴장일(추정). 오늘 자료가 없습니다."]
        assert ["외국인"] in rows

    def test_gaps_of_the_day_are_blank(self, book):
        at_eleven = next(line for line in book.rows("시간대별") if line[0] == pytest.approx(11 / 24))
        assert len(at_eleven) == 1


class TestFigures:
    """Read back by two readers that share nothing, they are the snapshot's."""

    def test_the_sheet_of_a_pair_holds_every_figure_of_the_table_as_a_number(self, seen, kis):
        strict = StrictBook(seen).sheets["KRX 코스피"]
        other = openpyxl.load_workbook(BytesIO(seen))["KRX 코스피"]
        truth = {line["invr_cls_code"]: line for line in kis.truth("J", "1")}
        wires = {
            measure: [
                f"{band}_{side}_{measure}" for band in ("all", "arbt", "nabt") for side in ("seln", "shnu", "ntby")
            ]
            for measure in ("amt", "qty")
        }
        names = {"개인": "8000", "외국인": "9100", "기관계": "8888", "연기금등": "6000", "기타법인": "7100"}
        for label, code in names.items():
            places = [reference for reference, read in strict.items() if read.value == label]
            assert len(places) == 2, label  # amounts, and volumes below
            for place, measure in zip(places, ("amt", "qty"), strict=True):
                row_of = place[1:]
                want = [int(truth[code][wire]) for wire in wires[measure]]
                assert [strict[f"{column}{row_of}"].value for column in "BCDEFGHIJ"] == want
                cells = [other[f"{column}{row_of}"] for column in "BCDEFGHIJ"]
                assert [cell.value for cell in cells] == want
                assert {type(cell.value) for cell in cells} == {int}
                assert [cell.number_format for cell in cells] == ["#,##0", "#,##0", SIGNED] * 3
                assert [strict[f"{column}{row_of}"].number_format for column in "BCD"] == ["#,##0", "#,##0", SIGNED]

    def test_the_cover_holds_the_same_rounded_to_eok(self, data, book):
        said, other = summary(report()), openpyxl.load_workbook(BytesIO(data))["요약"]
        strict = book.rows("요약")
        ours = [[cell.value for cell in line if cell.value is not None] for line in other.iter_rows()]
        for grid in said.grids.values():
            assert [grid.title, *grid.columns] in strict
            for line in grid.rows:
                figures = [figure for figure in line.figures if figure is not None]
                assert [line.label, *figures] in strict
                assert [line.label, *figures] in ours

    def test_a_phones_viewer_finds_every_name_and_figure_without_inline_texts_or_formulas(self, seen, kis):
        """Scenario 8."""
        rows = StrictBook(seen).rows("요약")
        truth = {line["invr_cls_code"]: line for line in kis.truth("J", "1")}
        for label, code in (("외국인", "9100"), ("기관계", "8888"), ("개인", "8000"), ("기타법인", "7100")):
            want = []
            for band in ("arbt", "nabt", "all"):
                million = int(truth[code][f"{band}_ntby_amt"])
                want.append((abs(million) + 50) // 100 * (1 if million > 0 else -1))
            assert [label, *want] in rows

    def test_times_are_times_and_text_is_text(self, book):
        times = book.sheets["시간대별"]
        assert times["A6"].value == pytest.approx(9 / 24)
        assert times["A6"].number_format == "hh:mm"
        assert isinstance(book.sheets["자료"]["B4"].value, str)

    @pytest.mark.skipif(SOFFICE is None and not IN_CI, reason="LibreOffice is not installed")
    def test_libreoffice_opens_every_sheet_and_reads_the_same(self, data, book, tmp_path):
        path = tmp_path / "보고서.xlsx"
        path.write_bytes(data)
        subprocess.run(
            [SOFFICE or "soffice", "--headless", f"-env:UserInstallation={(tmp_path / 'office').as_uri()}",
             "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1",
             "--outdir", str(tmp_path), str(path)],
            check=True, capture_output=True,
        )  # fmt: skip
        shown = {file.stem.partition("-")[2]: file.read_text(encoding="utf-8") for file in tmp_path.glob("*.csv")}
        assert set(shown) == set(book.sheets)
        rows = list(csv.reader(shown["요약"].splitlines()))
        assert ["외국인", "25", "-1405", "-1380"] in rows
        assert ["기관계", "190", "220", "410"] in rows
        pages = tmp_path / "보고서.pdf"
        subprocess.run(
            [SOFFICE or "soffice", "--headless", f"-env:UserInstallation={(tmp_path / 'office').as_uri()}",
             "--convert-to", "pdf", "--outdir", str(tmp_path), str(path)],
            check=True, capture_output=True,
        )  # fmt: skip
        assert pages.read_bytes().startswith(b"%PDF")


class TestCharts:
    """Native, and drawn from what is cached in them: a phone calculates nothing."""

    def test_titles_are_those_of_the_wording(self, book):
        assert [title for title, _ in book.charts("요약")] == [
            "KRX 코스피 투자자별 순매수(억원)",
            "KRX 코스닥 투자자별 순매수(억원)",
            "차익·비차익 순매수(억원)",
            "외국인 비차익 순매수 추이(억원)",
        ]
        assert [title for title, _ in book.charts("KRX 코스피")] == ["투자자별 순매수(백만원)"]

    def test_what_is_cached_is_what_stands_in_the_cells(self, book):
        checked = 0
        for sheet in ("요약", "KRX 코스피", "KRX 코스닥"):
            for _, series in book.charts(sheet):
                for each in series:
                    assert each.values == book_values(book, each.reference)
                    checked += len(each.values)
        assert checked > 100

    def test_net_buying_by_investor_shows_both_bands(self, book):
        _, series = book.charts("요약")[0]
        assert [each.name for each in series] == ["차익", "비차익"]
        assert series[1].categories == ["외국인", "기관계", "개인", "기타법인"]
        assert series[1].values == {0: -1405, 1: 220, 2: -38, 3: -4}

    def test_the_sheet_of_a_pair_shows_all_investors_but_not_their_sum(self, book):
        _, series = book.charts("KRX 코스피")[0]
        assert len(series[0].categories) == 11
        assert not [name for name in series[0].categories if name.startswith("합계")]

    def test_the_line_of_foreigners_has_a_gap_where_nobody_looked(self, book):
        (kospi, _) = book.charts("요약")[-1][1]
        assert kospi.values[40] == -1405
        assert set(range(12, 18)) & set(kospi.values) == set()
        drawing = part_with(book, "lineChart")
        assert '<c:dispBlanksAs val="gap" />' in drawing

    def test_axes_are_there_and_corners_are_square(self, book):
        for part in (text for name, text in texts(book) if name.startswith("xl/charts/")):
            assert '<c:roundedCorners val="0" />' in part
            category = re.search(r"<c:catAx>.*?</c:catAx>", part, re.S).group()
            assert '<c:delete val="0" />' in category
            assert '<c:tickLblPos val="low" />' in category

    def test_what_is_bought_is_red_and_what_is_sold_is_blue(self, book):
        part = next(text for name, text in texts(book) if name == "xl/charts/chart1.xml")
        coloured = re.findall(r'<c:dPt><c:idx val="(\d)" />.*?srgbClr val="(\w+)"', part)
        arbitrage, non_arbitrage = coloured[:2], coloured[2:]
        assert arbitrage == [("0", "F2A9A9"), ("1", "F2A9A9")]  # zeros have no bar to colour
        assert non_arbitrage == [("0", "0050C8"), ("1", "D00000"), ("2", "0050C8"), ("3", "0050C8")]


class TestNothingGivenAway:
    """Every part of the file is looked at."""

    def test_no_formula_macro_link_or_defined_name(self, book):
        for name, text in texts(book):
            assert "vbaProject" not in name
            assert "externalLink" not in name
            assert "<f>" not in text, name
            assert "<f " not in text, name
            assert 'TargetMode="External"' not in text
            assert "<definedName " not in text
            assert "inlineStr" not in text

    def test_charts_point_to_their_own_workbook_alone(self, book):
        for name, text in texts(book):
            for reference in re.findall(r"<c:f>(.*?)</c:f>", text):
                assert re.fullmatch(r"'[^'\[\]:\\/]+'!\$[A-Z]+\$\d+(:\$[A-Z]+\$\d+)?", reference), (name, reference)

    def test_no_key_token_account_user_machine_or_path(self, kis, environment, new_feed, monkeypatch):
        secrets = {"USER": "hong-gildong", "LOGNAME": "hong-gildong", "USERNAME": "hong-gildong",
                   "COMPUTERNAME": "DESK-4711", "HOSTNAME": "DESK-4711"}  # fmt: skip
        for name, value in secrets.items():
            monkeypatch.setenv(name, value)
        book = StrictBook(reports.render(reports.make(new_feed(), reports.Request(tuple(Exchange)))))
        assert kis.issued_tokens
        forbidden = [kis.app_key, kis.app_secret, *kis.issued_tokens, *secrets.values(), os.environ["XLWINGS_KIS_HOME"],
                     os.environ["HOME"], kis.url, "127.0.0.1", "Bearer", "C:\\", "/home/", "/Users/"]  # fmt: skip
        for name, text in texts(book):
            for secret in forbidden:
                assert secret not in text, (name, secret)

    def test_the_properties_name_the_program_and_the_time_of_the_figures(self, book):
        core = book.parts["docProps/core.xml"].decode("utf-8")
        assert "<dc:creator>xlwings-kis</dc:creator>" in core
        assert "<cp:lastModifiedBy>xlwings-kis</cp:lastModifiedBy>" in core
        assert core.count("2026-11-20T06:45:12Z") == 2
        assert "프로그램매매 투자자별 동향 — 2026-11-20(금) 정규장 마감" in core

    def test_nobody_is_asked_to_save_what_nothing_has_recalculated(self, book):
        assert 'fullCalcOnLoad="0"' in book.parts["xl/workbook.xml"].decode("utf-8")


class TestHostileText:
    """A name of the gateway's is text, whatever it holds."""

    def test_a_name_like_a_formula_stays_text_even_when_it_is_edited(self):
        data = text_in_a_cell("=1+1")
        assert StrictBook(data).sheets["x"]["A1"].value == "=1+1"
        cell = openpyxl.load_workbook(BytesIO(data))["x"]["A1"]
        assert (cell.value, cell.data_type, cell.quotePrefix) == ("=1+1", "s", True)

    @pytest.mark.parametrize(
        "text", ["+1", "-1", "@SUM(A1)", "\tx", '=HYPERLINK("http://x")', "_x0041_", " x ", "a\nb"]
    )
    def test_text_comes_back_as_it_was(self, text):
        assert StrictBook(text_in_a_cell(text)).sheets["x"]["A1"].value == text

    def test_what_xml_cannot_hold_is_visibly_replaced_and_what_no_cell_can_hold_visibly_cut(self):
        assert (
            pen.harmless("a\x00\x1b\ud800\uffffb")
            == "a\N{REPLACEMENT CHARACTER}" + "\N{REPLACEMENT CHARACTER}" * 3 + "b"
        )
        assert pen.harmless("가" * 40_000) == "가" * 32_766 + "…"

    @given(st.text(max_size=60))
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_any_text_is_read_back_by_both_readers_as_it_was_written(self, text):
        data = text_in_a_cell("x" + text)
        want = pen.harmless("x" + text)
        assert StrictBook(data).sheets["x"]["A1"].value == want

    @given(st.text(max_size=30), st.text("0123456789", min_size=4, max_size=4))
    @settings(max_examples=25, deadline=None)
    def test_an_investor_of_any_name_is_no_formula_and_breaks_nothing(self, name, code):
        known = table(KRX_KOSPI, "2026-11-20 15:45:12")
        rows = (*known.rows, row(code, name)) if code not in known.by_code else known.rows
        made = with_reading(report(), KRX_KOSPI, Reading(KRX_KOSPI, replace(known, rows=rows)))
        strict = StrictBook(reports.render(made))
        labels = [read.value for read in strict.sheets["KRX 코스피"].values() if isinstance(read.value, str)]
        assert not [label for label in labels if label.startswith(("=", "+", "@", "\t"))]

    def test_the_gateways_own_hostile_names_arrive_as_text(self, kis, new_feed):
        kis.fault = Fault.FORMULA_TEXT
        strict = StrictBook(reports.render(reports.make(new_feed(), reports.Request())))
        assert strict.sheets["KRX 코스피"]


class TestSameBytes:
    """Same snapshots, same bytes."""

    def test_on_the_same_day_and_on_another(self, data):
        assert reports.render(report()) == data

    def test_in_any_process_zone_and_language_of_the_system_with_lxml_and_without(self, data, tmp_path):
        code = (
            "import sys; sys.path[:0] = sys.argv[1:3]\n"
            "from report_sample import report\nfrom xlwings_kis import report as reports\n"
            "sys.stdout.buffer.write(reports.render(report()))"
        )
        here = os.path.dirname(__file__)  # noqa: PTH120 - a plain argument of a command
        for zone, lxml, seed in (("Asia/Seoul", "True", "1"), ("America/New_York", "False", "2")):
            env = {**os.environ, "TZ": zone, "OPENPYXL_LXML": lxml, "PYTHONHASHSEED": seed, "LC_ALL": "C"}
            shown = subprocess.run(
                [sys.executable, "-c", code, here, os.path.dirname(here)],  # noqa: PTH120 - as above
                env=env, cwd=tmp_path, check=True, capture_output=True,
            )  # fmt: skip
            assert shown.stdout == data, (zone, lxml)

    def test_another_figure_makes_other_bytes(self, data):
        other = with_reading(report(), KRX_KOSDAQ, Reading(KRX_KOSDAQ, table(KRX_KOSDAQ, "2026-11-20 15:45:12", 1.5)))
        assert reports.render(other) != data


class TestRules:
    """Open XML's own rules, by two implementations; for every kind of report."""

    @pytest.fixture(params=["sample", "english", "bare", "missing", "six"])
    def file(self, request, tmp_path):
        made = {
            "sample": report,
            "english": lambda: report("en"),
            "bare": lambda: replace(report(), earlier=(), course={}),
            "missing": lambda: with_reading(report(), KRX_KOSPI, Reading(KRX_KOSPI, problem=Problem("holiday"))),
            "six": six,
        }[request.param]()
        path = tmp_path / f"{request.param}.xlsx"
        path.write_bytes(reports.render(made))
        return path

    def test_openxml_audit_finds_nothing(self, file):
        from openxml_audit import OpenXmlValidator

        assert [str(error) for error in OpenXmlValidator().validate(str(file)).errors] == []

    @needs_sdk
    def test_the_open_xml_sdk_finds_nothing(self, file):
        assert findings(file) == []

    @needs_sdk
    def test_the_open_xml_sdk_would_find_something(self, data, tmp_path):
        file = tmp_path / "whole.xlsx"
        file.write_bytes(data)
        assert findings(spoilt(file, tmp_path)) != []


def six():
    """All exchanges, with a day of history each."""
    sample = report()
    pairs = tuple(pair._replace(exchange=exchange) for exchange in Exchange for pair in sample.pairs)
    readings, course = {}, {}
    for pair in pairs:
        like = KRX_KOSPI if pair.market is Market.KOSPI else KRX_KOSDAQ
        readings[pair] = Reading(pair, replace(sample.readings[like].snapshot, pair=pair))
        course[pair] = sample.course[like]
    return replace(sample, pairs=pairs, readings=readings, course=course, earlier=())


def texts(book):
    """Every part as text."""
    return [(name, part.decode("utf-8")) for name, part in book.parts.items()]


def part_with(book, words):
    """The one part that holds these words."""
    (found,) = [text for name, text in texts(book) if words in text and name.startswith("xl/charts/")]
    return found


def book_values(book, reference):
    """The numbers a reference points to, by their place; blanks left out."""
    sheet, _, area = reference.rpartition("!")
    first, _, last = area.replace("$", "").partition(":")
    wanted = openpyxl.utils.cell.rows_from_range(f"{first}:{last or first}")
    cells = [cell for line in wanted for cell in line]
    known = book.sheets[sheet.strip("'")]
    return {at: known[cell].value for at, cell in enumerate(cells) if cell in known}


def text_in_a_cell(text):
    """A workbook with one text, as our pen writes it."""
    from xlwings_kis.xlsx import new_book, packed

    made = new_book()
    pen.Pen().put(made.create_sheet("x"), 1, 1, text)
    return packed(made)
