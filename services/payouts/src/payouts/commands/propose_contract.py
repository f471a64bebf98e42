"""Put down what an agency and a creator are to agree on (C47)."""

from typing import NamedTuple
from uuid import UUID

from chassis import operators
from chassis.db import Conn
from chassis.operators import Act
from payouts.commands.terms_in_force import terms_in_force
from payouts.domain.agency import Contract, ContractStatus, ContractTerms, check_proposal
from payouts.domain.refusals import IdempotencyConflictError
from payouts.store import contracts, reviews


class ProposeContract(NamedTuple):
    """What an operator enters, and why."""

    contract_id: UUID
    terms: ContractTerms
    act: Act


class Proposed(NamedTuple):
    """A contract, and whether it was there before."""

    contract: Contract
    replayed: bool


async def propose_contract(conn: Conn, order: ProposeContract) -> Proposed:
    """Keep a contract once per id. It means nothing until its creator accepts it.

    Raises:
        IdempotencyConflictError: The id belongs to another contract.
        AgencyContractInvalidError: Nobody can agree on that.

    Locks: the creator.
    """
    terms, act = order.terms, order.act
    await reviews.lock_creator(conn, terms.creator_id)
    if (known := await contracts.find_contract(conn, order.contract_id)) is not None:
        if known.terms != terms:
            raise IdempotencyConflictError
        return Proposed(known, replayed=True)
    max_bps = (await terms_in_force(conn, act.at)).commission_max_bps
    check_proposal(terms, now=act.at, max_bps=max_bps)
    contract = Contract(
        order.contract_id,
        *terms,
        proposed_at=act.at,
        accepted_at=None,
        status=ContractStatus.PROPOSED,
        moved_at=act.at,
    )
    if not await contracts.insert_contract(conn, contract, actor=act.operator_id):
        # Taken by another creator's a moment ago, whom our lock does not stop.
        raise IdempotencyConflictError
    await operators.record(
        conn,
        act,
        "proposeAgencyContract",
        str(order.contract_id),
        {
            "creator_id": terms.creator_id,
            "agency_id": terms.agency_id,
            "share_bps": terms.share_bps,
        },
    )
    return Proposed(contract, replayed=False)
