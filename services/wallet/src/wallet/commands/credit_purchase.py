"""Turn a payment into coins, once."""

from datetime import datetime

import msgspec

from chassis import outbox
from chassis.db import Conn
from chassis.ids import derived_id
from contracts.event import Event
from contracts.wallet.v1 import BalanceChanged, CoinsPurchased, PurchasedLot
from wallet.commands.post_credits import Credit, Credited, post_credits
from wallet.commands.settle_claims import settle_claims
from wallet.commands.write_entries import write_entries
from wallet.domain.entries import Entries
from wallet.domain.ledger import PROMOTION, Head, bonus_id, mint
from wallet.domain.purchase import Purchase
from wallet.store import claims, purchases


async def credit_purchase(
    conn: Conn, purchase: Purchase, *, payment_id: str, at: datetime, traceparent: str | None
) -> None:
    """Mark a purchase paid, put its coins into the wallet and tell of both.

    The buyer's debt comes off first. What was claimed back of the payment before it arrived is
    taken in the same commit, so that it can never be spent (E11).

    The purchase's id is the id of the movement too: the journal itself refuses a second credit.

    Args:
        conn: An open transaction that holds the purchase's row locked.
        purchase: As the row is: not paid yet.
        payment_id: The provider's own.
        at: When the payment was confirmed to us.
        traceparent: The trace that the events carry on.
    """
    await purchases.update_to_paid(conn, purchase.purchase_id, payment_id=payment_id, paid_at=at)
    to_credit = _credits(purchase, at)
    credited = await post_credits(conn, purchase.user_id, to_credit, at=at)
    head = await _repay(conn, purchase, to_credit, credited, at)
    await purchases.update_to_credited(conn, purchase.purchase_id, credited_at=at)
    settled = await settle_claims(
        conn,
        [msgspec.structs.replace(purchase, status="CREDITED")],
        await claims.select_claims(conn, [purchase.purchase_id]),
        actor=f"provider:{purchase.provider}",
        at=at,
    )
    taken_back = settled.get(purchase.purchase_id, ())
    events: list[Event] = [_purchased(purchase, to_credit, credited, payment_id, at), *taken_back]
    # One balance per commit: where claims were waiting, theirs.
    if not any(isinstance(each, BalanceChanged) for each in taken_back):
        events.append(
            BalanceChanged(
                user_id=purchase.user_id,
                version=head.version,
                coins=head.coins,
                as_of=at,
                cause="purchase",
                debt_coins=head.debt_coins,
            )
        )
    await outbox.record(conn, *events, traceparent=traceparent)


async def _repay(
    conn: Conn, purchase: Purchase, to_credit: list[Credit], credited: Credited, at: datetime
) -> Head:
    """What the buyer owes comes off the new coins, those that they paid for first (E09)."""
    entries = Entries(credited.head, derived_id(purchase.purchase_id, "repayment"), at=at)
    for lot, credit in zip(credited.lots, to_credit, strict=True):
        coins = min(entries.head.debt_coins, credit.coins)
        if coins:
            entries.repay(lot, coins)
    if entries.debts:
        await write_entries(conn, [entries])
    return entries.head


def _credits(purchase: Purchase, at: datetime) -> list[Credit]:
    refundable_until = purchase.refundable_until(at)
    to_credit = [
        Credit(
            movement_id=purchase.purchase_id,
            kind="purchase",
            counter=mint(purchase.currency),
            lot_class="purchased",
            coins=purchase.coins,
            refundable_until=refundable_until,
            expires_at=None,
            source_kind="purchase",
            source_id=purchase.purchase_id,
        )
    ]
    if purchase.bonus_coins:
        to_credit.append(
            Credit(
                movement_id=bonus_id(purchase.purchase_id),
                kind="bonus",
                counter=PROMOTION,
                lot_class="bonus",
                coins=purchase.bonus_coins,
                # A refund takes the bonus along, so what it became matures no sooner.
                refundable_until=refundable_until,
                expires_at=purchase.bonus_expires_at(at),
                source_kind="purchase",
                source_id=purchase.purchase_id,
            )
        )
    return to_credit


def _purchased(
    purchase: Purchase,
    to_credit: list[Credit],
    credited: Credited,
    payment_id: str,
    at: datetime,
) -> CoinsPurchased:
    return CoinsPurchased(
        purchase_id=purchase.purchase_id,
        user_id=purchase.user_id,
        bundle_id=purchase.bundle_id,
        price_book_version=purchase.price_book_version,
        provider=purchase.provider,
        payment_id=payment_id,
        amount_minor=purchase.amount_minor,
        currency=purchase.currency,
        lots=tuple(
            PurchasedLot(
                lot_id=lot.lot_id,
                lot_class=lot.lot_class,
                coins=credit.coins,
                refundable_until=lot.refundable_until,
                expires_at=lot.expires_at,
            )
            for lot, credit in zip(credited.lots, to_credit, strict=True)
        ),
        credited_at=at,
    )
