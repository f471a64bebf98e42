"""Who bears what creators were asked for: they, where payouts says so; else the platform."""

from typing import NamedTuple
from uuid import UUID

from contracts.wallet.v1 import ReversalReason
from wallet.domain.ledger import CREATOR_CLAIM, GIFT_CLEARING, PLATFORM_LOSS, RESERVE
from wallet.domain.lots import COINS_MAX
from wallet.domain.reversal_policy import ReversalPolicy


class Answer(NamedTuple):
    """What payouts says of a leg, or of what was given back of it."""

    reversal_id: UUID
    position: int
    cause_id: UUID
    """The reversal itself, or the reinstatement that gave back."""
    creator_id: str
    covered_coins: int
    uncovered_coins: int

    @property
    def gives_back(self) -> bool:
        """Whether it is of a reinstatement."""
        return self.cause_id != self.reversal_id


class Asked(NamedTuple):
    """What a leg or a reinstatement of it had asked for."""

    creator_id: str
    coins: int


class Settlement(NamedTuple):
    """Who bears the coins of an answer, or gets them back; the fields are columns."""

    covered_coins: int
    reserve_coins: int
    loss_coins: int


def contradiction(answer: Answer, asked: Asked | None) -> str | None:
    """Why an answer cannot be true; None where it can."""
    if asked is None:
        return "no creator was asked for it"
    if asked != (answer.creator_id, answer.covered_coins + answer.uncovered_coins):
        return f"{asked.coins} coins were asked of {asked.creator_id}"
    return None


def reserve_left(policy: ReversalPolicy, kind: ReversalReason, borne_coins: int) -> int:
    """How much more of a reversal the reserve bears, by the policy that it was booked under.

    Of a charge that is undone it bears nothing: the reserve is for payments that fail.

    Args:
        policy: Of the reversal.
        kind: Of its claim, or that a charge is undone.
        borne_coins: What the reserve bears of it already.
    """
    if kind in ("undo", "quarantine"):
        return 0
    limits = [leg.coins_max for leg in policy.waterfalls[kind] if leg.kind == "reserve"]
    if not limits:
        return 0
    limit = COINS_MAX if limits[0] is None else limits[0]
    return max(limit - borne_coins, 0)


def settle(answer: Answer, *, reserve_left: int, taken: Settlement | None) -> Settlement:
    """Who bears an answer's coins, or gets them back: the platform before the reserve.

    Args:
        answer: Of payouts.
        reserve_left: What the reserve may still bear of the reversal.
        taken: Where coins are given back: what is borne of the leg, less what went back before.
    """
    if answer.gives_back:
        assert taken is not None, "what was taken is settled first"
        loss = min(taken.loss_coins, answer.uncovered_coins)
        return Settlement(answer.covered_coins, answer.uncovered_coins - loss, loss)
    reserve = min(reserve_left, answer.uncovered_coins)
    return Settlement(answer.covered_coins, reserve, answer.uncovered_coins - reserve)


def transfers_of(settlement: Settlement, *, gives_back: bool) -> list[tuple[str, str, int]]:
    """Debit, credit and coins: the claim on creators goes to who bears it.

    Coins that creators bear come out of what was taken for their gifts.
    """
    bearers = (
        (GIFT_CLEARING, settlement.covered_coins),
        (RESERVE, settlement.reserve_coins),
        (PLATFORM_LOSS, settlement.loss_coins),
    )
    return [
        (CREATOR_CLAIM, bearer, coins) if gives_back else (bearer, CREATOR_CLAIM, coins)
        for bearer, coins in bearers
        if coins
    ]
