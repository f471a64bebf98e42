"""The App Store's server notifications: each has its effect once, without the app's help."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from chassis.db import Pool
from support.apple_signing import AppleSigner
from wallet.testing.books import assert_books_balance
from wallet.testing.charging import SettableClock

UNKNOWN = "an event of a type that is not known"
WAITING = "a payment that is not expected, or money back of one that has not arrived"


def told(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


async def test_notification_credits_what_the_app_never_confirms(
    shop: Pool, order: Any, notify: Any, apple: AppleSigner, coins: Any
) -> None:
    purchase_id = await order("app_store")

    answer = await notify("ONE_TIME_CHARGE", apple.transaction(purchase_id, "apple_700"))

    assert told(answer) == (200, "applied")
    assert await coins() == 710
    await assert_books_balance(shop)


async def test_notification_and_receipt_of_one_payment_credit_once(
    shop: Pool, order: Any, confirm: Any, notify: Any, apple: AppleSigner, coins: Any
) -> None:
    """Delivered again under its id, and under another (E17)."""
    purchase_id = await order("app_store")
    transaction = apple.transaction(purchase_id, "apple_700")

    answers = [
        await notify("ONE_TIME_CHARGE", transaction, uuid="one"),
        await notify("ONE_TIME_CHARGE", transaction, uuid="one"),
        await notify("ONE_TIME_CHARGE", transaction, uuid="two"),
    ]
    confirmed = await confirm(purchase_id, transaction)

    assert [told(answer) for answer in answers] == [
        (200, "applied"),
        (200, "repeated"),
        (200, "ignored"),
    ]
    assert confirmed["purchase"]["status"] == "CREDITED"
    assert await coins() == 710
    await assert_books_balance(shop)


async def test_notification_of_another_amount_is_taken(
    order: Any, notify: Any, apple: AppleSigner, coins: Any
) -> None:
    """The store sets the price, in the buyer's currency and with their taxes."""
    purchase_id = await order("app_store")
    transaction = apple.transaction(purchase_id, "apple_700", price=1_490_000, currency="JPY")

    assert told(await notify("ONE_TIME_CHARGE", transaction)) == (200, "applied")
    assert await coins() == 710


async def test_payment_that_names_no_purchase_waits_for_its_receipt(
    shop: Pool, order: Any, confirm: Any, notify: Any, apple: AppleSigner, alarms: Any
) -> None:
    """Told with an alarm, which resolves itself."""
    purchase_id = await order("app_store")
    transaction = apple.transaction(None, "apple_700")

    parked = await notify("ONE_TIME_CHARGE", transaction)
    waiting = await alarms()
    confirmed = await confirm(purchase_id, transaction)

    assert (told(parked), waiting) == ((202, "parked"), [WAITING])
    assert confirmed["purchase"]["status"] == "CREDITED"
    assert await alarms() == []
    assert await shop.fetchval("SELECT count(*) FROM provider_event WHERE outcome = 'parked'") == 0


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ("TEST", (200, "ignored")),
        ("REFUND_DECLINED", (200, "ignored")),
        ("SUBSCRIBED", (202, "unknown_type")),
        ("RESCIND_CONSENT", (202, "unknown_type")),
        ("A_NEW_ONE", (202, "unknown_type")),
    ],
)
async def test_types_that_move_no_money(
    notify: Any, alarms: Any, type_: str, expected: tuple[int, str]
) -> None:
    """What is not known is kept and alarms (E08)."""
    assert told(await notify(type_, None)) == expected
    assert await alarms() == ([UNKNOWN] if expected[0] == 202 else [])


async def test_transaction_of_a_stranger_in_a_genuine_notification_is_malformed(
    notify: Any, order: Any, coins: Any
) -> None:
    purchase_id = await order("app_store")
    transaction = AppleSigner.make().transaction(purchase_id, "apple_700")

    assert told(await notify("ONE_TIME_CHARGE", transaction)) == (202, "malformed")
    assert await coins() == 0


async def test_who_is_not_apple_is_turned_away(
    shop: Pool, order: Any, notify: Any, client: httpx.AsyncClient, contents: Any
) -> None:
    """By another root, marked as nobody's, for another app, or not signed at all."""
    purchase_id = await order("app_store")
    before = await contents()
    signers = {
        "root": AppleSigner.make(),
        "leaf": AppleSigner.make(leaf_oid="1.2.3"),
        "intermediate": AppleSigner.make(intermediate_oid="1.2.3"),
    }

    codes = [
        told(
            await notify(
                "ONE_TIME_CHARGE", signer.transaction(purchase_id, "apple_700"), signer=signer
            )
        )
        for signer in signers.values()
    ]
    codes.append(told(await notify("TEST", None, bundleId="com.evil")))
    codes.append(told(await notify("TEST", None, environment="Production")))
    unsigned = [b"", b"{}", b'{"signedPayload": 1}', b'{"signedPayload": "a.b.c"}', b"\xff"]
    codes += [told(await client.post("/webhooks/app_store", content=body)) for body in unsigned]

    assert codes == [(401, "signature_invalid")] * len(codes)
    assert await contents() == before


async def test_time_of_signing(notify: Any, clock: SettableClock) -> None:
    """From the future none; days old ones yes: Apple sends again what we did not take."""
    late = await notify("TEST", None, at=clock() - timedelta(days=4))
    early = await notify("TEST", None, at=clock() + timedelta(minutes=6))

    assert told(late) == (200, "ignored")
    assert told(early) == (400, "signature_stale")
