"""Who a creator is, as Stripe knows them: methods, onboarding and the gate (C45)."""

import itertools
from typing import Any

import httpx
import pytest

from chassis.auth import Viewer
from chassis.graphql import Executor, Operation
from chassis.ids import uuid7
from local_stack.operations import documents
from payouts.commands.known_rates import KnownRates
from payouts.domain.payout import PayoutStatus
from payouts.domain.refusals import DetailsInvalidError, IdentityNotVerifiedError
from payouts.domain.review import Decision, Standing
from payouts.graphql.context import PayoutsContext
from payouts.graphql.schema import SCHEMA
from payouts.rails.stripe_accounts import NAME
from payouts.testing.paying import CREATOR, LINKS, SEALER, review
from support.connect_scene import ConnectScene
from support.stripe_events import an_account_event

# The library hands its form to httpx under a name that httpx would rather not see.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

EXECUTOR = Executor(SCHEMA)
STAR = Viewer(CREATOR, frozenset({"creator"}))
ONBOARD = """
mutation ($input: OpenPayoutOnboardingInput!) {
  openPayoutOnboarding(input: $input) {
    ... on OpenPayoutOnboardingPayload { url expiresAt }
    ... on Refusal { code message }
  }
}
"""
DUE = {"currently_due": ["individual.id_number"], "disabled_reason": None}
PAST_DUE = {"currently_due": ["individual.id_number"], "disabled_reason": "requirements.past_due"}
STATES: dict[str, dict[str, Any]] = {
    "verified": {},
    "asked for more": {"requirements": DUE},
    "past due": {"payouts_enabled": False, "requirements": PAST_DUE},
    "rejected": {
        "payouts_enabled": False,
        "requirements": {"currently_due": [], "disabled_reason": "rejected.fraud"},
    },
    "listed": {
        "payouts_enabled": False,
        "requirements": {"currently_due": [], "disabled_reason": "listed"},
    },
}
VERIFIED, LAPSED = Decision.IDENTITY_VERIFIED, Decision.IDENTITY_LAPSED
REJECTED, HIT, CLEARED = (
    Decision.IDENTITY_REJECTED,
    Decision.SANCTION_HIT,
    Decision.SANCTION_CLEARED,
)


async def ask(scene: ConnectScene, document: str, viewer: Viewer = STAR, **given: Any) -> Any:
    context = PayoutsContext.of(
        viewer,
        "request-1",
        pool=scene.database.pool,
        rates=KnownRates(),
        sealer=SEALER,
        links=LINKS,
        hosts={NAME: scene.host},
        now=scene.clock,
    )
    operation = Operation(documents().get(document, document), {"input": given})
    body = await EXECUTOR.run(operation, context)
    assert "errors" not in body, body
    data: Any = body["data"]
    [answer] = data.values()
    return answer


async def become(scene: ConnectScene, state: str, account_id: str | None = None) -> None:
    """Let the account be so, and let a worker look at it."""
    scene.stripe.verify(account_id or scene.account_id, **STATES[state])
    scene.clock.forward(days=1)
    await scene.watch()


async def reviews(scene: ConnectScene) -> list[tuple[str, str, str]]:
    rows = await scene.database.pool.fetch(
        "SELECT decision, reason, reviewed_by FROM creator_review ORDER BY review_id"
    )
    return [tuple(row) for row in rows]


# ---------------------------------------------------------------------- methods


