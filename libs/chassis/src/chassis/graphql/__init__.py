"""GraphQL plumbing for the services' subgraphs. Services import from here and nowhere deeper."""

from chassis.graphql.connection import (
    After,
    Before,
    Connection,
    Edge,
    First,
    Last,
    Page,
    decode_cursor,
    encode_cursor,
)
from chassis.graphql.context import Context
from chassis.graphql.endpoint import MakeContext, mount_graphql
from chassis.graphql.errors import (
    BadUserInputError,
    ClientError,
    ForbiddenError,
    UnauthenticatedError,
)
from chassis.graphql.execution import Executor, Operation
from chassis.graphql.guards import (
    authenticated,
    require_owner,
    require_scope,
    require_viewer,
    requires_scope,
)
from chassis.graphql.limits import Limits
from chassis.graphql.operators import (
    AUDITOR,
    ApprovalNeeded,
    OperatorAction,
    OperatorActionConnection,
    act_of,
    read_actions,
)
from chassis.graphql.refusals import (
    IdempotencyConflict,
    NotEligible,
    Refusal,
    refusal,
    refusal_code,
)
from chassis.graphql.scalars import BigInt, Coins, Currency, MicroDiamonds
from chassis.graphql.schema import schema, sdl
from chassis.graphql.types import Money, PageInfo

__all__ = [
    "AUDITOR",
    "After",
    "ApprovalNeeded",
    "BadUserInputError",
    "Before",
    "BigInt",
    "ClientError",
    "Coins",
    "Connection",
    "Context",
    "Currency",
    "Edge",
    "Executor",
    "First",
    "ForbiddenError",
    "IdempotencyConflict",
    "Last",
    "Limits",
    "MakeContext",
    "MicroDiamonds",
    "Money",
    "NotEligible",
    "Operation",
    "OperatorAction",
    "OperatorActionConnection",
    "Page",
    "PageInfo",
    "Refusal",
    "UnauthenticatedError",
    "act_of",
    "authenticated",
    "decode_cursor",
    "encode_cursor",
    "mount_graphql",
    "read_actions",
    "refusal",
    "refusal_code",
    "require_owner",
    "require_scope",
    "require_viewer",
    "requires_scope",
    "schema",
    "sdl",
]
