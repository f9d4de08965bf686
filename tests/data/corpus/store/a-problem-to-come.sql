UPDATE series SET problem = '["token_wait","",{"time":1},false,9e999]'
