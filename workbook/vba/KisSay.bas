Option Explicit
Option Private Module

#If VBA7 Then
Private Declare PtrSafe Function MessageBoxW Lib "user32" (ByVal owner As LongPtr, ByVal text As LongPtr, _
    ByVal title As LongPtr, ByVal flags As Long) As Long
#Else
Private Declare Function MessageBoxW Lib "user32" (ByVal owner As Long, ByVal text As Long, _
    ByVal title As Long, ByVal flags As Long) As Long
#End If

' Sentences in the user's language, from the sheet "texts": the source of a module can hold no Korean letter.

Private Const SHOWN_SECONDS As Long = 12
Private Const LONGEST As Long = 250

Private mSaid As String

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
    mSaid = Left$(sentence, LONGEST)
    Application.StatusBar = mSaid
    KisClock.GiveBackStatusBar SHOWN_SECONDS
End Sub

' Excel gets its status bar back, unless somebody else writes there by now.
Public Sub GiveBack()
    If CStr(Application.StatusBar) = mSaid Then Application.StatusBar = False
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
    Confirm = Box(question, vbYesNo Or vbQuestion Or vbDefaultButton2) = vbYes
End Function

' What the user asked to see.
Public Sub Show(ByVal lines As String)
    Box lines, vbInformation
End Sub

' VBA's own MsgBox shows question marks for Korean where Windows is set to another language.
Private Function Box(ByVal lines As String, ByVal style As Long) As Long
    Dim title As String
    title = Text("title")
    Box = MessageBoxW(Application.Hwnd, StrPtr(lines), StrPtr(title), style)
End Function
