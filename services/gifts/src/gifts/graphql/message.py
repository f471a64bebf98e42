"""What was written with gifts, for those who moderate it."""

from datetime import datetime
from typing import Final, Self
from uuid import UUID

import strawberry

from chassis.graphql import (
    AUDITOR,
    After,
    Before,
    Connection,
    First,
    Last,
    Page,
    Refusal,
    refusal,
)
from gifts.domain import message as domain
from gifts.graphql.context import Info
from gifts.graphql.entities import Creator, User
from gifts.graphql.gift_parts import GiftTarget, MessageStatus
from gifts.store.message import select_messages

MODERATOR: Final = "operator:moderation"
"""The scope that reads messages as they were written, removes them, and shows them again."""
READERS: Final = (MODERATOR, AUDITOR)


@strawberry.type(description="What somebody wrote with a gift, as it was written.")
class GiftMessage:
    """Operators' only."""

    gift_id: UUID = strawberry.field(description="The gift, charged or not.")
    text: str = strawberry.field(description="As it was written, shown or not.")
    status: MessageStatus = strawberry.field(description="Whether it is shown.")
    sender: User = strawberry.field(description="Who wrote it.")
    creator: Creator = strawberry.field(description="To whom.")
    target: GiftTarget = strawberry.field(description="Where it is shown, if it is.")
    written_at: datetime = strawberry.field(description="When.")
    silenced_at: datetime | None = strawberry.field(
        description="When it was withheld, or removed; null while it is shown."
    )
    shown_again_at: datetime | None = strawberry.field(
        description="When an operator showed it again; null if it is not, or was all along."
    )
    word_list_version: int | None = strawberry.field(
        description="Of the word list that withheld it, if one did."
    )
    term: str | None = strawberry.field(description="What of that list it has.")

    @classmethod
    def of(cls, message: domain.GiftMessage) -> Self:
        """The message as operators see it."""
        hit = message.hit
        return cls(
            gift_id=message.gift_id,
            text=message.text,
            status=MessageStatus(message.silenced or "SHOWN"),
            sender=User(id=strawberry.ID(message.sender_id)),
            creator=Creator(id=strawberry.ID(message.creator_id)),
            target=GiftTarget.of(message.target_kind, message.target_id),
            written_at=message.written_at,
            silenced_at=message.silenced_at,
            shown_again_at=message.shown_again_at,
            word_list_version=None if hit is None else hit.version,
            term=None if hit is None else hit.term,
        )


@refusal(
    code="gift_message_unknown",
    description="There is no such gift, or it came without a message.",
)
class GiftMessageUnknown(Refusal):
    """Both look the same."""

    message: str = strawberry.field(
        default="No gift of this id has a message.",
        description="For people, in English; may change.",
    )


@strawberry.type(description="A page of what was written to a creator, newest first.")
class GiftMessageConnection(Connection[GiftMessage]):
    """With gifts that were refused, too."""


async def read_messages(
    info: Info, creator_id: str, *, first: First, after: After, last: Last, before: Before
) -> GiftMessageConnection:
    """A page of what was written to a creator."""
    page = Page.of(tuple[int], first=first, after=after, last=last, before=before)
    async with info.context.pool.acquire() as conn:
        messages = await select_messages(
            conn,
            creator_id,
            beyond=page.position[0] if page.position else None,
            limit=page.limit + 1,
            backward=page.backward,
        )
    return GiftMessageConnection.of(
        page, messages, node=GiftMessage.of, key=lambda message: (message.seq,)
    )
