"""Accounts with their open lots: reading heads and moving them on."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

from chassis import sql
from chassis.db import Conn, Record
from wallet.domain.ledger import Head
from wallet.domain.lots import Lot
from wallet.store import lots
from wallet.store.arrays import integers

STATEMENTS = sql.load("wallet.store", "accounts.sql")


async def select_heads(conn: Conn, owner_ids: Iterable[str]) -> dict[str, Head]:
    """Heads by owner; owners without an account are left out."""
    rows = await conn.fetch(STATEMENTS["select_accounts"], list(owner_ids))
    return {head.owner_id: head for head in await _heads(conn, rows)}


async def lock_heads(conn: Conn, owner_ids: Iterable[str]) -> dict[str, Head]:
    """Heads by owner, with their rows locked until the transaction ends."""
    rows = await conn.fetch(STATEMENTS["lock_accounts"], list(owner_ids))
    return {head.owner_id: head for head in await _heads(conn, rows)}


async def lock_heads_unless_busy(conn: Conn, account_ids: Iterable[int]) -> list[Head]:
    """Heads with their rows locked; accounts that somebody else has locked are left out."""
    rows = await conn.fetch(STATEMENTS["lock_accounts_unless_busy"], list(account_ids))
    return await _heads(conn, rows)


async def ensure_accounts(conn: Conn, owner_ids: Iterable[str]) -> None:
    """Open an account for each owner who has none."""
    await conn.execute(STATEMENTS["ensure_accounts"], sorted(owner_ids))


async def debit_accounts(conn: Conn, moves: Sequence[tuple[Head, Head]]) -> bool:
    """Move accounts from the first head of each pair to the second, by what was taken.

    Returns:
        Whether all were as read. If not, the others are moved nevertheless: see `lock_untouched`.
    """
    ordered = sorted([(before.account_id, before, after) for before, after in moves])
    closed = [len(before.lots) - len(after.lots) for _, before, after in ordered]
    done = await conn.execute(
        STATEMENTS["debit_accounts"],
        integers([account_id for account_id, _, _ in ordered]),
        integers([before.version for _, before, _ in ordered]),
        integers([after.version - before.version for _, before, after in ordered]),
        integers([before.coins - after.coins for _, before, after in ordered]),
        integers(closed),
        integers(
            [
                before.left[gone] - after.left[0] if after.left else 0
                for (_, before, after), gone in zip(ordered, closed, strict=True)
            ]
        ),
        integers([before.limits_version for _, before, _ in ordered]),
    )
    return done == f"UPDATE {len(moves)}"


async def lock_untouched(conn: Conn, heads: Collection[Head]) -> dict[str, Head]:
    """Accounts that the transaction at hand has not written, as they are now, locked.

    Args:
        conn: An open transaction.
        heads: As read at any time before.

    Returns:
        By owner; accounts that it has written are left out.
    """
    rows = await conn.fetch(
        STATEMENTS["lock_untouched"], integers([head.account_id for head in heads])
    )
    untouched = {row["account_id"] for row in rows}
    known = {lot.lot_id: lot for head in heads if head.account_id in untouched for lot in head.lots}
    return {head.owner_id: head for head in await _heads(conn, rows, known)}


async def credit_account(conn: Conn, before: Head, after: Head) -> None:
    """Move a locked account on to a head that holds more lots."""
    await conn.execute(
        STATEMENTS["credit_account"],
        before.account_id,
        after.version,
        after.coins - before.coins,
        [lot.lot_id for lot in after.lots],
        list(after.left),
    )


async def update_limits_version(conn: Conn, account_id: int, limits_version: int) -> None:
    """Put a locked account under another version of its owner's limits."""
    await conn.execute(STATEMENTS["update_limits_version"], account_id, limits_version)


async def _heads(
    conn: Conn, rows: Sequence[Record], remembered: Mapping[int, Lot] = MappingProxyType({})
) -> list[Head]:
    """Heads of rows. Lots never change, so that those remembered need not be read again."""
    wanted = [lot_id for row in rows for lot_id in row["lot_ids"] if lot_id not in remembered]
    known = {**remembered, **await lots.select_lots(conn, wanted)}
    return [
        Head(
            row["account_id"],
            row["owner_id"],
            row["version"],
            row["coins"],
            row["debt_coins"],
            tuple([known[lot_id] for lot_id in row["lot_ids"]]),
            tuple(row["lot_coins"]),
            row["limits_version"],
            row["debits_coins"],
        )
        for row in rows
    ]
