"""What xlwings Server offers as formulas: each attribute that xlwings has decorated."""

from xlwings_kis.server.functions import FORMULAS

globals().update(FORMULAS)
