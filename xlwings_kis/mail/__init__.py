"""A report by mail: what it says (`letter`), how it looks (`html`, `plain`), what leaves (`message`), and how
(`delivery`, `drafts`).

The command line's side is `cli.mail`, the ribbon's is `draft` here.
"""

from xlwings_kis.mail.drafts import draft

__all__ = ["draft"]
