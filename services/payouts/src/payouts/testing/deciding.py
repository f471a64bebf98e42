"""Operators who decide on held payouts, alone or together, for tests."""

from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from chassis.db import Pool, transact
from chassis.operators import Act
from contracts.event import COINS_MAX
from payouts.commands.decide_held_payout import (
    DecideHeldPayout,
    HeldDecision,
    decide_held_payout,
)
from payouts.commands.publish_terms import publish_terms
from payouts.domain.payout import Payout
from payouts.domain.review import Decision
from payouts.store.payouts import find_payout
from payouts.testing.paying import NOW, request, review, settled_creator, some_terms

TEN_DOLLARS: Final = 2_000_000_000
"""In micro-diamonds, at the first rate."""
GROSS_MINOR: Final = 1_000
"""The same in cents."""
DECIDE: Final = """
mutation ($input: DecideHeldPayoutInput!) {
  decideHeldPayout(input: $input) {
    __typename
    ... on DecideHeldPayoutPayload { payout { id status } }
    ... on Refusal { code message }
  }
}
"""
OPERATORS: Final = ("otto", "olga", "ada")


async def need_second_operator(pool: Pool, **from_minor: int) -> None:
    """Let terms come into force before `NOW` by which two operators release so much, by currency.

    In currencies that are not named one is enough for all that can be paid out.
    """
    at = NOW - timedelta(days=1)
    currencies = {
        currency: msgspec.structs.replace(
            each, second_operator_from_minor=from_minor.get(currency, COINS_MAX)
        )
        for currency, each in some_terms().currencies.items()
    }
    terms = some_terms(2, effective_from=at, currencies=currencies)
    await transact(pool, lambda conn: publish_terms(conn, [terms], now=at - timedelta(days=1)))


async def ask_for_decision(
    pool: Pool,
    payout: Payout,
    decision: HeldDecision = HeldDecision.RELEASE,
    operator_id: str = "otto",
    *,
    reason: str = "papers seen",
    at: datetime = NOW,
) -> Payout | None:
    """Let one operator decide on a held payout; None where it waits for another."""
    order = DecideHeldPayout(payout.payout_id, decision, Act(operator_id, reason, at))
    return await transact(pool, lambda conn: decide_held_payout(conn, order))


async def release(pool: Pool, payout: Payout, *, at: datetime = NOW) -> Payout:
    """Release a held payout, with as many operators as it takes."""
    for operator_id in ("otto", "olga"):
        released = await ask_for_decision(pool, payout, operator_id=operator_id, at=at)
        if released is not None:
            return released
    raise AssertionError("two operators are enough for everything")


async def found_and_cleared(pool: Pool) -> None:
    """Let a creator be on a list for a moment: what waited is held."""
    await review(pool, Decision.SANCTION_HIT)
    await review(pool, Decision.SANCTION_CLEARED)


async def held_payout(pool: Pool) -> Payout:
    """Ten dollars of a creator who was on a list, and is not any more."""
    method = await settled_creator(pool)
    payout = (await request(pool, method, TEN_DOLLARS)).payout
    await found_and_cleared(pool)
    async with pool.acquire() as conn:
        held = await find_payout(conn, payout.payout_id)
    assert held is not None
    return held


async def logged(pool: Pool, action: str) -> list[tuple[str, str, str, Any]]:
    """Who did that to what, on what grounds and with what details, oldest first."""
    rows = await pool.fetch(
        "SELECT operator_id, subject, reason, details FROM operator_action WHERE action = $1"
        " ORDER BY action_id",
        action,
    )
    return [(*tuple(row)[:3], msgspec.json.decode(row["details"])) for row in rows]
