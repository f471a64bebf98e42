"""Agencies: what share of a creator's payouts is whose, from when to when (C47)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from payouts.domain.refusals import AgencyContractInvalidError, AgencySharesExceededError
from payouts.domain.split import split
from payouts.domain.withholding import ALL_BPS


class ContractStatus(StrEnum):
    """How far a contract has come."""

    PROPOSED = "PROPOSED"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    ENDED = "ENDED"


CONTRACT_MOVES: Final = {
    ContractStatus.PROPOSED: frozenset(
        {ContractStatus.ACCEPTED, ContractStatus.DECLINED, ContractStatus.ENDED}
    ),
    ContractStatus.ACCEPTED: frozenset({ContractStatus.ENDED}),
    ContractStatus.DECLINED: frozenset[ContractStatus](),
    ContractStatus.ENDED: frozenset[ContractStatus](),
}
"""The one table of allowed moves; the database has the same and lets nothing else happen."""


class ContractTerms(NamedTuple):
    """What an agency and a creator are to agree on."""

    creator_id: str
    agency_id: str
    share_bps: int
    """Of the gross amount of the creator's payouts."""
    effective_from: datetime
    ends_at: datetime | None
    """From then on it does not hold; None: until it is ended."""


class Contract(msgspec.Struct, frozen=True):
    """A version of what a creator and an agency have agreed on; the fields are the columns."""

    contract_id: UUID
    creator_id: str
    agency_id: str
    share_bps: int
    effective_from: datetime
    ends_at: datetime | None
    proposed_at: datetime
    accepted_at: datetime | None
    """When the creator agreed; it stays when the contract has ended."""
    status: ContractStatus
    moved_at: datetime

    def can_become(self, status: ContractStatus) -> bool:
        """Whether the move is allowed."""
        return status in CONTRACT_MOVES[self.status]

    @property
    def terms(self) -> ContractTerms:
        """What it is about."""
        return ContractTerms(
            self.creator_id, self.agency_id, self.share_bps, self.effective_from, self.ends_at
        )

    @property
    def ever_holds(self) -> bool:
        """Whether it takes the place of the version before it, be it only for a while."""
        ended_before = self.status is ContractStatus.ENDED and self.moved_at <= self.effective_from
        return self.accepted_at is not None and not ended_before

    def holds_at(self, at: datetime) -> bool:
        """Whether it holds at a moment, as far as no later version does."""
        return (
            self.status is ContractStatus.ACCEPTED
            and self.effective_from <= at
            and (self.ends_at is None or at < self.ends_at)
        )


def in_force(contracts: Iterable[Contract], at: datetime) -> Sequence[Contract]:
    """A creator's contracts that hold at a moment, at most one with each agency, oldest first.

    The newest that has begun counts: one before it does not come back when it has ended.
    """
    newest: dict[str, Contract] = {}
    for each in sorted(contracts, key=_age):
        if each.ever_holds and each.effective_from <= at:
            newest[each.agency_id] = each
    return sorted((each for each in newest.values() if each.holds_at(at)), key=_age)


def _age(contract: Contract) -> tuple[datetime, datetime, UUID]:
    accepted_at = contract.accepted_at or contract.proposed_at
    return contract.effective_from, accepted_at, contract.contract_id


def check_proposal(terms: ContractTerms, *, now: datetime, max_bps: int) -> None:
    """Make sure that a contract can be agreed on.

    Raises:
        AgencyContractInvalidError: Names the field that cannot be right.
    """
    if terms.agency_id == terms.creator_id:
        raise AgencyContractInvalidError(field="agencyId")
    if not 1 <= terms.share_bps <= max_bps:
        raise AgencyContractInvalidError(field="shareBps")
    if terms.effective_from < now:
        # What was requested before has been split as it was agreed then.
        raise AgencyContractInvalidError(field="effectiveFrom")
    if terms.ends_at is not None and terms.ends_at <= terms.effective_from:
        raise AgencyContractInvalidError(field="endsAt")


def check_shares(
    contracts: Sequence[Contract], accepted: Contract, *, now: datetime, max_bps: int
) -> None:
    """Make sure that all agencies together never have more than they may.

    Args:
        contracts: All of the creator's, with `accepted` as it is to be.
        accepted: To be in force from now on, or from when it says.
        now: What has held before has been paid.
        max_bps: Of all agencies together.

    Raises:
        AgencySharesExceededError: At some moment they would.
    """
    # What they have together grows only where something comes into force.
    begins = {max(now, each.effective_from) for each in (*contracts, accepted)}
    most_bps = max(sum(each.share_bps for each in in_force(contracts, at)) for at in begins)
    if most_bps > max_bps:
        raise AgencySharesExceededError(shares_bps=most_bps, max_bps=max_bps)


class Commission(NamedTuple):
    """What an agency gets of a payout."""

    agency_id: str
    contract_id: UUID
    share_bps: int
    amount_minor: int


def own_bps(contracts: Iterable[Contract]) -> int:
    """What of a payout is its creator's."""
    return ALL_BPS - sum(each.share_bps for each in contracts)


def shared(
    gross_minor: int, increment_minor: int, contracts: Sequence[Contract]
) -> tuple[int, tuple[Commission, ...]]:
    """What of a gross amount is the creator's, and what each agency's; together all of it.

    Args:
        gross_minor: A multiple of the increment.
        increment_minor: So is each part (E45).
        contracts: In force, together for less than the whole.
    """
    weights = (own_bps(contracts), *(each.share_bps for each in contracts))
    own, *parts = split(gross_minor // increment_minor, weights)
    return own * increment_minor, tuple(
        Commission(each.agency_id, each.contract_id, each.share_bps, part * increment_minor)
        for each, part in zip(contracts, parts, strict=True)
    )
