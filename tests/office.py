"""LibreOffice as a second reader: it opens our files with their macros, compiles these, and runs what needs no Excel.

The script below runs in the system's own Python, for that one has LibreOffice's bridge (python3-uno).
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

_SCRIPT = r"""
import json, subprocess, sys, time
import uno
from com.sun.star.beans import PropertyValue

file, profile, modules, functions = json.load(sys.stdin)

def value(name, it):
    made = PropertyValue()
    made.Name, made.Value = name, it
    return made

pipe = "kis" + profile.rpartition("/")[2]
office = subprocess.Popen(["soffice", "--headless", "--norestore", "-env:UserInstallation=" + profile,
                           "--accept=pipe,name=" + pipe + ";urp;"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
here = uno.getComponentContext()
resolver = here.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", here)
for _ in range(300):
    try:
        there = resolver.resolve("uno:pipe,name=" + pipe + ";urp;StarOffice.ComponentContext")
        break
    except Exception:
        time.sleep(0.2)
desktop = there.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", there)
try:
    # An add-in is opened only by a filter that is named.
    document = desktop.loadComponentFromURL(file, "_blank", 0, (
        value("Hidden", True), value("MacroExecutionMode", 4), value("FilterName", "Calc MS Excel 2007 VBA XML")))
    libraries = document.BasicLibraries
    (name,) = [each for each in libraries.ElementNames if each != "Standard"]
    libraries.loadLibrary(name)
    library = libraries.getByName(name)
    known = list(library.ElementNames)
    # xlwings' own two declare functions of Windows.
    for each in ("xlwings", "Dictionary"):
        if each in known:
            library.removeByName(each)
    for each, source in modules.items():
        library.insertByName(each, source)
    provider = document.getScriptProvider()
    answers = []
    for function in functions:
        url = "vnd.sun.star.script:" + name + "." + function + "?language=Basic&location=document"
        answers.append(provider.getScript(url).invoke((), (), ())[0])
    sheets = [(s.Name, s.IsVisible) for s in (document.Sheets.getByIndex(i) for i in range(document.Sheets.Count))]
    json.dump({"modules": known, "answers": answers, "sheets": sheets}, sys.stdout)
    document.close(True)
finally:
    try:
        desktop.terminate()
    except Exception:
        pass
    office.wait(30)
"""

HEADER = "Rem Attribute VBA_ModuleType=VBAModule\nOption VBASupport 1\nOption Explicit\n"


@cache
def _python() -> str | None:
    """A Python with LibreOffice's bridge."""
    for name in ("/usr/bin/python3", shutil.which("python3")):
        if (
            name
            and Path(name).exists()
            and not subprocess.run([name, "-c", "import uno"], capture_output=True).returncode
        ):
            return name
    return None


def needed() -> pytest.MarkDecorator:
    """Skips where LibreOffice or its bridge is not installed; in CI they must be."""
    there = shutil.which("soffice") is not None and _python() is not None
    return pytest.mark.skipif(
        not there and not os.environ.get("CI"), reason="LibreOffice or python3-uno is not installed"
    )


def run(file: Path, folder: Path, functions: list[str], **modules: str) -> dict[str, Any]:
    """Open a file, add modules to its VBA, run functions (`Module.Function`) of it: their answers, its modules and sheets."""
    profile = (folder / "office").as_uri()
    done = subprocess.run(
        [_python() or "python3", "-c", _SCRIPT],
        input=json.dumps([file.as_uri(), profile, {name: HEADER + text for name, text in modules.items()}, functions]),
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))
