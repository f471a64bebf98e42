"""What Stripe's webhooks say, and who may say it."""

import json
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chassis.webhooks import SignatureError, StaleError, UnreadableError
from chassis.webhooks.signature import TOLERANCE_S
from wallet.domain.claims import Disputed, Refund, Refunded, Stage
from wallet.domain.lots import COINS_MAX
from wallet.domain.purchase import PaymentEvent
from wallet.providers.stripe import Stripe
from wallet.testing.buying import a_purchase
from wallet.testing.stripe import (
    a_charge_event,
    a_dispute_event,
    a_refund_event,
    a_session_event,
    an_event,
    signature,
)

NOW = 1_790_000_000
SECRET = "whsec_new"
OLD_SECRET = "whsec_old"
BODY = '{"id": "evt_1", "name": "Ánn"}'.encode()


def a_stripe() -> Stripe:
    return Stripe(
        api_key="sk_test_1",
        webhook_secrets=[SECRET, OLD_SECRET],
        success_url="https://app.example/paid",
        cancel_url="https://app.example/coins",
    )


STRIPE = a_stripe()


def check(header: str | None, body: bytes = BODY, *, now_s: float = NOW) -> None:
    headers = {} if header is None else {"stripe-signature": header}
    STRIPE.authenticate(headers, body, now_s=now_s)


@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET])
def test_either_secret_signs_while_it_is_rotated(secret: str) -> None:
    check(signature(BODY, secret, NOW))


def test_one_right_signature_of_several_is_enough() -> None:
    """While a secret is rotated Stripe signs with both; test-mode events carry a `v0` too."""
    right = signature(BODY, SECRET, NOW)
    check(right.replace(",v1", f",v1={'0' * 64},v1") + f",v0={'0' * 64}")


RIGHT = signature(BODY, SECRET, NOW)
UNSIGNED = {
    "missing": None,
    "empty": "",
    "no signature": f"t={NOW}",
    "no time": RIGHT.partition(",")[2],
    "two times": f"t={NOW},{RIGHT}",
    "another scheme alone": RIGHT.replace("v1", "v0"),
    "another secret": signature(BODY, "whsec_guessed", NOW),
    "another body": signature(BODY + b" ", SECRET, NOW),
    "another time": RIGHT.replace(f"t={NOW}", f"t={NOW + 1}"),
    "truncated": RIGHT[:-1],
    "no name": RIGHT.replace("v1=", "v1"),
    "not ASCII": RIGHT + ",v1=ÿ",
    "a time in words": RIGHT.replace(f"{NOW}", "now"),
    "a time that no clock shows": RIGHT.replace(f"{NOW}", "9" * 400),
    "too many signatures": RIGHT + ",v1=0" * 8,
}


@pytest.mark.parametrize("name", UNSIGNED)
def test_unsigned_proves_nothing(name: str) -> None:
    with pytest.raises(SignatureError):
        check(UNSIGNED[name])


def test_body_that_is_no_text_is_not_stripes() -> None:
    """The signature is over text; whoever sends other bytes has not signed them."""
    with pytest.raises(SignatureError):
        check(RIGHT, b"\xff" + BODY)


@pytest.mark.parametrize("age_s", [-TOLERANCE_S, 0, TOLERANCE_S])
def test_within_the_tolerance_is_now(age_s: int) -> None:
    check(signature(BODY, SECRET, NOW - age_s))


@pytest.mark.parametrize("age_s", [-TOLERANCE_S - 1, TOLERANCE_S + 1, 30 * 24 * 3_600])
def test_genuine_but_of_another_time_is_stale(age_s: int) -> None:
    """By the clock that is given: a payload that leaked keeps its signature for ever (E19)."""
    with pytest.raises(StaleError):
        check(signature(BODY, SECRET, NOW - age_s))


def test_forged_and_old_is_forged() -> None:
    with pytest.raises(SignatureError):
        check(signature(BODY, "whsec_guessed", 0))


@given(st.text(max_size=200) | st.from_regex(r"t=[0-9]{1,14},v1=[0-9a-f]{0,70}", fullmatch=True))
def test_no_header_at_random_passes_or_breaks_anything(header: str) -> None:
    with pytest.raises(SignatureError):
        check(header)


@given(st.binary(max_size=64))
def test_no_body_at_random_passes_or_breaks_anything(body: bytes) -> None:
    with pytest.raises(SignatureError):
        check(RIGHT, body)


@pytest.mark.parametrize(
    ("type_", "payment_status", "outcome"),
    [
        ("checkout.session.completed", "paid", "succeeded"),
        ("checkout.session.completed", "unpaid", "noted"),
        ("checkout.session.completed", "no_payment_required", None),
        ("checkout.session.async_payment_succeeded", "paid", "succeeded"),
        ("checkout.session.async_payment_failed", "unpaid", "declined"),
        ("checkout.session.expired", "unpaid", "declined"),
    ],
)
def test_session_is_read(
    type_: str, payment_status: str, outcome: Literal["succeeded", "declined", "noted"] | None
) -> None:
    """A session that is through is paid only where it says so: some payments take days."""
    purchase = a_purchase()
    body = a_session_event(
        purchase, type=type_, event_id="evt_1", payment_status=payment_status, payment_intent="pi_1"
    )

    assert STRIPE.read(body) == PaymentEvent(
        "evt_1", type_, outcome, "pi_1", str(purchase.purchase_id), 889, "USD"
    )


