"""The payout run and a Stripe that holds state: sent once, whatever breaks, and never twice."""

from collections import Counter

import pytest

from payouts.domain.method import BankDetails
from payouts.domain.payout import PayoutStatus
from payouts.domain.reconciliation import BreakKind
from payouts.domain.transfer import Change, transfer_key
from payouts.rails import OrderRefusedError
from payouts.store.breaks import select_breaks
from payouts.testing.paying import SEALER
from support.bank_scene import NET_MINOR, TEN_DOLLARS
from support.connect_scene import ConnectScene
from support.stripe_stand_in import Fault

# The library hands its form to httpx under a name that httpx would rather not see.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

TRANSFERS, PAYOUTS, REVERSALS = "/v1/transfers", "/v1/payouts", "/reversals"


def orders(scene: ConnectScene, path: str) -> int:
    """How often something was ordered, and heard."""
    return Counter(scene.stripe.asked)["POST", path]


async def test_sent_and_paid(scene: ConnectScene) -> None:
    """One transfer and one payout, of what is left after fees, both under the payout's key."""
    payout = await scene.payout()
    key = transfer_key(payout.payout_id)

    await scene.run()
    pending = await scene.status(payout)
    scene.stripe.settle(key)
    await scene.run()

    assert pending is PayoutStatus.SUBMITTED
    assert scene.stripe.order(key) == [(NET_MINOR, 0)]
    assert scene.stripe.payout_of(key)["amount"] == NET_MINOR
    assert await scene.history(payout) == [
        ("REQUESTED", None),
        ("QUEUED", None),
        ("SUBMITTED", None),
        ("PAID", None),
    ]
    assert await scene.taken() == TEN_DOLLARS


def account_of(scene: ConnectScene, currency: str = "USD") -> BankDetails:
    """The creator's, as the run finds it under seal."""
    return BankDetails(holder="", country="US", currency=currency, account=scene.account_id)


FAULTS = [
    (method, path, fault)
    for method, path in (
        ("GET", TRANSFERS),
        ("POST", TRANSFERS),
        ("GET", PAYOUTS),
        ("POST", PAYOUTS),
    )
    for fault in ("unheard", "unanswered", "broken")
]


@pytest.mark.parametrize(("method", "path", "fault"), FAULTS)
@pytest.mark.parametrize("remembers", [True, False], ids=["within the day", "a day later"])
async def test_broken_off_anywhere_paid_once(
    scene: ConnectScene, method: str, path: str, fault: Fault, remembers: bool
) -> None:
    """E58: also where Stripe has forgotten the idempotency key meanwhile."""
    payout = await scene.payout()
    key = transfer_key(payout.payout_id)
    scene.stripe.break_off(method, path, fault)

    await scene.run()
    if not remembers:
        scene.stripe.forget_keys()
    await scene.run(3)
    scene.stripe.settle(key)
    await scene.run()

    assert scene.stripe.order(key) == [(NET_MINOR, 0)]
    assert scene.stripe.payout_of(key)["amount"] == NET_MINOR
    assert await scene.status(payout) is PayoutStatus.PAID
    assert scene.stripe.funds["usd"] == 1_000_000 - NET_MINOR


async def test_after_a_time_out_stripe_is_asked_before_anything_is_ordered(
    scene: ConnectScene,
) -> None:
    """E58: the transfer is found by its group, and not ordered under whatever key."""
    payout = await scene.payout()
    scene.stripe.break_off("POST", TRANSFERS, "unanswered")

    await scene.run()
    waited_for = await scene.waits_for(payout)
    scene.stripe.forget_keys()
    ordered = orders(scene, TRANSFERS)
    await scene.run(2)

    assert waited_for == "rail_answer"
    assert orders(scene, TRANSFERS) == ordered
    assert await scene.waits_for(payout) is None


