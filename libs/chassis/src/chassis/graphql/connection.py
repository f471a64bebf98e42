"""Relay connections over keyset pages: no OFFSET, no COUNT, as fast on page 10,000 as on page 1.

A store function selects `page.limit + 1` rows beyond `page.position` in the page's direction; the
extra row only tells whether there is more.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Self

import msgspec
import strawberry

from chassis.graphql.errors import BadUserInputError
from chassis.graphql.types import PageInfo

PAGE_MAX: Final = 100
PAGE_DEFAULT: Final = 20
_CURSOR_CHARS_MAX: Final = 512

First = Annotated[
    int | None, strawberry.argument(description="Items from the start of the list: 1 to 100.")
]
After = Annotated[str | None, strawberry.argument(description="Only items after this cursor.")]
Last = Annotated[
    int | None, strawberry.argument(description="Items from the end of the list: 1 to 100.")
]
Before = Annotated[str | None, strawberry.argument(description="Only items before this cursor.")]


@dataclass(frozen=True, slots=True)
class Page[KeyT]:
    """Which part of an ordered list is asked for.

    `KeyT` is the order key of a row as a tuple, such as `tuple[datetime, UUID]`; it must be unique.
    """

    limit: int
    """How many items to return; select one row more."""
    position: KeyT | None
    """Select only rows strictly beyond this key, in the direction of reading."""
    backward: bool
    """Read from the end of the list towards its start."""

    @classmethod
    def of(
        cls,
        key: type[KeyT],
        *,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Self:
        """Read the connection arguments. Without `first` and `last`: the first 20.

        Raises:
            BadUserInputError: Sizes outside 1 to 100, both directions at once, or a cursor that
                was not given by this list.
        """
        backward = last is not None or (before is not None and first is None)
        if backward and (first is not None or after is not None):
            raise BadUserInputError("Give first and after, or last and before: not both.")
        if not backward and before is not None:
            raise BadUserInputError("The argument before goes with last.")
        limit = last if backward else first
        if limit is None:
            limit = PAGE_DEFAULT
        if not 1 <= limit <= PAGE_MAX:
            raise BadUserInputError(f"A page holds 1 to {PAGE_MAX} items.")
        cursor = before if backward else after
        return cls(limit, None if cursor is None else decode_cursor(cursor, key), backward)

    def cut[RowT](self, rows: Sequence[RowT]) -> "Slice[RowT]":
        """Bring the rows selected (in the direction of reading) into list order, extra row off."""
        more = len(rows) > self.limit
        kept = rows[: self.limit]
        if self.backward:
            return Slice(kept[::-1], has_next=self.position is not None, has_previous=more)
        return Slice(kept, has_next=more, has_previous=self.position is not None)


@dataclass(frozen=True, slots=True)
class Slice[RowT]:
    """The rows of a page in list order, and whether there are more on each side."""

    rows: Sequence[RowT]
    has_next: bool
    has_previous: bool


@strawberry.federation.type(shareable=True, description="An item with its place in the list.")
class Edge[NodeT]:
    """Of the Relay cursor connections specification."""

    node: NodeT = strawberry.field(description="The item.")
    cursor: str = strawberry.field(description="Opaque; marks the item's place in this list.")


@strawberry.type(description="A page of a list.")
class Connection[NodeT]:
    """Subclass it per list (`class GiftConnection(Connection[Gift])`) to add fields or a name."""

    nodes: list[NodeT] = strawberry.field(description="The items of this page.")
    cursors: strawberry.Private[Callable[[], Sequence[str]]]
    page_info: PageInfo = strawberry.field(description="Where the page ends, and what is beyond.")

    @strawberry.field(description="The items of this page, each with its cursor.")
    def edges(self) -> list[Edge[NodeT]]:
        """Built only when asked for."""
        return [
            Edge(node=node, cursor=cursor)
            for node, cursor in zip(self.nodes, self.cursors(), strict=True)
        ]

    @classmethod
    def of[RowT, KeyT: tuple[object, ...]](
        cls,
        page: Page[KeyT],
        rows: Sequence[RowT],
        *,
        node: Callable[[RowT], NodeT],
        key: Callable[[RowT], KeyT],
        **more: object,
    ) -> Self:
        """The connection for `rows` (up to `page.limit + 1`, in the direction of reading).

        Args:
            node: Makes the GraphQL type of a row.
            key: The row's order key, of the type that the page was read with.
            more: Values of the fields that a subclass adds.
        """
        part = page.cut(rows)
        page_info = PageInfo(
            has_next_page=part.has_next,
            has_previous_page=part.has_previous,
            start_cursor=encode_cursor(key(part.rows[0])) if part.rows else None,
            end_cursor=encode_cursor(key(part.rows[-1])) if part.rows else None,
        )

        def cursors() -> Sequence[str]:
            return [encode_cursor(key(row)) for row in part.rows]

        nodes = [node(row) for row in part.rows]
        return cls(nodes=nodes, cursors=cursors, page_info=page_info, **more)


def encode_cursor(key: tuple[object, ...]) -> str:
    """An order key as an opaque string: integers, text, UUIDs, dates and times."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode()


def decode_cursor[KeyT](cursor: str, key: type[KeyT]) -> KeyT:
    """The order key in a cursor. Raises BadUserInputError unless it has the form of `key`."""
    try:
        if len(cursor) > _CURSOR_CHARS_MAX:
            raise BadUserInputError("Not a cursor of this list.")
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=key)
    except (binascii.Error, msgspec.MsgspecError, UnicodeError, ValueError) as error:
        raise BadUserInputError("Not a cursor of this list.") from error
