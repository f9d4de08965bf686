"""What a worker does at its beginning and at its end."""

from xlwings_kis.server.life import lifespan

__all__ = ["lifespan"]