async def test_method_is_added_once(scene: ConnectScene) -> None:
    """An account of the rail's, opened once; the page for its owner; a retry is a retry."""
    star = Viewer("nova", frozenset({"creator"}))
    hosted = {"country": "de", "currency": "EUR"}
    given = {"methodId": str(uuid7()), "rail": NAME, "hosted": hosted}
    scene_terms_know_no_euro = await ask(scene, "AddPayoutMethod", star, **given)
    given["hosted"] = hosted | {"currency": "USD"}

    scene.stripe.break_off("POST", "/v1/accounts", "unanswered")
    away = await ask(scene, "AddPayoutMethod", star, **given)
    first = await ask(scene, "AddPayoutMethod", star, **given)
    again = await ask(scene, "AddPayoutMethod", star, **given)
    other = await ask(scene, "AddPayoutMethod", STAR, **given)
    page = await ask(scene, ONBOARD, star, methodId=given["methodId"])
    not_theirs = await ask(scene, ONBOARD, STAR, methodId=given["methodId"])

    assert scene_terms_know_no_euro["code"] == "payout_currency_unsupported"
    assert away["code"] == "payout_rail_unavailable"
    assert first["method"]["status"] == "PENDING"
    assert again["method"]["id"] == first["method"]["id"] == given["methodId"]
    assert other["code"] == "idempotency_conflict"
    assert len(scene.stripe.accounts) == 2  # the scene's own, and this one
    assert page["url"].startswith("https://connect.stripe.com/")
    assert not_theirs["code"] == "payout_method_unavailable"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"rail": NAME}, "payout_details_invalid"),
        ({"rail": NAME, "hosted": {"country": "USA", "currency": "USD"}}, "payout_details_invalid"),
        ({"rail": "sandbox_bank"}, "payout_details_invalid"),
        (
            {"rail": "sandbox_bank", "hosted": {"country": "US", "currency": "USD"}},
            "payout_details_invalid",
        ),
        ({"rail": NAME, "hosted": {"country": "DE", "currency": "USD"}}, "payout_details_invalid"),
    ],
    ids=["nothing", "no country", "nothing for a bank", "hosted by a bank", "another country"],
)
async def test_what_cannot_be_added(scene: ConnectScene, given: dict[str, Any], code: str) -> None:
    """Nothing is kept, and no account opened."""
    answer = await ask(scene, "AddPayoutMethod", methodId=str(uuid7()), **given)

    assert answer["code"] == code
    assert len(scene.stripe.accounts) == 1
    assert await scene.database.pool.fetchval("SELECT count(*) FROM payout_method") == 1


async def test_without_a_key_stripe_is_not_offered(scene: ConnectScene) -> None:
    """Whatever the terms say: nobody's bank details are kept for a rail that is not there."""
    context = PayoutsContext.of(
        STAR, "r", pool=scene.database.pool, rates=KnownRates(), sealer=SEALER, links=LINKS
    )
    given = {"methodId": str(uuid7()), "rail": NAME}
    given |= {"hosted": {"country": "US", "currency": "USD"}}
    operation = Operation(documents()["AddPayoutMethod"], {"input": given})

    body: Any = await EXECUTOR.run(operation, context)

    assert body["data"]["addPayoutMethod"]["code"] == "payout_rail_unavailable"


async def test_a_second_method_is_of_the_same_account(scene: ConnectScene) -> None:
    """One person is verified once. Another currency than the account's is found out at once."""
    same = await scene.add_method()
    other = await scene.add_method(currency="JPY")
    await scene.watch()

    async with scene.database.pool.acquire() as conn:
        sealed = await conn.fetch("SELECT method_id, sealed_details FROM payout_method")
    accounts = {SEALER.open(*row).account for row in sealed}
    assert accounts == {scene.account_id}
    assert (await scene.method_now(same)).status == "VERIFIED"
    disabled = await scene.method_now(other)
    assert (disabled.status, disabled.reason) == ("DISABLED", "currency_of_another_account")
    with pytest.raises(DetailsInvalidError):
        await scene.add_method(country="DE")


async def test_an_account_is_one_creators(scene: ConnectScene) -> None:
    """The database refuses a second owner, and a change of owners."""
    pool = scene.database.pool
    method = await scene.add_method("nova")
    digest = await pool.fetchval("SELECT digest FROM hosted_account WHERE creator_id = $1", CREATOR)
    for statement in (
        "UPDATE hosted_account SET digest = $1 WHERE method_id = $2",
        "UPDATE hosted_account SET creator_id = $1 WHERE method_id = $2",
    ):
        with pytest.raises(Exception, match="whose account it is never changes"):
            await pool.execute(statement, digest, method.method_id)
    with pytest.raises(Exception, match="hosted_account_is_of_one_creator"):
        await pool.execute(
            "INSERT INTO hosted_account VALUES ($1, 'third', gen_random_uuid(), $2, 0, now())",
            NAME,
            digest,
        )


# ---------------------------------------------------------------------- the gate


async def test_verified_by_stripe(scene: ConnectScene) -> None:
    """Method and creator, with Stripe as the reviewer; before that nothing may be requested."""
    assert await reviews(scene) == [(VERIFIED, "payouts_enabled", "stripe")]
    assert (await scene.method_now()).status == "VERIFIED"
    assert (await scene.payout()).status is PayoutStatus.QUEUED


