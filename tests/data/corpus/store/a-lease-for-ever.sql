UPDATE series SET holder = 'x', lease_until = 9e99
