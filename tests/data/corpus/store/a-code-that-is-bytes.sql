INSERT INTO seen (series, day, code) SELECT id, 739940, x'ff' FROM series
