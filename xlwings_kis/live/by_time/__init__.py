"""The sheet 시간대별: the course of the day in rows, beside it the last days' totals and a line. Pure, like its sister."""
