UPDATE series SET fetched = 9e10
