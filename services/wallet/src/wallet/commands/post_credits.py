"""Puts new coins into a wallet, each credit as a lot of its own."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis.db import Conn
from wallet.domain.ledger import Head, Movement, MovementKind, credit
from wallet.domain.lots import Lot, LotClass
from wallet.store import accounts, lots, movements, system_accounts

SHARDS = 16
"""Over which credits spread on system accounts, so that purchases do not queue for one row."""


class Credit(NamedTuple):
    """Coins to put into a wallet, once."""

    movement_id: UUID
    kind: MovementKind
    counter: str
    """The system account that they come from."""
    lot_class: LotClass
    coins: int
    refundable_until: datetime
    expires_at: datetime | None
    source_kind: str
    source_id: UUID


class Credited(NamedTuple):
    """An account after its credits."""

    head: Head
    lots: tuple[Lot, ...]
    """One per credit, in their order."""


async def post_credits(
    conn: Conn, owner_id: str, lots_to_add: Sequence[Credit], *, at: datetime
) -> Credited:
    """Put coins into the owner's wallet; who has none gets one.

    The caller makes sure that it happens once. Locks: the owner's account, then system accounts.

    Raises:
        asyncpg.UniqueViolationError: A movement of that id is in the journal already; the
            transaction is lost.
    """
    await accounts.ensure_accounts(conn, [owner_id])
    before = head = (await accounts.lock_heads(conn, [owner_id]))[owner_id]
    added: list[Lot] = []
    booked: list[Movement] = []
    for each in lots_to_add:
        lot = await lots.insert_lot(
            conn,
            account_id=head.account_id,
            lot_class=each.lot_class,
            coins=each.coins,
            acquired_at=at,
            refundable_until=each.refundable_until,
            expires_at=each.expires_at,
            movement_id=each.movement_id,
            source_kind=each.source_kind,
            source_id=each.source_id,
        )
        head = credit(head, lot, each.coins)
        added.append(lot)
        booked.append(
            Movement(
                movement_id=each.movement_id,
                account_id=head.account_id,
                version=head.version,
                coins=each.coins,
                balance_coins=head.coins,
                posted_at=at,
                lot_id=lot.lot_id,
                counter_shard=head.account_id % SHARDS,
                kind=each.kind,
                outcome="posted",
                counter=each.counter,
            )
        )
    await accounts.credit_account(conn, before, head)
    await movements.append_movements(conn, booked)
    await system_accounts.book_counters(conn, booked)
    return Credited(head, tuple(added))