async def test_ordered_again_after_stripe_forgot(scene: ConnectScene) -> None:
    """E58: by whoever does not know that it was: the rail itself asks first, every time."""
    for _ in range(2):
        await scene.rail.pay("payout-1", NET_MINOR, account_of(scene))
        scene.stripe.forget_keys()

    assert scene.stripe.order("payout-1") == [(NET_MINOR, 0)]


async def test_looks_that_overtake_each_other(scene: ConnectScene) -> None:
    """Whoever saw "paid" before the bank changed its mind, and says so afterwards, says nothing."""
    payout = await scene.payout()
    key = transfer_key(payout.payout_id)
    await scene.run()
    scene.stripe.fail(key, "account_closed")
    await scene.run(2)

    for late in ("pending", "paid"):
        await scene.rail._tell(Change(0, key, late, NET_MINOR, "USD", None))

    told = [each.status for each in await scene.rail.changes(0, limit=10)]
    assert told == ["pending", "failed"]


async def test_too_little_with_stripe(scene: ConnectScene) -> None:
    """E59: stays submitted, says why, and goes out once there is enough, although Stripe repeats
    its refusal for a day to whoever asks under the same key."""
    scene.stripe.funds["usd"] = NET_MINOR - 1
    payout = await scene.payout()

    await scene.run()
    waited_for = await scene.waits_for(payout)
    scene.stripe.funds["usd"] = NET_MINOR
    await scene.run(2)
    scene.stripe.settle(transfer_key(payout.payout_id))
    await scene.run()

    assert waited_for == "rail_funds"
    assert await scene.status(payout) is PayoutStatus.PAID
    assert scene.stripe.funds["usd"] == 0


async def test_transferred_but_not_there_yet(scene: ConnectScene) -> None:
    """What is on its way to the creator's account is waited for, and sent on once."""
    scene.stripe.is_slow = True
    payout = await scene.payout()
    key = transfer_key(payout.payout_id)

    await scene.run(2)
    status = await scene.status(payout)
    scene.stripe.is_slow = False
    await scene.run()
    scene.stripe.settle(key)
    await scene.run()

    assert status is PayoutStatus.SUBMITTED
    assert scene.stripe.order(key) == [(NET_MINOR, 0)]
    assert await scene.status(payout) is PayoutStatus.PAID


async def test_a_transfer_that_stripe_refuses(scene: ConnectScene) -> None:
    """FAILED with Stripe's reason, the diamonds are back, and nothing is looked at any more."""
    scene.stripe.accounts[scene.account_id]["capabilities"] = {"transfers": "inactive"}
    payout = await scene.payout()

    await scene.run()

    expected = ("FAILED", "insufficient_capabilities_for_transfer")
    assert (await scene.history(payout))[-1] == expected
    assert await scene.taken() == 0
    assert await scene.database.pool.fetch("SELECT FROM rail_watch WHERE look_at IS NOT NULL") == []


@pytest.mark.parametrize("fault", [None, "unheard", "unanswered"])
async def test_a_payout_that_stripe_refuses(scene: ConnectScene, fault: Fault | None) -> None:
    """The transfer is taken back first, once: else the creator had the diamonds and the money."""
    scene.stripe.refuses_payouts = "payouts_not_allowed"
    payout = await scene.payout()
    key = transfer_key(payout.payout_id)
    if fault is not None:
        scene.stripe.break_off("POST", REVERSALS, fault)

    await scene.run()
    first = await scene.status(payout), await scene.taken()
    await scene.run(3)

    if fault is not None:
        assert first == (PayoutStatus.SUBMITTED, TEN_DOLLARS)
    assert (await scene.history(payout))[-1][0] == "FAILED"
    assert scene.stripe.order(key) == [(NET_MINOR, NET_MINOR)]
    assert scene.stripe.funds["usd"] == 1_000_000
    assert await scene.taken() == 0


