"""The fault matrix: every trouble × every surface. The tests and docs/fault-matrix.md are made of the same declarations."""
