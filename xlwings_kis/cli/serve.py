"""`serve`: the formulas for a whole desk, on xlwings Server."""

from __future__ import annotations

import argparse

from xlwings_kis import settings
from xlwings_kis.cli import terminal


def serve(arguments: argparse.Namespace) -> int:
    """Serve until told to end."""
    from xlwings_kis.server import environment

    known = settings.load({"lang": arguments.lang} | ({"demo": True} if arguments.demo else {}))
    environment.prepare((), None, known.lang, demo=known.demo, loopback=True)
    import uvicorn

    terminal.say(f"http://{arguments.host}:{arguments.port}")
    uvicorn.run("xlwings_kis.server.app:app", host=arguments.host, port=arguments.port, log_level="warning")
    return 0
