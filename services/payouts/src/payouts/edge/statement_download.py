"""Statements as documents, through links that are signed and expire."""

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from chassis import clock
from chassis.clock import Clock
from chassis.db import OUTAGES, Pool, is_outage
from payouts.commands.read_statement import lines_from, read_statement, write_document
from payouts.domain.statement import Period
from payouts.links import PARAMETER, PATH, LinkExpiredError, LinkInvalidError, Links

_HEADERS = {
    "cache-control": "private, no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}

log = structlog.get_logger()


def statement_download(pool: Pool, links: Links, *, now: Clock = clock.now) -> Route:
    """The route; the links are those that `Statement.csvUrl` gives out."""

    async def download(request: Request) -> Response:
        try:
            target = links.read(request.query_params.get(PARAMETER, ""), now=now())
        except LinkInvalidError:
            return _refused(403, "link_invalid", "This link is not one of ours.")
        except LinkExpiredError:
            return _refused(410, "link_expired", "This link has expired. Ask for a new one.")
        period = Period.parse(target.period)
        try:
            async with pool.acquire() as conn:
                statement = await read_statement(
                    conn, target.creator_id, period, known_at=target.known_at
                )
        except OUTAGES as error:
            if not is_outage(error):
                raise
            log.warning("statement_put_off", reason=repr(error))
            return _refused(503, "service_unavailable", "Try again in a moment.")
        assert statement is not None, "what there was once, as known then, there is for ever"
        return StreamingResponse(
            write_document(statement, lines_from(pool, statement)),
            media_type="text/csv; charset=utf-8",
            headers=_HEADERS
            | {"content-disposition": f'attachment; filename="statement-{period}.csv"'},
        )

    return Route(PATH, download, methods=["GET"])


def _refused(status: int, code: str, message: str) -> Response:
    return JSONResponse({"code": code, "message": message}, status, headers=_HEADERS)
