Option Explicit
Option Private Module

' Sentences in the user's language, from the sheet "texts": the source of a module can hold no Korean letter.

Private Const SHOWN_SECONDS As Long = 12

' A text by its key, {0} and {1} filled.
Public Function Text(ByVal key As String, Optional ByVal first As String, Optional ByVal second As String) As String
    Dim row As Variant
    row = Application.Match(key, ThisWorkbook.Worksheets("texts").Columns(1), 0)
    If IsError(row) Then Exit Function
    Text = ThisWorkbook.Worksheets("texts").Cells(row, IIf(KIS_LANG = "en", 3, 2)).Value
    Text = Replace(Replace(Text, "{0}", first), "{1}", second)
End Function

' One sentence in the status bar, which Excel gets back after a while.
Public Sub Say(ByVal sentence As String)
    If sentence = "" Then Exit Sub
    Application.StatusBar = sentence
    KisClock.GiveBackStatusBar SHOWN_SECONDS
End Sub

Public Sub SayText(ByVal key As String, Optional ByVal first As String, Optional ByVal second As String)
    Say Text(key, first, second)
End Sub

' How every entry ends that failed: Python was not there, or something else went wrong. Never a box.
Public Sub Failed()
    On Error Resume Next
    If KisPython.Missing Then
        SayText "no_python"
    Else
        SayText "failed"
    End If
    On Error GoTo 0
End Sub

' A question only the user can answer.
Public Function Confirm(ByVal question As String) As Boolean
    Confirm = MsgBox(question, vbYesNo Or vbQuestion Or vbDefaultButton2, Text("title")) = vbYes
End Function
