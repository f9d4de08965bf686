UPDATE series SET pair = 'x' || id