@pytest.mark.parametrize("was_paid", [False, True], ids=["before it was paid", "after"])
async def test_a_payout_that_the_bank_does_not_take(scene: ConnectScene, was_paid: bool) -> None:
    """E16: `payout.failed` is FAILED, and RETURNED after `payout.paid`; the money is back first."""
    payout = await scene.payout()
    key = transfer_key(payout.payout_id)
    await scene.run()
    if was_paid:
        scene.stripe.settle(key)
        await scene.run()

    scene.stripe.fail(key, "account_closed")
    await scene.run(2)

    assert (await scene.history(payout))[-1] == (
        "RETURNED" if was_paid else "FAILED",
        "account_closed",
    )
    assert scene.stripe.order(key) == [(NET_MINOR, NET_MINOR)]
    assert scene.stripe.funds["usd"] == 1_000_000
    assert await scene.taken() == 0
    expected = "DISABLED" if was_paid else "VERIFIED"
    assert (await scene.method_now()).status == expected


async def test_money_that_does_not_come_back_gives_no_diamonds(scene: ConnectScene) -> None:
    """As long as the transfer cannot be taken back the payout stays where it is."""
    payout = await scene.payout()
    key = transfer_key(payout.payout_id)
    await scene.run()
    scene.stripe.fail(key, "account_closed")
    scene.stripe.on_accounts[scene.account_id].clear()

    await scene.run(2)
    meanwhile = await scene.status(payout), await scene.taken()
    scene.stripe.on_accounts[scene.account_id]["usd"] = NET_MINOR
    await scene.run(2)

    assert meanwhile == (PayoutStatus.SUBMITTED, TEN_DOLLARS)
    assert await scene.status(payout) is PayoutStatus.FAILED
    assert scene.stripe.funds["usd"] == 1_000_000


async def test_a_transfer_that_is_taken_back_by_hand(scene: ConnectScene) -> None:
    """`transfer.reversed` after `payout.paid`: the platform has its money, the creator theirs."""
    payout = await scene.payout()
    key = transfer_key(payout.payout_id)
    await scene.run()
    scene.stripe.settle(key)
    await scene.run()

    for transfer in scene.stripe.transfers.values():
        transfer["amount_reversed"] = transfer["amount"]
    await scene.run(2)

    assert (await scene.history(payout))[-1] == ("RETURNED", "transfer_reversed")
    assert await scene.taken() == 0


async def test_another_order_under_the_key_is_for_a_person(scene: ConnectScene) -> None:
    """Nothing is ordered, and the payout stays submitted with the reason."""
    payout = await scene.payout()
    details = account_of(scene)
    key = transfer_key(payout.payout_id)
    await scene.rail.pay(key, NET_MINOR + 1, details)

    await scene.run()

    assert await scene.waits_for(payout) == "order_contradicted"
    assert scene.stripe.order(key) == [(NET_MINOR + 1, 0)]


async def test_lost_webhooks_cost_time_alone(scene: ConnectScene) -> None:
    """Without any, each look comes by itself, ever more rarely, and ends long after it was paid."""
    payout = await scene.payout()
    key = transfer_key(payout.payout_id)
    await scene.run()
    scene.stripe.settle(key)
    await scene.run(95)
    looked = len(scene.stripe.asked)
    await scene.run(3)

    assert await scene.status(payout) is PayoutStatus.PAID
    assert len(scene.stripe.asked) == looked


async def test_reconciliation_tells_what_it_sees(scene: ConnectScene) -> None:
    """The report is a look at everything: what was merely not looked at yet is no difference."""
    payout = await scene.payout()
    key = transfer_key(payout.payout_id)
    await scene._run().once()
    scene.stripe.settle(key)

    await scene.reconcile()

    assert await scene.status(payout) is PayoutStatus.PAID
    assert await breaks(scene) == []


