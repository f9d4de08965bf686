"""The report that leaves the machine: one frozen value (`content`), and those who only read it."""
