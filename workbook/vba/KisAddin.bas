Option Explicit

' The life of this file in Excel, and what its buttons do. Every entry ends in the status bar when it fails.

Private Const MOST_TRIES As Long = 3

Private mEvents As KisEvents
Private mDescribed As Boolean
Private mTries As Long

Public Sub Opened()
    On Error GoTo failed_
    If MindedByAddin() Then Exit Sub
    Set mEvents = New KisEvents
    mEvents.Listen Application
    CheckVersion
    MeetBooks
    If KIS_ADDIN Then KisClock.LookForBooksSoon
    Exit Sub
failed_:
    KisSay.Failed
End Sub

' Every way in comes by here: after "End" in an error window of somebody's, all that VBA remembered is gone.
Public Sub Awake()
    If mEvents Is Nothing Then Opened
    KisClock.Revive
End Sub

' The workbooks that are open already.
Public Sub MeetBooks()
    Dim book As Workbook
    For Each book In Workbooks
        If Not KisBooks.Knows(book) Then BookOpened book
    Next
End Sub

' The workbook with its own formulas leaves everything to the add-in where that is loaded: two would ask and calculate twice.
Private Function MindedByAddin() As Boolean
    Dim other As Workbook
    If KIS_ADDIN Then Exit Function
    On Error Resume Next
    Set other = Workbooks("xlwings_kis.xlam")
    On Error GoTo 0
    MindedByAddin = Not other Is Nothing
End Function

Private Sub CheckVersion()
    On Error Resume Next
    KisPython.CheckVersion
    On Error GoTo 0
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
    If KisBooks.Knows(book) Then Exit Sub ' its own start has come before the event
    Application.EnableCancelKey = xlErrorHandler
    KisLinks.PointHere book
    DescribeFunctions
    If KisBooks.Of(book).Cells.Count > 0 Then
        KisBooks.Of(book).Calculate book Is ActiveWorkbook
        KisClock.Calculated
    End If
    KisClock.SetTimers
    Exit Sub
failed_:
    KisSay.Failed
End Sub

Public Sub BookActivated(ByVal book As Workbook)
    On Error GoTo ignored
    If Minds(book) Then DescribeFunctions
    KisClock.SetTimers
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
    Dim book As KisBook, sentence As String, sheetThere As Boolean, courseThere As Boolean
    If NoWorkbook() Then Exit Sub
    KisPython.TryAtOnce
    Set book = KisBooks.Of(ActiveWorkbook)
    book.LookAgain
    sheetThere = Not KisSheet.Find(ActiveWorkbook) Is Nothing
    If sheetThere Or book.Cells.Count = 0 Then
        courseThere = Not KisSheet.FindCourse(ActiveWorkbook) Is Nothing
        sentence = KisPython.Ask("refresh", KIS_VERSION)
        KisSheet.Finish ActiveWorkbook, sheetThere, courseThere
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
    Dim courseThere As Boolean
    If NoWorkbook() Then Exit Sub
    KisPython.TryAtOnce
    If KisSheet.Find(ActiveWorkbook) Is Nothing Then
        courseThere = Not KisSheet.FindCourse(ActiveWorkbook) Is Nothing
        KisSay.Say KisPython.Ask("refresh", KIS_VERSION)
        KisSheet.Finish ActiveWorkbook, False, courseThere
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
    KisSay.Show KisPython.Ask("status")
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

' First line of every button.
Public Function NoWorkbook() As Boolean
    Application.EnableCancelKey = xlErrorHandler
    Awake
    NoWorkbook = ActiveWorkbook Is Nothing
    If NoWorkbook Then KisSay.SayText "no_workbook"
End Function

' What the function wizard says. Excel takes it only while a workbook is shown, so it is tried until it succeeds.
Private Sub DescribeFunctions()
    Dim texts As Worksheet, row As Long, name As String
    If mDescribed Or mTries >= MOST_TRIES Then Exit Sub
    If Application.CutCopyMode <> 0 Then Exit Sub ' somebody switches windows to paste
    mTries = mTries + 1
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
