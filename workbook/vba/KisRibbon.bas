Option Explicit

' The callbacks of the ribbon. What a button does stands in its tag or follows from its id.

Private Const USUAL_SECONDS As Long = 30

Private mRibbon As IRibbonUI

Public Sub KisRibbonLoaded(ribbon As IRibbonUI)
    Set mRibbon = ribbon
End Sub

' Another workbook is in front: its toggle may stand otherwise.
Public Sub Redraw()
    On Error Resume Next
    If Not mRibbon Is Nothing Then mRibbon.Invalidate
    On Error GoTo 0
End Sub

Public Sub KisRefreshPressed(control As IRibbonControl)
    KisAddin.Refresh
End Sub

Public Sub KisMakeSheetPressed(control As IRibbonControl)
    KisAddin.MakeSheet
End Sub

Public Sub KisInsertPressed(control As IRibbonControl)
    KisInsert.Insert Split(control.Tag, " ")(0), Split(control.Tag, " ")(1)
End Sub

Public Sub KisAskPressed(control As IRibbonControl)
    KisAddin.AskAndSay control.Tag
End Sub

Public Sub KisStatusPressed(control As IRibbonControl)
    KisAddin.ShowStatus
End Sub

Public Sub KisSaveValuesPressed(control As IRibbonControl)
    KisCopy.SaveValues
End Sub

Public Sub KisHelpPressed(control As IRibbonControl)
    KisAddin.Help
End Sub

Public Sub KisAutoPressed(control As IRibbonControl, pressed As Boolean)
    On Error GoTo failed_
    If Not KisAddin.NoWorkbook() Then
        KisClock.SetInterval ActiveWorkbook, IIf(pressed, Chosen(), 0)
        KisSay.SayText IIf(pressed, "auto_on", "auto_off"), CStr(Chosen())
    End If
    Redraw
    Exit Sub
failed_:
    KisSay.Failed
    Redraw
End Sub

Public Sub KisAutoGetPressed(control As IRibbonControl, ByRef returnedVal)
    returnedVal = False
    On Error Resume Next
    If Not ActiveWorkbook Is Nothing Then returnedVal = KisBooks.Of(ActiveWorkbook).Interval > 0
    On Error GoTo 0
End Sub

Public Sub KisAutoGetLabel(control As IRibbonControl, ByRef returnedVal)
    returnedVal = ""
    On Error Resume Next
    returnedVal = KisSay.Text("auto_label", CStr(Chosen()))
    On Error GoTo 0
End Sub

' One of the intervals in the menu; the tag is its seconds. It turns automatic refresh on.
Public Sub KisIntervalPressed(control As IRibbonControl, pressed As Boolean)
    On Error GoTo failed_
    If Not KisAddin.NoWorkbook() Then
        KisClock.SetInterval ActiveWorkbook, CLng(control.Tag)
        KisSay.SayText "auto_on", control.Tag
    End If
    Redraw
    Exit Sub
failed_:
    KisSay.Failed
    Redraw
End Sub

Public Sub KisIntervalGetPressed(control As IRibbonControl, ByRef returnedVal)
    returnedVal = False
    On Error Resume Next
    returnedVal = control.Tag = CStr(Chosen())
    On Error GoTo 0
End Sub

' One of the units in the menu; the tag is the word for the sheet's setting cell.
Public Sub KisUnitPressed(control As IRibbonControl)
    On Error GoTo failed_
    If Not KisAddin.NoWorkbook() Then KisSheet.Choose "F2", KisSay.Text(control.Tag)
    Exit Sub
failed_:
    KisSay.Failed
End Sub

' The interval of this workbook, or the usual one.
Private Function Chosen() As Long
    If Not ActiveWorkbook Is Nothing Then Chosen = KisBooks.Of(ActiveWorkbook).Interval
    If Chosen = 0 Then Chosen = USUAL_SECONDS
End Function
