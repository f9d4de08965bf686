"""Drives one LibreOffice for the tests: commands as JSON on stdin, one answer each on stdout.

Runs under the Python that LibreOffice came with, which alone can speak to it: knows nothing of the project.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException
from com.sun.star.lang import DisposedException

PATIENCE = 90.0
"""Seconds LibreOffice may take to come up: a first start on a busy machine writes its whole profile."""

FORMULA_IS_NUMBER = 1
ALWAYS_RUN_MACROS = 4


class Office:
    """One process with a profile of its own."""

    def __init__(self, soffice, profile):
        pipe = f"kis{os.getpid()}"
        self._process = subprocess.Popen(
            [soffice, "--headless", "--norestore", "--nologo", "--nodefault", "--nolockcheck",
             f"-env:UserInstallation={Path(profile).as_uri()}", f"--accept=pipe,name={pipe};urp"],
            stdin=subprocess.DEVNULL, stdout=sys.stderr,
        )  # fmt: skip
        self._remote = self._connect(pipe)
        self._desktop = self._service("com.sun.star.frame.Desktop")
        self._document = None

    def _connect(self, pipe):
        local = uno.getComponentContext()
        resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
        end = time.monotonic() + PATIENCE
        while True:
            try:
                return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            except NoConnectException:
                if time.monotonic() > end or self._process.poll() not in (None, 0, 81):
                    raise
                time.sleep(0.1)

    def _service(self, name):
        return self._remote.ServiceManager.createInstanceWithContext(name, self._remote)

    def new(self, modules):
        """Another empty document with these modules of Basic instead of the last one."""
        self._close()
        hidden = PropertyValue(Name="Hidden", Value=True)
        macros = PropertyValue(Name="MacroExecutionMode", Value=uno.Any("short", ALWAYS_RUN_MACROS))
        self._document = self._desktop.loadComponentFromURL("private:factory/scalc", "_blank", 0, (hidden, macros))
        libraries = self._document.BasicLibraries
        if not libraries.hasByName("Standard"):
            libraries.createLibrary("Standard")
        for name, source in modules.items():
            libraries.getByName("Standard").insertByName(name, source)

    def enter(self, formulas):
        """Type formulas into cells; over several cells as one array formula."""
        for place, formula in formulas.items():
            area = self._area(place)
            if ":" in place:
                area.setArrayFormula(formula)
            else:
                area.getCellByPosition(0, 0).setFormula(formula)

    def cells(self, place):
        """What is to be seen: numbers, texts, and {"error": its name}."""
        address, area = self._area(place).RangeAddress, self._area(place)
        wide, high = address.EndColumn - address.StartColumn + 1, address.EndRow - address.StartRow + 1
        return [[self._cell(area.getCellByPosition(x, y)) for x in range(wide)] for y in range(high)]

    def recalculate(self):
        """Calculate every formula once more; how many seconds that took."""
        started = time.perf_counter()
        self._document.calculateAll()
        return time.perf_counter() - started

    def basic(self, what, arguments):
        """Call a function of the document."""
        script = f"vnd.sun.star.script:Standard.{what}?language=Basic&location=document"
        return self._document.getScriptProvider().getScript(script).invoke(tuple(arguments), (), ())[0]

    def end(self):
        """Ask it to end and see that it did; who started this driver ends what is left of its group."""
        with contextlib.suppress(DisposedException):
            self._close()
        with contextlib.suppress(DisposedException):
            self._desktop.terminate()
        self._process.wait(20)

    def _area(self, place):
        return self._document.Sheets.getByIndex(0).getCellRangeByName(place)

    def _cell(self, cell):
        if cell.getError():
            return {"error": cell.String}
        if cell.Type.value == "VALUE" or (
            cell.Type.value == "FORMULA" and cell.FormulaResultType2 == FORMULA_IS_NUMBER
        ):
            return cell.Value
        return cell.String

    def _close(self):
        document, self._document = self._document, None
        if document is not None:
            document.close(True)


def main():
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # nothing but answers on stdout, whoever prints
    office = Office(sys.argv[1], sys.argv[2])
    try:
        print(json.dumps({"value": "ready"}), file=answers, flush=True)
        for line in sys.stdin:
            what, *arguments = json.loads(line)
            try:
                answer = {"value": getattr(office, what)(*arguments)}
            except Exception as error:  # noqa: BLE001 - LibreOffice's errors are of no common kind; the test gets them all
                answer = {"problem": f"{what}: {error}"}
            print(json.dumps(answer), file=answers, flush=True)
    finally:
        office.end()


if __name__ == "__main__":
    main()
