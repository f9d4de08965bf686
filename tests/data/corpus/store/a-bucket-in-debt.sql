UPDATE bucket SET level = -1e300
