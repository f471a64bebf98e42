"""What the App Store says, and what is made of it when it speaks nonsense."""

import json
import time
from collections.abc import AsyncGenerator
from datetime import timedelta
from typing import Any

import pytest
from appstoreserverlibrary.models.Environment import Environment
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chassis.webhooks import SignatureError, UnreadableError
from support.apple_signing import APP, AppleSigner, a_private_key
from wallet.domain.purchase import PaymentEvent, ReceiptInvalidError
from wallet.providers.app_store import AppStore, AppStoreApp
from wallet.testing.buying import a_purchase

SIGNER = AppleSigner.make()
PURCHASE = a_purchase(provider="app_store", bundle_id="us_700")


def an_app(**changes: Any) -> AppStoreApp:
    app = AppStoreApp(
        name=APP,
        app_id=None,
        environment=Environment.SANDBOX,
        root_certificates=(SIGNER.root.der(),),
        issuer_id="issuer",
        key_id="key",
        private_key=a_private_key(),
        checks_revocation=False,
    )
    return app._replace(**changes)


@pytest.fixture
async def store() -> AsyncGenerator[AppStore]:
    store = AppStore(an_app())
    yield store
    await store.close()


def delivered(signed: object) -> bytes:
    return json.dumps({"signedPayload": signed}).encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
TYPES = st.sampled_from(
    ["ONE_TIME_CHARGE", "REFUND", "REFUND_REVERSED", "CONSUMPTION_REQUEST", "TEST", "OTHER"]
)
TRANSACTION = st.fixed_dictionaries(
    {"bundleId": st.just(APP), "environment": st.just("Sandbox")},
    optional={
        "transactionId": st.text() | JSON,
        "productId": st.text() | JSON,
        "type": st.just("Consumable") | JSON,
        "quantity": st.integers() | JSON,
        "appAccountToken": st.text() | JSON,
        "price": st.integers() | JSON,
        "currency": st.sampled_from(["USD", "JPY", "XXX", "usd"]) | JSON,
        "revocationDate": st.integers() | JSON,
        "revocationPercentage": st.integers() | JSON,
        "signedDate": st.integers() | JSON,
    },
)
NOTIFICATION = st.fixed_dictionaries(
    {"notificationType": TYPES | JSON},
    optional={
        "notificationUUID": st.text() | JSON,
        "signedDate": st.integers(min_value=0, max_value=2_000_000_000_000) | JSON,
    },
)
# One store for all examples: it remembers nothing, and costs more to make than they to check.
FEW = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()) | JSON.map(delivered))
@example(b"[" * 60_000)
@example(delivered("." * 60_000))
@example(delivered("\ud800.\ud800.x"))
@settings(FEW, max_examples=60)
async def test_any_unsigned_bytes_are_of_nobody(store: AppStore, body: bytes) -> None:
    with pytest.raises(SignatureError):
        await store.receive({}, body, now_s=time.time())


@given(NOTIFICATION, TRANSACTION, st.booleans())
@settings(FEW, max_examples=150)
async def test_any_signed_content_is_an_event_or_unreadable(
    store: AppStore, notification: dict[str, Any], transaction: dict[str, Any], has_data: bool
) -> None:
    """And an event that is read fits the columns that it goes to."""
    data = {"bundleId": APP, "environment": "Sandbox"}
    if has_data:
        data["signedTransactionInfo"] = SIGNER.sign(transaction)
    body = delivered(SIGNER.sign({**notification, "data": data}))
    try:
        event = await store.receive({}, body, now_s=2_000_000_000)
    except (UnreadableError, SignatureError):
        # A date of signing at which no certificate was valid makes the signature good for nothing.
        return

    for text in (event.event_id, event.type):
        assert 0 < len(text) <= 128
        assert "\0" not in text
    assert "\0" not in (event.reference or "") + (event.payment_id or "")
    assert event.amount_minor is None or 0 <= event.amount_minor < 2**53
    if event.outcome in ("succeeded", "declined", "asked", "claimed"):
        assert event.payment_id
        assert event.bundle_id
        assert event.quantity
        assert 0 < event.quantity < 2**53
    assert (event.claim is not None) == (event.outcome == "claimed")


@pytest.mark.parametrize(
    ("price", "currency", "charged"),
    [
        (8_990, "USD", (899, "USD")),
        (1_490_000, "JPY", (1_490, "JPY")),
        (1_234, "KWD", (1_234, "KWD")),
        (8_995, "USD", (None, None)),
        (8_990, "XXX", (None, None)),
        (None, "USD", (None, None)),
        (0, "USD", (0, "USD")),
    ],
)
async def test_price_is_kept_in_minor_units(
    store: AppStore, price: int | None, currency: str, charged: tuple[int | None, str | None]
) -> None:
    """With the decimals of its currency (E45); what is no whole number of them is not guessed."""
    receipt = SIGNER.transaction(PURCHASE.purchase_id, "us_700", price=price, currency=currency)

    payment = await store.verify_receipt(PURCHASE, receipt)

    assert (payment.amount_minor, payment.currency) == charged


async def test_receipt_is_read(store: AppStore) -> None:
    """Apple may write our id in capitals."""
    token = str(PURCHASE.purchase_id).upper()
    receipt = SIGNER.transaction(token, "us_700", transactionId="42")

    assert await store.verify_receipt(PURCHASE, receipt) == PaymentEvent(
        "",
        "transaction",
        "succeeded",
        "42",
        str(PURCHASE.purchase_id),
        899,
        "USD",
        bundle_id="us_700",
        quantity=1,
    )


CHAINS = {
    "none": [],
    "only a leaf": SIGNER.chain[:1],
    "no root": SIGNER.chain[:2],
    "too long": [*SIGNER.chain, SIGNER.chain[2]],
    "turned round": SIGNER.chain[::-1],
    "another's": AppleSigner.make().chain,
    "no certificates": ["YQ==", "YQ==", "YQ=="],
}


@pytest.mark.parametrize("name", CHAINS)
async def test_chain_of_certificates_must_be_whole(store: AppStore, name: str) -> None:
    """Leaf, intermediate and root, each signed by the next, the last one ours to trust."""
    signed = SIGNER.sign({"bundleId": APP, "environment": "Sandbox"}, chain=CHAINS[name] or ["x"])

    with pytest.raises(ReceiptInvalidError):
        await store.verify_receipt(PURCHASE, signed)


async def test_certificate_that_is_over_signs_no_more(store: AppStore) -> None:
    """Its signature is judged by the day on which it was made."""
    old = AppleSigner.make(until=timedelta(days=-30))
    trusting = AppStore(an_app(root_certificates=(old.root.der(),)))

    with pytest.raises(ReceiptInvalidError):
        await trusting.verify_receipt(PURCHASE, old.transaction(PURCHASE.purchase_id, "us_700"))
    await trusting.close()


async def test_production_needs_the_number_of_the_app() -> None:
    with pytest.raises(ValueError, match="appAppleId"):
        AppStore(an_app(environment=Environment.PRODUCTION))
