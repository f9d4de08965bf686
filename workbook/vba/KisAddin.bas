Option Explicit

' The life of this file in Excel, and what its buttons do. Every entry ends in the status bar when it fails.

Private mEvents As KisEvents
Private mDescribed As Boolean

Public Sub Opened()
    On Error GoTo failed_
    Set mEvents = New KisEvents
    mEvents.Listen Application
    KisPython.CheckVersion
    If KIS_ADDIN Then
        If Not ActiveWorkbook Is Nothing Then BookOpened ActiveWorkbook
    Else
        BookOpened ThisWorkbook
    End If
    Exit Sub
failed_:
    KisSay.Failed
End Sub

Public Sub Closing()
    On Error Resume Next
    KisClock.StopAll
    On Error GoTo 0
End Sub

' A saved workbook shows old results until its cells are calculated; only ours are.
Public Sub BookOpened(ByVal book As Workbook)
    On Error GoTo failed_
    If Not Minds(book) Then Exit Sub
    KisLinks.PointHere book
    DescribeFunctions
    If KisBooks.Of(book).Cells.Count > 0 Then KisBooks.Of(book).Calculate book Is ActiveWorkbook
    If KisBooks.Of(book).Cells.Count > 0 Then KisClock.Calculated
    If KIS_ADDIN Then KisClock.SetTimers
    Exit Sub
failed_:
    KisSay.Failed
End Sub

Public Sub BookActivated(ByVal book As Workbook)
    On Error GoTo ignored
    If Minds(book) Then DescribeFunctions
    KisRibbon.Redraw
ignored:
End Sub

' The add-in minds every workbook, the workbook with its own formulas only itself.
Public Function Minds(ByVal book As Workbook) As Boolean
    If book.IsAddin Then Exit Function
    Minds = KIS_ADDIN Or book Is ThisWorkbook
End Function

' The button in the workbook that comes with the formulas.
Public Sub KisRefresh()
    Refresh
End Sub

' Ask again now: Python fetches and writes the sheet, then the cells with our formulas are calculated, and only those.
Public Sub Refresh()
    On Error GoTo failed_
    Dim book As KisBook, sentence As String, sheetThere As Boolean
    If NoWorkbook() Then Exit Sub
    Set book = KisBooks.Of(ActiveWorkbook)
    book.LookAgain
    sheetThere = Not KisSheet.Find(ActiveWorkbook) Is Nothing
    If sheetThere Or book.Cells.Count = 0 Then
        sentence = KisPython.Ask("refresh", KIS_VERSION)
        If Not sheetThere Then KisSheet.Finish ActiveWorkbook
    Else
        sentence = KisPython.Ask("fetch", KIS_VERSION)
    End If
    book.Calculate True
    KisClock.Calculated
    KisSay.Say sentence
    Exit Sub
failed_:
    KisSay.Failed
End Sub

' The sheet of the tables: made, or shown where it is there already.
Public Sub MakeSheet()
    On Error GoTo failed_
    If NoWorkbook() Then Exit Sub
    If KisSheet.Find(ActiveWorkbook) Is Nothing Then
        KisSay.Say KisPython.Ask("refresh", KIS_VERSION)
        KisSheet.Finish ActiveWorkbook
    End If
    If Not KisSheet.Find(ActiveWorkbook) Is Nothing Then KisSheet.Find(ActiveWorkbook).Activate
    Exit Sub
failed_:
    KisSay.Failed
End Sub

' A question to Python whose answer is a sentence for the status bar.
Public Sub AskAndSay(ByVal question As String)
    On Error GoTo failed_
    If NoWorkbook() Then Exit Sub
    KisSay.Say KisPython.Ask(question)
    Exit Sub
failed_:
    KisSay.Failed
End Sub

' The state of things, in a window: the user asked for it.
Public Sub ShowStatus()
    On Error GoTo failed_
    If NoWorkbook() Then Exit Sub
    MsgBox KisPython.Ask("status"), vbInformation, KisSay.Text("title")
    Exit Sub
failed_:
    KisSay.Failed
End Sub

Public Sub Help()
    On Error GoTo failed_
    ThisWorkbook.FollowHyperlink KisSay.Text("help_address")
    Exit Sub
failed_:
    KisSay.SayText "help_failed", KisSay.Text("help_address")
End Sub

Public Function NoWorkbook() As Boolean
    NoWorkbook = ActiveWorkbook Is Nothing
    If NoWorkbook Then KisSay.SayText "no_workbook"
End Function

' What the function wizard says. Excel takes it only while a workbook is shown, so it is tried until it succeeds.
Private Sub DescribeFunctions()
    Dim texts As Worksheet, row As Long, name As String
    If mDescribed Then Exit Sub
    Set texts = ThisWorkbook.Worksheets("texts")
    On Error GoTo later
    For row = 1 To texts.UsedRange.Rows.Count
        name = texts.Cells(row, 1).Value
        If Left$(name, 12) = "KIS_PROGRAM_" And InStr(name, ".") = 0 Then Describe texts, row, name
    Next
    mDescribed = True
later:
End Sub

Private Sub Describe(ByVal texts As Worksheet, ByVal row As Long, ByVal name As String)
    Dim helps() As Variant, many As Long, column As Long
    column = IIf(KIS_LANG = "en", 3, 2)
    Do While Left$(texts.Cells(row + many + 1, 1).Value, Len(name) + 1) = name & "."
        many = many + 1
        ReDim Preserve helps(1 To many)
        helps(many) = texts.Cells(row + many, column).Value
    Loop
    If many = 0 Then
        Application.MacroOptions Macro:=name, Description:=texts.Cells(row, column).Value, Category:="KIS"
    Else
        Application.MacroOptions Macro:=name, Description:=texts.Cells(row, column).Value, Category:="KIS", _
            ArgumentDescriptions:=helps
    End If
End Sub
