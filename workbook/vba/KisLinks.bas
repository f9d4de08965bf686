Option Explicit
Option Private Module

' A workbook remembers where the add-in stood whose formulas it uses, with the folder of whoever saved it last. Opened by
' somebody else, it would look for our formulas there; so such a link is turned to the add-in that is loaded.

Public Sub PointHere(ByVal book As Workbook)
    Dim links As Variant, at As Long
    If Not KIS_ADDIN Then Exit Sub
    On Error GoTo ignored
    links = book.LinkSources(xlExcelLinks)
    If IsEmpty(links) Then Exit Sub
    Application.DisplayAlerts = False
    For at = LBound(links) To UBound(links)
        If IsOther(CStr(links(at))) Then book.ChangeLink links(at), ThisWorkbook.FullName, xlLinkTypeExcelLinks
    Next
ignored:
    Application.DisplayAlerts = True
End Sub

Private Function IsOther(ByVal path As String) As Boolean
    Dim title As String
    title = LCase$(ThisWorkbook.Name)
    If LCase$(Right$(path, Len(title))) <> title Then Exit Function
    IsOther = LCase$(path) <> LCase$(ThisWorkbook.FullName)
End Function
