"""What Stripe tells by webhooks: who may tell, what is kept of it, and what comes of it."""

import json
from typing import Any

import httpx
import pytest

from chassis.telemetry import logs, metrics
from payouts.domain.payout import PayoutStatus
from payouts.domain.transfer import transfer_key
from payouts.store.rail_events import count_open_events
from support.connect_scene import SECRETS, ConnectScene
from support.stripe_events import a_payout_event, an_account_event, an_event

# The library hands its form to httpx under a name that httpx would rather not see.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

URL = "/webhooks/stripe_connect"


async def tell(
    client: httpx.AsyncClient,
    scene: ConnectScene,
    body: bytes,
    *,
    url: str = URL,
    header: str | None = None,
    **signed: Any,
) -> tuple[int, str]:
    signature = scene.signature(body, **signed) if header is None else header
    response = await client.post(url, content=body, headers={"Stripe-Signature": signature})
    return response.status_code, response.json()["code"]


async def kept(scene: ConnectScene) -> list[tuple[str, str, str | None]]:
    rows = await scene.database.pool.fetch(
        "SELECT type, outcome, subject FROM rail_event ORDER BY received_at, event_id"
    )
    return [tuple(row) for row in rows]


async def alarms(scene: ConnectScene) -> int:
    async with scene.database.pool.acquire() as conn:
        return await count_open_events(conn, "stripe_connect")


@pytest.mark.parametrize("secret", SECRETS)
async def test_what_it_names_is_looked_at_at_once(
    scene: ConnectScene, client: httpx.AsyncClient, secret: str
) -> None:
    """By the endpoint of the platform and by that of connected accounts."""
    payout = await scene.payout()
    key = transfer_key(payout.payout_id)
    await scene._run().once()
    scene.stripe.settle(key)
    await scene._run().once()
    before = await scene.status(payout)

    body = a_payout_event("payout.paid", scene.account_id, scene.stripe.payout_of(key))
    answer = await tell(client, scene, body, secret=secret)
    await scene._run().once()

    assert before is PayoutStatus.SUBMITTED
    assert answer == (200, "applied")
    assert await scene.status(payout) is PayoutStatus.PAID
    assert await alarms(scene) == 0


async def test_late_early_and_repeated_events_end_the_same(
    scene: ConnectScene, client: httpx.AsyncClient
) -> None:
    """`failed` before `paid`, each twice: what counts is what has become of the money."""
    payout = await scene.payout()
    key = transfer_key(payout.payout_id)
    await scene._run().once()
    pending = dict(scene.stripe.payout_of(key))
    scene.stripe.settle(key)
    paid = a_payout_event("payout.paid", scene.account_id, scene.stripe.payout_of(key))
    scene.stripe.fail(key, "account_closed")
    failed = a_payout_event("payout.failed", scene.account_id, scene.stripe.payout_of(key))
    created = a_payout_event("payout.created", scene.account_id, pending)

    answers: list[tuple[int, str]] = []
    for body in (failed, failed, paid, created, paid):
        answers.append(await tell(client, scene, body))
        await scene._run().once()

    assert [code for _, code in answers] == [
        "applied",
        "repeated",
        "applied",
        "applied",
        "repeated",
    ]
    assert await scene.status(payout) is PayoutStatus.FAILED
    assert scene.stripe.order(key) == [(965, 965)]


async def test_a_transfer_that_is_reversed(scene: ConnectScene, client: httpx.AsyncClient) -> None:
    """After it was paid, and after nobody looked at it any more."""
    payout = await scene.payout()
    key = transfer_key(payout.payout_id)
    await scene._run().once()
    scene.stripe.settle(key)
    await scene.run(3)
    await scene.database.pool.execute("UPDATE rail_watch SET look_at = NULL")
    [transfer] = scene.stripe.transfers.values()
    transfer["amount_reversed"] = transfer["amount"]

    answer = await tell(client, scene, an_event("transfer.reversed", transfer), secret=SECRETS[0])
    await scene._run().once()

    assert answer == (200, "applied")
    assert (await scene.history(payout))[-1] == ("RETURNED", "transfer_reversed")


async def test_what_is_not_known_is_never_nodded_through(
    scene: ConnectScene, client: httpx.AsyncClient
) -> None:
    """E08: kept, with an alarm that the metric shows; nothing has changed."""
    other = {"id": "po_1", "metadata": {"key": "payout-of-another-shop"}}
    own = {"id": "po_2", "metadata": {}}
    deliveries = {
        "unknown_type": an_event("person.updated", {}, account_id=scene.account_id),
        "malformed": b'{"id": "evt_1", "type": 7}',
        "parked": a_payout_event("payout.paid", scene.account_id, other),
        "parked again": a_payout_event("payout.paid", scene.account_id, own),
        "parked account": an_account_event("acct_of_nobody", {}),
    }

    answers = [await tell(client, scene, body) for body in deliveries.values()]

    assert [(202, name.split()[0]) for name in deliveries] == answers
    assert await alarms(scene) == len(deliveries)
    await client.get("/metrics")
    shown = metrics.WEBHOOKS_UNMATCHED.labels("stripe_connect")._value.get()
    assert shown == len(deliveries)
    assert len(await kept(scene)) == len(deliveries)


