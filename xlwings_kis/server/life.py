"""A worker's beginning and end: threads to wait on, and connections let go of."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from fastapi import FastAPI

from xlwings_kis import runtime

THREADS = 64
"""So many users may wait for KIS at the same time, and others still be answered."""


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """For as long as the worker serves."""
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="xlwings-kis call")
    asyncio.get_running_loop().set_default_executor(threads)
    try:
        yield
    finally:
        runtime.close()
