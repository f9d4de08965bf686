"""The provider `custom` of xlwings Server: our list of tokens."""

from xlwings_kis.server.door import validate_token

__all__ = ["validate_token"]
