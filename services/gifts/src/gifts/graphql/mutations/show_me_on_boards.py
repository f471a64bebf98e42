"""Agree to be named as a gifter, or no longer."""

from typing import Annotated

import strawberry

from chassis import clock
from chassis.db import Conn, transact
from chassis.graphql import require_viewer
from gifts.commands.show_on_boards import show_on_boards
from gifts.graphql.context import Info


@strawberry.input(description="What the gifter decides.")
class ShowMeOnBoardsInput:
    """For the caller alone."""

    show: bool = strawberry.field(
        description="True to be named where gifts are shown, false to be shown without a name."
    )


@strawberry.type(description="The decision counts.")
class ShowMeOnBoardsPayload:
    """As it is now."""

    show: bool = strawberry.field(description="Whether the caller is named.")


async def show_me_on_boards(
    info: Info,
    input: Annotated[  # noqa: A002
        ShowMeOnBoardsInput, strawberry.argument(description="The decision.")
    ],
) -> ShowMeOnBoardsPayload:
    """The last decision counts."""
    viewer = require_viewer(info.context)

    async def work(conn: Conn) -> None:
        await show_on_boards(conn, viewer.sub, show=input.show, at=clock.now())

    await transact(info.context.pool, work)
    return ShowMeOnBoardsPayload(show=input.show)
