"""xlwings' own VBA module, made fit for other people's desks.

Each change must be found exactly as often as expected: of another xlwings we would rather not guess. Why they are made:

- *One Python for all.* xlwings puts the paths of workbooks into the command line, and the DLL keeps one process for each
  command line. Ours names no workbook: one process serves them all, and no process list shows where a file lies.
- *Only our own file and the user's choose the program.* xlwings asks the active workbook's sheet first, and a file beside it:
  a workbook that came by mail could choose which program runs. For the same reason nothing is run by bare name, and Python
  does not look for modules in the folder Excel happens to stand in.
- *Nothing that runs programs, shows boxes or reads files is left.* Any open workbook can call an add-in's public functions
  from its cells. We need none of these, so they are taken out; `Option Private Module` hides the rest.
- *Errors name no path*, no command line: what is raised may end up as the text of a cell.
- *The formulas' wrappers stay as xlwings writes them*, but their `XLPy` is our own (`workbook/vba/KisPython.bas`), which mends
  error values on their way into cells; xlwings' is called `KisServer`.
"""

from __future__ import annotations

import re

from xlwings_kis.addin.places import PROJECT
from xlwings_kis.errors import failure

_VERSION = re.compile(r'^Public Const XLWINGS_VERSION As String = "([^"]+)"\r?$', re.MULTILINE)

_REMOVED = (
    "RunPython", "RunFrozenPython", "ExecuteWindows", "ExecuteMac", "CleanUp", "ShowError", "CheckConda",
    "ImportPythonUDFsBase", "ImportPythonUDFs", "ImportPythonUDFsToAddin", "ImportXlwingsUdfsModule", "GetDLLVersion",
    "GetDirectoryConfigFilePath", "SaveConfigToFile", "ReadFile", "KillFileOnMac",
)  # fmt: skip

_RAISE = 'Err.Raise 1000, Description:="Python"'
_FOREIGN = ("ActiveWorkbook", "MsgBox", "Popup", "XLPy")
"""What nothing that is left may mention."""

_CHANGES: tuple[tuple[str, str, int], ...] = (
    (
        'Attribute VB_Name = "xlwings"\n',
        'Attribute VB_Name = "xlwings"\nOption Private Module\n'
        "'Changed when this file was built: xlwings_kis/addin/adapted.py says what and why.\n",
        1,
    ),
    ('Public Const PROJECT_NAME As String = "myaddin"', f'Public Const PROJECT_NAME As String = "{PROJECT}"', 1),
    (
        'PYTHONPATH = AddExcelDir & ";" & ActiveWorkbook.FullName & ";" & ThisWorkbook.FullName & ";" & '
        'GetConfig("ONEDRIVE_CONSUMER_WIN") & ";" & GetConfig("ONEDRIVE_COMMERCIAL_WIN") & ";" & '
        'GetConfig("SHAREPOINT_WIN") & ";" & GetConfig("PYTHONPATH")',
        'PYTHONPATH = AddExcelDir & ";;;;;"  \' xlwings.utils.prepare_sys_path reads six fields',
        1,
    ),
    # -P: a module beside the workbook that was opened last is not imported instead of the real one.
    ('tail = " -B -c ""import sys, os;"', 'tail = " -B -P -c ""import sys, os;"', 1),
    ('        PYTHON_WIN = GetConfig("INTERPRETER", "pythonw")\n', f"        {_RAISE}\n", 2),
    (
        """                Err.Raise 1, Description:= _
                    "Could not load " + XLPyDLLName + " from either of the following folders: " _
                    + vbCrLf + ParentFolder(PYTHON_WIN) _
                    + vbCrLf + ", " + ParentFolder(ParentFolder(PYTHON_WIN))
""",
        f"                {_RAISE}\n",
        1,
    ),
    ("Function XLPy()\n", "Function KisServer()\n", 1),
    (
        "XLPyDLLActivateAuto(XLPy, XLPyCommand, 1) Then Err.Raise 1000, Description:=XLPy\n",
        f"XLPyDLLActivateAuto(KisServer, XLPyCommand, 1) Then {_RAISE}\n",
        1,
    ),
    ("Err.Raise 1000, Description:=unused\n", f"{_RAISE}\n", 1),
    # Without its sheet, Range means the active one's: there is none while a chart sheet is in front.
    ('For Each cell In Range(sht.Range("A1"), lastCell)', 'For Each cell In sht.Range(sht.Range("A1"), lastCell)', 1),
    (
        """            'Workbook Sheet Config
            If SheetExists(ActiveWorkbook, PROJECT_NAME & ".conf") = True Then
                If GetConfigFromSheet(ActiveWorkbook).Exists(configKey) = True Then
                    GetConfig = GetConfigFromSheet(ActiveWorkbook).Item(configKey)
                    GetConfig = ExpandEnvironmentStrings(GetConfig)
                    Exit Function
                End If
            End If
    
            'Add-in Sheet Config (only for custom add-ins, unused by xlwings add-in)
""",  # noqa: W293 - xlwings' blanks
        """            'Our own sheet, never that of the active workbook:
            'a workbook that came by mail could otherwise choose which program runs.
""",
        1,
    ),
    (
        """    ' Directory Config
    If source = "" Or source = "directory" Then
        #If App = "Microsoft Excel" Then
            If GetFullName(ActiveWorkbook) <> "" Then ' Empty if local dir can't be figured out (e.g. SharePoint)
        #Else
            If InStr(GetDirectoryPath(), "://") = 0 Then ' Other Office apps: skip for synced SharePoint/OneDrive files
        #End If
            If FileExists(GetDirectoryConfigFilePath()) = True Then
                If GetConfigFromFile(GetDirectoryConfigFilePath(), configKey, configValue) Then
                    GetConfig = configValue
                    GetConfig = ExpandEnvironmentStrings(GetConfig)
                    Exit Function
                End If
            End If
        End If
    End If
""",
        "    ' No file beside the workbook either, for the same reason.\n",
        1,
    ),
)
"""(what xlwings wrote, what stands there instead, how often)."""


def version(source: str) -> str:
    """The xlwings a module belongs to: its DLL is named after it. Raises `AddinError`."""
    found = _VERSION.findall(source)
    if len(found) != 1:
        raise failure("other_xlwings", version="?")
    return str(found[0])


def adapted(source: str) -> str:
    """The module `xlwings` with our changes. Raises `AddinError` where it is not as expected."""
    release, text = version(source), source.replace("\r\n", "\n")
    for name in _REMOVED:
        pattern = rf"^(?:Public |Private )?(Function|Sub) {name}\b.*?^End \1\n+"
        text, found = re.subn(pattern, "", text, flags=re.MULTILINE | re.DOTALL)
        if found != 1:
            raise failure("other_xlwings", version=release)
    for old, new, times in _CHANGES:
        if text.count(old) != times:
            raise failure("other_xlwings", version=release)
        text = text.replace(old, new)
    code = re.sub(
        r"'.*", "", re.sub(r'"[^"\n]*"', '""', text)
    )  # what is left must call nothing that is gone, or VBA would refuse it all
    if any(re.search(rf"\b{name}\b", code) for name in (*_REMOVED, *_FOREIGN)):
        raise failure("other_xlwings", version=release)
    return text.replace("\n", "\r\n")
