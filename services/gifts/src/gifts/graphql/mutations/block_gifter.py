"""Block somebody from giving to the caller, or no longer."""

from collections.abc import Awaitable, Callable
from typing import Annotated

import strawberry

from chassis import clock
from chassis.db import Conn, transact
from chassis.graphql import BadUserInputError, require_viewer
from gifts.commands import block_gifter as command
from gifts.domain.refusals import MalformedError
from gifts.graphql.context import Info
from gifts.graphql.entities import Creator, User


@strawberry.input(description="Whom to block, or no longer.")
class BlockGifterInput:
    """For the caller alone."""

    user_id: strawberry.ID = strawberry.field(description="Somebody else's user id.")


@strawberry.type(description="The decision counts.")
class BlockGifterPayload:
    """The same, however often it is said."""

    creator: Creator = strawberry.field(description="The caller, as a creator.")
    user: User = strawberry.field(description="Who it is about.")


async def block_gifter(
    info: Info,
    input: Annotated[BlockGifterInput, strawberry.argument(description="Whom.")],  # noqa: A002
) -> BlockGifterPayload:
    """From now on."""
    viewer = require_viewer(info.context)

    async def work(conn: Conn) -> None:
        await command.block_gifter(conn, viewer.sub, input.user_id, at=clock.now())

    return await _decide(info, viewer.sub, input.user_id, work)


async def unblock_gifter(
    info: Info,
    input: Annotated[BlockGifterInput, strawberry.argument(description="Whom.")],  # noqa: A002
) -> BlockGifterPayload:
    """Whether they were blocked or not."""
    viewer = require_viewer(info.context)

    async def work(conn: Conn) -> None:
        await command.unblock_gifter(conn, viewer.sub, input.user_id)

    return await _decide(info, viewer.sub, input.user_id, work)


async def _decide(
    info: Info, creator_id: str, user_id: str, work: Callable[[Conn], Awaitable[None]]
) -> BlockGifterPayload:
    try:
        await transact(info.context.pool, work)
    except MalformedError as error:
        raise BadUserInputError(error.problem) from error
    return BlockGifterPayload(
        creator=Creator(id=strawberry.ID(creator_id)), user=User(id=strawberry.ID(user_id))
    )
