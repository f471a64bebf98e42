"""Minors' refunds in tests: what a minor spends, and operators who ask for a share of it back."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis.db import Pool
from chassis.ids import uuid7
from contracts.gifts.v1 import ChargeRequested
from contracts.wallet.v1 import ChargePosted
from wallet.consumers.charge_requested import OnChargeRequested
from wallet.domain.purchase import Purchase
from wallet.testing.buying import ORDERED_AT
from wallet.testing.charging import SettableClock, answers, charge
from wallet.testing.reversing import bought

type Ask = Any

AT = ORDERED_AT + timedelta(days=40)
"""Under the second version of the policy, which asks creators."""
DAY = timedelta(days=1)
PARTS = """amounts { amountMinor currency } coins
  parts { purchaseId amount { amountMinor currency } coins
    legs { kind coins party { id } giftId } }"""
PREVIEW = f"""query ($input: PreviewMinorRefundInput!) {{ previewMinorRefund(input: $input) {{
  __typename ... on MinorRefundPreview {{ digest {PARTS} }} ... on Refusal {{ code message }}
}} }}"""
REFUND = f"""mutation ($input: RefundMinorInput!) {{ refundMinor(input: $input) {{
  __typename
  ... on RefundMinorPayload {{ replayed refund {{ id user {{ id }} shareBps {PARTS} }} }}
  ... on MinorRefundChanged {{ preview {{ digest {PARTS} }} }}
  ... on Refusal {{ code message }}
}} }}"""
OPERATOR = {"sub": "op", "scope": "operator:refunds"}
NO_DIGEST = "0" * 64


async def spend(
    pool: Pool, coins: int, creator: str = "star", *, at: datetime = AT, payer: str = "ann"
) -> UUID:
    """A gift that is charged; its id."""
    gift_id = uuid7()
    request = ChargeRequested(charge_id=gift_id, payer_id=payer, order_key=creator, coins=coins)
    handler = OnChargeRequested(now=SettableClock(at))
    (answer,) = answers(await charge(pool, handler, [request]))
    assert isinstance(answer, ChargePosted), answer
    return gift_id


async def buy(pool: Pool, coins: int = 100, *, at: datetime = AT, **terms: object) -> Purchase:
    """Coins without a bonus, for a cent each."""
    given = {"coins": coins, "bonus_coins": 0, "amount_minor": coins} | terms
    return await bought(pool, at=at, **given)


def wanted(**changes: object) -> dict[str, Any]:
    """The day of AT, 30 % of it."""
    given = {
        "userId": "ann",
        "from": AT.isoformat(),
        "to": (AT + DAY).isoformat(),
        "shareBps": 3_000,
    }
    return given | changes


def order(digest: str, **changes: object) -> dict[str, Any]:
    """What is asked for in the end, with the digest of its preview."""
    given = {"refundId": str(uuid7()), "expectedDigest": digest, "note": "a parent has written"}
    return wanted() | given | changes


async def preview(ask: Ask, **changes: object) -> dict[str, Any]:
    """What would be taken of whom, as an operator sees it."""
    answer = await ask(PREVIEW, {"input": wanted(**changes)}, **OPERATOR)
    assert "errors" not in answer, answer
    return answer["data"]["previewMinorRefund"]


async def refund(ask: Ask, given: dict[str, Any], sub: str = "op") -> dict[str, Any]:
    """What came of an order."""
    answer = await ask(REFUND, {"input": given}, sub=sub, scope="operator:refunds")
    assert "errors" not in answer, answer
    return answer["data"]["refundMinor"]


def legs_of(shown: dict[str, Any]) -> list[tuple[str, int, str | None, UUID]]:
    """Kind, coins, party and gift of each leg, in order."""
    return [
        (leg["kind"], leg["coins"], leg["party"] and leg["party"]["id"], UUID(leg["giftId"]))
        for part in shown["parts"]
        for leg in part["legs"]
    ]
