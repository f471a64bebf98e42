"""A live room, from a tap to every screen, through the one endpoint."""

import asyncio

import pytest

from support.reversing import refund_minor
from support.watching import Watcher, open_room, watch
from support.world import Answer, World

pytestmark = pytest.mark.stack


async def test_a_streak_a_goal_and_the_end_of_a_room(world: World) -> None:
    """Charged, shown and credited are the same; whoever was away misses nothing."""
    host, viewer = await world.creator(), await world.viewer(coins=50)
    item = await world.cheapest()
    room_id = await open_room(world, host, goal={"coins": 3 * item.price_coins})
    target = {"roomId": room_id}

    stays, leaves = Watcher(), Watcher()
    staying = asyncio.create_task(watch(world, room_id, stays))
    gone = asyncio.create_task(
        watch(world, room_id, leaves, until=lambda seen: bool(seen.pieces()))
    )
    for seen in (stays, leaves):
        await seen.shows(lambda screen: screen.first)
    taps = [await world.give(viewer, host, target=target) for _ in range(2)]
    await gone
    await world.ask("ShowMeOnBoards", viewer, input={"show": True})
    taps.append(await world.give(viewer, host, target=target))
    answer = await world.ask("CloseRoom", host, input={"roomId": room_id})
    await watch(world, room_id, leaves, after=leaves.newest["seq"])
    await staying

    coins = sum(gift["priceCoins"] for gift in taps)
    assert answer["room"]["summary"] == {"coins": coins, "gifts": 3, "gifters": 1}
    refused = await world.send(viewer, host, target=target)
    assert refused["code"] == "room_not_open", refused
    for seen in (stays, leaves):
        assert seen.pieces() == {item.id: 3}
        for lines in seen.streaks().values():
            assert sum(line["count"] for line in lines) == lines[-1]["streakCount"]
            assert [line["streakEnded"] for line in lines].count(True) == 1
        assert seen.newest["totals"] == {"coins": coins, "gifts": 3, "gifters": 1}
        assert seen.newest["goal"]["reachedCoins"] == coins
        assert seen.newest["goal"]["reachedAt"] is not None
        seqs = [frame["seq"] for frame in seen.frames]
        assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
        lines = [line for frame in seen.frames for line in frame["gifts"]]
        # Named from the moment on in which they agreed.
        assert (lines[0]["senderId"], lines[-1]["senderId"]) == (None, viewer)
        assert seen.newest["topGifters"] == [{"rank": 1, "userId": viewer, "coins": coins}]
    assert stays.streaks() == leaves.streaks()
    room = await world.ask("Room", viewer, id=room_id)
    assert (room["status"], room["seq"]) == ("CLOSED", stays.newest["seq"])
    first = {"rank": 1, "coins": coins, "user": {"id": viewer}}
    assert room["topGifters"]["nodes"] == [first]
    board = await read_board(world, viewer, host)
    assert board["nodes"] == [first]
    assert board["me"] == {"rank": 1, "coins": coins, "behindCoins": None}


async def test_what_is_taken_back_leaves_the_room(world: World) -> None:
    """Everybody sees it, the goal goes back, and so does the host's board."""
    host, viewer = await world.creator(), await world.viewer(coins=0)
    room_id = await open_room(world, host, goal={"coins": 10})
    bundle = min(await world.bundles(), key=lambda each: each["coins"])
    purchase = await world.buy(viewer, bundle["id"])
    seen = Watcher()
    watching = asyncio.create_task(
        watch(
            world,
            room_id,
            seen,
            until=lambda each: bool(each.frames) and each.newest["totals"]["coins"] == 0,
        )
    )
    await seen.shows(lambda screen: screen.first)

    await world.give(viewer, host, count=10, target={"roomId": room_id})
    await seen.shows(lambda screen: screen.pieces())
    given = await read_board(world, viewer, host)
    reached = seen.newest["goal"]
    await refund_minor(world, purchase["id"])
    await watching
    await world.ask("CloseRoom", host, input={"roomId": room_id})

    assert (reached["reachedCoins"], reached["reachedAt"] is not None) == (10, True)
    assert seen.newest["totals"] == {"coins": 0, "gifts": 0, "gifters": 0}
    assert (seen.newest["goal"]["reachedCoins"], seen.newest["goal"]["reachedAt"]) == (0, None)
    assert seen.newest["topGifters"] == []
    assert given["nodes"] == [{"rank": 1, "coins": 10, "user": None}]
    left = await read_board(world, viewer, host)
    assert (left["nodes"], left["me"]) == ([], None)


async def read_board(world: World, viewer: str, host: str) -> Answer:
    """Who gave a host most, as a viewer sees it."""
    creator = await world.ask("Leaderboard", viewer, id=host, window="ALL_TIME")
    return creator["leaderboard"]
