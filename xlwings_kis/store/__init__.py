"""Where snapshots are shared: what a store must do (`base`), SQLite that does it, and a guard for when it cannot."""