async def test_not_verified_yet(scene: ConnectScene) -> None:
    """Whoever is on the way is nobody yet; nothing is held against them, and the method waits."""
    method = await scene.add_method("nova")
    account_id = list(scene.stripe.accounts)[-1]
    await scene.watch()
    before = await scene.standing("nova")
    await become(scene, "asked for more", account_id)

    assert before == await scene.standing("nova") == Standing(None, None)
    assert (await scene.method_now(method)).status == "VERIFIED"
    await become(scene, "verified", account_id)
    assert await scene.standing("nova") == Standing(VERIFIED, None)


@pytest.mark.parametrize(
    ("state", "standing", "reason"),
    [
        ("past due", Standing(LAPSED, None), "identity_not_verified"),
        ("rejected", Standing(REJECTED, None), "identity_not_verified"),
        ("listed", Standing(LAPSED, HIT), "sanction_hit"),
    ],
)
async def test_what_stripe_finds_holds_what_waits(
    scene: ConnectScene, state: str, standing: Standing, reason: str
) -> None:
    """And refuses what is asked for later; when it is over somebody decides on what is held."""
    payout = await scene.payout()

    await become(scene, state)

    assert await scene.standing() == standing
    assert (await scene.history(payout))[-1] == ("HELD", reason)
    with pytest.raises(IdentityNotVerifiedError):
        await scene.payout()
    await become(scene, "verified")
    assert (await scene.standing()).holds is None
    assert await scene.status(payout) is PayoutStatus.HELD


async def test_asked_for_more_is_no_lapse(scene: ConnectScene) -> None:
    """There is time to answer: Stripe says so by paying out meanwhile."""
    await become(scene, "asked for more")

    assert await scene.standing() == Standing(VERIFIED, None)


async def test_an_account_that_is_gone(scene: ConnectScene) -> None:
    account_id = scene.account_id
    del scene.stripe.accounts[account_id]
    scene.clock.forward(days=1)

    await scene.watch()

    assert (await reviews(scene))[-1] == (LAPSED, "account_gone", "stripe")


async def test_people_are_not_overruled_by_a_program(scene: ConnectScene) -> None:
    """In nobody's favour; and what an operator decided on knowing it stands at the next look."""
    pool = scene.database.pool
    await review(pool, REJECTED, at=scene.clock.now)
    await become(scene, "past due")
    await become(scene, "verified")
    rejected = await scene.standing()
    await become(scene, "listed")
    await review(pool, CLEARED, at=scene.clock.now)
    await review(pool, VERIFIED, at=scene.clock.now)
    await become(scene, "listed")
    overruled = await scene.standing()
    await review(pool, HIT, at=scene.clock.now)
    await become(scene, "verified")

    assert rejected == Standing(LAPSED, None)
    assert overruled == Standing(VERIFIED, CLEARED)
    assert (await scene.standing()).sanctions is HIT


async def test_looked_at_again_nothing_is_found_again(scene: ConnectScene) -> None:
    for state in STATES:
        await become(scene, state)
        before = await reviews(scene)
        await become(scene, state)
        assert await reviews(scene) == before


# ---------------------------------------------------------------------- webhooks


async def tell(client: httpx.AsyncClient, scene: ConnectScene, body: bytes, **signed: Any) -> Any:
    header = scene.signature(body, **signed)
    response = await client.post(
        "/webhooks/stripe_connect", content=body, headers={"Stripe-Signature": header}
    )
    return response.status_code, response.json()["code"]


@pytest.mark.parametrize("order", [*itertools.permutations(("past due", "rejected", "verified"))])
async def test_events_in_any_order_end_the_same(
    scene: ConnectScene, client: httpx.AsyncClient, order: tuple[str, ...]
) -> None:
    """Each twice, each saying what was true once: what counts is what is true now."""
    scene.stripe.verify(scene.account_id, **STATES["past due"])
    for state in order:
        body = an_account_event(scene.account_id, STATES[state])
        assert await tell(client, scene, body) == (200, "applied")
        await scene.watch()
        assert await tell(client, scene, body) == (200, "repeated")

    assert await scene.standing() == Standing(LAPSED, None)
    assert await reviews(scene) == [
        (VERIFIED, "payouts_enabled", "stripe"),
        (LAPSED, "requirements.past_due", "stripe"),
    ]
