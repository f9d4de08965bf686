"""VBA read as text: procedures and names. Excel compiles at run time only, and one unknown name kills a whole module."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_PROCEDURE = re.compile(
    r"(?im)^\s*(Public |Private |Friend )?(?:Static )?(Sub|Function|Property Get|Property Let|Property Set) (\w+)\s*"
    r"(\((?:[^()]|\(\))*\))?"
)
_IDENTIFIER = re.compile(r"(?<![\w.#&])([A-Za-z]\w*)[$%&!#@]?(\.[A-Za-z]\w*)?")

KEYWORDS = frozenset(
    re.findall(
        r"\w+",
        "addressof alias and any array as boolean byref byte byval call case cbool cdate cdbl cint clng clngptr "
        "close const createobject cstr currency cvar date dateadd declare dim dir do double each else elseif empty "
        "end endif environ erase erl err error event exit explicit false for format freefile friend function get "
        "getattr global gosub goto if iif in input instr instrrev int integer is isarray isempty iserror ismissing "
        "isnumeric isobject join kill lbound lcase left len let lib like line long longptr loop lset ltrim me mid "
        "mkdir mod msgbox new next not nothing now null object on open option optional or output paramarray "
        "preserve print private property public raise raiseevent redim rem replace resume right rnd round rset "
        "rtrim select set single space split static step stop str strcomp string sub then time timer timeserial to "
        "trim true typename typeof type ubound ucase until val variant vartype vba wend while win64 with "
        "withevents write xor mac application activeworkbook activesheet activecell thisworkbook workbooks "
        "workbook worksheet worksheets range name chr hex eof choose collection union selection iribbonui activewindow "
        "iribboncontrol sheets window cverr strptr vba7 ptrsafe isnull ",
    )
)
"""The language, its functions, and what Excel offers everywhere."""


@dataclass
class Procedure:
    """One procedure: its name, kind, parameters as written, body and visibility."""

    name: str
    kind: str
    parameters: str
    body: str
    public: bool


@dataclass
class Source:
    """One module, comments and texts taken out."""

    name: str
    is_class: bool
    head: str = ""
    procedures: list[Procedure] = field(default_factory=list)

    @property
    def public(self) -> set[str]:
        """Names others may use."""
        declared = {
            name for line in self.head.splitlines() if re.match(r"\s*Public ", line) for name in _declared(line)
        }
        return {each.name.lower() for each in self.procedures if each.public} | declared

    @property
    def own(self) -> set[str]:
        """Names its procedures may use."""
        return {each.name.lower() for each in self.procedures} | {
            name for line in self.head.splitlines() for name in _declared(line)
        }


def read(name: str, text: str, *, is_class: bool = False) -> Source:
    """A module from its source."""
    code = plain(text)
    source, at = Source(name, is_class), 0
    for found in _PROCEDURE.finditer(code):
        if found.start() < at:
            continue
        kind = found.group(2).split()[0]
        end = re.compile(rf"(?im)^\s*End {kind}\b").search(code, found.end())
        assert end, f"{name}.{found.group(3)} has no end"
        source.head += code[at : found.start()] if not source.procedures else ""
        public = (found.group(1) or "").strip().lower() != "private"
        body = code[found.end() : end.start()]
        source.procedures.append(Procedure(found.group(3), found.group(2), found.group(4) or "()", body, public))
        at = end.end()
    if not source.procedures:
        source.head = code
    return source


def plain(text: str) -> str:
    """Source without comments, texts emptied, continued lines joined."""
    lines = []
    for line in re.sub(r" _\r?\n\s*", " ", text).splitlines():
        bare = re.sub(r'"(?:[^"]|"")*"', '""', line)
        lines.append("" if re.match(r"\s*(Attribute|Rem)\b", bare) else bare.partition("'")[0])
    return "\n".join(lines) + "\n"


def unknown_names(project: Iterable[Source]) -> Iterator[str]:
    """`KisClock.Tick: mScheduld` for each name nobody declares. Members of modules are looked up, those of objects not."""
    modules = {source.name.lower(): source for source in project}
    everywhere = {name for source in modules.values() if not source.is_class for name in source.public}
    for source in modules.values():
        for procedure in source.procedures:
            known = KEYWORDS | everywhere | modules.keys() | source.own | _locals(procedure)
            for name, member in _used(procedure.body):
                if re.match(r"(xl|vb|mso)[A-Z]", name):
                    continue
                if name.lower() not in known:
                    yield f"{source.name}.{procedure.name}: {name}"
                target = modules.get(name.lower())
                local = name.lower() in _locals(procedure)
                if member and target and not target.is_class and not local and member.lower() not in target.public:
                    yield f"{source.name}.{procedure.name}: {name}.{member}"


def _used(body: str) -> Iterator[tuple[str, str]]:
    for line in body.splitlines():
        if re.match(r"\s*#", line):
            continue
        for found in _IDENTIFIER.finditer(re.sub(r"&H[0-9A-Fa-f]+", "0", line)):
            after = line[found.end() :].lstrip()
            if not after.startswith(":=") and not re.match(r"(?i)(?:Dim|Static|Const)\b", found.group(1)):
                yield found.group(1), (found.group(2) or "")[1:]


def _locals(procedure: Procedure) -> set[str]:
    names = {procedure.name.lower()} | set(re.findall(r"(\w+)(?:\(\))?\s*(?:as\b|[,)=])", procedure.parameters.lower()))
    for line in procedure.body.splitlines():
        names |= set(_declared(line))
        label = re.match(r"\s*(\w+):\s*$", line)
        names |= {label.group(1).lower()} if label else set()
    return names


def _declared(line: str) -> list[str]:
    """The names a line declares, in small letters."""
    found = re.match(
        r"(?i)\s*(?:(?:Public|Private|Global|Dim|Static|Const|ReDim|Preserve|WithEvents|Declare|PtrSafe)\s+)+(.*)", line
    )
    if not found:
        return []
    rest = re.sub(r"\([^()]*\)", "", re.sub(r"(?i)^(Sub|Function|Enum|Type)\s+", "", found.group(1)))
    return [name.lower() for name in re.findall(r"(?:^|,\s*)(?:WithEvents\s+)?([A-Za-z]\w*)", rest)]
