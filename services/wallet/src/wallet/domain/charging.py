"""Charges: decides a batch of them in serial order, exactly as if they had come one by one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal, NamedTuple, Protocol
from uuid import UUID

import msgspec

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
    """Of those payers of `heads` who have limits: to be settled when the batch is committed."""


def decide(
    charges: Sequence[Charge],
    heads: Mapping[str, Head],
    recorded: Mapping[UUID, Answer],
    spending: Mapping[str, Spending],
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

    Limits are looked at before coins: whoever may not spend any more is not told to buy some.

    Args:
        charges: With `coins` of at least one.
        heads: Of every payer.
        recorded: The answers that the journal has for ids of this batch.
        spending: Of every payer who has limits, as of their head.
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
    for charge in charges:
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
            after[payer_id] = head
            if head.limits_version:
                limited[payer_id] = spending[payer_id]
                limited[payer_id].begin(at)
        if first is not None:
            answers.append(_refused(charge, head, at, shard, "charge_conflict"))
            refused.add(payer_id)
            continue
        spent = limited[payer_id] if head.limits_version else None
        reached = None if spent is None else spent.reached(charge.order_key, charge.coins)
        if reached is not None:
            answer = _refused(charge, head, at, shard, reached.limit, reached)
            refused.add(payer_id)
        elif charge.coins > head.coins - head.debt_coins:
            answer = _refused(charge, head, at, shard, "insufficient_coins")
            refused.add(payer_id)
        else:
            if spent is not None:
                spent.spend(charge.order_key, charge.coins)
            head, answer = _posted(charge, head, at, shard)
            after[payer_id] = head
            moved[payer_id] = "charge"
        known[charge_id] = answer
        movements.append(answer.movement)
        answers.append(answer)
    return Decided(answers, movements, after, moved, refused, limited)


def _posted(charge: Charge, head: Head, at: datetime, shard: int) -> tuple[Head, Answer]:
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
    )
    return head, Answer(movement, lots)


def _refused(
    charge: Charge,
    head: Head,
    at: datetime,
    shard: int,
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
