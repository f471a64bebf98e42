"""A gift, from what the viewer asks for to what became of it."""

from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Literal
from uuid import UUID

import msgspec

from gifts.domain.catalogue import Catalogue
from gifts.domain.refusals import (
    DomainError,
    GiftItemUnavailableError,
    IdempotencyConflictError,
    InsufficientCoinsError,
    InvalidCountError,
    LimitName,
    PriceChangedError,
    SelfGiftError,
    SpendLimitReachedError,
)
from gifts.domain.text import check_id, check_message, check_room_id

COUNT_MAX = 1_000

type TargetKind = Literal["video", "room"]
type Silenced = Literal["WITHHELD", "REMOVED"]
"""By the word list when the gift was written; by an operator."""
type GiftStatus = Literal["PENDING", "SENT", "REFUSED", "REVERSED"]


class GiftOrder(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a viewer asks for: the whole input of `sendGift`, and whose token came with it.

    A field added later needs a default, so that the hashes of stored orders stay what they are.
    """

    gift_id: UUID
    sender_id: str
    creator_id: str
    item_id: str
    count: int
    target_kind: TargetKind
    target_id: str
    quoted_price_coins: int
    """What the viewer was shown for all pieces: never charge more."""
    message: str | None = None


class ReachedLimit(msgspec.Struct, frozen=True):
    """A spend limit of the sender that a gift did not fit in."""

    name: LimitName
    coins: int
    spent_coins: int
    """What was spent in its window before."""
    frees_up_at: datetime | None
    """When the gift would fit, if nothing else were spent; None: never."""


class GiftRefusal(msgspec.Struct, frozen=True):
    """Why the wallet did not charge a gift."""

    code: str
    needed_coins: int
    balance_coins: int
    limit: ReachedLimit | None = None
    """With `spend_limit_reached`."""


class Settlement(msgspec.Struct, frozen=True):
    """What became of a gift."""

    status: GiftStatus
    settled_at: datetime
    refusal: GiftRefusal | None


class Gift(msgspec.Struct, frozen=True):
    """A gift whose terms are frozen. PENDING until the wallet answers, then SENT or REFUSED.

    What was SENT is REVERSED while all of its coins are taken back.
    """

    gift_id: UUID
    sender_id: str
    creator_id: str
    item_id: str
    count: int
    price_coins: int
    """Of all pieces, in the catalogue version below."""
    catalogue_version: int
    target_kind: TargetKind
    target_id: str
    message: str | None
    """As it was written: see `shown_message`."""
    requested_at: datetime
    status: GiftStatus = "PENDING"
    settled_at: datetime | None = None
    refusal: GiftRefusal | None = None
    silenced: Silenced | None = None
    """Why the message is shown to nobody, if it is not."""

    @property
    def shown_message(self) -> str | None:
        """What sender, creator and viewers see of it."""
        return self.message if self.silenced is None else None


_encoder = msgspec.json.Encoder()


def body_hash(order: GiftOrder) -> bytes:
    """16 bytes that tell a retry of an order from another one under the same id."""
    return blake2b(_encoder.encode(order), digest_size=16).digest()


def accept_order(order: GiftOrder, catalogue: Catalogue | None, *, at: datetime) -> Gift:
    """The gift that an order makes, with its price frozen, waiting to be charged.

    Whether the creator takes gifts, and whether their room is open, is decided where the gift is
    written, and eligibility before: see `check_eligible`.

    Args:
        order: What the viewer asks for.
        catalogue: The version in force; None where nothing was ever published.
        at: When the viewer asked.

    Raises:
        MalformedError: An id or the message cannot be what it claims to be.
        SelfGiftError: Sender and creator are the same.
        GiftItemUnavailableError: The item is not on sale.
        InvalidCountError: Not 1 to 1000 pieces.
        MessageTooLongError: Longer than the price of the gift allows.
        PriceChangedError: It costs more than the viewer was shown.
    """
    check_id(order.creator_id, name="creatorId")
    target_id = (
        check_room_id(order.target_id, name="roomId")
        if order.target_kind == "room"
        else check_id(order.target_id, name="videoId")
    )
    if order.sender_id == order.creator_id:
        raise SelfGiftError
    item = catalogue.by_id.get(order.item_id) if catalogue is not None else None
    if catalogue is None or item is None:
        raise GiftItemUnavailableError
    if not 1 <= order.count <= COUNT_MAX:
        raise InvalidCountError
    price_coins = item.price_coins * order.count
    check_message(order.message, max_length=catalogue.max_message_length(price_coins))
    if price_coins > order.quoted_price_coins:
        raise PriceChangedError(price_coins=price_coins)
    return Gift(
        gift_id=order.gift_id,
        sender_id=order.sender_id,
        creator_id=order.creator_id,
        item_id=order.item_id,
        count=order.count,
        price_coins=price_coins,
        catalogue_version=catalogue.version,
        target_kind=order.target_kind,
        target_id=target_id,
        message=order.message,
        requested_at=at,
    )


def room_id_of(target_kind: TargetKind, target_id: str) -> UUID | None:
    """The room that a gift is sent to; None: a video, or a room from before rooms were opened."""
    if target_kind != "room":
        return None
    return _uuid_of(target_id)


@lru_cache(maxsize=10_000)
def _uuid_of(text: str) -> UUID | None:
    """Cached: a batch of gifts names few rooms, and reading one costs more than the rest."""
    try:
        return UUID(text)
    except ValueError:
        return None


def settle(gift: Gift, settlement: Settlement) -> Gift:
    """The gift as it is after its settlement."""
    return msgspec.structs.replace(
        gift,
        status=settlement.status,
        settled_at=settlement.settled_at,
        refusal=settlement.refusal,
    )


def was_sent(gift: Gift) -> bool:
    """Whether it was charged and given to its creator, and perhaps taken back since."""
    return gift.status in ("SENT", "REVERSED")


def error_of(refusal: GiftRefusal) -> DomainError:
    """The refusal by the wallet as the sender gets to know it, now and at every retry."""
    match refusal.code:
        case "insufficient_coins":
            return InsufficientCoinsError(
                needed_coins=refusal.needed_coins, balance_coins=refusal.balance_coins
            )
        case "spend_limit_reached":
            limit = refusal.limit
            assert limit is not None, "the row's constraint"
            return SpendLimitReachedError(
                limit=limit.name,
                needed_coins=refusal.needed_coins,
                limit_coins=limit.coins,
                spent_coins=limit.spent_coins,
                frees_up_at=limit.frees_up_at,
            )
        case "charge_conflict":
            # The id was used before for something else in the wallet, such as a purchase.
            return IdempotencyConflictError()
        case code:
            raise AssertionError(f"the wallet has no such reason: {code}")


def may_see(gift: Gift, *, user_id: str, auditor: bool) -> bool:
    """Whether a user may look at a gift: its sender always, its creator once it was SENT.

    A gift that was not charged tells of the sender's purse, which is not the creator's business.
    """
    if auditor or user_id == gift.sender_id:
        return True
    return user_id == gift.creator_id and was_sent(gift)
