"""Plain queries: what the hub knows of itself, for operators. The gateway asks them, too."""

import time
from typing import Any, Final

from graphql import ExecutionResult, GraphQLError, GraphQLResolveInfo, OperationType, execute_sync

from chassis.auth import KeysUnavailableError, Proof
from chassis.graphql.documents import DocumentCache
from chassis.graphql.endpoint import REQUEST_ID_CHARS_MAX, RequestRefusedError
from chassis.graphql.limits import Limits
from chassis.graphql.masking import mask_errors
from live_hub import metrics
from live_hub.errors import BadRequestError
from live_hub.guards import guards_of
from live_hub.operations import Wanted, schema
from live_hub.requests import Headers, Message, Receive, Send, answer, prove, read_post, refuse
from live_hub.sessions import Sessions

_PERCENTILES: Final = (0.5, 0.95, 0.99)


class Queries:
    """Answers queries; bounded in what it remembers."""

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self._schema = schema()
        self._documents = DocumentCache(self._schema, Limits())
        assert self._schema.query_type is not None
        self._guards = guards_of(self._schema.query_type)

    def answer(self, wanted: Wanted, proof: Proof | None, request_id: str) -> dict[str, Any]:
        """The execution result of a query, as it is shown."""
        document = self._documents.get(wanted.query)
        if document.node is None or document.errors:
            return _refused(*document.errors)
        if OperationType.SUBSCRIPTION in document.operations.values():
            message = "Subscribe over a WebSocket, or with Accept: text/event-stream."
            return _refused(BadRequestError(message))
        result = execute_sync(
            self._schema,
            document.node,
            root_value={"liveDelivery": self._delivery},
            context_value=proof,
            variable_values=wanted.variables,
            operation_name=wanted.operation_name,
        )
        assert isinstance(result, ExecutionResult), "no resolver waits for anything"
        errors = mask_errors(result.errors or (), request_id=request_id)
        return {"data": result.data} | ({"errors": errors} if errors else {})

    def _delivery(self, info: GraphQLResolveInfo) -> dict[str, object]:
        self._guards[info.field_name].admit(info.context, time.time())
        recent = metrics.RECENT.read(*_PERCENTILES)
        p50_ms, p95_ms, p99_ms = (
            None if each is None else round(1_000 * each, 1) for each in recent.percentiles_s
        )
        return {
            "since": recent.since.isoformat(),
            "deliveries": recent.deliveries,
            "p50Ms": p50_ms,
            "p95Ms": p95_ms,
            "p99Ms": p99_ms,
            "clients": self.sessions.clients,
        }


async def serve_query(queries: Queries, scope: Message, receive: Receive, send: Send) -> None:
    """Serve one request, by ASGI."""
    headers: Headers = dict(scope["headers"])
    request_id = headers.get(b"x-request-id", b"").decode("latin-1")[:REQUEST_ID_CHARS_MAX]
    try:
        accept = headers.get(b"accept", b"*/*")
        if b"json" not in accept and b"*/*" not in accept:
            message = "Send Accept: text/event-stream, or open a WebSocket."
            raise RequestRefusedError(406, BadRequestError(message))
        if scope["method"] != "POST":
            raise RequestRefusedError(405, BadRequestError("Send a POST request."))
        wanted = await read_post(headers, receive)
        proof = await prove(queries.sessions, headers)
    except (RequestRefusedError, KeysUnavailableError) as error:
        await refuse(send, error, request_id)
        return
    await answer(send, 200, queries.answer(wanted, proof, request_id))


def _refused(*errors: GraphQLError) -> dict[str, Any]:
    return {"errors": [dict(error.formatted) for error in errors]}
