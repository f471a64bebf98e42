"""Google Play's pushes: who sends them is checked, what they say is asked."""

from typing import Any

import httpx
import pytest

from chassis.db import Pool
from support.app_stores import AppStores, Key, bought, push
from wallet.testing.books import assert_books_balance


def told(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


async def test_push_credits_what_the_app_never_confirms(
    shop: Pool, order: Any, deliver_push: Any, stores: AppStores, coins: Any
) -> None:
    purchase_id = await order("google_play")
    token = stores.buy(purchase_id, "play_700")

    answer = await deliver_push(push(**bought(token, "play_700")))

    assert told(answer) == (200, "applied")
    assert await coins() == 710
    await assert_books_balance(shop)


async def test_push_and_receipt_of_one_payment_credit_once(
    shop: Pool, order: Any, confirm: Any, deliver_push: Any, stores: AppStores, coins: Any
) -> None:
    """Pub/Sub delivers at least once (E17)."""
    purchase_id = await order("google_play")
    token = stores.buy(purchase_id, "play_700")
    confirmed = await confirm(purchase_id, token)

    answers = [
        await deliver_push(push(message_id="1", **bought(token, "play_700"))),
        await deliver_push(push(message_id="1", **bought(token, "play_700"))),
        await deliver_push(push(message_id="2", **bought(token, "play_700"))),
    ]

    assert confirmed["purchase"]["status"] == "CREDITED"
    assert [told(answer)[1] for answer in answers] == ["ignored", "repeated", "ignored"]
    assert await coins() == 710
    await assert_books_balance(shop)


async def test_push_says_nothing_that_google_does_not(
    order: Any, deliver_push: Any, stores: AppStores, coins: Any, alarms: Any
) -> None:
    """A purchase that is pending, and one that was canceled, as well as one that never was."""
    purchase_id = await order("google_play")
    pending = stores.buy(purchase_id, "play_700", purchaseState=2)
    canceled = stores.buy(purchase_id, "play_700", purchaseState=1)

    answers = [
        await deliver_push(push(**bought(pending, "play_700"))),
        await deliver_push(push(**bought("invented", "play_700"))),
        await deliver_push(push(**bought(canceled, "play_700", type_=2))),
    ]

    assert [told(answer) for answer in answers] == [
        (200, "ignored"),
        (202, "malformed"),
        (200, "applied"),
    ]
    assert await coins() == 0


async def test_push_is_sent_again_while_google_does_not_answer(
    order: Any, deliver_push: Any, stores: AppStores, contents: Any, coins: Any
) -> None:
    """Not taken before it is known what became of the purchase."""
    purchase_id = await order("google_play")
    body = push(**bought(stores.buy(purchase_id, "play_700"), "play_700"))
    before = await contents()
    stores.status = 500

    refused = await deliver_push(body)

    assert told(refused) == (503, "unavailable")
    assert await contents() == before
    stores.status = None
    assert told(await deliver_push(body)) == (200, "applied")
    assert await coins() == 710


@pytest.mark.parametrize(
    ("notification", "expected"),
    [
        ({"testNotification": {"version": "1.0"}}, (200, "ignored")),
        ({"subscriptionNotification": {"version": "1.0"}}, (202, "unknown_type")),
        ({"somethingNew": {}}, (202, "unknown_type")),
        ({"package": "com.evil"}, (202, "malformed")),
        ({"oneTimeProductNotification": {}}, (202, "malformed")),
    ],
)
async def test_other_pushes(
    deliver_push: Any, notification: dict[str, Any], expected: tuple[int, str]
) -> None:
    """What is not known is kept and alarms (E08)."""
    assert told(await deliver_push(push(**notification))) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://other.example"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"email": "mallory@project.iam.gserviceaccount.com"},
        {"email_verified": False},
        {"exp": 1_700_000_000},
        {"iat": 4_000_000_000, "exp": 4_000_003_000},
        {"exp": None},
        {"exp": "soon"},
    ],
    ids=str,
)
async def test_push_with_a_token_that_proves_nothing(
    deliver_push: Any, stores: AppStores, contents: Any, changes: dict[str, Any]
) -> None:
    before = await contents()

    answer = await deliver_push(push(testNotification={}), token=stores.push_token(**changes))

    assert told(answer) == (401, "signature_invalid")
    assert await contents() == before


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer x", "Basic eDp5", "Bearer a.b.c", "Bearer " + "x" * 9_000],
)
async def test_push_without_a_token(client: httpx.AsyncClient, authorization: str | None) -> None:
    headers = {} if authorization is None else {"authorization": authorization}

    answer = await client.post(
        "/webhooks/google_play", content=push(testNotification={}), headers=headers
    )

    assert told(answer) == (401, "signature_invalid")


async def test_keys_are_read_again_when_google_has_new_ones(
    deliver_push: Any, stores: AppStores, google_play: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not for each token that names a key of nobody's."""
    body = push(testNotification={})
    assert told(await deliver_push(body))[0] == 200
    stranger = Key.make("two")
    for _ in range(3):
        token = stores.push_token(kid="two", key=stranger)
        assert told(await deliver_push(body, token=token))[0] == 401
    assert stores.certificate_reads == 1

    stores.keys = {"two": stranger}
    monkeypatch.setattr("wallet.providers.google_push.REFRESH_PAUSE_S", 0.0)
    answer = await deliver_push(body, token=stores.push_token(kid="two"))

    assert told(answer) == (200, "repeated")
    assert stores.certificate_reads == 2
