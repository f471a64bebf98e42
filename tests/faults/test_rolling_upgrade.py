"""The version before and this one side by side, while gifts flow: a roll-out, and one taken back.

In the order of docs/runbooks/upgrade.md: tables first, then each service, what faces clients last.
"""

import asyncio
from collections.abc import Callable, Generator

import pytest

from chassis.testing.eventually import eventually
from local_stack import operations
from local_stack.databases import SERVICES
from local_stack.programs import SERVERS
from local_stack.stack import Stack, private_stack
from support.books import Books
from support.flow import Flow, flowing
from support.upgrade.evening import an_evening
from support.upgrade.fleet import Fleet
from support.upgrade.versions import Version, previous_version, this_version
from support.world import PATIENCE_S, World

pytestmark = [pytest.mark.stack, pytest.mark.long, pytest.mark.timeout(1_500)]

OTHERS = ("trace-store", "payment-sandbox", "sandbox-bank")
"""Stand in for what is not ours, and is not upgraded with us."""

SETTINGS = {
    "GATEWAY_RATE_LIMIT_REQUESTS": "0",
    # However long the roll-out takes: a gift can be undone all the while.
    "GIFTS_REGRET_WINDOW_S": "1800",
}
ROLLED = (
    *((f"{service}-api", f"{service}-worker") for service in SERVICES),
    ("live-hub",),
    ("gateway",),
)
"""In turn. The gateway goes last: its schema has fields that older services would not know."""

ROLLED_BACK = ROLLED[1]
UPGRADED = {kind for part in ROLLED for kind in part}
SIDE_BY_SIDE_S = 5.0
PEOPLE = 12
"""Creators, and viewers: enough for each of two workers to have partitions of some of them."""


@pytest.fixture(scope="module")
def previous() -> Generator[Version]:
    """The version that is upgraded from."""
    with previous_version() as version:
        yield version


@pytest.fixture(scope="module")
def stack(previous: Version, keep_logs: Callable[[Stack], None]) -> Generator[Stack]:
    """The servers, and what stands in for others; nothing of ours."""
    with private_stack(durable=True) as stack:
        stack.start(*SERVERS, *OTHERS)
        yield stack
        keep_logs(stack)


@pytest.fixture(scope="module")
def books(stack: Stack) -> Books:
    """What this version's checker has to find: nothing."""
    return Books(stack)


@pytest.fixture(scope="module", autouse=True)
def clean_books() -> None:
    """The test itself has them checked, while its processes run."""


@pytest.fixture
def front_ends(previous: Version, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks was released with the version before, and is not upgraded with us."""
    file = operations.FILE.relative_to(this_version().folder)
    monkeypatch.setattr(operations, "FILE", previous.folder / file)
    monkeypatch.setattr("support.screens.ROOM_FRAMES", operations.documents()["RoomFrames"])


@pytest.mark.usefixtures("front_ends")
async def test_gifts_flow_while_versions_change(
    world: World, previous: Version, stack: Stack, books: Books
) -> None:
    """Every gift ends once, SENT or REFUSED, and screens and books agree with the gifts."""
    this = this_version()
    print(f"from {previous.commit} to {this.commit} and what is not committed yet")
    async with Fleet(stack, SETTINGS) as fleet:
        await fleet.found(previous)
        kinds = [kind for kind in previous.programs() if kind in UPGRADED]
        await fleet.start(previous, *kinds)
        async with (
            an_evening(world) as evening,
            flowing(world, creators=PEOPLE, viewers=PEOPLE) as flow,
        ):
            await flow.moves(50, within_s=PATIENCE_S)
            await fleet.migrate(this)
            await flow.moves(50, within_s=PATIENCE_S)
            for part in ROLLED:
                await roll(fleet, previous, this, part, flow)
            await roll(fleet, this, previous, ROLLED_BACK, flow)
            await roll(fleet, previous, this, ROLLED_BACK, flow)
            await flow.moves(50, within_s=PATIENCE_S)
        print(
            f"{len(flow.given)} gifts to videos, {dict(flow.statuses())}; to the room"
            f" {len(evening.kept)}, and {len(evening.undone)} undone"
        )
        assert flow.statuses().keys() == {"SENT", "REFUSED"}
        await evening.verify(world)
        await books.assert_clean()
    assert fleet.said == [], "no process ended unasked, and each in time"


async def roll(
    fleet: Fleet, old: Version, new: Version, kinds: tuple[str, ...], flow: Flow
) -> None:
    """Start the new beside the old, see both at work, and stop the old."""
    await fleet.start(new, *kinds)
    sides = [(version, kind) for version in (old, new) for kind in kinds]
    before = [await fleet.done(*side) for side in sides]

    async def progress() -> list[int]:
        now = [await fleet.done(*side) for side in sides]
        return [each - begun for each, begun in zip(now, before, strict=True)]

    await asyncio.sleep(SIDE_BY_SIDE_S)
    done = await eventually(progress, until=all, within_s=PATIENCE_S, every_s=0.5)
    told = [
        f"{kind} of {version.label} {n}" for (version, kind), n in zip(sides, done, strict=True)
    ]
    print("side by side:", ", ".join(told))
    await flow.moves(20, within_s=PATIENCE_S)
    await fleet.stop(old, *kinds)
    await flow.moves(20, within_s=PATIENCE_S)
