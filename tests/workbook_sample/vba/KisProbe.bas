Option Explicit
Option Private Module

Public Function KisProbeCell() As Long
    KisProbeCell = 1
End Function
