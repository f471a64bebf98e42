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


def _shown(error: GraphQLError, request_id: str) -> dict[str, object]:
    cause = error.original_error or error
    if isinstance(cause, ClientError):
        return _formatted(error, cause.message, cause.extensions or {})
    if error.path is None and isinstance(cause, GraphQLError):
        return _formatted(error, error.message, {"code": BadUserInputError.code})
    log.error(
        "graphql_error_masked",
        path=error.path,
        request_id=request_id,
        exc_info=cause if cause is not error else None,
        message=error.message,
    )
    masked = mask(UNAVAILABLE if is_outage(cause) else INTERNAL, request_id)
    return masked if error.path is None else {**masked, "path": error.path}


def mask(code: str, request_id: str) -> dict[str, object]:
    """An error that tells the caller no more than what it can do: INTERNAL or UNAVAILABLE."""
    return {"message": _MESSAGES[code], "extensions": {"code": code, "requestId": request_id}}


def _formatted(
    error: GraphQLError, message: str, extensions: dict[str, object]
) -> dict[str, object]:
    shown: dict[str, object] = {"message": message, "extensions": extensions}
    if error.path is not None:
        shown["path"] = error.path
    return shown
