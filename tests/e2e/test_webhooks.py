"""No webhook credits anything twice or wrongly, whoever sends it (acceptance 5)."""

import asyncio
import os
from dataclasses import dataclass
from uuid import uuid4

import pytest

from support.provider import Notice, Provider
from support.state import Observer, changed
from support.world import Answer, World

pytestmark = pytest.mark.stack


@pytest.fixture
def provider(world: World) -> Provider:
    return Provider(world.stack, world.http)


@dataclass(frozen=True, slots=True)
class Scene:
    """A purchase that is not paid, and what an honest notice of its payment says."""

    viewer: str
    purchase: Answer
    notice: Notice
    coins: int


@pytest.fixture
async def scene(world: World, provider: Provider) -> Scene:
    bundle = max(await world.bundles(), key=lambda each: each["coins"])
    viewer = f"viewer-{uuid4()}"
    purchase = await world.check_out(viewer, bundle["id"])
    notice = await provider.notice(purchase["checkoutUrl"])
    return Scene(viewer, purchase, notice, bundle["coins"] + bundle["bonusCoins"])


async def status(world: World, scene: Scene) -> str:
    return (await world.ask("Purchase", scene.viewer, id=scene.purchase["id"]))["status"]


async def test_a_forged_signature_is_refused(
    world: World, provider: Provider, scene: Scene
) -> None:
    """Whatever is wrong with it: key, text, time, shape, or that there is none."""
    body = scene.notice.body()
    genuine = provider.sign(body)
    at, _, digest = genuine.partition(",")
    for forged in (
        provider.sign(body, secret="guessed"),
        provider.sign(scene.notice.but().body()),
        f"t={int(at[2:]) + 1},{digest}",
        f"{at},v1={'0' * 64}",
        f"{at},v0={digest[3:]}",
        f"{at}",
        digest,
        "",
        "t=,v1=",
        f"t={'9' * 400},{digest}",
    ):
        response = await provider.deliver(body, forged)
        assert 400 <= response.status_code < 500, forged
    response = await provider.deliver_bare(body)
    assert 400 <= response.status_code < 500

    assert await status(world, scene) in {"CREATED", "PENDING"}
    assert await world.balance(scene.viewer) == 0


@pytest.mark.parametrize("age_s", [3_600, 30 * 24 * 3_600, -3_600], ids=["late", "leaked", "ahead"])
async def test_a_signature_of_another_time_is_refused(
    world: World, provider: Provider, scene: Scene, age_s: int
) -> None:
    """A payload that leaked weeks ago still has its genuine signature (E19)."""
    body = scene.notice.body()

    response = await provider.deliver(body, provider.sign(body, age_s=age_s))

    assert 400 <= response.status_code < 500
    assert await world.balance(scene.viewer) == 0


async def test_one_event_delivered_again_credits_once(
    world: World, provider: Provider, scene: Scene
) -> None:
    """One after another and at once (E17, E22)."""
    body = scene.notice.body()

    first = await asyncio.gather(*(provider.deliver(body) for _ in range(10)))
    later = [await provider.deliver(body) for _ in range(3)]

    assert {response.status_code for response in (*first, *later)} <= {200, 202, 204}
    assert await status(world, scene) == "CREDITED"
    assert await world.balance(scene.viewer) == scene.coins


async def test_two_events_about_one_payment_credit_once(
    world: World, provider: Provider, scene: Scene
) -> None:
    """The event's id is new, the payment's is not (E17)."""
    notices = [scene.notice.but() for _ in range(8)]

    await asyncio.gather(*(provider.deliver(notice.body()) for notice in notices))
    await provider.deliver(scene.notice.but().body())

    assert await world.balance(scene.viewer) == scene.coins


async def test_the_provider_telling_again_credits_once(
    world: World, provider: Provider, scene: Scene
) -> None:
    """By the provider's own retries, after its own delivery."""
    await world.client.press(scene.purchase["checkoutUrl"], "pay")
    await world.purchase(scene.viewer, scene.purchase["id"], until="CREDITED")
    (event,) = await provider.events(scene.notice.payment_id)

    for _ in range(3):
        await provider.resend(event["event_id"])
        await provider.deliver(event["body"].encode())

    assert await world.balance(scene.viewer) == scene.coins


