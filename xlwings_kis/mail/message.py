"""The message itself: text, HTML and one attachment, as bytes that are the same for the same report at the same moment. Pure.

No header names a machine, a user or a program. The attachment has its Korean name by RFC 2231, on one line (some readers do
not join continued ones), and an ASCII name for those that know no better.
"""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from hashlib import blake2b
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from xlwings_kis.mail import html, plain, template
from xlwings_kis.mail.letter import Letter
from xlwings_kis.mail.template import Texts

XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
_ENGLISH = {"프로그램매매": "program_trade", "예시": "demo"}
_NO_DOMAIN = "xlwings-kis.invalid"


class _Policy(EmailPolicy):
    """Headers as the library writes them, but for the attachment's name, which it would cut into pieces."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        if name.lower() == "content-disposition":
            return name, value
        return super().header_store_parse(name, value)


_POLICY = _Policy(linesep="\r\n", refold_source="none")


@dataclass(frozen=True, slots=True)
class Attachment:
    """The report as a file: its name and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Envelope:
    """Who writes to whom, and when. A draft has none of it but perhaps recipients."""

    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    sender: Address | None = None
    at: datetime | None = None

    @property
    def recipients(self) -> tuple[str, ...]:
        """Every address once, however it is written."""
        specs: dict[str, str] = {}
        for address in (*self.to, *self.cc):
            specs.setdefault(address.addr_spec.lower(), address.addr_spec)
        return tuple(specs.values())


def compose(
    letter: Letter, attachment: Attachment, envelope: Envelope, texts: Texts, *, draft: bool = False
) -> EmailMessage:
    """The message; a `draft` is marked so that a mail program opens it for writing."""
    subject = template.subject(texts, letter)
    text, page = plain.render(letter, texts), html.render(letter, texts, subject)
    who = ",".join((str(envelope.sender), *envelope.recipients, str(envelope.at)))
    digest = blake2b("\0".join((subject, text, page, who)).encode() + attachment.data, digest_size=16).hexdigest()
    message = EmailMessage(policy=_POLICY)
    message["Subject"] = subject
    for name, addresses in (("From", (envelope.sender,)), ("To", envelope.to), ("Cc", envelope.cc)):
        known = tuple(address for address in addresses if address)
        if known:
            message[name] = known
    if envelope.at:
        message["Date"] = format_datetime(envelope.at)
        message["Message-ID"] = f"<{digest}@{envelope.sender.domain if envelope.sender else _NO_DOMAIN}>"
    if draft:
        message["X-Unsent"] = "1"
    message.set_content(text, cte="base64")
    message.add_alternative(page, subtype="html", cte="base64")
    message.make_mixed(boundary=f"=_{digest}_mixed")
    next(message.iter_parts()).set_boundary(f"=_{digest}_either")
    message.attach(_part(attachment))
    return message


def ascii_name(name: str) -> str:
    """`프로그램매매_20261120_1545.xlsx` for those who know only ASCII: `program_trade_20261120_1545.xlsx`."""
    for korean, english in _ENGLISH.items():
        name = name.replace(korean, english)
    stem, ending = PurePath(name).stem, PurePath(name).suffix
    plain_stem = re.sub(r"_{2,}", "_", re.sub(r"[^A-Za-z0-9._-]+", "_", stem)).strip("._-")
    return (plain_stem or "report") + re.sub(r"[^A-Za-z0-9.]", "", ending)


def _part(attachment: Attachment) -> EmailMessage:
    """The attachment. Its ASCII name stands in Content-Type: beside `filename*` many readers would take it for the name."""
    name = "".join(letter for letter in attachment.name if letter.isprintable())
    plain_name = ascii_name(name)
    kind = mimetypes.guess_type("x" + PurePath(name).suffix)[0] or "application/octet-stream"
    known = XLSX if name.lower().endswith(".xlsx") else kind.split("/")
    part = EmailMessage(policy=_POLICY)
    part.set_content(attachment.data, *known, disposition="attachment", params={"name": plain_name})
    del part["MIME-Version"], part["Content-Disposition"]
    encoded = f"filename*=UTF-8''{quote(name, safe='')}"
    part["Content-Disposition"] = ";\r\n ".join(
        ("attachment", encoded if name != plain_name else f'filename="{plain_name}"')
    )
    return part
