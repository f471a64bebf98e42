"""End a contract between an agency and a creator."""

from typing import NamedTuple
from uuid import UUID

import msgspec

from chassis import operators
from chassis.db import Conn
from chassis.operators import Act
from payouts.domain.agency import Contract, ContractStatus
from payouts.domain.refusals import AgencyContractDecidedError, AgencyContractUnknownError
from payouts.store import contracts, reviews


class EndContract(NamedTuple):
    """What an operator ends, and why."""

    contract_id: UUID
    act: Act


async def end_contract(conn: Conn, order: EndContract) -> Contract:
    """Let a contract hold no longer, or take a proposal back. What was earned by it stays earned.

    Ended again it changes nothing.

    Raises:
        AgencyContractUnknownError: No such contract.
        AgencyContractDecidedError: It was declined.

    Locks: the creator.
    """
    contract = await contracts.find_contract(conn, order.contract_id)
    if contract is None:
        raise AgencyContractUnknownError
    await reviews.lock_creator(conn, contract.creator_id)
    contract = await contracts.find_contract(conn, order.contract_id)
    assert contract is not None, "contracts are never deleted"
    if contract.status is ContractStatus.ENDED:
        return contract
    if not contract.can_become(ContractStatus.ENDED):
        raise AgencyContractDecidedError(status=contract.status)
    act = order.act
    moved = await contracts.update_contract(
        conn, contract, ContractStatus.ENDED, at=act.at, actor=act.operator_id, reason=act.reason
    )
    assert moved, "whoever moves a contract has the creator's lock"
    await operators.record(
        conn,
        act,
        "endAgencyContract",
        str(order.contract_id),
        {"creator_id": contract.creator_id, "agency_id": contract.agency_id},
    )
    return msgspec.structs.replace(contract, status=ContractStatus.ENDED, moved_at=act.at)
