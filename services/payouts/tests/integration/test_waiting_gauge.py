"""What operations are told of payouts that are under way, and of what rails did with them."""

from typing import override

from chassis.telemetry.metrics import REGISTRY
from payouts.domain.method import BankDetails
from payouts.domain.review import Decision
from payouts.domain.transfer import transfer_key
from payouts.edge.waiting_gauge import waiting_gauge
from payouts.rails import RailUnavailableError
from payouts.rails.sandbox_bank import SandboxBank
from payouts.testing.paying import review
from sandbox_bank.transfers import Behaviour
from support.bank_scene import Scene

HOUR = 3_600
STATUSES = ("HELD", "QUEUED", "SUBMITTED", "UNACCEPTED")


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"largesse_{name}", labels) or 0.0


async def read(scene: Scene) -> dict[str, tuple[float, float]]:
    """Per status how many there are, and how long the oldest has waited."""
    await waiting_gauge(scene.database.pool, now=scene.clock)()
    return {
        status: (
            value("payouts_open", status=status),
            value("payouts_oldest_seconds", status=status),
        )
        for status in STATUSES
    }


async def test_payouts_on_their_way(scene: Scene) -> None:
    """A queued one waits from the moment when it was due; one that has left waits no longer."""
    scene.bank.set_behaviour("*", Behaviour(delay_s=10 * HOUR))
    await scene.payout()
    # A trigger keeps moments as they were: one that is due later is made by hand.
    await scene.database.pool.execute(
        "ALTER TABLE payout DISABLE TRIGGER USER;"
        "UPDATE payout SET due_at = due_at + interval '3 hours';"
        "ALTER TABLE payout ENABLE TRIGGER USER"
    )
    scene.clock.forward(hours=5)
    queued = await read(scene)

    await scene.run()
    scene.clock.forward(hours=1)
    submitted = await read(scene)
    scene.clock.forward(hours=10)
    await scene.run()

    assert queued == waits(QUEUED=(1, 2 * HOUR))
    assert submitted == waits(SUBMITTED=(1, HOUR))
    assert await read(scene) == waits()


def waits(**some: tuple[float, float]) -> dict[str, tuple[float, float]]:
    """Nothing else does."""
    return {status: some.get(status, (0, 0)) for status in STATUSES}


async def test_a_held_payout_waits(scene: Scene) -> None:
    await scene.payout()
    await review(scene.database.pool, Decision.SANCTION_HIT)
    scene.clock.forward(hours=3)

    held = (await read(scene))["HELD"]

    assert held == (1, 3 * HOUR)


async def test_open_breaks(scene: Scene) -> None:
    """What is in the rail's books alone is a break until somebody ends it."""
    payout = await scene.payout()
    await scene.run()
    await scene.reconcile()
    await read(scene)
    before = value("payout_breaks_open")
    await scene.database.pool.execute(
        "INSERT INTO payout_break (break_id, rail, kind, transfer_key, found_at)"
        " VALUES (gen_random_uuid(), 'sandbox_bank', 'UNKNOWN', $1, now())",
        transfer_key(payout.payout_id),
    )

    await read(scene)

    assert (before, value("payout_breaks_open")) == (0, 1)


class Away(SandboxBank):
    """A bank that takes no orders."""

    @override
    async def pay(self, key: str, amount_minor: int, details: BankDetails) -> None:
        raise RailUnavailableError("away")


async def test_tries_and_answers_are_counted(scene: Scene) -> None:
    """By what is missing while the rail is away, then as settled, then as paid."""
    rail = scene.rail.name
    counted = {
        "away": ("payout_orders_total", {"rail": rail, "outcome": "rail_answer"}),
        "settled": ("payout_orders_total", {"rail": rail, "outcome": "settled"}),
        "paid": ("rail_changes_total", {"rail": rail, "status": "paid", "effect": "applied"}),
    }

    def counts() -> dict[str, float]:
        return {key: value(name, **labels) for key, (name, labels) in counted.items()}

    before = counts()
    await scene.payout()
    away = Away(url="http://bank", api_key="key")
    away.changes = scene.rail.changes  # pyright: ignore[reportAttributeAccessIssue]
    away.check_account = scene.rail.check_account  # pyright: ignore[reportAttributeAccessIssue]
    await scene.run(away)
    waiting = counts()
    scene.clock.forward(minutes=5)
    unaccepted = (await read(scene))["UNACCEPTED"]
    await scene.run()
    await away.close()

    assert (unaccepted, (await read(scene))["UNACCEPTED"]) == ((1, 300), (0, 0))
    assert {key: waiting[key] - before[key] for key in counted} == {
        "away": 1,
        "settled": 0,
        "paid": 0,
    }
    assert {key: counts()[key] - waiting[key] for key in counted} == {
        "away": 0,
        "settled": 1,
        "paid": 1,
    }
