"""The command line: results on stdout, everything else on stderr, and an exit status that says whose side it was."""

from __future__ import annotations

from xlwings_kis.cli.main import main

__all__ = ["main"]
