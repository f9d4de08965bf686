UPDATE series SET problem = '["no_key",1,2,3,4]'
