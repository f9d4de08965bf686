"""The mail as HTML: tables and inline styles for Outlook, which knows little else; nothing is loaded from anywhere. Pure.

Every look is said once, for light and for dark; the dark one is an override that Outlook for Windows ignores and inverts by
itself. At 360 px the table fills the screen, on wide ones it stops at a column's width.
"""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from xlwings_kis import press
from xlwings_kis.block import Role
from xlwings_kis.mail import template
from xlwings_kis.mail.grid import Grid, Line
from xlwings_kis.mail.letter import Letter
from xlwings_kis.mail.template import PIECES, Texts
from xlwings_kis.rows import Figure


class Look(NamedTuple):
    """Colours of one kind of text or field: on white, and on black."""

    light: str
    dark: str


LOOKS = {
    "page": Look("background-color:#ffffff;color:#222222", "background-color:#1b1b1d;color:#e8e8ea"),
    "cell": Look("color:#222222;border-bottom:1px solid #d9d9d9", "color:#e8e8ea;border-bottom:1px solid #45454a"),
    "part": Look("color:#595959;border-bottom:1px solid #ececec", "color:#b4b4ba;border-bottom:1px solid #333338"),
    "sum": Look(
        "background-color:#f3f4f6;color:#222222;border-bottom:1px solid #8c8c8c",
        "background-color:#2a2a2e;color:#ffffff;border-bottom:1px solid #8c8c92",
    ),
    "head": Look(
        "background-color:#e9ecef;color:#222222;border-bottom:1px solid #8c8c8c",
        "background-color:#35353a;color:#ffffff;border-bottom:1px solid #8c8c92",
    ),
    "rise": Look("color:#d00000", "color:#ff9a94"),
    "fall": Look("color:#0050c8", "color:#9cc2ff"),
    "remark": Look("background-color:#fff3cd;color:#533f03", "background-color:#4a3b0a;color:#ffe9a8"),
    "small": Look("color:#595959", "color:#b4b4ba"),
}

_FONT = "font-family:'Malgun Gothic','맑은 고딕','Apple SD Gothic Neo','Noto Sans KR',sans-serif"
_TEXT = f"{_FONT};font-size:14px;line-height:1.55;word-break:keep-all;overflow-wrap:anywhere"
_CELL_FONT = "font-family:'Malgun Gothic',sans-serif"  # repeated in every cell, for Outlook does not hand it down
_LABEL_PERCENT, _FIGURE_PERCENT = 28, 24
_WIDTH = 520
"""Of the column on wide screens, in pixels."""


def render(letter: Letter, texts: Texts, title: str) -> str:
    """The whole document."""
    paragraphs = "\n".join(
        f'<div style="margin:0 0 14px">{"<br>".join(lines)}</div>'
        for lines in template.body(texts, _values(letter), lambda text: escape(text, quote=False))
    )
    return _DOCUMENT.format(
        lang=letter.lang,
        title=escape(title),
        style=_STYLE,
        page=LOOKS["page"].light,
        text=_TEXT,
        width=_WIDTH,
        column=f"width:100%;max-width:{_WIDTH}px",
        body=paragraphs,
    )


def _values(letter: Letter) -> dict[str, str]:
    remarks = "".join(f"<div>{escape(remark)}</div>" for remark in letter.remarks)
    return {name: escape(piece.text(letter)) for name, piece in PIECES.items()} | {
        "remarks": remarks and f"<div {_look('remark', 'padding:8px 10px;font-size:13px')}>{remarks}</div>",
        "sentences": "".join(
            f'<div style="margin:0 0 6px">{escape(told.before)}<b>{escape(told.strong)}</b>{escape(told.after)}</div>'
            for told in letter.sentences
        ),
        "table": "".join(_table(grid) for grid in letter.grids),
        "fetched": f"<span {_look('small', 'font-size:12px')}>{escape(letter.fetched)}</span>",
        "source": f"<span {_look('small', 'font-size:12px')}>{escape(letter.source)}</span>",
    }


def _table(grid: Grid) -> str:
    unit = f"<span {_look('small', 'font-size:12px;white-space:nowrap')}>{escape(grid.unit)}</span>"
    head = _cell("th", grid.heading, "head", width=_LABEL_PERCENT)
    head += "".join(_cell("th", column, "head", "right", width=_FIGURE_PERCENT) for column in grid.columns)
    rows = "".join(f"<tr>{_row(line)}</tr>" for line in grid.lines)
    return (
        f'<div style="margin:0 0 4px"><b>{escape(grid.title)}</b> {unit}</div>'
        f'<table width="100%" cellpadding="0" cellspacing="0" border="0" '
        f'style="width:100%;border-collapse:collapse;margin:0 0 14px"><tr>{head}</tr>{rows}</table>'
    )


def _row(line: Line) -> str:
    look = {Role.TOTAL: "sum", Role.GROUP: "cell"}.get(line.role, "part")
    figures = "".join(
        _cell("td", press.signed(figure), look, "right", colour=_colour(figure)) for figure in line.figures
    )
    # The names we know have words that fit; one that KIS has just invented may be broken anywhere.
    known = line.role is not Role.OTHER
    return _cell("td", line.label, look, indent=line.role is Role.PART, known=known) + figures


def _colour(million: Figure) -> str:
    told = press.eok(million)
    return "" if not told else "rise" if told > 0 else "fall"


def _cell(
    tag: str,
    text: str,
    look: str,
    align: str = "left",
    *,
    indent: bool = False,
    colour: str = "",
    width: int = 0,
    known: bool = True,
) -> str:
    size, padding = (13, 3) if look == "part" else (14, 5)
    style = [
        _CELL_FONT,
        f"font-size:{size}px",
        f"font-weight:{'bold' if look in ('head', 'sum') else 'normal'}",
        f"padding:{padding}px 6px {padding}px {16 if indent else 6}px",
        f"text-align:{align}",
        *(["white-space:nowrap"] if align == "right" and tag == "td" else []),
        *(["overflow-wrap:normal"] if known else []),
        *([f"width:{width}%"] if width else []),
    ]
    wide = f' width="{width}%"' if width else ""
    shown = f"<span {_look(colour)}>{escape(text)}</span>" if colour else escape(text)
    return f"<{tag}{wide} {_look(look, ';'.join(style))}>{shown}</{tag}>"


def _look(name: str, more: str = "") -> str:
    """Class and inline style of a look: the style for everybody, the class for the dark."""
    style = ";".join(filter(None, (more, LOOKS[name].light)))
    return f'class="{name}" style="{style}"'


def _important(style: str) -> str:
    return ";".join(f"{rule} !important" for rule in style.split(";"))


_STYLE = "\n".join(
    (
        ":root { color-scheme: light dark; supported-color-schemes: light dark; }",
        "@media (prefers-color-scheme: dark) {",
        *(f"  .{name} {{ {_important(look.dark)} }}" for name, look in LOOKS.items()),
        "}",
        # Outlook on the web and on phones has its own dark mode, and tells it by an attribute.
        *(f"[data-ogsc] .{name} {{ {_important(look.dark)} }}" for name, look in LOOKS.items()),
    )
)

_DOCUMENT = """\
<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{title}</title>
<style>
{style}
</style>
</head>
<body class="page" style="margin:0;padding:0;{page}">
<!--[if mso]><table role="presentation" width="{width}" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" style="{column};{page}">
<tr><td class="page" style="padding:12px;{text};{page}">
{body}
</td></tr>
</table>
<!--[if mso]></td></tr></table><![endif]-->
</body>
</html>
"""
