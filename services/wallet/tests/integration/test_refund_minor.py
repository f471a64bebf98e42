"""`refundMinor` and its preview: a share of a minor's gifts, and exactly that."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis.db import Pool
from contracts.wallet.v1 import PurchaseReversed
from wallet.domain.claims import Disputed, Refunded
from wallet.testing.buying import stored_events
from wallet.testing.charging import SettableClock
from wallet.testing.refunding_minors import (
    AT,
    DAY,
    Ask,
    buy,
    legs_of,
    order,
    preview,
    refund,
    spend,
)
from wallet.testing.reversing import bought, claimed, tell

pytestmark = pytest.mark.usefixtures("closed_books")

type Contents = Any


@pytest.fixture(autouse=True)
def now(clock: SettableClock) -> None:
    """Operators ask on the day after."""
    clock.at = AT + 2 * DAY


async def test_e30_a_share_of_the_gifts_of_a_range_goes_back(shop: Pool, ask: Ask) -> None:
    """Two purchases, three creators, one gift of both purchases; nothing outside is touched."""
    first, second = await buy(shop), await buy(shop)
    before_range = await spend(shop, 20, "moon", at=AT - timedelta(microseconds=1))
    gifts = [
        await spend(shop, 31, "star", at=AT),
        await spend(shop, 59, "moon", at=AT + DAY / 2),
        await spend(shop, 12, "sun", at=AT + DAY - timedelta(microseconds=1)),
    ]
    after_range = await spend(shop, 40, "star", at=AT + DAY)
    seen = await preview(ask)

    done = await refund(ask, order(seen["digest"]))

    booked = done["refund"]
    assert done["__typename"] == "RefundMinorPayload"
    assert (booked["user"], booked["shareBps"]) == ({"id": "ann"}, 3_000)
    assert {key: booked[key] for key in ("amounts", "coins", "parts")} == {
        key: seen[key] for key in ("amounts", "coins", "parts")
    }
    # 102 coins x 30 % = 30.6: 30. Of 31, 59 (49 of the first and 10 of the second) and 12 coins.
    assert booked["coins"] == 30
    assert booked["amounts"] == [{"amountMinor": 30, "currency": "USD"}]
    assert [part["purchaseId"] for part in booked["parts"]] == sorted(
        [str(first.purchase_id), str(second.purchase_id)]
    )
    lost: dict[UUID, int] = {}
    for kind, coins, party, gift_id in legs_of(booked):
        assert kind == "CREATOR_UNMATURED"
        assert party == {gifts[0]: "star", gifts[1]: "moon", gifts[2]: "sun"}[gift_id]
        lost[gift_id] = lost.get(gift_id, 0) + coins
    assert lost == {gifts[0]: 9, gifts[1]: 18, gifts[2]: 3}
    assert not {before_range, after_range} & lost.keys()
    account = await shop.fetchrow("SELECT credits_coins - debits_coins, debt_coins FROM account")
    assert tuple(account or ()) == (200 - 20 - 102 - 40, 0)
    assert await shop.fetch("SELECT DISTINCT status FROM purchase") == [("PARTIALLY_REFUNDED",)]
    told = [each for each in await stored_events(shop) if isinstance(each, PurchaseReversed)]
    assert [each.kind for each in told] == ["minor_refund"] * 2
    assert sum(each.coins for each in told) == 30
    logged = await shop.fetch("SELECT operator_id, action, subject, reason FROM operator_action")
    assert logged == [("op", "refundMinor", booked["id"], "a parent has written")]


async def test_a_preview_changes_nothing(shop: Pool, ask: Ask, contents: Contents) -> None:
    await buy(shop)
    await spend(shop, 50)
    before = await contents()

    seen = await preview(ask)

    assert seen["coins"] == 15
    assert await contents() == before


async def test_says_what_changed_since_the_preview_and_books_nothing(
    shop: Pool, ask: Ask, contents: Contents
) -> None:
    """A gift more in the range; another purchase paid it."""
    await buy(shop)
    await spend(shop, 50)
    seen = await preview(ask)
    await buy(shop)
    await spend(shop, 100)
    before = await contents()
    given = order(seen["digest"])

    refused = await refund(ask, given)

    assert refused["code"] == "minor_refund_changed"
    assert refused["preview"]["coins"] == 45
    assert refused["preview"]["digest"] == (await preview(ask))["digest"]
    assert await contents() == before
    again = given | {"expectedDigest": refused["preview"]["digest"]}
    assert (await refund(ask, again))["replayed"] is False


async def test_what_went_back_already_is_not_taken_twice(shop: Pool, ask: Ask) -> None:
    """30 %, again 30 % of what is left, and then all of it: each gift to its last coin."""
    await buy(shop)
    gifts = [await spend(shop, 60, "star"), await spend(shop, 40, "moon")]
    taken: list[int] = []
    for share_bps in (3_000, 3_000, 10_000):
        seen = await preview(ask, shareBps=share_bps)
        done = await refund(ask, order(seen["digest"], shareBps=share_bps))
        taken.append(done["refund"]["coins"])

    assert taken == [30, 21, 49]
    rows = await shop.fetch(
        "SELECT charge_id, sum(coins)::int FROM reversal_leg GROUP BY charge_id"
    )
    assert {row[0]: row[1] for row in rows} == {gifts[0]: 60, gifts[1]: 40}
    assert (await preview(ask))["code"] == "nothing_to_refund"
    assert await shop.fetchval("SELECT status FROM purchase") == "REFUNDED"


async def test_a_partly_refunded_gift_loses_a_share_of_what_is_left(shop: Pool, ask: Ask) -> None:
    """The payer owes 50 of 100 coins: those of the earlier gift, 30 % of the other 50 go back."""
    purchase = await buy(shop)
    early = await spend(shop, 50, "star")
    late = await spend(shop, 50, "moon")
    await tell(shop, claimed(purchase, Refunded(50, 0)), at=AT)

    seen = await preview(ask)
    await refund(ask, order(seen["digest"]))

    assert legs_of(seen) == [("CREATOR_UNMATURED", 15, "moon", late)]
    assert seen["amounts"] == [{"amountMinor": 15, "currency": "USD"}]
    assert (await preview(ask, to=(AT + DAY).isoformat(), shareBps=10_000))["coins"] == 35
    assert early not in {leg[3] for leg in legs_of(await preview(ask, shareBps=10_000))}


async def test_e07_a_refund_afterwards_takes_no_more_than_was_paid(shop: Pool, ask: Ask) -> None:
    """And every coin of the purchase once, bonus coins too."""
    purchase = await bought(shop, at=AT)
    await spend(shop, 500)
    seen = await preview(ask)
    await refund(ask, order(seen["digest"]))

    await tell(shop, claimed(purchase, Refunded(400, 0)), at=AT)
    part = await shop.fetchrow("SELECT sum(amount_minor)::int, sum(coins)::int FROM reversal")
    await tell(shop, claimed(purchase, Refunded(889, 0)), at=AT)
    await tell(shop, claimed(purchase, Disputed("dp", "lost", 889, 0)), at=AT)

    # 150 of 710 coins are worth 1.87 of 8.89; with 4.00 more it is 5.87, or 468 coins.
    assert seen["amounts"] == [{"amountMinor": 889 * 150 // 710, "currency": "USD"}]
    assert tuple(part or ()) == (187 + 400, 700 * 587 // 889 + 10 * 587 // 889)
    assert await shop.fetchval("SELECT sum(amount_minor) FROM reversal") == 889
    assert await shop.fetchval("SELECT sum(coins) FROM reversal") == 710


async def test_what_has_matured_is_the_reserves_and_the_gift_is_named(
    shop: Pool, ask: Ask, clock: SettableClock
) -> None:
    """Past its refund window nothing is asked of a creator; a second refund knows of it."""
    old = await buy(shop, 100, refund_window_days=1)
    gift_id = await spend(shop, 100)
    clock.at = AT + 2 * DAY
    seen = await preview(ask, shareBps=5_000)

    await refund(ask, order(seen["digest"], shareBps=5_000))

    assert legs_of(seen) == [("RESERVE", 50, None, gift_id)]
    assert (await preview(ask, shareBps=10_000))["coins"] == 50
    assert await shop.fetchval("SELECT purchase_id FROM reversal") == old.purchase_id


async def test_unspent_coins_and_debts_are_left_alone(shop: Pool, ask: Ask) -> None:
    """Only gifts lose: the rest of the purchase stays spendable."""
    await buy(shop)
    await spend(shop, 10)
    seen = await preview(ask, shareBps=10_000)

    await refund(ask, order(seen["digest"], shareBps=10_000))

    assert await shop.fetchval("SELECT credits_coins - debits_coins FROM account") == 90
    assert await shop.fetchval("SELECT count(*) FROM debt_entry") == 0