@pytest.mark.parametrize(
    "change",
    [
        {"amount_minor": 1},
        {"amount_minor": 0},
        {"amount_minor": -1},
        {"amount_minor": 2**60},
        {"currency": "JPY"},
        {"currency": ""},
    ],
    ids=str,
)
async def test_another_amount_than_the_price_credits_nothing(
    world: World, provider: Provider, scene: Scene, change: dict[str, object]
) -> None:
    """A payment of one cent is no payment of a bundle."""
    notice = scene.notice.but(**change)

    await provider.deliver(notice.body())

    assert await world.balance(scene.viewer) == 0


async def test_a_payment_of_another_purchase_credits_nothing(
    world: World, provider: Provider, scene: Scene
) -> None:
    """Neither by naming another's payment, nor another's reference, nor one that nobody has."""
    other = f"viewer-{uuid4()}"
    theirs = await world.check_out(other, (await world.bundles())[0]["id"])
    their_notice = await provider.notice(theirs["checkoutUrl"])

    for change in (
        {"payment_id": their_notice.payment_id},
        {"reference": their_notice.reference},
        {"payment_id": "pay_unknown"},
        {"reference": str(uuid4())},
        {"reference": "not-a-uuid"},
    ):
        await provider.deliver(scene.notice.but(**change).body())

    assert await world.balance(scene.viewer) == 0
    assert await world.balance(other) == 0


async def test_declined_after_paid_takes_nothing_back(
    world: World, provider: Provider, scene: Scene
) -> None:
    """Events come in any order: a state never goes back (E20)."""
    await provider.deliver(scene.notice.body())
    await provider.deliver(scene.notice.but(type="payment.declined").body())

    assert await status(world, scene) == "CREDITED"
    assert await world.balance(scene.viewer) == scene.coins


async def test_an_unknown_type_is_kept_and_alarms(
    world: World, provider: Provider, scene: Scene
) -> None:
    """A provider's new kind of reversal must not be nodded through (E08)."""
    before = await open_alarms(world)

    response = await provider.deliver(scene.notice.but(type="payment.surprised").body())

    assert (response.status_code, response.json()["code"]) == (202, "unknown_type")
    assert await world.balance(scene.viewer) == 0
    assert await status(world, scene) in {"CREATED", "PENDING"}
    assert await open_alarms(world) == before + 1


async def open_alarms(world: World) -> float:
    """How many deliveries wait for a person to look at them, as the wallet's metric says."""
    url = world.stack.addresses.url("wallet-api", "/metrics")
    lines = (await world.http.get(url)).text.splitlines()
    wanted = 'largesse_webhooks_unmatched{provider="sandbox"} '
    return sum(float(line.removeprefix(wanted)) for line in lines if line.startswith(wanted))


async def test_bytes_at_random_change_nothing(
    world: World, provider: Provider, scene: Scene, observer: Observer
) -> None:
    """Unsigned they are turned away; signed they raise an alarm each; the next one is served."""
    junk = [
        os.urandom(64),
        os.urandom(4_096),
        b"",
        b"{}",
        b"[]",
        b"null",
        b"{" * 10_000,
        b'{"id": "x"}',
        b'{"id": 5, "type": [], "data": {}}',
        scene.notice.body()[:-10],
        scene.notice.body() + b"x",
    ]
    before = await observer.state()

    for body in junk:
        for response in (
            await provider.deliver(body, "t=1,v1=x"),
            await provider.deliver_bare(body),
        ):
            assert (response.status_code, response.json()["code"]) == (401, "signature_invalid")
        response = await provider.deliver(body)
        assert (response.status_code, response.json()["code"]) in {
            (202, "malformed"),
            (200, "repeated"),
        }
    response = await provider.deliver(b"x" * 1_000_000)
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")

    tables = changed(before, await observer.state())
    assert tables <= {f"wallet.provider_{table}" for table in ("delivery", "event", "alarm")}
    assert (await provider.deliver(scene.notice.body())).status_code == 200
    assert await world.balance(scene.viewer) == scene.coins
