Option Explicit

' Everything that happens later: automatic refreshes, the second look at formulas that answered late, the status bar.
'
' One timer for all of it. Excel does not run it while a cell is edited or a dialog is open; while a range is copied or Excel is
' busy, a beat is skipped. A beat first lets Python fetch in the background and calculates once the figures are there, so that
' nobody waits; it writes no cell.

Private Const POLL_SECONDS As Long = 1
Private Const MOST_POLLS As Long = 17
Private Const FIRST_LOOK As Long = 3
Private Const SECOND_LOOK As Long = 15
Private Const QUIET_SECONDS As Long = 20
Private Const LATER_SECONDS As Long = 2

Private mScheduled As Date
Private mPollDue As Date
Private mPolls As Long
Private mLookDue As Date
Private mLooks As Long
Private mQuietUntil As Date
Private mStatusDue As Date
Private mCalculating As Boolean
Private mFailed As Boolean

' Whether something of the user's must not be disturbed now.
Public Function Disturbs(ByVal cutOrCopy As Long, ByVal ready As Boolean, ByVal interactive As Boolean) As Boolean
    Disturbs = cutOrCopy <> 0 Or Not ready Or Not interactive
End Function

Private Function Busy() As Boolean
    Busy = Disturbs(Application.CutCopyMode, Application.Ready, Application.Interactive)
End Function

' The timer. Entry: it ends in the status bar.
Public Sub Tick()
    On Error GoTo failed_
    mScheduled = 0
    If Reached(mStatusDue) Then GiveBack
    If Reached(mLookDue) Then LookOnceMore
    If Reached(mPollDue) Then Poll
    Beat
    SetTimers
    Exit Sub
failed_:
    KisSay.Failed
    SetTimers
End Sub

' Automatic refresh of a workbook on or off; 0 seconds is off.
Public Sub SetInterval(ByVal book As Workbook, ByVal seconds As Long)
    KisBooks.Of(book).Interval = seconds
    SetTimers
End Sub

' Excel has calculated: where a formula answered late or without data, our cells are calculated twice more.
Public Sub Calculated()
    On Error GoTo ignored
    If mFailed Then
        mFailed = False
        KisSay.Failed
        Exit Sub
    End If
    If mCalculating Or mLooks > 0 Or Now < mQuietUntil Then Exit Sub
    If Not KisBooks.Used Then Exit Sub
    If KisPython.Ask("late") = "" Then Exit Sub
    mLooks = 1
    mLookDue = Later(FIRST_LOOK)
    SetTimers
ignored:
End Sub

' A formula found no Python. A formula may not touch the status bar itself: the end of the calculation does.
Public Sub SayLaterThatItFailed()
    mFailed = True
End Sub

' Calculate the cells of ours in every workbook that has some, or only where automatic refresh is on.
Public Sub CalculateOurs(ByVal onlyAutomatic As Boolean)
    Dim known As KisBook
    mCalculating = True
    On Error GoTo done
    For Each known In KisBooks.All
        If known.Interval > 0 Or Not onlyAutomatic Then known.Calculate False
    Next
done:
    mCalculating = False
    If Err.Number <> 0 Then Err.Raise Err.Number, , Err.Description
End Sub

Public Sub GiveBackStatusBar(ByVal seconds As Long)
    mStatusDue = Later(seconds)
    SetTimers
End Sub

' Before the workbook goes: a timer that is left would open it again.
Public Sub StopAll()
    mPollDue = 0
    mLookDue = 0
    mStatusDue = 0
    Cancel
End Sub

Private Sub GiveBack()
    mStatusDue = 0
    Application.StatusBar = False
End Sub

Private Sub LookOnceMore()
    If Busy() Then
        mLookDue = Later(LATER_SECONDS)
        Exit Sub
    End If
    CalculateOurs False
    If mLooks = 1 And KisPython.Ask("late") <> "" Then
        mLooks = 2
        mLookDue = Later(SECOND_LOOK - FIRST_LOOK)
    Else
        mLooks = 0
        mLookDue = 0
        mQuietUntil = Later(QUIET_SECONDS)
    End If
End Sub

Private Sub Beat()
    Dim known As KisBook, wait As String, due As Boolean
    For Each known In KisBooks.All
        If known.Interval > 0 And known.Due <= Now Then
            known.Due = Later(known.Interval)
            due = True
        End If
    Next
    If Not due Or mPollDue <> 0 Then Exit Sub
    If Busy() Then Exit Sub
    wait = KisPython.Ask("beat")
    If wait = "" Then Exit Sub
    If CLng(wait) > 0 Then
        BringForward CLng(wait) + 1
    Else
        mPolls = 0
        mPollDue = Later(POLL_SECONDS)
    End If
End Sub

' The figures are fresh for a few seconds more: the next beat comes right after, not a whole interval later.
Private Sub BringForward(ByVal seconds As Long)
    Dim known As KisBook
    For Each known In KisBooks.All
        If known.Interval > 0 And known.Due > Later(seconds) Then known.Due = Later(seconds)
    Next
End Sub

Private Sub Poll()
    mPolls = mPolls + 1
    If Busy() Then
        mPollDue = 0
    ElseIf KisPython.Ask("landed") <> "" Or mPolls >= MOST_POLLS Then
        mPollDue = 0
        CalculateOurs True
    Else
        mPollDue = Later(POLL_SECONDS)
    End If
End Sub

' The timer for whatever comes first; none where nothing is to come.
Public Sub SetTimers()
    Dim first As Date, known As KisBook
    first = Sooner(Sooner(mPollDue, mLookDue), mStatusDue)
    For Each known In KisBooks.All
        If known.Interval > 0 Then
            If known.Due = 0 Then known.Due = Later(known.Interval)
            first = Sooner(first, known.Due)
        End If
    Next
    If first = mScheduled And first <> 0 Then Exit Sub
    Cancel
    If first = 0 Then Exit Sub
    If first < Later(1) Then first = Later(1)
    Application.OnTime EarliestTime:=first, Procedure:=TickName()
    mScheduled = first
End Sub

Private Sub Cancel()
    If mScheduled = 0 Then Exit Sub
    On Error Resume Next
    Application.OnTime EarliestTime:=mScheduled, Procedure:=TickName(), Schedule:=False
    On Error GoTo 0
    mScheduled = 0
End Sub

Private Function TickName() As String
    TickName = "'" & Replace(ThisWorkbook.Name, "'", "''") & "'!KisClock.Tick"
End Function

Private Function Later(ByVal seconds As Long) As Date
    Later = DateAdd("s", seconds, Now)
End Function

Private Function Reached(ByVal due As Date) As Boolean
    Reached = due <> 0 And due <= Now
End Function

Private Function Sooner(ByVal one As Date, ByVal other As Date) As Date
    If one = 0 Then
        Sooner = other
    ElseIf other = 0 Or one < other Then
        Sooner = one
    Else
        Sooner = other
    End If
End Function
