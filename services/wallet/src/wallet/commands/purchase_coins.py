"""Order coins: the purchase's row first, then the provider, then where to pay."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple

from chassis.db import Conn
from wallet.commands.apply_payment import apply_payment, claim_payment
from wallet.commands.settle_events import settle_events
from wallet.domain.price_book import Bundle, Market, PriceBook
from wallet.domain.purchase import (
    BundleLimitReachedError,
    BundleUnavailableError,
    Checkout,
    ConflictError,
    ProviderUnavailableError,
    Purchase,
    PurchaseOrder,
)
from wallet.store import price_books, provider_events, purchases
from wallet.store.purchases import Had

OPEN_FOR: Final = timedelta(hours=1)
"""An order left unpaid for longer no longer takes a place among those that a buyer may have. Money
that arrives for it nevertheless is credited."""


class Opened(NamedTuple):
    """A purchase, and whether it was there before."""

    purchase: Purchase
    replayed: bool


async def open_purchase(
    conn: Conn, order: PurchaseOrder, *, at: datetime, traceparent: str | None = None
) -> Opened:
    """Write down what a viewer orders, at today's terms, once per purchase id.

    A payment that arrived before its purchase takes effect at once (E11). The provider is to be
    asked afterwards, outside of the transaction: only then can no payment miss its purchase.

    Args:
        conn: An open transaction.
        order: What is asked for, by whom.
        at: Now: says which price book is in force.
        traceparent: The trace that events carry on.

    Raises:
        ConflictError: The id belongs to another order, be it another user's.
        BundleUnavailableError: No such bundle is sold where the viewer is.
        BundleLimitReachedError: The viewer has had it as often as one may.
        ProviderUnavailableError: The price book knows no such provider.

    Locks: the reference, the buyer.
    """
    await provider_events.lock_references(conn, [str(order.purchase_id)])
    known = await purchases.find_purchase(conn, order.purchase_id)
    if known is not None:
        if not known.asks_the_same(order):
            raise ConflictError
        return Opened(known, replayed=True)
    book = await price_books.find_price_book_in_force(conn, at)
    if book is None:
        raise BundleUnavailableError
    market, bundle = _offer(order, book)
    # One order of a buyer at a time: two at once must not both be the first, or the last allowed.
    await purchases.lock_buyer(conn, order.user_id)
    had = await purchases.count_purchases(conn, order.user_id, bundle.id, open_since=at - OPEN_FOR)
    purchase = _purchase(order, book, market, bundle, had, at)
    added = await purchases.insert_purchase(conn, purchase)
    assert added, "the reference's lock keeps others out"
    await _apply_parked(conn, purchase, at, traceparent)
    return Opened(await _found(conn, purchase), replayed=False)


async def attach_checkout(conn: Conn, purchase: Purchase, checkout: Checkout) -> Purchase:
    """Note where the viewer pays; gives the purchase as it is then.

    Raises:
        ProviderUnavailableError: The provider has named a payment that is another purchase's.
    """
    await purchases.lock_purchase(conn, purchase.purchase_id)
    if checkout.payment_id is not None and not await claim_payment(
        conn, purchase, checkout.payment_id
    ):
        raise ProviderUnavailableError
    await purchases.update_to_pending(
        conn,
        purchase.purchase_id,
        payment_id=checkout.payment_id,
        checkout_url=checkout.checkout_url,
    )
    return await _found(conn, purchase)


async def _found(conn: Conn, purchase: Purchase) -> Purchase:
    found = await purchases.find_purchase(conn, purchase.purchase_id)
    assert found is not None, "purchases are never deleted"
    return found


async def _apply_parked(
    conn: Conn, purchase: Purchase, at: datetime, traceparent: str | None
) -> None:
    for event in await provider_events.select_parked(
        conn, purchase.provider, str(purchase.purchase_id)
    ):
        locked = await purchases.lock_purchase(conn, purchase.purchase_id)
        assert locked is not None, "inserted above"
        outcome = await apply_payment(conn, locked, event, at=at, traceparent=traceparent)
        await settle_events(conn, purchase.provider, {event.event_id: outcome}, at=at)


def _offer(order: PurchaseOrder, book: PriceBook) -> tuple[Market, Bundle]:
    """What is ordered, and where it is sold."""
    market = book.market_of(order.region, book.store_of(order.provider))
    bundle = market.find(order.bundle_id) if market is not None else None
    if market is None or bundle is None:
        raise BundleUnavailableError
    return market, bundle


def _purchase(
    order: PurchaseOrder, book: PriceBook, market: Market, bundle: Bundle, had: Had, at: datetime
) -> Purchase:
    if bundle.purchases_per_user_max is not None and had.of_bundle >= bundle.purchases_per_user_max:
        raise BundleLimitReachedError
    first_bonus_coins = 0 if had.of_any else bundle.first_purchase_bonus_coins
    refund_window_days = book.refund_window_days.get(order.provider)
    if refund_window_days is None:
        raise ProviderUnavailableError
    return Purchase(
        purchase_id=order.purchase_id,
        user_id=order.user_id,
        provider=order.provider,
        bundle_id=bundle.id,
        price_book_version=book.version,
        coins=bundle.coins,
        bonus_coins=bundle.bonus_coins + first_bonus_coins,
        amount_minor=bundle.amount_minor,
        currency=market.currency,
        seller=market.seller,
        refund_window_days=refund_window_days,
        bonus_expires_after_days=book.bonus_expires_after_days,
        status="CREATED",
        payment_id=None,
        checkout_url=None,
        created_at=at,
        paid_at=None,
        credited_at=None,
    )
