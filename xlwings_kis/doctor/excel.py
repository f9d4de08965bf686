"""Checks of what stands between Excel and our formulas. Each looks at one thing and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from xlwings_kis import __version__
from xlwings_kis.addin.machine import MAC
from xlwings_kis.addin.policy import Verdict
from xlwings_kis.addin.state import State
from xlwings_kis.doctor.finding import Finding, Level

Check = Callable[[State], Iterator[Finding]]


def python(state: State) -> Iterator[Finding]:
    """The Python that runs us."""
    own = state.interpreter
    yield _fine("python", version=own.version, bits=str(own.bits), ours=__version__)


def xlwings(state: State) -> Iterator[Finding]:
    """One xlwings, and only one."""
    versions = state.interpreter.xlwings
    if not versions:
        yield Finding("xlwings", Level.PROBLEM, "no_xlwings")
    elif len(versions) > 1:
        yield Finding("xlwings", Level.WARNING, "two_xlwings", {"versions": ", ".join(versions)})
    else:
        yield _fine("xlwings", version=versions[0])


def elsewhere(_: State) -> Iterator[Finding]:
    """What is not looked at on this system."""
    yield Finding("excel", Level.NOTE, "not_windows")


def instead(state: State) -> Iterator[Finding]:
    """What to do on a system that has no add-in."""
    yield Finding("excel", Level.NOTE, "addin_on_mac" if state.machine.system == MAC else "addin_elsewhere")


def bits(state: State) -> Iterator[Finding]:
    """Excel's bitness and Python's need not be the same: the DLL is of Excel's."""
    if state.excel_bits is None:
        yield Finding("bits", Level.WARNING, "no_excel")
    else:
        yield _fine("bits", excel=str(state.excel_bits), python=str(state.interpreter.bits))


def dll(state: State) -> Iterator[Finding]:
    """xlwings' DLL where Excel looks for it."""
    if not state.xlwings:
        return  # said already
    if state.dll_problem:
        yield Finding("dll", Level.PROBLEM, state.dll_problem, {"dll": state.dll})
    else:
        yield _fine("dll", dll=state.dll)


def start(state: State) -> Iterator[Finding]:
    """This Python as Excel would start it: not from the window in which an environment was activated."""
    yield _fine("start") if state.starts else Finding("start", Level.PROBLEM, "python_start")


def addin(state: State) -> Iterator[Finding]:
    """The add-in in XLSTART and what it was built from."""
    place, stamp = state.shown(state.folder), state.stamp
    if not state.addin_there:
        yield Finding("addin", Level.PROBLEM, "no_addin")
    elif stamp is None:
        yield Finding("addin", Level.PROBLEM, "odd_addin", {"place": place})
    elif state.xlwings and stamp.xlwings != state.xlwings:
        yield Finding("addin", Level.PROBLEM, "xlwings_changed", {"new": state.xlwings, "old": stamp.xlwings})
    elif stamp.version != __version__:
        yield Finding("addin", Level.WARNING, "version_changed", {"new": __version__, "old": stamp.version})
    else:
        yield _fine("addin", version=stamp.version, xlwings=stamp.xlwings, place=place)


def interpreter(state: State) -> Iterator[Finding]:
    """The Python that Excel is told to start."""
    if not state.addin_there and state.config_data is None:
        return  # nothing is installed, which is said already
    told = state.configured
    if told is None:
        yield Finding("interpreter", Level.PROBLEM, "no_interpreter")
    elif not told.is_file():
        yield Finding("interpreter", Level.PROBLEM, "interpreter_gone", {"place": state.shown(told)})
    elif not state.configured_is_this:
        yield Finding("interpreter", Level.WARNING, "other_interpreter", {"place": state.shown(told)})
    else:
        yield _fine("interpreter", place=state.shown(state.config))


def macros(state: State) -> Iterator[Finding]:
    """What policy and settings let the add-in's macros do."""
    found = state.macros
    facts = {"setting": found.setting}
    if found.verdict is Verdict.RUN:
        yield Finding("macros", Level.FINE, "macros_run")
    elif found.verdict is Verdict.ASK:
        yield Finding("macros", Level.WARNING, "macros_ask", facts)
    elif found.verdict is Verdict.WHILE_TRUSTED:
        yield Finding("macros", Level.WARNING, "macros_while_trusted", facts)
    else:
        yield Finding("macros", Level.PROBLEM, "macros_blocked" if found.by_firm else "macros_off", facts)


def children(state: State) -> Iterator[Finding]:
    """Defender's rule against programs that Office starts."""
    if state.children_blocked:
        yield Finding("children", Level.PROBLEM, "children_blocked")
    else:
        yield _fine("children")


def disabled(state: State) -> Iterator[Finding]:
    """Whether Excel itself has switched the add-in off."""
    yield Finding("disabled", Level.PROBLEM, "addin_disabled") if state.disabled else _fine("disabled")


def loaded(state: State) -> Iterator[Finding]:
    """In which running Excel the add-in is open."""
    if not state.addin_there:
        return
    running, own = state.excels, [excel.addin for excel in state.excels if excel.addin]
    strange = [path for path in own if path != state.addin]
    if not running:
        yield Finding("loaded", Level.NOTE, "no_running")
    elif strange:
        yield Finding("loaded", Level.WARNING, "loaded_elsewhere", {"place": state.shown(strange[0])})
    elif len(own) < len(running):
        yield Finding("loaded", Level.WARNING, "not_loaded", {"count": str(len(own)), "running": str(len(running))})
    else:
        yield _fine("loaded", count=str(len(own)))


def _fine(name: str, **facts: str) -> Finding:
    return Finding(name, Level.FINE, name, facts)
