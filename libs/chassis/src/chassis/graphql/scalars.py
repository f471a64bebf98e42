"""Whole numbers beyond 32 bits, and currencies.

GraphQL's own `Int` has 32 bits. These are plain JSON numbers, capped at 2^53 - 1 so that every
client, JavaScript included, reads them exactly. Floats and numeric strings are refused.
"""

import re
import uuid
from typing import Any, Final, NewType

import strawberry
from graphql import GraphQLError, IntValueNode, StringValueNode, ValueNode
from strawberry.types.scalar import ScalarDefinition

SAFE_INTEGER_MAX: Final = 2**53 - 1
"""The largest integer up to which JavaScript's numbers are exact; the ledger's cap."""

Coins = NewType("Coins", int)
MicroDiamonds = NewType("MicroDiamonds", int)
BigInt = NewType("BigInt", int)
Currency = NewType("Currency", str)

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CURRENCY = re.compile(r"[A-Z]{3}")


def whole_number(value: object) -> int:
    """The value, if it is an integer (not a bool, float or string) within ±(2^53 - 1)."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise GraphQLError(f"Not a whole number: {value!r:.80}.")
    if not -SAFE_INTEGER_MAX <= value <= SAFE_INTEGER_MAX:
        raise GraphQLError(f"Out of range: a whole number is at most {SAFE_INTEGER_MAX}.")
    return value


def currency_code(value: object) -> str:
    """The value, if it has the form of an ISO 4217 code."""
    if not isinstance(value, str) or not _CURRENCY.fullmatch(value):
        raise GraphQLError(f"Not a currency code: {value!r:.80}.")
    return value


def uuid_value(value: object) -> uuid.UUID:
    """The UUID in its one canonical form: no braces, no `urn:`, no missing hyphens."""
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise GraphQLError(f"Not a UUID: {value!r:.80}.")
    return uuid.UUID(value)


def _whole_number_literal(node: ValueNode, _variables: object = None) -> int:
    if not isinstance(node, IntValueNode):
        raise GraphQLError("Not a whole number.", node)
    return whole_number(int(node.value))


def _currency_literal(node: ValueNode, _variables: object = None) -> str:
    if not isinstance(node, StringValueNode):
        raise GraphQLError("Not a currency code.", node)
    return currency_code(node.value)


def _uuid_literal(node: ValueNode, _variables: object = None) -> uuid.UUID:
    if not isinstance(node, StringValueNode):
        raise GraphQLError("Not a UUID.", node)
    return uuid_value(node.value)


def _whole_number_scalar(name: str, description: str) -> ScalarDefinition:
    return strawberry.scalar(
        name=name,
        description=f"{description} A JSON number, exact up to 2^53 - 1; never a string.",
        serialize=whole_number,
        parse_value=whole_number,
        parse_literal=_whole_number_literal,
    )


SCALARS: Final[dict[Any, ScalarDefinition]] = {
    Coins: _whole_number_scalar("Coins", "Whole coins."),
    MicroDiamonds: _whole_number_scalar("MicroDiamonds", "Millionths of a diamond."),
    BigInt: _whole_number_scalar("BigInt", "A whole number of more than 32 bits."),
    uuid.UUID: strawberry.scalar(
        name="UUID",
        description="RFC 9562 UUID, such as 019b76da-a800-7000-8000-0123456789ab; best version 7.",
        serialize=str,
        parse_value=uuid_value,
        parse_literal=_uuid_literal,
    ),
    Currency: strawberry.scalar(
        name="Currency",
        description="ISO 4217 code of a currency, such as USD.",
        serialize=currency_code,
        parse_value=currency_code,
        parse_literal=_currency_literal,
    ),
}
"""For `StrawberryConfig.scalar_map`: fields are annotated with the NewTypes above."""
