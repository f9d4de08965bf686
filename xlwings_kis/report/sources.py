"""자료: where every figure comes from and how it is known. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xlwings_kis import __version__
from xlwings_kis.protocol import DATA_PATH, TR_ID, query
from xlwings_kis.report.content import Report
from xlwings_kis.report.texts import text
from xlwings_kis.snapshot import Snapshot
from xlwings_kis.table import mark


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and lines of (what, text or number)."""

    heading: str
    lines: tuple[tuple[str, str | int], ...]


def sections(report: Report) -> tuple[Section, ...]:
    """The provenance of a report, in the order it is read."""
    lang = report.lang
    tables = (
        Section(pair.label(lang), tuple(_received(report, known)))
        if (known := report.snapshots.get(pair))
        else Section(pair.label(lang), ((text("standing", lang), report.missing[pair].sentence(lang, once=True)),))
        for pair in report.pairs
    )
    compared = (Section(text("compared", lang), tuple(_compared(report))),) if report.earlier else ()
    return (*tables, *compared, _meaning(lang), _notice(lang))


def _received(report: Report, known: Snapshot) -> Iterator[tuple[str, str | int]]:
    lang = report.lang
    yield text("asof", lang), f"{known.asof:%Y-%m-%d %H:%M:%S} KST"
    if known.changed:
        yield text("changed", lang), f"{known.changed:%Y-%m-%d %H:%M:%S} KST"
    if known.of:
        yield text("belongs_to", lang), f"{known.of:%Y-%m-%d}"
    yield text("standing", lang), mark(known, lang) or text("fine", lang)
    yield text("request", lang), f"GET {DATA_PATH} · {TR_ID}"
    yield text("parameters", lang), " · ".join(f"{name}={value}" for name, value in query(known.pair).items())
    yield text("rows", lang), len(known.rows)
    yield text("sha256", lang), known.sha256 or "–"
    failed = known.failed_checks
    made, wrong = str(len(known.checks)), str(len(failed))
    yield text("checks", lang), text("checks_made" if failed else "checks_fine", lang, made=made, failed=wrong)
    for each in failed:
        yield "", each.sentence(lang)


def _compared(report: Report) -> Iterator[tuple[str, str | int]]:
    lang = report.lang
    for earlier in report.earlier:
        for pair in report.pairs:
            known = earlier.snapshots.get(pair)
            what = f"{earlier.label} · {pair.label(lang)}"
            if known is None:
                yield what, text("not_stored", lang)
            else:
                yield what, f"{known.asof:%Y-%m-%d %H:%M:%S} KST"
                yield "", known.sha256 or "–"


def _meaning(lang: str) -> Section:
    return Section(
        text("about", lang),
        (
            (text("units", lang), text("units_text", lang)),
            ("", text("eok_text", lang)),
            (text("total", lang), text("total_text", lang)),
            (text("asof", lang), text("asof_text", lang)),
            (text("checks", lang), text("checks_text", lang)),
            (text("program", lang), f"xlwings-kis {__version__}"),
        ),
    )


def _notice(lang: str) -> Section:
    return Section(text("notice", lang), tuple(("", text(key, lang)) for key in ("source", "use", "advice")))
