"""The application of one worker: xlwings Server with our project, and our door before it.

xlwings Server goes on without formulas or addresses that cannot be imported. So they are imported here first, where a
failure stops the worker, and looked for afterwards.
"""

from __future__ import annotations

import importlib
import sys
import time

import xlwings as xw

if not xw.on_server:
    raise RuntimeError("xlwings was imported before XLWINGS_ON_SERVER was set")

from xlwings_kis.server import functions, routes, scripts, spare
from xlwings_kis.server.door import Door, validate_token
from xlwings_kis.server.journal import Journal

from xlwings_server.main import main_app  # isort: skip - after ours, which must fail loudly
from xlwings_server.routers import xlwings as served  # isort: skip


def missing() -> list[str]:
    """What xlwings Server has not taken of ours."""
    taken = getattr(sys.modules.get("routers.custom"), "router", None) is routes.router
    ours = importlib.import_module("auth.custom").validate_token is validate_token  # else it would take its example's
    return [
        *(() if ours else ("auth.custom",)),
        *(
            name
            for name in functions.FORMULAS
            if not hasattr(getattr(served.custom_functions, name, None), "__xlfunc__")
        ),
        *(name for name in scripts.SCRIPTS if not hasattr(getattr(served.custom_scripts, name, None), "__xlscript__")),
        *(() if taken else ("routers.custom",)),
    ]


if missing():
    raise RuntimeError(f"xlwings Server has not taken {', '.join(missing())}")

spare.prepare()
app = Door(main_app, Journal(time.monotonic))
