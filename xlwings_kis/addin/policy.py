"""What settings and policies of Office let our add-in do. Pure over the registry of a `Machine`.

Macros of a file in a trusted location run whatever VBAWarnings says (Microsoft's table of MacrosEnabled), and XLSTART
is one of them by default, so what counts is first whether XLSTART is still trusted. A firm's cloud policy goes before its
group policy, and that before what the user chose.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PureWindowsPath

from xlwings_kis.addin import places
from xlwings_kis.addin.machine import Machine

_FIRM = (
    r"HKCU\Software\Policies\Microsoft\Cloud\Office\16.0",
    r"HKCU\Software\Policies\Microsoft\Office\16.0",
)
_OWN = r"HKCU\Software\Microsoft\Office\16.0"
_LOCATIONS = r"Excel\Security\Trusted Locations"
_MOST_LOCATIONS = 20
"""As many as the policy templates know."""

_ASK, _SIGNED, _NONE = 2, 3, 4
"""VBAWarnings; 1 lets everything run."""

DISABLED_ITEMS = rf"{_OWN}\Excel\Resiliency\DisabledItems"

_CHILD_PROCESSES = "d4f940ab-401b-4efc-aadc-ad5f3c50688a"
"""Defender's rule that no Office program may start another program; Python is one."""

_DEFENDER = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Defender"
_RULES = rf"{_DEFENDER}\Windows Defender Exploit Guard\ASR\Rules"


class Verdict(Enum):
    """What becomes of the macros of our add-in."""

    RUN = "run"
    ASK = "ask"
    WHILE_TRUSTED = "while trusted"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Macros:
    """The verdict, the setting it comes from (`VBAWarnings=3`), and whether the firm or the user set that."""

    verdict: Verdict
    setting: str = ""
    by_firm: bool = False


def macros(machine: Machine, folder: Path) -> Macros:
    """What becomes of the macros of our add-in in this start folder."""
    for setting in _forbidden(machine):
        return Macros(Verdict.BLOCKED, setting, by_firm=True)
    value, by_firm = _setting(machine, r"Excel\Security", "VBAWarnings")
    warnings = value if value in (1, _ASK, _SIGNED, _NONE) else _ASK
    distrusted = _distrusted(machine, folder)
    if distrusted is None:
        strict = warnings in (_SIGNED, _NONE)
        return Macros(Verdict.WHILE_TRUSTED, f"VBAWarnings={warnings}", by_firm) if strict else Macros(Verdict.RUN)
    if warnings == 1:
        return Macros(Verdict.RUN)
    setting, firms = distrusted
    if warnings == _ASK:
        return Macros(Verdict.ASK, setting, firms)
    return Macros(Verdict.BLOCKED, f"VBAWarnings={warnings}, {setting}", by_firm or firms)


def children_blocked(machine: Machine) -> bool:
    """Whether Defender keeps Excel from starting Python."""
    rules = {name.strip("{}").lower(): str(value) for name, value in machine.registry_values(_RULES).items()}
    if _CHILD_PROCESSES in rules:
        return rules[_CHILD_PROCESSES] == "1"
    managed = str(machine.registry(rf"{_DEFENDER}\Policy Manager", "ASRRules") or "").lower()  # as Intune writes it
    return f"{_CHILD_PROCESSES}=1" in managed.replace("{", "").replace("}", "")


def disabled(machine: Machine) -> tuple[str, ...]:
    """The registry values by which Excel itself has switched our add-in off, after a crash or a slow start."""
    name = f"\\{places.ADDIN_NAME}".encode("utf-16-le").lower()
    values = machine.registry_values(DISABLED_ITEMS).items()
    return tuple(key for key, value in values if isinstance(value, bytes) and name in value.lower())


def _forbidden(machine: Machine) -> Iterator[str]:
    """Policies that stop add-ins or VBA wherever they are."""
    for hive in ("HKCU", "HKLM"):
        if machine.registry(rf"{hive}\Software\Policies\Microsoft\Office\16.0\Common", "VBAOff") == 1:
            yield "VBAOff=1"
    for firm in _FIRM:
        if machine.registry(rf"{firm}\Excel\Security", "DisableAllAddins") == 1:
            yield "DisableAllAddins=1"
        listed = machine.registry(rf"{firm}\Excel\Resiliency\AddinList", places.ADDIN_NAME)
        if str(listed) == "0":
            yield f"AddinList {places.ADDIN_NAME}=0"
        if listed is None and machine.registry(rf"{firm}\Excel\Resiliency", "RestrictToList") == 1:
            yield "RestrictToList=1"


def _setting(machine: Machine, key: str, name: str) -> tuple[object, bool]:
    """A setting, and whether it is the firm's."""
    for root in (*_FIRM, _OWN):
        value = machine.registry(rf"{root}\{key}", name)
        if value is not None:
            return value, root != _OWN
    return None, False


def _distrusted(machine: Machine, folder: Path) -> tuple[str, bool] | None:
    """By which setting the start folder is no trusted location, and whether it is the firm's; None while it is one."""
    off, by_firm = _setting(machine, _LOCATIONS, "AllLocationsDisabled")
    if off == 1:
        return "AllLocationsDisabled=1", by_firm
    allowed, firms = _setting(machine, _LOCATIONS, "AllowNetworkLocations")
    if str(folder).startswith("\\\\") and allowed != 1:
        return "AllowNetworkLocations=0", firms
    for firm in _FIRM:
        if machine.registry(rf"{firm}\Common\Security\Trusted Locations", "Allow User Locations") == 0:
            named = any(_covers(machine, rf"{root}\{_LOCATIONS}", folder) for root in _FIRM)
            return None if named else ("Allow User Locations=0", True)
    return None


def _covers(machine: Machine, key: str, folder: Path) -> bool:
    """Whether the firm itself lists the start folder."""
    for number in range(_MOST_LOCATIONS + 1):
        place = machine.registry(rf"{key}\Location{number}", "Path")
        if isinstance(place, str) and place:
            listed = PureWindowsPath(places.expanded(place, machine.environ))
            deep = machine.registry(rf"{key}\Location{number}", "AllowSubFolders") == 1
            own = PureWindowsPath(folder)
            if own == listed or (deep and own.is_relative_to(listed)):
                return True
    return False
