Function KIS_PROGRAM_TRADE(exchange, market, Optional fields, Optional header)
    If IsMissing(fields) Then fields = Empty
    If IsMissing(header) Then header = True
    KIS_PROGRAM_TRADE = Python("call", Array("KIS_PROGRAM_TRADE", Array(exchange, market, fields, header)))
End Function

Function KIS_PROGRAM_VALUE(exchange, market, investor, field)
    KIS_PROGRAM_VALUE = Python("call", Array("KIS_PROGRAM_VALUE", Array(exchange, market, investor, field)))
End Function

Function KIS_PROGRAM_ASOF(exchange, market)
    KIS_PROGRAM_ASOF = Python("call", Array("KIS_PROGRAM_ASOF", Array(exchange, market)))
End Function

Function KIS_PROGRAM_STATUS(Optional exchange, Optional market)
    If IsMissing(exchange) Then exchange = Empty
    If IsMissing(market) Then market = Empty
    KIS_PROGRAM_STATUS = Python("call", Array("KIS_PROGRAM_STATUS", Array(exchange, market)))
End Function

Sub SetClock(moment)
    Python("set_clock", Array(moment))
End Sub

Function Python(what, arguments)
    On Error GoTo failed
    Static provider
    If IsEmpty(provider) Then
        provider = CreateUnoService("com.sun.star.script.provider.MasterScriptProviderFactory").createScriptProvider("")
    End If
    found = provider.getScript("vnd.sun.star.script:host.py$" & what & "?language=Python&location=user") _
        .invoke(arguments, Array(), Array())
    If Not IsArray(found) Then
        Python = found
        Exit Function
    End If
    Dim cells(UBound(found), UBound(found(0)))
    For r = 0 To UBound(found)
        For c = 0 To UBound(found(0))
            cells(r, c) = found(r)(c)
        Next c
    Next r
    Python = cells
    Exit Function
failed:
    Python = Error$
End Function
