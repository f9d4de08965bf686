Option Explicit
Option Private Module

' Error values from Python have lost their code on the way; here each of them becomes #N/A again.

Private Const NOT_AVAILABLE As Long = 2042

Public Function AsNotAvailable(ByVal found As Variant) As Variant
    If Not IsArray(found) Then
        If VarType(found) = vbError Then found = CVErr(NOT_AVAILABLE)
    ElseIf Dimensions(found) = 1 Then
        MendLine found
    Else
        MendTable found
    End If
    AsNotAvailable = found
End Function

Private Sub MendLine(ByRef found As Variant)
    Dim at As Long
    For at = LBound(found) To UBound(found)
        If VarType(found(at)) = vbError Then found(at) = CVErr(NOT_AVAILABLE)
    Next
End Sub

Private Sub MendTable(ByRef found As Variant)
    Dim row As Long, column As Long
    For row = LBound(found, 1) To UBound(found, 1)
        For column = LBound(found, 2) To UBound(found, 2)
            If VarType(found(row, column)) = vbError Then found(row, column) = CVErr(NOT_AVAILABLE)
        Next
    Next
End Sub

' A table of one row arrives as a line.
Private Function Dimensions(ByVal found As Variant) As Long
    Dim last As Long
    Dimensions = 1
    On Error GoTo one
    last = UBound(found, 2)
    Dimensions = 2
one:
End Function
