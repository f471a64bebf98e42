"""Charges: decides a batch of them in serial order, exactly as if they had come one by one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple, Protocol
from uuid import UUID

import msgspec

from wallet.domain.caps import Caps
from wallet.domain.ledger import GIFT_CLEARING, Head, Movement, expire, has_expired, take
from wallet.domain.lots import Lot
from wallet.domain.spending import LimitReached, Reached, Spending

type Mover = Literal["charge", "expiry"]
type Refusal = Literal["insufficient_coins", "charge_conflict"] | LimitReached


class Charge(Protocol):
    """Take coins from a payer for a purpose, once."""

    @property
    def charge_id(self) -> UUID:
        """Made by the caller and kept through every retry."""
        ...

    @property
    def payer_id(self) -> str:
        """Whose coins."""
        ...

    @property
    def order_key(self) -> str:
        """The key of the answer."""
        ...

    @property
    def coins(self) -> int:
        """At least one."""
        ...

    @property
    def purpose(self) -> str:
        """One of `COUNTERS`."""
        ...

    @property
    def payer_region(self) -> str | None:
        """Where the payer lives, if that is known."""
        ...

    @property
    def payer_age(self) -> str | None:
        """How old they are, if that is known."""
        ...


COUNTERS: Final[Mapping[str, str]] = {"gift": GIFT_CLEARING}
"""The system account that a charge credits, by its purpose."""


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What became of a charge."""

    movement: Movement
    """As recorded; of a conflict it is not, since the id belongs to another movement."""
    lots: tuple[Lot, ...]
    """Those that paid; none did where the charge was refused."""
    reached: Reached | None = None
    """The limit that refused it, if one did."""


class Decided(NamedTuple):
    """What became of a batch."""

    answers: list[Answer]
    """One per charge, in their order."""
    movements: list[Movement]
    """New rows of the journal, each account's in the order of its versions."""
    heads: dict[str, Head]
    """The heads afterwards of those payers of whom something new was decided."""
    moved: dict[str, Mover]
    """The payers whose coins changed, and by what last."""
    refused: set[str]
    """The payers to whom something new was refused, which is only right if their head was."""
    spending: dict[str, Spending]
    """Of those payers of `heads` whose it was: to be settled when the batch is committed."""


def decide(
    charges: Sequence[Charge],
    heads: Mapping[str, Head],
    recorded: Mapping[UUID, Answer],
    spending: Mapping[str, Spending],
    caps: Sequence[Caps],
    *,
    at: datetime,
    shard: int,
) -> Decided:
    """Decide charges in their order. Pure: the same arguments always give the same result. (Each
    `Spending` begins the batch anew, and keeps nothing of it that is not settled.)

    An id seen before, in the journal or in this batch, gets its first answer again if the terms
    are the same; else it is a conflict, of which nothing is recorded. Before anything new is
    decided of a payer, those of their lots that have expired by `at` are booked. A payer's charges
    depend on no other payer's coins.

    Limits and caps are looked at before coins: whoever may not spend any more is not told to buy
    some.

    Args:
        charges: With `coins` of at least one.
        heads: Of every payer.
        recorded: The answers that the journal has for ids of this batch.
        spending: Of every payer who is `to_be_counted`, as of their head.
        caps: Which each charge meets, in their order.
        at: When the batch is applied.
        shard: Of the system accounts that the batch writes.
    """
    answers: list[Answer] = []
    movements: list[Movement] = []
    after: dict[str, Head] = {}
    moved: dict[str, Mover] = {}
    refused: set[str] = set()
    limited: dict[str, Spending] = {}
    # By the number in the id: UUID's own hash is computed in Python, twice a charge.
    known = {charge_id.int: answer for charge_id, answer in recorded.items()}
    for charge, met in zip(charges, caps, strict=True):
        payer_id = charge.payer_id
        charge_id = charge.charge_id.int
        first = known.get(charge_id)
        if first is not None and _is_same(first.movement, charge, heads[payer_id]):
            answers.append(first)
            continue
        head = after.get(payer_id)
        if head is None:
            head = heads[payer_id]
            if has_expired(head, at):
                head, expired = expire(head, at, shard)
                movements += expired
                moved[payer_id] = "expiry"
            counted = spending.get(payer_id)
            if counted is not None:
                limited[payer_id] = counted
                counted.begin(at)
                if not head.limits_version:
                    head = msgspec.structs.replace(head, spent_coins=counted.lately())
            after[payer_id] = head
        if first is not None:
            answers.append(_refused(charge, head, at, shard, met, "charge_conflict"))
            refused.add(payer_id)
            continue
        spent = limited.get(payer_id) if limited else None
        if spent is not None:
            reached = spent.reached(charge.order_key, charge.coins, met)
        elif charge.coins > met.charge_coins:
            reached = Reached("platform_charge_reached", met.charge_coins, 0, None)
        else:
            reached = None
        if reached is not None:
            answer = _refused(charge, head, at, shard, met, reached.limit, reached)
            refused.add(payer_id)
        elif charge.coins > head.coins - head.debt_coins:
            answer = _refused(charge, head, at, shard, met, "insufficient_coins")
            refused.add(payer_id)
        else:
            if spent is not None:
                spent.spend(charge.order_key, charge.coins)
            head, answer = _posted(charge, head, at, shard, met)
            after[payer_id] = head
            moved[payer_id] = "charge"
        known[charge_id] = answer
        movements.append(answer.movement)
        answers.append(answer)
    return Decided(answers, movements, after, moved, refused, limited)


def _posted(
    charge: Charge, head: Head, at: datetime, shard: int, caps: Caps
) -> tuple[Head, Answer]:
    coins = charge.coins
    lot_ids = lot_coins = None
    front = head.left[0]
    if coins < front:  # nine charges in ten; the rest of this function costs three times as much
        lots = (head.lots[0],)
        rest = head.lots
        left = (front - coins, *head.left[1:])
    else:
        lots, paid, rest, left = take(head, coins)
        if len(paid) > 1:
            lot_ids = [lot.lot_id for lot in lots]
            lot_coins = list(paid)
    version = head.version + 1
    balance_coins = head.coins - coins
    movement = Movement(
        charge.charge_id,
        head.account_id,
        version,
        -coins,
        balance_coins,
        at,
        lots[0].lot_id,
        shard,
        "charge",
        "posted",
        COUNTERS[charge.purpose],
        charge.order_key,
        lot_ids,
        lot_coins,
        caps.caps_id,
    )
    head = Head(
        head.account_id,
        head.owner_id,
        version,
        balance_coins,
        head.debt_coins,
        rest,
        left,
        head.limits_version,
        head.spent_coins + coins,
    )
    return head, Answer(movement, lots)


def _refused(
    charge: Charge,
    head: Head,
    at: datetime,
    shard: int,
    caps: Caps,
    reason: Refusal,
    reached: Reached | None = None,
) -> Answer:
    movement = Movement(
        charge.charge_id,
        head.account_id,
        head.version,
        -charge.coins,
        head.spendable_coins,
        at,
        None,
        shard,
        "charge",
        reason,
        COUNTERS[charge.purpose],
        charge.order_key,
        caps_id=caps.caps_id,
    )
    return Answer(movement, (), reached)


def _is_same(first: Movement, charge: Charge, head: Head) -> bool:
    """Whether a charge that was answered before is asked for again, on the same terms."""
    return (
        first.kind == "charge"
        and first.account_id == head.account_id
        and first.coins == -charge.coins
        and first.order_key == charge.order_key
        and first.counter == COUNTERS[charge.purpose]
    )
