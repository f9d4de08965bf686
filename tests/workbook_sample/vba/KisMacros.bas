Option Explicit

Private mRibbon As IRibbonUI

Public Sub KisRefresh()
    On Error GoTo failed
    Application.StatusBar = False
    Exit Sub
failed:
    Application.StatusBar = KIS_VERSION
End Sub

Public Sub KisOnLoad(ribbon As IRibbonUI)
    Set mRibbon = ribbon
End Sub

Public Sub KisOnRefresh(control As IRibbonControl)
    KisRefresh
End Sub

Public Sub KisOnAuto(control As IRibbonControl, pressed As Boolean)
    KisRefresh
End Sub

Public Sub KisGetLabel(control As IRibbonControl, ByRef returnedVal)
    returnedVal = "KIS"
End Sub
