"""Recording through the sessions, so that the day has a course and not only an end: when to look, and what was seen."""
