"""What every command may say of its words."""

from __future__ import annotations


class UsageError(Exception):
    """The words on the command line do not fit; the text says which."""
