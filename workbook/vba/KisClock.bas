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
Private mCalled As Boolean
Private mBooksDue As Date
Private mProcedure As String
Private mStopped As Boolean

' Whether something of the user's must not be disturbed now.
Public Function Disturbs(ByVal cutOrCopy As Long, ByVal ready As Boolean, ByVal interactive As Boolean) As Boolean
    Disturbs = cutOrCopy <> 0 Or Not ready Or Not interactive
End Function

Private Function Busy() As Boolean
    Busy = Disturbs(Application.CutCopyMode, Application.Ready, Application.Interactive)
End Function

' The timer. Entry: it ends in the status bar. What is due is taken off first, so that a job that fails does not come back at once.
Public Sub Tick()
    On Error GoTo failed_
    Application.EnableCancelKey = xlErrorHandler
    mScheduled = 0
    KisAddin.Awake
    If Reached(mStatusDue) Then GiveBack
    If Reached(mBooksDue) Then LookForBooks
    If Reached(mLookDue) Then LookOnceMore
    If Reached(mPollDue) Then Poll
    Beat
again_:
    On Error Resume Next
    SetTimers
    On Error GoTo 0
    Exit Sub
failed_:
    KisSay.Failed
    Resume again_
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
    If Not mCalled Then Exit Sub
    If mCalculating Or mLooks > 0 Or Now < mQuietUntil Then Exit Sub
    mCalled = False
    If KisPython.Ask("late") = "" Then Exit Sub
    mLooks = 1
    mLookDue = Later(FIRST_LOOK)
    SetTimers
ignored:
End Sub

' A formula of ours has run: only then is it worth asking Python how it went.
Public Sub FormulaCalled()
    mCalled = True
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
    mStopped = True
    mPollDue = 0
    mPolls = 0
    mLookDue = 0
    mLooks = 0
    mStatusDue = 0
    mBooksDue = 0
    Cancel
End Sub

' The user went on working: closing was cancelled, or saving is over.
Public Sub Revive()
    If Not mStopped Then Exit Sub
    mStopped = False
    SetTimers
End Sub

' Workbooks that were opened while nobody listened are looked for a little later.
Public Sub LookForBooksSoon()
    mBooksDue = Later(LATER_SECONDS)
    SetTimers
End Sub

Private Sub LookForBooks()
    mBooksDue = 0
    KisAddin.MeetBooks
End Sub

Private Sub GiveBack()
    mStatusDue = 0
    KisSay.GiveBack
End Sub

Private Sub LookOnceMore()
    Dim look As Long
    mLookDue = 0
    If Busy() Then
        mLookDue = Later(LATER_SECONDS)
        Exit Sub
    End If
    look = mLooks
    mLooks = 0
    mQuietUntil = Later(QUIET_SECONDS)
    CalculateOurs False
    mCalled = False
    If KisPython.Ask("late") = "" Then Exit Sub
    If look <> 1 Then Exit Sub
    mLooks = 2
    mLookDue = Later(SECOND_LOOK - FIRST_LOOK)
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
    If KisPython.StartedAnew() Then ' it knows no table until the formulas have asked
        mPolls = 0
        mPollDue = Later(POLL_SECONDS)
        Exit Sub
    End If
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
    mPollDue = 0
    If Busy() Then ' the figures have landed or will: they are shown when the user is done
        mPollDue = Later(LATER_SECONDS)
        Exit Sub
    End If
    mPolls = mPolls + 1
    If mPolls < MOST_POLLS Then
        If KisPython.Ask("landed") = "" Then
            mPollDue = Later(POLL_SECONDS)
            Exit Sub
        End If
    End If
    CalculateOurs True
End Sub

' The timer for whatever comes first; none where nothing is to come.
Public Sub SetTimers()
    Dim first As Date, known As KisBook
    If mStopped Then Exit Sub
    first = Sooner(Sooner(mPollDue, mLookDue), Sooner(mStatusDue, mBooksDue))
    For Each known In KisBooks.All
        If known.Interval > 0 Then
            If known.Due = 0 Then known.Due = Later(known.Interval)
            first = Sooner(first, known.Due)
        End If
    Next
    If first <> 0 And mScheduled <> 0 And mScheduled <= first Then Exit Sub
    Cancel
    If first = 0 Then Exit Sub
    If first < Later(1) Then first = Later(1)
    mProcedure = TickName()
    Application.OnTime EarliestTime:=first, Procedure:=mProcedure
    mScheduled = first
End Sub

' By the name it was set with: the file may have been saved under another one since.
Private Sub Cancel()
    If mScheduled = 0 Then Exit Sub
    On Error Resume Next
    Application.OnTime EarliestTime:=mScheduled, Procedure:=mProcedure, Schedule:=False
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
