"""What the hub refuses, with the gateway's codes (docs/errors.md)."""

from collections.abc import Sequence

from graphql import GraphQLError

from chassis.graphql.errors import ClientError


class NotFoundError(ClientError):
    """There is no such thing to watch."""

    code = "NOT_FOUND"


class BadRequestError(ClientError):
    """Not a request that a GraphQL client sends."""

    code = "BAD_REQUEST"


class SubscriptionLimitReachedError(ClientError):
    """The connection has as many subscriptions as one may have."""

    code = "SUBSCRIPTION_LIMIT_REACHED"


class OperationRefusedError(Exception):
    """The operation cannot be subscribed to; `errors` say why and are fit to be shown."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors
