"""The addresses of the task pane's data. Everything but the health check asks for the same credentials as a formula."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Query, Response
from xlwings_server import dependencies as dep

from xlwings_kis import report, runtime, words
from xlwings_kis.errors import ArgumentError, KisError, NoDataError, our_fault
from xlwings_kis.markets import Pair
from xlwings_kis.server import answers
from xlwings_kis.server.downloads import downloads

_R = TypeVar("_R")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

router = APIRouter(prefix="/kis")

Lang = Annotated[str, Query(pattern="^(ko|en)$")]


@router.get("/status")
async def status(user: dep.User, lang: Lang = "ko") -> dict[str, Any]:
    """How the data stands."""
    return await _answered(lambda: answers.standing(runtime.feed(), lang), lang)


@router.get("/table")
async def table(user: dep.User, exchange: str, market: str, lang: Lang = "ko") -> dict[str, Any]:
    """The compact table of the day."""
    return await _answered(lambda: answers.table(runtime.feed(), words.pair(exchange, market), lang), lang)


@router.post("/refresh")
async def refresh(user: dep.User, exchange: str = "", market: str = "", lang: Lang = "ko") -> dict[str, Any]:
    """새로고침 of the tables in use, and of one that is named."""
    return await _answered(lambda: answers.refreshed(runtime.feed(), _pairs(exchange, market), lang), lang)


@router.get("/words")
async def offered(user: dep.User, lang: Lang = "ko") -> dict[str, Any]:
    """The words of the drop-down lists."""
    return answers.choices(lang)


@router.get("/report")
async def download(user: dep.User, exchange: str = "", market: str = "") -> Response:
    """The report as a workbook to download: what the command saves."""
    made, data = await _answered(partial(_report, exchange, market), runtime.feed().lang)
    return Response(data, media_type=XLSX, headers={"Content-Disposition": attachment(made)})


def attachment(made: report.Report) -> str:
    """A name for old readers, and the Korean one for the others (RFC 6266)."""
    plain, whole = report.file_name(made, ascii_only=True), report.file_name(made)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(whole, safe='')}"


def _report(exchange: str, market: str) -> tuple[report.Report, bytes]:
    usual = report.Request()
    wanted = report.Request(
        (words.exchange(exchange),) if exchange else usual.exchanges,
        (words.market(market),) if market else usual.markets,
    )
    return downloads.get(runtime.feed(), wanted)


def _pairs(exchange: str, market: str) -> tuple[Pair, ...]:
    return (words.pair(exchange, market),) if exchange or market else ()


async def _answered(answer: Callable[[], _R], lang: str) -> _R:
    """Run it on a thread; whatever goes wrong becomes a sentence."""
    try:
        return await asyncio.get_running_loop().run_in_executor(None, answer)
    except ArgumentError as wrong:
        raise HTTPException(400, wrong.problem.sentence(lang)) from None
    except NoDataError as nothing:
        raise HTTPException(404, nothing.problem.sentence(lang)) from None
    except KisError as failed:
        raise HTTPException(502, failed.problem.sentence(lang)) from None
    except Exception as ours:  # noqa: BLE001 - the rim: a traceback helps nobody
        raise HTTPException(500, our_fault(ours).sentence(lang)) from None
