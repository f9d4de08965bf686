Option Explicit
Option Private Module

' Does Range.Dirty reach a sheet that is not the active one? Some versions of Excel act on the active sheet instead, and
' then what depends on our cells would stay old. Tried once, on a cell of our own.

Private Const PROBE_CELL As String = "E1"

Private mCalls As Long
Private mTried As Boolean
Private mReaches As Boolean

' The formula of the probe cell.
Public Function KisProbeCell() As Long
    mCalls = mCalls + 1
    KisProbeCell = mCalls
End Function

Public Function DirtyReachesOtherSheets() As Boolean
    Dim before As Long
    If Not mTried And Application.Calculation <> xlCalculationManual Then
        before = mCalls
        On Error Resume Next
        ThisWorkbook.Worksheets("texts").Range(PROBE_CELL).Dirty
        On Error GoTo 0
        mReaches = mCalls > before
        mTried = True
    End If
    DirtyReachesOtherSheets = mReaches
End Function
