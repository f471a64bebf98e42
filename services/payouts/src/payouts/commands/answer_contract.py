"""A creator's answer to a contract with an agency."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec

from chassis.db import Conn
from payouts.commands.terms_in_force import terms_in_force
from payouts.domain.agency import Contract, ContractStatus, check_shares
from payouts.domain.refusals import AgencyContractDecidedError, AgencyContractUnknownError
from payouts.store import contracts, reviews


class AnswerContract(NamedTuple):
    """What a creator says to it."""

    contract_id: UUID
    creator_id: str
    accept: bool


async def answer_contract(conn: Conn, order: AnswerContract, *, at: datetime) -> Contract:
    """Let a contract hold, or not. Payouts that are requested already stay as they are.

    Answered again in the same way it changes nothing.

    Raises:
        AgencyContractUnknownError: No such contract, or another creator's.
        AgencyContractDecidedError: It was answered otherwise, or has ended.
        AgencySharesExceededError: All agencies together would have more than they may.

    Locks: the creator.
    """
    await reviews.lock_creator(conn, order.creator_id)
    contract = await contracts.find_contract(conn, order.contract_id)
    if contract is None or contract.creator_id != order.creator_id:
        raise AgencyContractUnknownError
    status = ContractStatus.ACCEPTED if order.accept else ContractStatus.DECLINED
    if contract.status is status:
        return contract
    if not contract.can_become(status):
        raise AgencyContractDecidedError(status=contract.status)
    accepted_at = at if order.accept else None
    answered = msgspec.structs.replace(
        contract, status=status, moved_at=at, accepted_at=accepted_at
    )
    if order.accept:
        others = await contracts.select_accepted(conn, order.creator_id)
        max_bps = (await terms_in_force(conn, at)).commission_max_bps
        check_shares((*others, answered), answered, now=at, max_bps=max_bps)
    moved = await contracts.update_contract(conn, contract, status, at=at, actor=order.creator_id)
    assert moved, "whoever moves a contract has the creator's lock"
    return answered
