"""Creators and their agencies, for tests."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from chassis import ids, sql
from chassis.db import Pool, transact
from chassis.operators import Act
from payouts.commands.answer_contract import AnswerContract, answer_contract
from payouts.commands.end_contract import EndContract, end_contract
from payouts.commands.move_payout import move_payout
from payouts.commands.propose_contract import ProposeContract, Proposed, propose_contract
from payouts.commands.request_commission_payout import request_commission_payout
from payouts.commands.request_payout import Requested
from payouts.domain.agency import Contract, ContractTerms
from payouts.domain.method import PayoutMethod
from payouts.domain.payout import CommissionOrder, Move, Payout, PayoutStatus
from payouts.store.commissions import Balance, select_balances
from payouts.testing.paying import CREATOR, NOW

AGENCY = "agency"
HOLD = timedelta(days=30)
"""How long an agency waits for its commission by the first terms."""
PATHS = {
    "CANCELED": ("CANCELED",),
    "FAILED": ("SUBMITTED", "FAILED"),
    "PAID": ("SUBMITTED", "PAID"),
    "RETURNED": ("SUBMITTED", "PAID", "RETURNED"),
}
"""From where a payout waits."""

STATEMENTS = sql.load("payouts.testing", "agreeing.sql")


async def propose(
    pool: Pool,
    share_bps: int,
    *,
    agency_id: str = AGENCY,
    creator_id: str = CREATOR,
    effective_from: datetime = NOW,
    ends_at: datetime | None = None,
    contract_id: UUID | None = None,
    at: datetime | None = None,
) -> Proposed:
    """A contract that the creator has not answered."""
    terms = ContractTerms(creator_id, agency_id, share_bps, effective_from, ends_at)
    act = Act("otto", "signed on paper", at or min(NOW, effective_from))
    order = ProposeContract(contract_id or ids.uuid7(), terms, act)
    return await transact(pool, lambda conn: propose_contract(conn, order))


async def answer(
    pool: Pool, contract: Contract, *, accept: bool = True, at: datetime | None = None
) -> Contract:
    """Let its creator answer a contract."""
    order = AnswerContract(contract.contract_id, contract.creator_id, accept)
    when = at or contract.proposed_at
    return await transact(pool, lambda conn: answer_contract(conn, order, at=when))


async def agree(
    pool: Pool,
    share_bps: int,
    *,
    agency_id: str = AGENCY,
    creator_id: str = CREATOR,
    effective_from: datetime = NOW,
    ends_at: datetime | None = None,
) -> Contract:
    """A contract that the creator has accepted."""
    proposed = await propose(
        pool,
        share_bps,
        agency_id=agency_id,
        creator_id=creator_id,
        effective_from=effective_from,
        ends_at=ends_at,
    )
    return await answer(pool, proposed.contract)


async def end(pool: Pool, contract: Contract, *, at: datetime = NOW) -> Contract:
    """Let an operator end a contract."""
    order = EndContract(contract.contract_id, Act("otto", "they parted", at))
    return await transact(pool, lambda conn: end_contract(conn, order))


async def moved(pool: Pool, payout: Payout, *path: str, at: datetime = NOW) -> Payout:
    """Let a payout go on."""
    for status in path:
        move = Move(PayoutStatus(status), at, "test", "why")

        after = await transact(
            pool, lambda conn, payout=payout, move=move: move_payout(conn, payout, move)
        )
        assert after is not None
        payout = after
    return payout


async def collect(
    pool: Pool,
    method: PayoutMethod,
    amount_minor: int,
    *,
    payout_id: UUID | None = None,
    at: datetime = NOW + HOLD,
) -> Requested:
    """Let an agency ask for what it is owed."""
    order = CommissionOrder(
        payout_id or ids.uuid7(), method.creator_id, method.method_id, amount_minor
    )
    return await transact(pool, lambda conn: request_commission_payout(conn, order, at=at))


async def balances(
    pool: Pool, *, agency_id: str = AGENCY, at: datetime = NOW + HOLD
) -> Sequence[Balance]:
    """What an agency is owed."""
    async with pool.acquire() as conn:
        return await select_balances(conn, agency_id, at)


async def assert_commissions_balance(pool: Pool) -> None:
    """Each payout is split whole; agencies are owed what was paid, less what they carry away."""
    assert await pool.fetch(STATEMENTS["select_unbalanced"]) == []
