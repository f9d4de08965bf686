"""The addresses that are ours."""

from xlwings_kis.server.routes import router

__all__ = ["router"]
