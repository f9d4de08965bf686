UPDATE counter SET n = x'ff'
