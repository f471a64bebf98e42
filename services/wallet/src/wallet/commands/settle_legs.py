"""Settle what creators were asked for, as payouts answers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis.db import Conn
from chassis.ids import derived_id
from wallet.domain.entries import Transfer, shard_of
from wallet.domain.settlement import (
    Answer,
    Settlement,
    contradiction,
    reserve_left,
    settle,
    transfers_of,
)
from wallet.store import entries as journal
from wallet.store import settlements as store
from wallet.store import system_accounts
from wallet.store.reversal_policies import published_policies
from wallet.store.settlements import Entry, Terms


async def settle_legs(
    conn: Conn, answers: Sequence[Answer], *, shard: int, at: datetime
) -> Mapping[int, str]:
    """Pass the claim on creators to who bears it, once per answer however often it comes.

    What creators bear comes out of what was taken for their gifts; the rest is the reserve's, up to
    what the policy lets it bear of the reversal, and then the platform's.

    Locks: the reversals, then system accounts.

    Args:
        conn: An open transaction.
        answers: Of payouts, each leg's in order.
        shard: Of the batch.
        at: Now.

    Returns:
        By place, why an answer cannot be true; nothing was written for it.
    """
    terms = await store.lock_reversals(conn, {answer.reversal_id for answer in answers})
    # Only under the locks: another answer may have used up the reserve.
    asked = await store.select_asked(conn, answers)
    known = await store.select_settlements(conn, answers)
    borne = await store.select_borne_by_reserve(conn, list(terms))
    net = _net(known)
    impossible: dict[int, str] = {}
    settled: list[tuple[Entry, Settlement]] = []
    transfers: list[Transfer] = []
    for place, answer in enumerate(answers):
        entry = (answer.reversal_id, answer.position, answer.cause_id)
        reason = contradiction(answer, asked.get(place))
        if reason is None and entry in known:
            if known[entry].covered_coins != answer.covered_coins:
                reason = "it was answered before, differently"
            else:
                continue
        leg = (answer.reversal_id, answer.position)
        taken = net.get(leg)
        if reason is None and answer.gives_back and not _fits(answer, taken):
            reason = "more would be given back than was borne"
        if reason is not None:
            impossible[place] = reason
            continue
        left = _left(terms[answer.reversal_id], borne.get(answer.reversal_id, 0))
        settlement = settle(answer, reserve_left=left, taken=taken)
        sign = -1 if answer.gives_back else 1
        borne[answer.reversal_id] = (
            borne.get(answer.reversal_id, 0) + sign * settlement.reserve_coins
        )
        known[entry] = settlement
        net[leg] = _sum(taken, settlement, sign)
        settled.append((entry, settlement))
        transfers += _transfers(answer, settlement, shard, at)
    if settled:
        await store.insert_settlements(conn, settled, at)
        await journal.insert_transfers(conn, transfers)
        await system_accounts.book_counters(conn, (), transfers)
    return impossible


def _left(terms: Terms, borne_coins: int) -> int:
    policy = published_policies()[terms.policy_version - 1]
    return reserve_left(policy, terms.kind, borne_coins)


def _net(known: Mapping[Entry, Settlement]) -> dict[tuple[UUID, int], Settlement]:
    """By leg, what is borne of it, less what was given back."""
    net: dict[tuple[UUID, int], Settlement] = {}
    for (reversal_id, position, cause_id), settlement in known.items():
        leg = (reversal_id, position)
        net[leg] = _sum(net.get(leg), settlement, 1 if cause_id == reversal_id else -1)
    return net


def _sum(one: Settlement | None, other: Settlement, sign: int) -> Settlement:
    before = one or Settlement(0, 0, 0)
    return Settlement(*(a + sign * b for a, b in zip(before, other, strict=True)))


def _fits(answer: Answer, taken: Settlement | None) -> bool:
    return (
        taken is not None
        and answer.covered_coins <= taken.covered_coins
        and answer.uncovered_coins <= taken.reserve_coins + taken.loss_coins
    )


def _transfers(answer: Answer, settlement: Settlement, shard: int, at: datetime) -> list[Transfer]:
    leg = f"{answer.reversal_id}:{answer.position}"
    return [
        Transfer(
            _transfer_id(answer.cause_id, leg, debit, credit),
            answer.cause_id,
            debit,
            credit,
            shard_of(shard),
            coins,
            at,
        )
        for debit, credit, coins in transfers_of(settlement, gives_back=answer.gives_back)
    ]


def _transfer_id(cause_id: UUID, leg: str, debit: str, credit: str) -> UUID:
    return derived_id(cause_id, f"{leg}:{debit}>{credit}")
