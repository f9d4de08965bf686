"""A ribbon checked against the VBA that answers it: Excel says nothing and does nothing where they do not fit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree

from vba_reader import Source

_CONTROL = "(control As IRibbonControl"
_GETTER = f"{_CONTROL}, ByRef returnedVal)"
_ACTIONS = {
    "button": f"{_CONTROL})",
    "toggleButton": f"{_CONTROL}, pressed As Boolean)",
    "checkBox": f"{_CONTROL}, pressed As Boolean)",
    "dropDown": f"{_CONTROL}, selectedId As String, selectedIndex As Integer)",
    "gallery": f"{_CONTROL}, selectedId As String, selectedIndex As Integer)",
}
"""What Excel passes to onAction, by the kind of control."""


def problems(xml: bytes, modules: Iterable[Source]) -> Iterator[str]:
    """What does not fit: ids that come twice, callbacks that are missing, private, ambiguous or of another signature."""
    root = ElementTree.fromstring(xml)  # noqa: S314 - our own file
    ids = Counter(element.get("id") for element in root.iter() if element.get("id"))
    yield from (f"id {name} stands there {times} times" for name, times in ids.items() if times > 1)
    standard = [module for module in modules if not module.is_class]
    for element in root.iter():
        kind = element.tag.rpartition("}")[2]
        for attribute, name in element.attrib.items():
            wanted = _signature(kind, attribute)
            if wanted is None:
                continue
            found = [each for module in standard for each in module.procedures if each.name == name and each.public]
            if len(found) != 1:
                yield f"{attribute}={name}: {len(found)} public procedures of that name"
            elif found[0].kind != "Sub" or _shape(found[0].parameters) != _shape(wanted):
                yield f"{attribute}={name}: {found[0].kind} {name}{found[0].parameters}, but Excel passes {wanted}"


def callbacks(xml: bytes) -> int:
    """How many callbacks a ribbon names."""
    root = ElementTree.fromstring(xml)  # noqa: S314 - our own file
    return sum(_signature(e.tag.rpartition("}")[2], name) is not None for e in root.iter() for name in e.attrib)


def _signature(kind: str, attribute: str) -> str | None:
    if attribute == "onLoad":
        return "(ribbon As IRibbonUI)"
    if attribute == "onAction":
        return _ACTIONS[kind]
    if attribute == "onChange":
        return f"{_CONTROL}, text As String)"
    return _GETTER if attribute.startswith("get") else None


def _shape(parameters: str) -> list[tuple[str, str]]:
    """What counts of a parameter list: how each is passed, and its type."""
    shape = []
    for each in parameters.strip("()").split(","):
        way = "byval" if re.match(r"(?i)\s*ByVal\b", each) else "byref"
        kind = re.search(r"(?i)\bAs (\w+)", each)
        shape.append((way, kind.group(1).lower() if kind else "variant"))
    return shape
