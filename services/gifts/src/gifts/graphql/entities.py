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
from gifts.graphql.fan_club import FanClub
from gifts.graphql.gift_parts import GiftRefusal, GiftStatus, GiftTarget, MessageStatus
from gifts.graphql.item import GiftItem
from gifts.graphql.level import GifterLevel
from gifts.store import history
from gifts.store.blocked_gifter import Blocked, select_blocked


@strawberry.federation.type(keys=["id"], description="A person who can send gifts.")
class User:
    """Every token's subject is one."""

    id: strawberry.ID = strawberry.field(description="The `sub` of their token.")

    @classmethod
    def resolve_reference(cls, id: str) -> Self:  # noqa: A002
        """The user for the gateway; each field checks who asks."""
        return cls(id=strawberry.ID(id))

    @strawberry.field(
        description="How far they have come as a gifter; anyone may look. Null as long as no level "
        "table is in force."
    )
    async def gifter_level(self, info: Info) -> GifterLevel | None:
        """As it stands."""
        return await GifterLevel.find(info, self.id)

    @strawberry.field(
        description="What they call themselves; null: no name that can be shown is known."
    )
    async def name(self, info: Info) -> str | None:
        """Of whoever is shown at all."""
        return await info.context.loaders.name.load(self.id)

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
        description="Their fan club; anyone may look. Null as long as no level table is in force."
    )
    async def fan_club(self, info: Info) -> FanClub | None:
        """As it stands."""
        return await FanClub.find(info, self.id)

    @strawberry.field(
        description="Whom the creator takes no gifts from, last blocked first; the creator's only.",
        extensions=[requires_scope("creator")],
    )
    async def blocked_gifters(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> "BlockedGifterConnection | None":
        """A page of the list."""
        require_owner(info.context, self.id)
        page = Page.of(tuple[int], first=first, after=after, last=last, before=before)
        async with info.context.pool.acquire() as conn:
            blocked = await select_blocked(
                conn,
                self.id,
                beyond=page.position[0] if page.position else None,
                limit=page.limit + 1,
                backward=page.backward,
            )
        return BlockedGifterConnection.of(
            page, blocked, node=BlockedGifter.of, key=lambda each: (each.seq,)
        )

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


@strawberry.type(description="Somebody whom a creator takes no gifts from.")
class BlockedGifter:
    """Shown to the creator alone."""

    user: User = strawberry.field(description="Who it is.")
    blocked_at: datetime = strawberry.field(description="Since when.")

    @classmethod
    def of(cls, blocked: Blocked) -> Self:
        """The entry as its creator sees it."""
        return cls(user=User(id=strawberry.ID(blocked.user_id)), blocked_at=blocked.blocked_at)


@strawberry.type(description="A page of those whom a creator has blocked, last blocked first.")
class BlockedGifterConnection(Connection[BlockedGifter]):
    """Of one creator."""


@strawberry.federation.type(keys=["id"], description="A gift. Its terms never change.")
class Gift:
    """Made only of gifts that the caller may see."""

    id: UUID = strawberry.field(description="Made by the sender's client.")
    status: GiftStatus = strawberry.field(description="How far it has come.")
    count: int = strawberry.field(description="Pieces of the item.")
    price_coins: Coins = strawberry.field(
        description="Charged, or to be charged, for all pieces; frozen when the gift was made."
    )
    message: str | None = strawberry.field(
        description="What the sender wrote with it; null too where it is not shown."
    )
    message_status: MessageStatus | None = strawberry.field(
        description="Whether what the sender wrote is shown; null where they wrote nothing."
    )
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

    domain_gift: strawberry.Private[domain.Gift]

    @strawberry.field(
        description="Until when its sender may undo it; null when that is over or done, and while "
        "it is PENDING, when it may be undone too."
    )
    async def undoable_until(self, info: Info) -> datetime | None:
        """Asks for an undo only while one may have come."""
        until = info.context.regrets.undoable_until(self.domain_gift)
        if until is None or await info.context.loaders.undone_at.load(self.id) is not None:
            return None
        return until

    @strawberry.field(
        description="When its sender asked for it to be undone; it is REVERSED a moment later."
    )
    async def undo_requested_at(self, info: Info) -> datetime | None:
        """Null: they have not."""
        return await info.context.loaders.undone_at.load(self.id)

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
            message=gift.shown_message,
            message_status=MessageStatus.of(gift.message, gift.silenced),
            item=GiftItem.of(item),
            sender=User(id=strawberry.ID(gift.sender_id)),
            creator=Creator(id=strawberry.ID(gift.creator_id)),
            target=GiftTarget.of(gift.target_kind, gift.target_id),
            sent_at=gift.settled_at if domain.was_sent(gift) else None,
            created_at=gift.requested_at,
            refusal=None if gift.refusal is None else GiftRefusal.of(gift.refusal),
            domain_gift=gift,
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
