UPDATE series SET rest_from = 1, rest_until = 9e10, settings = (SELECT settings FROM series WHERE settings <> '' LIMIT 1)
UPDATE series SET fetched = 0
