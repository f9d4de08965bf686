"""The way out of the program to a person's mail program: Outlook over COM, files, the clipboard. Nothing is ever sent."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from xlwings_kis import clipboard
from xlwings_kis.errors import KisError

_MAIL_ITEM = 0
_BY_VALUE = 1
_OPENING_SECONDS = 15.0


class ClosedError(Exception):
    """This way is closed: there is no such program, or it does not let us in."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a window for writing begins with."""

    subject: str
    page: str
    attachment: Path
    to: str = ""
    cc: str = ""


class Door(Protocol):
    """Four ways, each of which may be closed (`ClosedError`)."""

    def outlook(self, draft: Draft) -> None:
        """Open a draft in Outlook, for a person to send."""

    def open(self, path: Path) -> None:
        """Open a file with the program that is meant for it."""

    def copy(self, page: str, text: str) -> None:
        """Put HTML, and text beside it, on the clipboard."""

    def show(self, path: Path) -> None:
        """Show the folder a file is in."""


class DesktopDoor:
    """The machine a person sits at. To be used on the thread Excel calls on: COM objects belong to one."""

    def outlook(self, draft: Draft) -> None:
        try:
            import pywintypes
            import win32com.client
        except ImportError:
            raise ClosedError from None
        try:
            item = win32com.client.Dispatch("Outlook.Application").CreateItem(_MAIL_ITEM)
            item.Subject, item.HTMLBody, item.To, item.CC = draft.subject, draft.page, draft.to, draft.cc
            item.Attachments.Add(str(draft.attachment.resolve()), _BY_VALUE)
            item.Display(False)  # not modal: Excel goes on
        except (pywintypes.com_error, AttributeError) as trouble:  # AttributeError: a damaged cache of type libraries
            raise ClosedError from trouble

    def open(self, path: Path) -> None:
        start = getattr(os, "startfile", None)
        try:
            if start:
                start(str(path.resolve()))
            else:
                opener = "open" if sys.platform == "darwin" else "xdg-open"
                command = [opener, str(path.resolve())]
                subprocess.run(command, check=True, capture_output=True, timeout=_OPENING_SECONDS)  # noqa: S603 - a fixed program and our own file
        except (OSError, subprocess.SubprocessError) as trouble:
            raise ClosedError from trouble

    def copy(self, page: str, text: str) -> None:
        try:
            clipboard.put_html(page, text)
        except KisError as trouble:
            raise ClosedError from trouble

    def show(self, path: Path) -> None:
        self.open(path.parent)
