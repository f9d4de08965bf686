"""`xlwings-kis doctor`: looks at what our formulas rest on, says what is wrong and what to do, and changes nothing."""
