"""Statements as documents, through links that are signed and expire."""

from collections.abc import Awaitable, Callable, Sequence

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from chassis import clock
from chassis.clock import Clock
from chassis.db import OUTAGES, Pool, is_outage
from payouts.commands.print_statement import Printer
from payouts.commands.read_statement import count_lines, lines_from, read_statement, write_csv
from payouts.domain.statement import Period, Statement
from payouts.links import PARAMETER, Form, LinkExpiredError, LinkInvalidError, Links, Target

_HEADERS = {
    "cache-control": "private, no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}

type _Show = Callable[[Statement], Awaitable[Response]]

log = structlog.get_logger()


def statement_downloads(pool: Pool, links: Links, *, now: Clock = clock.now) -> Sequence[Route]:
    """The routes; the links are those that `Statement.csvUrl` and `Statement.pdfUrl` give out."""
    printer = Printer()

    async def show_csv(statement: Statement) -> Response:
        return StreamingResponse(
            write_csv(statement, lines_from(pool, statement)),
            media_type="text/csv; charset=utf-8",
            headers=_attached(statement, Form.CSV),
        )

    async def show_pdf(statement: Statement) -> Response:
        async with pool.acquire() as conn:
            lines = await count_lines(conn, statement)
        document = await printer.print(statement, lines_from(pool, statement), lines=lines)
        return Response(
            document, media_type="application/pdf", headers=_attached(statement, Form.PDF)
        )

    return [
        _route(pool, links, Form.CSV, show_csv, now),
        _route(pool, links, Form.PDF, show_pdf, now),
    ]


def _route(pool: Pool, links: Links, form: Form, show: _Show, now: Clock) -> Route:
    async def download(request: Request) -> Response:
        try:
            target = links.read(form, request.query_params.get(PARAMETER, ""), now=now())
        except LinkInvalidError:
            return _refused(403, "link_invalid", "This link is not one of ours.")
        except LinkExpiredError:
            return _refused(410, "link_expired", "This link has expired. Ask for a new one.")
        try:
            return await show(await _find(pool, target))
        except OUTAGES as error:
            if not is_outage(error):
                raise
            log.warning("statement_put_off", reason=repr(error))
            return _refused(503, "service_unavailable", "Try again in a moment.")

    return Route(form.path, download, methods=["GET"])


async def _find(pool: Pool, target: Target) -> Statement:
    period = Period.parse(target.period)
    async with pool.acquire() as conn:
        statement = await read_statement(conn, target.creator_id, period, known_at=target.known_at)
    assert statement is not None, "what there was once, as known then, there is for ever"
    return statement


def _attached(statement: Statement, form: Form) -> dict[str, str]:
    name = f"statement-{statement.scope.period}.{form}"
    return _HEADERS | {"content-disposition": f'attachment; filename="{name}"'}


def _refused(status: int, code: str, message: str) -> Response:
    return JSONResponse({"code": code, "message": message}, status, headers=_HEADERS)
