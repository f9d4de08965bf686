Option Explicit
Option Private Module

' What xlwings cannot do on every host with the sheets that Python writes: the printed page.

' The sheet, by its name or, where the user renamed it, by the names of its blocks.
Public Function Find(ByVal book As Workbook) As Worksheet
    Dim known As Name
    On Error Resume Next
    Set Find = book.Worksheets(KisSay.Text("sheet_name"))
    If Find Is Nothing Then
        For Each known In book.Names
            If known.Name Like "KIS_*_KOS*" Then Set Find = known.RefersToRange.Worksheet
            If Not Find Is Nothing Then Exit For
        Next
    End If
    On Error GoTo 0
End Function

' The sheet of the day's course. It comes in a later refresh than its sister, once there is a course to show.
Public Function FindCourse(ByVal book As Workbook) As Worksheet
    On Error Resume Next
    Set FindCourse = book.Names(KisSay.Text("course_mark")).RefersToRange.Worksheet
    On Error GoTo 0
End Function

' What was not there before Python was asked gets its page, once: what a user sets later stays.
Public Sub Finish(ByVal book As Workbook, ByVal sheetThere As Boolean, ByVal courseThere As Boolean)
    If Not sheetThere Then SetPage Find(book), "$1:$3"
    If Not courseThere Then SetPage FindCourse(book), "$1:$4"
End Sub

' Nothing of it matters for the figures, so nothing of it may fail them.
Private Sub SetPage(ByVal sheet As Worksheet, ByVal repeated As String)
    If sheet Is Nothing Then Exit Sub
    On Error Resume Next
    Application.PrintCommunication = False ' one round to the printer's driver instead of seven
    With sheet.PageSetup
        .Orientation = xlLandscape
        .PaperSize = xlPaperA4
        .Zoom = False
        .FitToPagesWide = 1
        .FitToPagesTall = False
        .PrintTitleRows = repeated
        .CenterFooter = KisSay.Text("footer")
    End With
    Application.PrintCommunication = True
    On Error GoTo 0
End Sub

' A unit from the ribbon: written into its setting cell, then the sheet is written anew.
Public Sub Choose(ByVal address As String, ByVal choice As String)
    Dim sheet As Worksheet
    Set sheet = Find(ActiveWorkbook)
    If sheet Is Nothing Then
        KisSay.SayText "no_sheet"
    ElseIf sheet.ProtectContents Then
        KisSay.SayText "protected"
    Else
        If Not IsUnit(sheet.Range(address).Text) Then
            KisSay.SayText "no_sheet" ' a sheet of the user's own that has the name
            Exit Sub
        End If
        sheet.Range(address).Value = choice
        KisAddin.Refresh
    End If
End Sub

Private Function IsUnit(ByVal word As String) As Boolean
    IsUnit = word = KisSay.Text("unit_million") Or word = KisSay.Text("unit_eok")
End Function
