"""The application of one worker: xlwings Server with our project, looked at on the way in.

xlwings Server goes on without formulas or routes that cannot be imported. So they are imported here first, where a failure
stops the worker, and looked for afterwards.
"""

from __future__ import annotations

from typing import Any

import xlwings as xw

from xlwings_kis.server import functions, guests, life, routes, scripts  # noqa: F401

if not xw.on_server:
    raise RuntimeError("xlwings was imported before XLWINGS_ON_SERVER was set")

from xlwings_server.main import app as inner  # noqa: E402 - after ours
from xlwings_server.main import main_app  # noqa: E402
from xlwings_server.routers import xlwings as served  # noqa: E402

app: Any = main_app


@inner.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}