def test_session_that_nobody_paid_has_no_payment() -> None:
    body = a_session_event(a_purchase(), type="checkout.session.expired", payment_intent=None)

    event = STRIPE.read(body)

    assert (event.outcome, event.payment_id) == ("declined", None)


def test_amount_is_read_in_our_minor_units() -> None:
    """Five krónur are five hundred at Stripe (E45)."""
    body = a_session_event(a_purchase(amount_minor=5, currency="ISK"))

    event = STRIPE.read(body)

    assert b'"amount_total": 500,' in body
    assert (event.amount_minor, event.currency) == (5, "ISK")


def test_refunded_charge_is_read() -> None:
    """The total so far; the purchase stands in the metadata that the payment hands on."""
    purchase = a_purchase()
    body = a_charge_event(purchase, refunded_minor=300, event_id="evt_1", payment_intent="pi_1")

    assert STRIPE.read(body) == PaymentEvent(
        "evt_1",
        "charge.refunded",
        "claimed",
        "pi_1",
        str(purchase.purchase_id),
        889,
        "USD",
        Refunded(300, 0),
    )


def test_charge_that_another_made_names_no_purchase() -> None:
    event = STRIPE.read(a_charge_event(a_purchase(), refunded_minor=1, metadata={}))

    assert (event.outcome, event.reference) == ("claimed", None)


@pytest.mark.parametrize(
    ("status", "is_returned"),
    [
        ("pending", False),
        ("requires_action", False),
        ("succeeded", False),
        ("failed", True),
        ("canceled", True),
    ],
)
@pytest.mark.parametrize(
    "type_", ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"]
)
def test_refund_is_read_by_its_status(type_: str, status: str, is_returned: bool) -> None:
    """The types come in any order."""
    body = a_refund_event(
        a_purchase(),
        type=type_,
        refund_id="re_9",
        amount_minor=300,
        status=status,
        event_id="evt_1",
        payment_intent="pi_1",
    )

    assert STRIPE.read(body) == PaymentEvent(
        "evt_1",
        type_,
        "claimed",
        "pi_1",
        currency="USD",
        claim=Refund("re_9", 300, is_returned),
    )


@pytest.mark.parametrize(
    ("status", "stage"),
    [("needs_response", "opened"), ("under_review", "opened"), ("won", "won"), ("lost", "lost")],
)
@pytest.mark.parametrize(
    "type_",
    [
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.funds_reinstated",
    ],
)
def test_dispute_is_read_by_its_status(type_: str, status: str, stage: Stage) -> None:
    body = a_dispute_event(
        a_purchase(), type=type_, status=status, event_id="evt_1", payment_intent="pi_1"
    )

    assert STRIPE.read(body) == PaymentEvent(
        "evt_1",
        type_,
        "claimed",
        "pi_1",
        currency="USD",
        claim=Disputed("du_1", stage, 889, 1500, "USD"),
    )


def test_fee_is_in_the_minor_units_of_its_own_currency() -> None:
    """It comes off the account, whose currency need not be the payment's (E45)."""
    body = a_dispute_event(a_purchase(), fee=200_000, fee_currency="isk")

    claim = STRIPE.read(body).claim

    assert isinstance(claim, Disputed)
    assert (claim.disputed_minor, claim.fee_minor, claim.fee_currency) == (889, 2_000, "ISK")


@pytest.mark.parametrize("fee", [None, 0, -1500])
def test_dispute_that_costs_nothing_yet(fee: int | None) -> None:
    """No money has moved, or a fee was given back."""
    claim = STRIPE.read(a_dispute_event(a_purchase(), fee=fee)).claim

    assert isinstance(claim, Disputed)
    assert claim.fee_minor == 0


@pytest.mark.parametrize(
    ("details", "respond_by"),
    [
        (None, None),
        ({"due_by": None, "has_evidence": False}, None),
        ({"due_by": 1_796_083_199}, datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)),
    ],
    ids=["not told", "no evidence is taken", "told"],
)
def test_until_when_a_dispute_is_answered(
    details: dict[str, object] | None, respond_by: datetime | None
) -> None:
    claim = STRIPE.read(a_dispute_event(a_purchase(), evidence_details=details)).claim

    assert isinstance(claim, Disputed)
    assert claim.respond_by == respond_by


