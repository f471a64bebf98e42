"""An account's head, the movements of the journal, and how coins leave lots."""

from datetime import datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID

import msgspec

from chassis.ids import derived_id
from wallet.domain.lots import COINS_MAX, Lot, LotClass, place

type MovementKind = Literal[
    "charge", "expiry", "purchase", "bonus", "reversal", "reinstatement", "debt", "repayment"
]
type Outcome = Literal[
    "posted",
    "insufficient_coins",
    "charge_conflict",
    "day_limit_reached",
    "week_limit_reached",
    "creator_limit_reached",
    "platform_day_reached",
    "platform_week_reached",
    "platform_charge_reached",
]

GIFT_CLEARING: Final = "gift_clearing"
"""System account: coins taken for gifts."""
BREAKAGE: Final = "breakage"
"""System account: coins that expired."""
PROMOTION: Final = "promotion"
"""System account: coins issued at our own expense."""
REVERSAL_CLEARING: Final = "reversal_clearing"
"""System account: coins taken back that may still be given back without further ado."""
CREATOR_CLAIM: Final = "creator_claim"
"""System account: coins that creators are asked for and have not answered for."""
RECEIVABLE: Final = "receivable"
"""System account: coins that viewers owe."""
RESERVE: Final = "reserve"
"""System account: coins lost that we had reckoned with."""
PLATFORM_LOSS: Final = "platform_loss"
"""System account: coins lost that nobody else bears."""


def mint(currency: str) -> str:
    """System account: coins issued against money of one currency."""
    return f"mint:{currency}"


def issuer(lot_class: LotClass, currency: str) -> str:
    """System account: where a purchase's coins of a class come from, and go back to."""
    return mint(currency) if lot_class == "purchased" else PROMOTION


class Head(msgspec.Struct, frozen=True, gc=False):
    """An account as its row and its open lots tell. A new state is a new head."""

    account_id: int
    owner_id: str
    version: int
    """How many movements were posted."""
    coins: int
    """Credits less debits; what is left in the open lots adds up to it."""
    debt_coins: int
    lots: tuple[Lot, ...]
    """Open lots in spending order."""
    left: tuple[int, ...]
    """Coins left in each."""
    limits_version: int = 0
    """Which version of the owner's spend limits holds; 0: none were ever set."""
    spent_coins: int = COINS_MAX
    """No less than was spent in the last 7 days. What windows lose goes unnoticed until it is
    counted: see `Spending.lately`."""

    @property
    def spendable_coins(self) -> int:
        """What a charge may take: debt is not spent."""
        return max(self.coins - self.debt_coins, 0)


class Movement(msgspec.Struct, frozen=True, gc=False):
    """A row of the journal; the fields are the columns, in their order there."""

    movement_id: UUID
    account_id: int
    version: int
    coins: int
    """Signed: the change of the account, or what was asked for and refused."""
    balance_coins: int
    """The account's coins after the movement; of a refusal, what could have been spent."""
    posted_at: datetime
    lot_id: int | None
    """The lot that paid or was created; the first where several paid."""
    counter_shard: int
    kind: MovementKind
    outcome: Outcome
    counter: str
    """The system account on the other side."""
    order_key: str | None = None
    lot_ids: list[int] | None = None
    """Where several lots paid: all of them."""
    lot_coins: list[int] | None = None
    """And how much each."""
    caps_id: int | None = None
    """Of a charge: the platform's caps that it met; None: there were none."""


class Taking(NamedTuple):
    """Coins taken from the front of the open lots."""

    lots: tuple[Lot, ...]
    """Those that paid, in the order spent."""
    coins: tuple[int, ...]
    """How much each paid."""
    rest: tuple[Lot, ...]
    left: tuple[int, ...]


def take(head: Head, coins: int) -> Taking:
    """Take coins from the front of the open lots, which hold at least as many."""
    assert 0 < coins <= head.coins, (coins, head)
    paid: list[int] = []
    wanted = coins
    for held in head.left:
        paid.append(min(held, wanted))
        wanted -= paid[-1]
        if wanted == 0:
            break
    last = len(paid) - 1
    remains = head.left[last] - paid[last]
    closed = last if remains else last + 1
    left = head.left[closed:]
    if remains:
        left = (remains, *left[1:])
    return Taking(head.lots[: last + 1], tuple(paid), head.lots[closed:], left)


def has_expired(head: Head, at: datetime) -> bool:
    """Whether an open lot has expired by `at`: the first one then has."""
    if not head.lots:
        return False
    expires_at = head.lots[0].expires_at
    return expires_at is not None and expires_at <= at


def expire(head: Head, at: datetime, shard: int) -> tuple[Head, list[Movement]]:
    """Book the lots that have expired by `at`: one movement each, off the account to breakage."""
    movements: list[Movement] = []
    while has_expired(head, at):
        lot, coins = head.lots[0], head.left[0]
        head = msgspec.structs.replace(
            head,
            version=head.version + 1,
            coins=head.coins - coins,
            lots=head.lots[1:],
            left=head.left[1:],
        )
        movements.append(
            Movement(
                expiry_id(lot.lot_id),
                head.account_id,
                head.version,
                -coins,
                head.coins,
                at,
                lot.lot_id,
                shard,
                "expiry",
                "posted",
                BREAKAGE,
            )
        )
    return head, movements


def credit(head: Head, lot: Lot, coins: int) -> Head:
    """The head after a new lot of `coins` has joined it."""
    index = place(head.lots, lot)
    return msgspec.structs.replace(
        head,
        version=head.version + 1,
        coins=head.coins + coins,
        lots=(*head.lots[:index], lot, *head.lots[index:]),
        left=(*head.left[:index], coins, *head.left[index:]),
    )


def expiry_id(lot_id: int) -> UUID:
    """The id under which a lot's expiry is booked, by whoever comes first."""
    return derived_id(lot_id, "expiry")


def bonus_id(purchase_id: UUID) -> UUID:
    """The id under which a purchase's bonus coins are booked."""
    return derived_id(purchase_id, "bonus")
