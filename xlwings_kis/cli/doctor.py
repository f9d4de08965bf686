"""`doctor`: the examination, as lines or as JSON."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from xlwings_kis import runtime
from xlwings_kis.addin import windows
from xlwings_kis.addin.state import State
from xlwings_kis.cli.terminal import patience, say
from xlwings_kis.cli.texts import text
from xlwings_kis.doctor import examination, report
from xlwings_kis.doctor.finding import Finding, worst
from xlwings_kis.doctor.standing import Standing


def doctor(arguments: argparse.Namespace) -> int:
    """Everything our formulas rest on."""
    with patience(text("looking", arguments.lang)):
        machine = windows.here()
        own = examination.doctor(State(machine))
        findings = (*own, *examination.to_kis(Standing(machine, runtime.clock)))
    return show(findings, arguments)


def show(findings: Sequence[Finding], arguments: argparse.Namespace) -> int:
    """Findings on stdout; the exit status of the worst."""
    lang = arguments.lang
    lines = [report.to_json(findings, lang)] if arguments.json else report.lines(findings, lang)
    for line in lines:
        say(line, sys.stdout)
    return worst(findings)
