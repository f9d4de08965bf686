UPDATE counter SET n = 'x'
