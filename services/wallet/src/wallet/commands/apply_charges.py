"""Charges a batch of payers: what the ledger is for, and the wallet's hottest path."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis.db import Conn
from wallet.commands.recall_spending import recall_spending
from wallet.domain.caps import CapPolicy, Caps
from wallet.domain.charging import Answer, Charge, Decided, decide
from wallet.domain.counting import to_be_counted
from wallet.domain.ledger import Head, Movement
from wallet.domain.spending import LimitReached, Spending, limit_of
from wallet.store import accounts, limits, lots, movements, system_accounts


async def load_heads(conn: Conn, owner_ids: Iterable[str]) -> dict[str, Head]:
    """The heads of these owners; who has no account yet gets one."""
    wanted = set(owner_ids)
    if not wanted:
        return {}
    heads = await accounts.select_heads(conn, wanted)
    if missing := wanted - heads.keys():
        await accounts.ensure_accounts(conn, missing)
        heads |= await accounts.select_heads(conn, missing)
    return heads


async def apply_charges(
    conn: Conn,
    charges: Sequence[Charge],
    heads: Mapping[str, Head],
    spending: Mapping[str, Spending],
    policy: CapPolicy,
    *,
    at: datetime,
    shard: int,
) -> Decided:
    """Charge payers in the order given, each charge once, however often it is asked for.

    Everything is decided in memory from `heads` and then written with one statement per table.
    Heads may be old. Whose coins move is safe, since an account moves only from the version that
    was read, its limits included; whose charge is refused is looked at again, since nobody may be
    refused for want of coins that have come meanwhile. Those payers are decided once more under
    their accounts' locks. That touches nobody else's charges, so nothing is ever rolled back for
    it.

    Locks: the payers' accounts in id order, then system accounts of `shard`.

    Args:
        conn: An open transaction that has written none of these accounts, opened ones excepted.
        charges: In the order in which they arrived.
        heads: Of every payer, as read at any time before.
        spending: What is remembered of payers; what is needed and missing or old is read.
        policy: The platform's caps in force at `at`.
        at: When the charges are posted.
        shard: Of the system accounts; transactions that run at the same time use different ones.
    """
    recorded = await _recorded(conn, [charge.charge_id for charge in charges])
    caps = policy.met_by(charges)
    counted = to_be_counted(charges, caps, heads)
    known = await recall_spending(conn, heads, counted, spending, at=at)
    decided = decide(charges, heads, recorded, known, caps, at=at, shard=shard)
    doubtful = decided.refused - decided.moved.keys()
    if not await _move(conn, heads, decided):
        # Those whose accounts have stayed where they are were not as read.
        doubtful |= decided.moved.keys()
    if doubtful:
        fresh = await accounts.lock_untouched(conn, [heads[payer_id] for payer_id in doubtful])
        if fresh:
            decided = await _decide_again(
                conn,
                charges,
                caps,
                recorded,
                {**spending, **known},
                decided,
                fresh,
                at=at,
                shard=shard,
            )
    if decided.movements:
        await movements.append_movements(conn, decided.movements)
        await _keep_limit_refusals(conn, decided)
        await system_accounts.book_counters(conn, decided.movements)
    return decided


async def _move(conn: Conn, heads: Mapping[str, Head], decided: Decided) -> bool:
    if not decided.moved:
        return True
    return await accounts.debit_accounts(
        conn, [(heads[payer_id], decided.heads[payer_id]) for payer_id in decided.moved]
    )


async def _decide_again(
    conn: Conn,
    charges: Sequence[Charge],
    caps: Sequence[Caps],
    recorded: Mapping[UUID, Answer],
    spending: Mapping[str, Spending],
    first: Decided,
    fresh: Mapping[str, Head],
    *,
    at: datetime,
    shard: int,
) -> Decided:
    """Decide the charges of some payers again, from their accounts as they are now, locked."""
    stale_accounts = {head.account_id for head in fresh.values()}
    standing = [m for m in first.movements if m.account_id not in stale_accounts]
    indices = [index for index, charge in enumerate(charges) if charge.payer_id in fresh]
    # An id that one of the other payers used first stays theirs.
    ids_again = {charges[index].charge_id for index in indices}
    theirs = {m.movement_id: Answer(m, ()) for m in standing if m.movement_id in ids_again}
    theirs_again = [charges[index] for index in indices]
    caps_again = [caps[index] for index in indices]
    counted = to_be_counted(theirs_again, caps_again, fresh)
    second = decide(
        theirs_again,
        fresh,
        {**recorded, **theirs},
        await recall_spending(conn, fresh, counted, spending, at=at),
        caps_again,
        at=at,
        shard=shard,
    )
    moved = await _move(conn, fresh, second)
    assert moved, "locked accounts are as read"
    answers = list(first.answers)
    for index, answer in zip(indices, second.answers, strict=True):
        answers[index] = answer
    still_moved = first.moved.copy()
    for owner_id in fresh:
        still_moved.pop(owner_id, None)
    return Decided(
        answers,
        standing + second.movements,
        {**first.heads, **second.heads},
        {**still_moved, **second.moved},
        (first.refused - fresh.keys()) | second.refused,
        {**first.spending, **second.spending},
    )


async def _keep_limit_refusals(conn: Conn, decided: Decided) -> None:
    if not decided.refused:
        return
    reached = {
        answer.movement.movement_id: answer.reached
        for answer in decided.answers
        if answer.reached is not None
    }
    new = [
        (movement.movement_id, reached[movement.movement_id])
        for movement in decided.movements
        if movement.movement_id in reached
    ]
    if new:
        await limits.insert_limit_refusals(conn, new)


async def _recorded(conn: Conn, charge_ids: Sequence[UUID]) -> dict[UUID, Answer]:
    """The answers that the journal has for these ids."""
    found = await movements.select_recorded(conn, charge_ids)
    if not found:
        return {}
    known = await lots.select_lots(
        conn, sorted({lot_id for movement in found for lot_id in _lot_ids(movement)})
    )
    limited: dict[UUID, LimitReached] = {
        movement.movement_id: limit
        for movement in found
        if (limit := limit_of(movement.outcome)) is not None
    }
    reached = await limits.select_limit_refusals(conn, limited) if limited else {}
    return {
        movement.movement_id: Answer(
            movement,
            tuple([known[lot_id] for lot_id in _lot_ids(movement)]),
            reached.get(movement.movement_id),
        )
        for movement in found
    }


def _lot_ids(movement: Movement) -> Sequence[int]:
    if movement.lot_ids is not None:
        return movement.lot_ids
    return () if movement.lot_id is None else (movement.lot_id,)
