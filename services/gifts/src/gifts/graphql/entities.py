"""People and gifts. They refer to each other, so they live together."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from chassis import clock
from chassis.graphql import (
    AUDITOR,
    After,
    Before,
    Coins,
    Connection,
    First,
    Last,
    Page,
    require_owner,
    requires_scope,
)
from gifts.domain import gift as domain
from gifts.domain.catalogue import Catalogues
from gifts.graphql.board import Leaderboard, LeaderboardWindow
from gifts.graphql.context import GiftsContext, Info
from gifts.graphql.gift_parts import GiftRefusal, GiftStatus, GiftTarget
from gifts.graphql.item import GiftItem
from gifts.store import history


@strawberry.federation.type(keys=["id"], description="A person who can send gifts.")
class User:
    """Every token's subject is one."""

    id: strawberry.ID = strawberry.field(description="The `sub` of their token.")

    @classmethod
    def resolve_reference(cls, id: str) -> Self:  # noqa: A002
        """The user for the gateway; each field checks who asks."""
        return cls(id=strawberry.ID(id))

    @strawberry.field(
        description="Gifts sent, newest first, refused ones too; the sender's and auditors' only.",
        extensions=[requires_scope("viewer", AUDITOR)],
    )
    async def gifts_sent(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> "GiftConnection | None":
        """A page of the sender's history."""
        require_owner(info.context, self.id, AUDITOR)
        page = Page.of(tuple[int], first=first, after=after, last=last, before=before)
        async with info.context.pool.acquire() as conn:
            entries = await history.select_sent(
                conn,
                self.id,
                beyond=page.position[0] if page.position else None,
                limit=page.limit + 1,
                backward=page.backward,
            )
        show = await presenter(info.context, [entry.gift for entry in entries])
        return GiftConnection.of(
            page, entries, node=lambda entry: show(entry.gift), key=lambda entry: (entry.seq,)
        )


@strawberry.federation.type(keys=["id"], description="A person who can be sent gifts.")
class Creator:
    """Anybody may become one, so every user id names one."""

    id: strawberry.ID = strawberry.field(description="The `sub` of their token.")

    @classmethod
    def resolve_reference(cls, id: str) -> Self:  # noqa: A002
        """The creator for the gateway; each field checks who asks."""
        return cls(id=strawberry.ID(id))

    @strawberry.field(
        description="Whether gifts can be sent to them now; false for who never opted in."
    )
    async def accepts_gifts(self, info: Info) -> bool:
        """Anyone may look."""
        return await info.context.loaders.accepts_gifts.load(self.id)

    @strawberry.field(
        description="Those who gave them most; anyone may look. Who did not agree has no name."
    )
    def leaderboard(
        self,
        window: Annotated[LeaderboardWindow, strawberry.argument(description="Which gifts count.")],
        first: First = None,
    ) -> Leaderboard:
        """The first twenty unless told otherwise."""
        page = Page.of(tuple[int], first=first)
        return Leaderboard.of(self.id, window, limit=page.limit)

    @strawberry.field(
        description="Gifts received, newest first, those taken back too; the creator's only.",
        extensions=[requires_scope("creator")],
    )
    async def gifts_received(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> "ReceivedGiftConnection | None":
        """A page of the creator's history."""
        require_owner(info.context, self.id)
        page = Page.of(tuple[int], first=first, after=after, last=last, before=before)
        async with info.context.pool.acquire() as conn:
            entries = await history.select_received(
                conn,
                self.id,
                beyond=page.position[0] if page.position else None,
                limit=page.limit + 1,
                backward=page.backward,
            )
        show = await presenter(info.context, [entry.gift for entry in entries])
        return ReceivedGiftConnection.of(
            page,
            entries,
            node=lambda entry: show(entry.gift),
            key=lambda entry: (entry.seq,),
            creator_id=self.id,
        )


@strawberry.federation.type(keys=["id"], description="A gift. Its terms never change.")
class Gift:
    """Made only of gifts that the caller may see."""

    id: UUID = strawberry.field(description="Made by the sender's client.")
    status: GiftStatus = strawberry.field(description="How far it has come.")
    count: int = strawberry.field(description="Pieces of the item.")
    price_coins: Coins = strawberry.field(
        description="Charged, or to be charged, for all pieces; frozen when the gift was made."
    )
    message: str | None = strawberry.field(description="What the sender wrote with it.")
    item: GiftItem = strawberry.field(description="What is given, as it is sold now.")
    sender: User = strawberry.field(description="Who gives and pays.")
    creator: Creator = strawberry.field(description="Who receives.")
    target: GiftTarget = strawberry.field(description="Where it is shown.")
    sent_at: datetime | None = strawberry.field(
        description="When it was charged; null until it is SENT."
    )
    created_at: datetime = strawberry.field(description="When the sender asked for it.")
    refusal: GiftRefusal | None = strawberry.field(
        description="Why it was refused; null unless it is REFUSED."
    )

    @classmethod
    def of(cls, gift: domain.Gift, catalogues: Catalogues, at: datetime) -> Self:
        """The gift as clients see it; `catalogues` cover it."""
        item = catalogues.find_item(gift.item_id, at)
        assert item is not None, f"gift {gift.gift_id} is of an item that was never published"
        return cls(
            id=gift.gift_id,
            status=GiftStatus(gift.status),
            count=gift.count,
            price_coins=Coins(gift.price_coins),
            message=gift.message,
            item=GiftItem.of(item),
            sender=User(id=strawberry.ID(gift.sender_id)),
            creator=Creator(id=strawberry.ID(gift.creator_id)),
            target=GiftTarget.of(gift.target_kind, gift.target_id),
            sent_at=gift.settled_at if domain.was_sent(gift) else None,
            created_at=gift.requested_at,
            refusal=None if gift.refusal is None else GiftRefusal.of(gift.refusal),
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: str) -> "Gift | None":  # noqa: A002
        """The gift for the gateway, if the caller may see it."""
        try:
            gift_id = UUID(id)
        except ValueError:
            return None
        return await find_visible(info.context, gift_id)


@strawberry.type(description="A page of gifts, newest first.")
class GiftConnection(Connection[Gift]):
    """Of what one person sent."""


@strawberry.type(description="A page of the gifts that a creator received, newest first.")
class ReceivedGiftConnection(Connection[Gift]):
    """Of what one creator was given."""

    creator_id: strawberry.Private[str]

    @strawberry.field(
        description="Coins of all gifts ever received, not only of this page, "
        "without what was taken back."
    )
    async def total_coins(self, info: Info) -> Coins:
        """Kept as a sum, so it costs the same for every creator."""
        async with info.context.pool.acquire() as conn:
            return Coins(await history.find_total_coins(conn, self.creator_id))


async def presenter(
    context: GiftsContext, gifts: Iterable[domain.Gift]
) -> Callable[[domain.Gift], Gift]:
    """What shows these gifts, with their items as they are sold now."""
    catalogues = await context.catalogues.covering(gifts)
    at = clock.now()
    return lambda gift: Gift.of(gift, catalogues, at)


async def find_visible(context: GiftsContext, gift_id: UUID) -> Gift | None:
    """A gift, if it exists and the caller may see it: from outside both look the same."""
    if context.viewer is None:
        return None
    gift = await context.loaders.gift.load(gift_id)
    if gift is None:
        return None
    auditor = AUDITOR in context.viewer.scopes
    if not domain.may_see(gift, user_id=context.viewer.sub, auditor=auditor):
        return None
    return (await presenter(context, [gift]))(gift)