OTHER_FORMS = {
    "a deadline in words": a_dispute_event(a_purchase(), evidence_details={"due_by": "soon"}),
    "a charge of no payment": a_charge_event(a_purchase(), refunded_minor=1, payment_intent=None),
    "metadata in a list": a_charge_event(a_purchase(), refunded_minor=1, metadata=[]),
    "less than nothing": a_charge_event(a_purchase(), refunded_minor=1, amount_refunded=-1),
    "a refund of no payment": a_refund_event(a_purchase(), amount_minor=1, payment_intent=None),
    "an amount in words": a_refund_event(a_purchase(), amount_minor=1, amount="1"),
    "a currency of nobody": a_refund_event(a_purchase(), amount_minor=1, currency="xxx"),
    "a dispute of no payment": a_dispute_event(a_purchase(), payment_intent=None),
    "a dispute about nothing": a_dispute_event(a_purchase(), amount=0),
    "a fee in words": a_dispute_event(a_purchase(), balance_transactions=[{"fee": "much"}]),
    "a fee in no currency": a_dispute_event(a_purchase(), fee_currency="xxx"),
}


@pytest.mark.parametrize("name", OTHER_FORMS)
def test_claim_of_another_form_is_unreadable(name: str) -> None:
    with pytest.raises(UnreadableError):
        STRIPE.read(OTHER_FORMS[name])


@pytest.mark.parametrize(
    "change",
    [
        {"currency": "USD"},
        {"currency": "xxx"},
        {"currency": "isk", "amount_total": 501},
        {"amount_total": -1},
        {"amount_total": 2**53},
        {"amount_total": 8.89},
        {"amount_total": "889"},
        {"amount_total": None},
        {"payment_intent": {"id": "pi_1"}},
        {"payment_intent": ""},
        {"client_reference_id": "\0"},
        {"payment_status": None},
    ],
    ids=str,
)
def test_session_of_another_form_is_unreadable(change: dict[str, Any]) -> None:
    with pytest.raises(UnreadableError):
        STRIPE.read(a_session_event(a_purchase(), **change))


def test_unknown_type_is_read_as_no_more_than_that() -> None:
    body = an_event("customer.created", {"id": "cus_1", "amount_total": "much"}, event_id="evt_1")

    assert STRIPE.read(body) == PaymentEvent("evt_1", "customer.created", None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
TYPES = st.sampled_from(
    [
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
        "charge.refunded",
        "refund.updated",
        "charge.dispute.closed",
    ]
)
AMOUNT = st.integers(0, 2**54) | JSON
CURRENCY = st.sampled_from(["usd", "isk", "mga", "kwd", "USD", "usd\n", "xxx"]) | JSON
SESSION = st.fixed_dictionaries(
    {
        "payment_status": st.sampled_from(["paid", "unpaid"]) | JSON,
        "amount_total": AMOUNT,
        "currency": CURRENCY,
        "client_reference_id": st.text() | JSON,
        "payment_intent": st.text() | JSON,
    }
)
CLAIM = st.fixed_dictionaries(
    {
        "id": st.text() | JSON,
        "amount": AMOUNT,
        "amount_refunded": AMOUNT,
        "currency": CURRENCY,
        "payment_intent": st.text() | JSON,
        "status": st.sampled_from(["succeeded", "failed", "needs_response", "won"]) | JSON,
        "balance_transactions": st.lists(
            st.fixed_dictionaries({"fee": AMOUNT, "currency": CURRENCY}), max_size=2
        )
        | JSON,
    }
)
ALMOST = st.fixed_dictionaries(
    {
        "id": st.text() | JSON,
        "type": TYPES | JSON,
        "data": st.fixed_dictionaries({"object": SESSION | CLAIM | JSON}) | JSON,
    }
)


@given(st.binary() | (JSON | ALMOST).map(lambda value: json.dumps(value).encode()))
@example(b"[" * 100_000)
@example(b'{"id": "a", "type": "checkout.session.expired", "data": {"object": ' + b"[" * 100_000)
@example(b'{"id": "a\\ud800", "type": "b"}')
@example(b'{"id": "a", "type": "\xff"}')
@example(b'{"id": "a\\u0000", "type": "b"}')
def test_any_bytes_are_an_event_or_unreadable(body: bytes) -> None:
    """And an event that is read fits the columns that it goes to."""
    try:
        event = STRIPE.read(body)
    except UnreadableError:
        return

    for text in (event.event_id, event.type, event.payment_id or "-", event.reference or "-"):
        assert 0 < len(text) <= 128
        assert "\0" not in text
    if event.outcome is not None:
        assert event.currency is not None
        assert len(event.currency) == 3
        for amount_minor in _amounts(event):
            assert 0 <= amount_minor <= COINS_MAX


def _amounts(event: PaymentEvent) -> list[int]:
    """Every amount that an event says."""
    match event.claim:
        case Refunded() as claim:
            told = [claim.refunded_minor, claim.returned_minor]
        case Refund() as claim:
            told = [claim.amount_minor]
        case Disputed() as claim:
            told = [claim.disputed_minor, claim.fee_minor]
        case _:
            told = []
    return told if event.amount_minor is None else [*told, event.amount_minor]
