Option Explicit
Option Private Module

' A copy of the workbook with values in place of our formulas; the original is not touched.

Public Sub SaveValues()
    Dim target As Variant, copy As Workbook, way As String
    On Error GoTo failed_
    If KisAddin.NoWorkbook() Then Exit Sub
    target = Application.GetSaveAsFilename(InitialFileName:=Suggested(), FileFilter:="Excel (*.xlsx), *.xlsx")
    If VarType(target) = vbBoolean Then Exit Sub
    If Exists(CStr(target)) Then
        If Not KisSay.Confirm(KisSay.Text("copy_over", NameOf(CStr(target)))) Then Exit Sub
    End If
    way = Temporary()
    ActiveWorkbook.SaveCopyAs way
    Application.EnableEvents = False
    Application.ScreenUpdating = False
    Set copy = Workbooks.Open(Filename:=way, UpdateLinks:=0, AddToMru:=False, _
        IgnoreReadOnlyRecommended:=True)
    PutValues copy
    Application.DisplayAlerts = False
    copy.SaveAs Filename:=CStr(target), FileFormat:=xlOpenXMLWorkbook, AddToMru:=False
    TidyUp copy, way
    KisSay.SayText "copy_saved", NameOf(CStr(target))
    Exit Sub
failed_:
    TidyUp copy, way
    KisSay.SayText "copy_failed"
End Sub

Private Sub PutValues(ByVal book As Workbook)
    Dim known As New KisBook, cell As Range, filled As Range, links As Variant, at As Long
    known.Watch book
    known.Interval = 0
    For Each cell In known.Cells
        Set filled = known.Filled(cell)
        filled.Copy ' assigning values would type them in: "1000" would become a number
        filled.PasteSpecial Paste:=xlPasteValues
    Next
    Application.CutCopyMode = False
    links = book.LinkSources(xlExcelLinks)
    If IsEmpty(links) Then Exit Sub
    For at = LBound(links) To UBound(links)
        If LCase$(links(at)) Like "*xlwings_kis.xlam" Then book.BreakLink links(at), xlLinkTypeExcelLinks
    Next
End Sub

Private Sub TidyUp(ByVal copy As Workbook, ByVal way As String)
    On Error Resume Next
    If Not copy Is Nothing Then copy.Close SaveChanges:=False
    If way <> "" Then Kill way
    Application.DisplayAlerts = True
    Application.ScreenUpdating = True
    Application.EnableEvents = True
    On Error GoTo 0
End Sub

' Dir knows neither Korean names on other Windows nor addresses of OneDrive.
Private Function Exists(ByVal path As String) As Boolean
    On Error Resume Next
    Exists = CreateObject("Scripting.FileSystemObject").FileExists(path)
    On Error GoTo 0
End Function

Private Function NameOf(ByVal path As String) As String
    Dim slash As Long
    slash = InStrRev(Replace(path, "/", "\"), "\")
    NameOf = Mid$(path, slash + 1)
End Function

Private Function Suggested() As String
    Dim title As String, dot As Long
    title = ActiveWorkbook.Name
    dot = InStrRev(title, ".")
    If dot > 0 Then title = Left$(title, dot - 1)
    Suggested = title & KisSay.Text("copy_suffix") & ".xlsx"
End Function

' SaveCopyAs keeps the format of the original whatever the name says, so the name keeps its ending.
Private Function Temporary() As String
    Dim title As String, dot As Long
    title = ActiveWorkbook.Name
    dot = InStrRev(title, ".")
    If dot = 0 Then title = title & ".xlsx"
    Temporary = Environ$("TEMP") & "\kis_" & Format$(Now, "yyyymmddhhnnss") & Mid$(title, InStrRev(title, "."))
End Function
