Option Explicit
Option Private Module

Public Function XLPy() As Object
    Set XLPy = KisServer()
End Function