async def test_reconciliation_agrees_with_what_has_ended(scene: ConnectScene) -> None:
    """Paid, failed and returned ones are the same in both books."""
    payouts = [await scene.payout() for _ in range(3)]
    keys = [transfer_key(each.payout_id) for each in payouts]
    await scene.run()
    scene.stripe.settle(keys[0])
    scene.stripe.settle(keys[1])
    scene.stripe.fail(keys[2], "account_closed")
    await scene.run(2)
    scene.stripe.fail(keys[1], "account_closed")
    await scene.run(2)

    await scene.reconcile()

    statuses = [await scene.status(each) for each in payouts]
    assert statuses == [PayoutStatus.PAID, PayoutStatus.RETURNED, PayoutStatus.FAILED]
    assert await breaks(scene) == []


async def test_reconciliation_finds_what_nobody_ordered(scene: ConnectScene) -> None:
    """A second transfer, another amount, a transfer that is gone, and an owner's own payout."""
    payouts = [await scene.payout() for _ in range(3)]
    keys = [transfer_key(each.payout_id) for each in payouts]
    await scene.run()
    for key in keys:
        scene.stripe.settle(key)
    await scene.run()
    first, second, third = scene.stripe.transfers.values()
    scene.stripe.transfers["tr_9"] = first | {"id": "tr_9"}
    second["amount_reversed"] = 100
    del scene.stripe.transfers[third["id"]]
    without_transfer = scene.stripe.payout_of(keys[2])["id"]
    of_account = scene.stripe.payouts[scene.account_id]
    of_account["po_own"] = next(iter(of_account.values())) | {"id": "po_own", "metadata": {}}

    await scene.reconcile()

    assert sorted(await breaks(scene)) == sorted(
        [
            (BreakKind.DUPLICATE, keys[0]),
            (BreakKind.AMOUNT, keys[1]),
            (BreakKind.MISSING, keys[2]),
            (BreakKind.UNKNOWN, "po_own"),
            (BreakKind.UNKNOWN, without_transfer),
        ]
    )


async def breaks(scene: ConnectScene) -> list[tuple[BreakKind, str]]:
    async with scene.database.pool.acquire() as conn:
        found = await select_breaks(conn, position=None, backward=True, limit=100)
    return [(each.kind, each.transfer_key) for each in found]


@pytest.mark.parametrize(
    ("currency", "amount_minor", "amount"),
    [
        ("USD", 965, 965),
        ("JPY", 700, 700),
        ("KWD", 5_120, 5_120),
        ("HUF", 90_000, 90_000),
        ("ISK", 700, 70_000),
        ("UGX", 700, 70_000),
        ("TWD", 30_000, 30_000),
    ],
)
async def test_any_currency(
    scene: ConnectScene, currency: str, amount_minor: int, amount: int
) -> None:
    """In Stripe's minor units there, in ours here (E45)."""
    scene.stripe.funds[currency.lower()] = amount
    details = account_of(scene, currency)

    await scene.rail.pay("payout-1", amount_minor, details)
    changes = await scene.rail.changes(0, limit=10)

    assert scene.stripe.order("payout-1") == [(amount, 0)]
    assert [(each.amount_minor, each.currency) for each in changes] == [(amount_minor, currency)]


@pytest.mark.parametrize(
    ("currency", "amount_minor"), [("KWD", 5_124), ("HUF", 90_050), ("TWD", 30_001)]
)
async def test_amounts_that_stripe_does_not_pay_out(
    scene: ConnectScene, currency: str, amount_minor: int
) -> None:
    """Never rounded, and never asked for."""
    details = account_of(scene, currency)

    with pytest.raises(OrderRefusedError, match="amount_too_fine"):
        await scene.rail.pay("payout-1", amount_minor, details)

    assert scene.stripe.transfers == {}


async def test_details_are_sealed_like_those_of_banks(scene: ConnectScene) -> None:
    sealed = await scene.database.pool.fetchval("SELECT sealed_details FROM payout_method")

    assert SEALER.open(scene.method.method_id, sealed).account == scene.account_id
