"""A draft with a saved report, opened for a person: Outlook, else an `.eml` file, else the clipboard. It never sends.

The first way that is open is taken, and the last needs none: the report is on the disk, and the sentence says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from email.headerregistry import Address
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from xlwings_kis import settings
from xlwings_kis.errors import Problem, SettingsError
from xlwings_kis.files import replace_file
from xlwings_kis.mail import html, plain, template
from xlwings_kis.mail.door import ClosedError, DesktopDoor, Door, Draft
from xlwings_kis.mail.letter import Letter
from xlwings_kis.mail.message import Attachment, Envelope, compose
from xlwings_kis.mail.template import Texts
from xlwings_kis.report.content import Report


class Way(Enum):
    """How the draft was opened: (sentence ko, sentence en)."""

    OUTLOOK = ("메일 초안을 열었습니다. 확인한 뒤 보내세요.", "The draft is open. Check it, then send it.")
    FILE = (
        "Outlook 창을 열 수 없어 초안 파일을 열었습니다: {draft}. 확인한 뒤 보내세요.",
        "Outlook could not be opened; a draft file was: {draft}. Check it, then send it.",
    )
    CLIPBOARD = (
        "메일 프로그램을 열 수 없어 본문을 클립보드에 복사했습니다. 새 메일에 붙여 넣고 {report} 파일을 첨부하세요.",
        "No mail program could be opened, so the text is on the clipboard. Paste it into a mail and attach {report}.",
    )
    NONE = (
        "메일 프로그램을 열 수 없습니다. 보고서는 저장되어 있습니다: {report}. 새 메일에 첨부하세요.",
        "No mail program could be opened. The report is kept: {report}. Attach it to a mail.",
    )


class Drafted(NamedTuple):
    """What happened; `sentence` is for the person who pressed the button."""

    way: Way
    sentence: str


def draft(report: Report, path: Path, door: Door | None = None, *, to: Sequence[Address] = ()) -> Drafted:
    """Open a draft that carries the report saved at `path`. Never raises for want of a program."""
    door = door or DesktopDoor()
    letter = Letter(report)
    texts, trouble = _texts(report.lang)
    subject = template.subject(texts, letter)
    page, text = html.render(letter, texts, subject), plain.render(letter, texts)
    beside = path.with_suffix(".eml")

    def outlook() -> None:
        door.outlook(Draft(subject, page, path, to="; ".join(str(address) for address in to)))

    def file() -> None:
        attachment = Attachment(path.name, path.read_bytes())
        message = compose(letter, attachment, Envelope(to=tuple(to)), texts, draft=True)
        replace_file(beside, message.as_bytes())
        door.open(beside)

    def copy() -> None:
        door.copy(page, text)
        with suppress(ClosedError):  # the sentence names the file anyway
            door.show(path)

    ways: dict[Way, Callable[[], None]] = {Way.OUTLOOK: outlook, Way.FILE: file, Way.CLIPBOARD: copy}
    way = next((way for way, go in ways.items() if _open(go)), Way.NONE)
    told = way.value[0 if report.lang == "ko" else 1].format(draft=beside.name, report=path.name)
    return Drafted(way, f"{told} {trouble.sentence(report.lang)}" if trouble else told)


def _open(go: Callable[[], None]) -> bool:
    try:
        go()
    except (ClosedError, OSError):  # OSError: a full disk, a folder that has gone
        return False
    return True


def _texts(lang: str) -> tuple[Texts, Problem | None]:
    """The user's template; the built-in one where theirs cannot be used, and why."""
    try:
        found = settings.load({"demo": True})  # no key pair is looked for: a draft needs none
        return template.load(found.home, found.mail_template, lang), None
    except SettingsError as error:
        return template.default(lang), error.problem
