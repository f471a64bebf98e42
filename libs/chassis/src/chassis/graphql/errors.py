"""The top-level errors that a caller may see, with their stable codes (docs/errors.md).

An expected failure of a mutation is not an error but a refusal: see `refusals`.
"""

from collections.abc import Mapping
from typing import ClassVar

from graphql import GraphQLError


class ClientError(GraphQLError):
    """Shown to the caller as it is: message and `extensions.code`. Everything else is masked."""

    code: ClassVar[str]

    def __init__(self, message: str, *, details: Mapping[str, object] | None = None) -> None:
        """`details` join the code in `extensions`; they must be safe to show."""
        super().__init__(message, extensions={"code": self.code, **(details or {})})


class UnauthenticatedError(ClientError):
    """No token, or one that proves nothing; `extensions.reason` says which."""

    code = "UNAUTHENTICATED"

    def __init__(self, reason: str = "token_missing") -> None:
        """`reason`: token_missing, token_invalid or token_expired."""
        super().__init__(_UNAUTHENTICATED[reason], details={"reason": reason})


class ForbiddenError(ClientError):
    """The caller is known and may not see or do this."""

    code = "FORBIDDEN"

    def __init__(self, message: str = "You are not allowed to see or do this.") -> None:
        super().__init__(message)


class BadUserInputError(ClientError):
    """A value that no caller should send: malformed, out of range, contradictory."""

    code = "BAD_USER_INPUT"


class OperationTooLargeError(ClientError):
    """The document is deeper or longer than the limits allow."""

    code = "OPERATION_TOO_LARGE"


PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
INTERNAL = "INTERNAL_SERVER_ERROR"
UNAVAILABLE = "SERVICE_UNAVAILABLE"

_UNAUTHENTICATED = {
    "token_missing": "Sign in first: this needs a token.",
    "token_invalid": "The token is not valid.",
    "token_expired": "The token has expired: get a new one and ask again.",
}
