Option Explicit
Option Private Module

' The open workbooks we know, and which of them use our formulas.

Private Const CELLS_LOOKED_AT As Double = 20000

Private mBooks As Collection

' What we know of a workbook; made at first use.
Public Function Of(ByVal book As Workbook) As KisBook
    Dim known As KisBook
    Forget
    For Each known In mBooks
        If known.Book Is book Then
            Set Of = known
            Exit Function
        End If
    Next
    Set known = New KisBook
    known.Watch book
    mBooks.Add known
    Set Of = known
End Function

' Whether a workbook was seen before.
Public Function Knows(ByVal book As Workbook) As Boolean
    Dim known As KisBook
    Forget
    For Each known In mBooks
        If known.Book Is book Then Knows = True
    Next
End Function

' The workbooks seen so far that are still open.
Public Function All() As Collection
    Forget
    Set All = mBooks
End Function

' A cell was changed: where a formula of ours came in, the workbook is looked through again at the next need.
Public Sub Changed(ByVal sheet As Object, ByVal target As Range)
    Dim book As Workbook, formula As Variant, part As Range, inUse As Range
    On Error GoTo ignored
    Set book = sheet.Parent
    If Not KisAddin.Minds(book) Then Exit Sub
    Set inUse = Application.Intersect(target, sheet.UsedRange)
    If inUse Is Nothing Then Exit Sub
    If inUse.Cells.CountLarge > CELLS_LOOKED_AT Then
        Of(book).LookAgain
        Exit Sub
    End If
    For Each part In inUse.Areas
        For Each formula In Formulas(part)
            If InStr(1, CStr(formula), "KIS_PROGRAM_", vbTextCompare) > 0 Then
                Of(book).LookAgain
                Exit Sub
            End If
        Next
    Next
ignored:
End Sub

Private Function Formulas(ByVal part As Range) As Variant
    Formulas = part.Formula
    If Not IsArray(Formulas) Then Formulas = Array(Formulas)
End Function

' A closed workbook answers with an error.
Private Sub Forget()
    Dim known As KisBook, open_ As New Collection, title As String
    If Not mBooks Is Nothing Then
        For Each known In mBooks
            title = ""
            On Error Resume Next
            title = known.Book.Name
            On Error GoTo 0
            If title <> "" Then open_.Add known
        Next
    End If
    Set mBooks = open_
End Sub
