"""What can be read."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis import clock
from chassis.graphql import (
    AUDITOR,
    After,
    Before,
    First,
    Last,
    OperatorActionConnection,
    authenticated,
    read_actions,
    require_viewer,
    requires_scope,
)
from chassis.ids import is_user_id
from gifts.graphql.battle import Battle, look_up_battle
from gifts.graphql.context import Info
from gifts.graphql.entities import Creator, Gift, User, find_visible
from gifts.graphql.item import GiftCatalogue
from gifts.graphql.level import LevelTable
from gifts.graphql.message import READERS, GiftMessageConnection, read_messages
from gifts.graphql.open_rooms import OpenRoomConnection, OpenRoomOrder, read_open_rooms
from gifts.graphql.room import Room, look_up


@strawberry.type(description="Reads.")
class Query:
    """Entry points of the subgraph."""

    @strawberry.federation.field(
        shareable=True, description="The caller.", extensions=[authenticated()]
    )
    def me(self, info: Info) -> User | None:
        """Whoever the token names."""
        return User(id=strawberry.ID(require_viewer(info.context).sub))

    @strawberry.federation.field(
        shareable=True,
        description=(
            "A creator, or anyone who may become one; anyone may look. Null unless the id has the "
            "form of a user id."
        ),
    )
    def creator(
        self,
        id: Annotated[strawberry.ID, strawberry.argument(description="A user's id.")],  # noqa: A002
    ) -> Creator | None:
        """No look-up: whether there is such a person only the identity provider knows."""
        return Creator(id=id) if is_user_id(id) else None

    @strawberry.field(description="The catalogue in force; anyone may look.")
    async def gift_catalogue(self, info: Info) -> GiftCatalogue:
        """From memory."""
        return GiftCatalogue.of(await info.context.catalogues.get(), clock.now())

    @strawberry.field(
        description="The level table in force; anyone may look. Null as long as there is none."
    )
    async def level_table(self, info: Info) -> LevelTable | None:
        """From memory."""
        return await LevelTable.find(info)

    @strawberry.field(
        description=(
            "A gift that the caller sent or received; auditors see any. Null when there is none, "
            "or it is somebody else's."
        ),
        extensions=[requires_scope("viewer", "creator", AUDITOR)],
    )
    async def gift(
        self,
        info: Info,
        id: Annotated[UUID, strawberry.argument(description="The giftId it was sent with.")],  # noqa: A002
    ) -> Gift | None:
        """Says the same of an unknown gift and of somebody else's."""
        return await find_visible(info.context, id)

    @strawberry.field(
        description="A live room, open or closed; anyone may look. Null when there is none."
    )
    async def room(
        self,
        info: Info,
        id: Annotated[UUID, strawberry.argument(description="The roomId it was opened with.")],  # noqa: A002
    ) -> Room | None:
        """As it stands."""
        return await look_up(info, id)

    @strawberry.field(description="The live rooms that are open; anyone may look.")
    async def open_rooms(
        self,
        info: Info,
        order_by: Annotated[
            OpenRoomOrder, strawberry.argument(description="Which come first.")
        ] = OpenRoomOrder.NEWEST,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> OpenRoomConnection:
        """As they stand."""
        return await read_open_rooms(
            info, order_by, first=first, after=after, last=last, before=before
        )

    @strawberry.field(
        description="A battle of two live rooms; anyone may look. Null when there is none."
    )
    async def battle(
        self,
        info: Info,
        id: Annotated[  # noqa: A002
            UUID, strawberry.argument(description="The battleId it was proposed with.")
        ],
    ) -> Battle | None:
        """As it stands."""
        return await look_up_battle(info, id)

    @strawberry.field(
        description=(
            "What was written to a creator with gifts, shown or not, newest first; moderators' and "
            "auditors' only."
        ),
        extensions=[requires_scope(*READERS)],
    )
    async def gift_messages(
        self,
        info: Info,
        creator_id: Annotated[strawberry.ID, strawberry.argument(description="A user's id.")],
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> GiftMessageConnection | None:
        """As it was written."""
        return await read_messages(
            info, creator_id, first=first, after=after, last=last, before=before
        )

    @strawberry.field(
        description="What operators did about gifts, newest first; auditors' only.",
        extensions=[requires_scope(AUDITOR)],
    )
    async def gifts_actions(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> OperatorActionConnection | None:
        """The service's own log."""
        return await read_actions(
            info.context.pool, first=first, after=after, last=last, before=before
        )
