"""The sheet 프로그램매매 that a macro fills: what stands on it (`found`), what should (`plan`), and the writing (`writer`).

Everything but the writer is pure: cells in, steps out. Nothing is ever read back but values, so that the same code runs
on Excel over COM and on the Office.js engine, which cannot read formats.
"""
