INSERT INTO seen (series, day, code) SELECT id, 739940, 7 FROM series
