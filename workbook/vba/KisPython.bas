Option Explicit
Option Private Module

' The way to Python. Answers are text; an empty one means there is nothing to say.

Private Const BUTTONS As String = "xlwings_kis.buttons"
Private Const REST_SECONDS As Long = 60

Private mMissing As Boolean
Private mStarted As Boolean
Private mRestUntil As Date
Private mCaller As KisCaller
Private mServer As Object

' Whether the last question found no Python.
Public Property Get Missing() As Boolean
    Missing = mMissing
End Property

' Python's own object, started where it does not run yet, and kept: finding it reads the settings a dozen times. Raises an
' error where it cannot be had; a sheet full of formulas does not try again for each of them.
Public Function Server() As Object
    If mServer Is Nothing Then
        If mMissing And Now < mRestUntil Then Err.Raise 1000
        mMissing = True
        On Error Resume Next
        Set mServer = KisServer()
        On Error GoTo 0
        mRestUntil = DateAdd("s", REST_SECONDS, Now) ' after the try: it may have taken a minute
        If mServer Is Nothing Then Err.Raise 1000
        mMissing = False
        mStarted = True
    End If
    Set Server = mServer
End Function

' The user asks for it: no rest after the last try in vain.
Public Sub TryAtOnce()
    mRestUntil = 0
End Sub

' Whether Python was started since this was last asked: then it knows of no table until the formulas have asked.
Public Function StartedAnew() As Boolean
    StartedAnew = mStarted
    mStarted = False
End Function

' The object did not answer: Python has ended. The next question starts it again.
Public Sub ServerLost()
    Set mServer = Nothing
End Sub

' What the wrappers of the formulas call; see KisCaller.
Public Function XLPy() As KisCaller
    If mCaller Is Nothing Then Set mCaller = New KisCaller
    Set XLPy = mCaller
End Function

' The server, once it has shown that it still answers.
Private Function Living() As Object
    Dim answer As String
    Set Living = Server()
    On Error Resume Next
    answer = Living.Str("alive")
    On Error GoTo 0
    If answer <> "" Then Exit Function
    ServerLost
    Set Living = Server()
End Function

' Ask a function of our Python module. Raises an error where there is no answer; the entry that asked says so.
Public Function Ask(ByVal question As String, ParamArray facts() As Variant) As String
    Dim python As Object, given As Variant
    Set python = Living()
    If Not ActiveWorkbook Is Nothing Then
        python.SetAttr python.Module("xlwings._xlwindows"), "BOOK_CALLER", ActiveWorkbook
    End If
    If UBound(facts) < 0 Then
        Ask = python.Str(python.Call(python.Module(BUTTONS), question))
    Else
        given = facts
        Ask = python.Str(python.Call(python.Module(BUTTONS), question, python.TupleFromArray(given)))
    End If
End Function

' At the start, without starting Python: is the interpreter there, and the xlwings this file was built for?
Public Sub CheckVersion()
    Dim interpreter As String, found As String
    interpreter = GetConfig("INTERPRETER_WIN", "")
    If interpreter = "" Then
        KisSay.SayText "no_python"
    ElseIf Not FileExists(interpreter) Then
        KisSay.SayText "no_python"
    Else
        found = XlwingsBeside(ParentFolder(interpreter))
        If found = "" Then found = XlwingsBeside(ParentFolder(ParentFolder(interpreter)))
        If found = "" Then
            KisSay.SayText "no_python"
        ElseIf found <> KIS_XLWINGS Then
            KisSay.SayText "old_xlwings", found
        End If
    End If
End Sub

' The version of xlwings whose library stands in a folder; ours where there are several.
Private Function XlwingsBeside(ByVal folder As String) As String
    Dim prefix As String, file As String
    #If Win64 Then
        prefix = "xlwings64-"
    #Else
        prefix = "xlwings32-"
    #End If
    If FileExists(folder & "\" & prefix & KIS_XLWINGS & ".dll") Then
        XlwingsBeside = KIS_XLWINGS
        Exit Function
    End If
    file = Dir(folder & "\" & prefix & "*.dll")
    If file <> "" Then XlwingsBeside = Mid$(file, Len(prefix) + 1, Len(file) - Len(prefix) - 4)
End Function
