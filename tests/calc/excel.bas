' What the add-in's timer finds around it, where no Excel is: the moment, a user at work, the timer it has set. Everything
' that it does to Excel or to a workbook is written down.

Public Const xlErrorHandler = 2

Public CutCopyMode As Long
Public Ready As Boolean
Public Interactive As Boolean
Public Interval As Long
Public Due As Date
Public EnableCancelKey As Long

Private mNow As Date
Private mDue As Date
Private mDone As String

Public Function WallClock() As Date
    WallClock = mNow
End Function

Public Sub OnTime(ByVal EarliestTime As Date, ByVal Procedure As String, Optional ByVal Schedule As Variant)
    mDue = EarliestTime
    If Not IsMissing(Schedule) Then mDue = 0
End Sub

' The one workbook that is open. LibreOffice keeps no object from one call to the next, so it is made each time.
Public Function Books() As Collection
    Dim made As New Collection, book As KisBook
    Set book = New KisBook
    made.Add book
    Set Books = made
End Function

Public Sub Done(ByVal what As String)
    mDone = mDone & what & " "
End Sub

' A workbook was opened and calculated; its automatic refresh is on.
Public Function BookOpened(ByVal moment As Double, ByVal every As Double) As String
    KisClock.StopAll ' as the last workbook was closed
    Due = 0
    mNow = CDate(moment)
    mDone = ""
    Ready = True
    Interactive = True
    CutCopyMode = 0
    Interval = CLng(every)
    KisClock.Revive
    KisClock.CalculateOurs False
    KisClock.FormulaCalled
    KisClock.Calculated
    KisClock.SetTimers
    BookOpened = Trim(mDone)
End Function

' A second has passed. Excel runs the timer that is due, but not while a cell is edited.
Public Function Passed(ByVal moment As Double, ByVal copying As Boolean, ByVal editing As Boolean) As String
    mNow = CDate(moment)
    mDone = ""
    CutCopyMode = IIf(copying, 1, 0)
    If Not editing And mDue <> 0 And mDue <= mNow Then
        mDue = 0
        KisClock.Tick
    End If
    Passed = Trim(mDone)
End Function
