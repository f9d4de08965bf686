Option Explicit
Option Private Module

' The table of a pair at the active cell: the fetch time above, the formula below.

Private Const TABLE_ROWS As Long = 12
Private Const SPARE_ROWS As Long = 3
Private Const TABLE_COLUMNS As Long = 20
Private Const NETS As String = "[Red]+#,##0;[Blue]-#,##0;0"
Private Const FIGURES As String = "#,##0"

Public Sub Insert(ByVal exchange As String, ByVal market As String)
    On Error GoTo failed_
    Dim cell As Range, room As Range
    If KisAddin.NoWorkbook() Then Exit Sub
    Set cell = ActiveCell
    If cell Is Nothing Then
        KisSay.SayText "no_cell"
    ElseIf cell.Worksheet.ProtectContents Then
        KisSay.SayText "protected"
    ElseIf Not Fits(cell) Then
        KisSay.SayText "no_room"
    Else
        Set room = cell.Resize(1 + TABLE_ROWS + SPARE_ROWS, TABLE_COLUMNS)
        If Not Plain(room) Then
            KisSay.SayText "no_room"
        ElseIf MayOverwrite(room) Then
            Write_ cell, exchange, market
        End If
    End If
    Exit Sub
failed_:
    KisSay.Failed
End Sub

Private Function Fits(ByVal cell As Range) As Boolean
    Fits = cell.Row + TABLE_ROWS + SPARE_ROWS <= cell.Worksheet.Rows.Count _
        And cell.Column + TABLE_COLUMNS - 1 <= cell.Worksheet.Columns.Count
End Function

' Neither merged cells nor a table of Excel's, in which nothing spills.
Private Function Plain(ByVal room As Range) As Boolean
    Dim tables As Object, each_ As Object
    If IsNull(room.MergeCells) Then Exit Function
    If room.MergeCells Then Exit Function
    Set tables = room.Worksheet.ListObjects
    For Each each_ In tables
        If Not Application.Intersect(each_.Range, room) Is Nothing Then Exit Function
    Next
    Plain = True
End Function

Private Function MayOverwrite(ByVal room As Range) As Boolean
    MayOverwrite = True
    If Application.WorksheetFunction.CountA(room) = 0 Then Exit Function
    MayOverwrite = KisSay.Confirm(KisSay.Text("insert_over", room.Address(False, False)))
    If MayOverwrite Then room.ClearContents
End Function

Private Sub Write_(ByVal cell As Range, ByVal exchange As String, ByVal market As String)
    Dim pair As String, table As Range
    pair = "(""" & exchange & """,""" & market & """)"
    Set table = cell.Offset(1, 0)
    cell.NumberFormat = KisSay.Text("asof_format") ' before the formula: a cell of text would take it for text
    If table.NumberFormat = "@" Then table.NumberFormat = "General"
    Format_ table
    If Not Spills(cell, "=KIS_PROGRAM_ASOF" & pair) Then cell.Formula = "=KIS_PROGRAM_ASOF" & pair
    SetTable table, "=KIS_PROGRAM_TRADE" & pair
    KisBooks.Of(ActiveWorkbook).LookAgain
    KisClock.Calculated
End Sub

' Formula2 spills; where Excel does not know it, the formula is entered over the table's whole range.
Private Sub SetTable(ByVal table As Range, ByVal formula As String)
    If Not Spills(table, formula) Then table.Resize(TABLE_ROWS, TABLE_COLUMNS).FormulaArray = formula
End Sub

Private Function Spills(ByVal cell As Range, ByVal formula As String) As Boolean
    Dim late As Object
    Set late = cell
    On Error Resume Next
    late.Formula2 = formula
    Spills = Err.Number = 0
    On Error GoTo 0
End Function

' Figures as people read them, where the cells have no format of their own.
Private Sub Format_(ByVal table As Range)
    Dim column As Long, part As Range
    For column = 2 To TABLE_COLUMNS - 1
        Set part = table.Offset(1, column - 1).Resize(TABLE_ROWS + SPARE_ROWS - 1)
        If part.Cells(1, 1).NumberFormat = "General" Then
            part.NumberFormat = IIf((column - 1) Mod 3 = 0, NETS, FIGURES)
        End If
    Next
End Sub
