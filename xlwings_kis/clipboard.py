"""The Windows clipboard: plain text for messengers, HTML with text beside it for mail programs.

Needs pywin32, which comes with xlwings on Windows. Another program may hold the clipboard for a moment: it is tried again, a
few times. Seen on doubles; that Excel, Outlook and messengers take what is put here only Windows can show.
"""

from __future__ import annotations

import re
import time
from typing import Any

from xlwings_kis.errors import failure

_PAUSES = (0.02, 0.05, 0.1, 0.2)
"""Seconds between tries."""

_HTML = "HTML Format"
_HEADER = "Version:0.9\r\nStartHTML:{:010d}\r\nEndHTML:{:010d}\r\nStartFragment:{:010d}\r\nEndFragment:{:010d}\r\n"
_BODY = re.compile(r"(<body[^>]*>)(.*)(</body>)", re.DOTALL | re.IGNORECASE)


def put_text(text: str) -> None:
    """Replace what the clipboard holds by text. Raises `FileError` off Windows, or where others do not let go of it."""
    _put(lambda clipboard: [(clipboard.CF_UNICODETEXT, _lines(text))])


def put_html(page: str, text: str) -> None:
    """The same by a page, with `text` for programs that take no HTML."""
    _put(
        lambda clipboard: [
            (clipboard.RegisterClipboardFormat(_HTML), cf_html(page)),
            (clipboard.CF_UNICODETEXT, _lines(text)),
        ]
    )


def cf_html(page: str) -> bytes:
    """A page as Windows carries it (CF_HTML): UTF-8 behind a header of byte offsets, the fragment marked, a zero at the end."""
    if not _BODY.search(page):
        page = f"<html><body>{page}</body></html>"
    start, end = "<!--StartFragment-->", "<!--EndFragment-->"
    marked = _BODY.sub(lambda found: f"{found[1]}{start}{found[2]}{end}{found[3]}", page, count=1)
    before, _, rest = marked.partition(start)
    inside, _, after = rest.partition(end)
    offset = len(_HEADER.format(0, 0, 0, 0).encode())
    first = offset + len(f"{before}{start}".encode())
    last = first + len(inside.encode())
    whole = last + len(f"{end}{after}".encode())
    return (_HEADER.format(offset, whole, first, last) + marked).encode() + b"\0"


def _lines(text: str) -> str:
    """Lines as Windows ends them; a zero would end everything."""
    return "\r\n".join(text.replace("\0", "").splitlines())


def _put(contents: Any) -> None:
    try:
        import pywintypes
        import win32clipboard
    except ImportError:
        raise failure("no_windows") from None
    for pause in (*_PAUSES, None):
        try:
            win32clipboard.OpenClipboard()
            break
        except pywintypes.error as held:
            if pause is None:
                raise failure("no_clipboard") from held
            time.sleep(pause)
    try:
        win32clipboard.EmptyClipboard()
        for kind, data in contents(win32clipboard):
            win32clipboard.SetClipboardData(kind, data)
    except pywintypes.error as trouble:
        raise failure("no_clipboard") from trouble
    finally:
        win32clipboard.CloseClipboard()
