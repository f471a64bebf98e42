"""Which errors a caller may see. Everything not on the list is a defect or an outage: masked."""

from collections.abc import Sequence

import structlog
from graphql import GraphQLError

from chassis.db import is_outage
from chassis.graphql.errors import INTERNAL, UNAVAILABLE, BadUserInputError, ClientError

_MESSAGES = {
    INTERNAL: "Unexpected error.",
    UNAVAILABLE: "A part of the service does not answer. Try again with the same ids.",
}

log = structlog.get_logger()


def mask_errors(errors: Sequence[GraphQLError], *, request_id: str) -> list[dict[str, object]]:
    """The errors as the response shows them; those masked are logged with their cause.

    `errors` come from running an operation. One without a path was found while reading the
    variables, so the caller's values are to blame.
    """
    return [_shown(error, request_id) for error in errors]


def mask(code: str, request_id: str) -> dict[str, object]:
    """An error that tells the caller no more than what it can do: INTERNAL or UNAVAILABLE."""
    return {"message": _MESSAGES[code], "extensions": {"code": code, "requestId": request_id}}


def _shown(error: GraphQLError, request_id: str) -> dict[str, object]:
    shown = _without_path(error, request_id)
    return shown if error.path is None else {**shown, "path": error.path}


def _without_path(error: GraphQLError, request_id: str) -> dict[str, object]:
    cause = error.original_error or error
    if isinstance(cause, ClientError):
        return {"message": cause.message, "extensions": cause.extensions or {}}
    if error.path is None and isinstance(cause, GraphQLError):
        return {"message": error.message, "extensions": {"code": BadUserInputError.code}}
    log.error(
        "graphql_error_masked",
        path=error.path,
        request_id=request_id,
        exc_info=cause if cause is not error else None,
        message=error.message,
    )
    return mask(UNAVAILABLE if is_outage(cause) else INTERNAL, request_id)