async def test_another_content_under_a_used_id(
    scene: ConnectScene, client: httpx.AsyncClient
) -> None:
    """The first stands; somebody looks at it."""
    first = an_account_event(scene.account_id, {}, event_id="evt_1")
    other = an_account_event("acct_of_somebody", {}, event_id="evt_1")

    answers = [await tell(client, scene, body) for body in (first, other)]

    assert answers == [(200, "applied"), (202, "contradicted")]
    assert await alarms(scene) == 1


async def test_told_before_the_account_is_known(
    scene: ConnectScene, client: httpx.AsyncClient
) -> None:
    """Stripe may tell of an account while we write down whose it is: the alarm resolves itself."""
    account_id = f"acct_{2:016}"  # as Stripe will call it

    early = await tell(client, scene, an_account_event(account_id, {}))
    raised = await alarms(scene)
    await scene.add_method("nova")

    assert early == (202, "parked")
    assert list(scene.stripe.accounts)[-1] == account_id
    assert (raised, await alarms(scene)) == (1, 0)


async def test_turned_away_and_nothing_is_kept(
    scene: ConnectScene, client: httpx.AsyncClient
) -> None:
    """Each with its status and stable code; then the genuine one is taken in."""
    body = an_account_event(scene.account_id, {})
    at_s = int(scene.clock().timestamp())

    answers = {
        "forged": await tell(client, scene, body, secret="whsec_guessed"),
        "another body": await tell(client, scene, body + b" ", header=scene.signature(body)),
        "missing": await tell(client, scene, body, header=""),
        "no signature": await tell(client, scene, body, header=f"t={at_s}"),
        "late": await tell(client, scene, body, age_s=301),
        "from the future": await tell(client, scene, body, age_s=-301),
        "too large": await tell(client, scene, b'"' + b"x" * 65_536 + b'"'),
        "elsewhere": await tell(client, scene, body, url="/webhooks/sandbox_bank"),
    }

    assert answers == {
        "forged": (401, "signature_invalid"),
        "another body": (401, "signature_invalid"),
        "missing": (401, "signature_invalid"),
        "no signature": (401, "signature_invalid"),
        "late": (400, "signature_stale"),
        "from the future": (400, "signature_stale"),
        "too large": (413, "body_too_large"),
        "elsewhere": (404, "unknown_provider"),
    }
    assert await kept(scene) == []
    assert await tell(client, scene, body, age_s=300) == (200, "applied")


async def test_a_crash_before_the_effect_keeps_nothing(
    scene: ConnectScene, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E18: keeping an event and its effect are one commit, so that its retry has it."""
    pool = scene.database.pool
    body = an_account_event(scene.account_id, {})
    due = "SELECT look_at <= $1 FROM hosted_account"
    await pool.execute("ALTER TABLE rail_event ADD CONSTRAINT broken CHECK (type = '') NOT VALID")

    with pytest.raises(Exception, match="broken"):
        await tell(client, scene, body)
    after = await pool.fetchval(due, scene.clock.now)
    await pool.execute("ALTER TABLE rail_event DROP CONSTRAINT broken")

    assert (after, await kept(scene)) == (False, [])
    assert await tell(client, scene, body) == (200, "applied")
    assert await pool.fetchval(due, scene.clock.now)


async def test_no_account_and_no_person_is_told_of(
    scene: ConnectScene, client: httpx.AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    """Not in logs, tables, events or answers: what a webhook says of somebody goes no further."""
    logs.configure("payouts", "test", "json")
    pool = scene.database.pool
    payout = await scene.payout()
    scene.stripe.break_off("POST", "/v1/transfers", "broken")
    await scene.run()
    scene.stripe.refuses_payouts = "payouts_not_allowed"
    await scene.run(2)
    for body in (
        an_account_event(scene.account_id, {}),
        an_account_event("acct_of_nobody", {}),
        an_event("person.updated", {"first_name": "Planted"}, account_id=scene.account_id),
        b'{"id": 7, "account": "acct_of_nobody", "name": "Planted"}',
    ):
        await tell(client, scene, body)
    await client.post(URL, content=b"{}", headers={"Stripe-Signature": "t=1,v1=0"})
    del scene.stripe.accounts[scene.account_id]
    await scene.run()
    scene.clock.forward(days=1)

    tables = await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    rows = [
        row["row"]
        for table in tables
        for row in await pool.fetch(f'SELECT t::text AS row FROM "{table["tablename"]}" AS t')  # noqa: S608
    ]
    printed = capfd.readouterr()
    everything = json.dumps(rows) + printed.out + printed.err
    assert str(payout.payout_id) in everything
    assert "stripe_refused" in everything
    assert "webhook_raised_alarm" in everything
    planted = ["acct_", b"acct_".hex(), "Planted", "sk_test_planted", "whsec_"]
    assert [each for each in planted if each in everything] == []
