"""What viewers of a room are told: a snapshot, then every frame once, in order."""

import asyncio
import random
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hub_process import (
    FRAMES_IN_FULL,
    ROOM_FRAMES,
    HubProcess,
    a_frame,
    a_gift,
    a_socket,
    ago,
    events,
    run_hub,
)

from chassis.testing.eventually import eventually
from chassis.testing.publisher import Publisher


@pytest.fixture
def room() -> UUID:
    return uuid4()


async def test_snapshot_then_every_frame_once_in_order(
    hub: HubProcess, publisher: Publisher, room: UUID
) -> None:
    """Over both protocols, with everything that the front ends' document asks for."""
    await publisher.events([a_frame(room, 1), a_frame(room, 2)])
    async with (
        a_socket(hub.ws) as socket,
        events(hub.http, FRAMES_IN_FULL, roomId=str(room)) as stream,
    ):
        await socket.subscribe("a", FRAMES_IN_FULL, roomId=str(room))
        snapshot = await socket.next("a")
        _, streamed = await anext(stream)
        assert streamed["data"]["roomFrames"] == snapshot
        assert (snapshot["seq"], snapshot["snapshot"], snapshot["gifts"]) == (2, True, [])
        assert snapshot["totals"] == {"coins": 10, "gifts": 2, "gifters": 1}
        assert snapshot["topGifters"] == [{"rank": 1, "userId": "alice", "coins": 10}]
        assert snapshot["goal"] == {"targetCoins": 1000, "reachedCoins": 10, "reachedAt": None}

        frames = [a_frame(room, seq) for seq in range(3, 30)]
        await publisher.events(frames)
        for frame in frames:
            told = await socket.next("a")
            _, streamed = await anext(stream)
            assert streamed["data"]["roomFrames"] == told
            assert told["seq"] == frame.seq
            assert told["committedAt"] == frame.committed_at.isoformat()
            assert (told["snapshot"], told["missedFrames"]) == (False, 0)
            assert told["gifts"] == [
                {
                    "giftId": str(UUID(int=frame.seq)),
                    "itemId": "rose",
                    "count": 1,
                    "senderId": "alice",
                    "senderName": None,
                    "totalCoins": 5,
                    "message": None,
                    "streakId": None,
                    "streakCount": 0,
                    "streakEnded": False,
                    "senderLevel": None,
                    "leveledUp": False,
                    "senderClubLevel": None,
                    "firstGift": False,
                    "pendingUntil": "2026-06-15T20:00:05Z",
                }
            ]


async def test_resumes_after_a_frame(hub: HubProcess, publisher: Publisher, room: UUID) -> None:
    """The snapshot is of that frame; then what was missed, without gap or repeat."""
    await publisher.events([a_frame(room, seq) for seq in range(1, 8)])
    async with a_socket(hub.ws) as socket:
        await socket.subscribe("a", ROOM_FRAMES, roomId=str(room), after=4)
        told = [await socket.next("a") for _ in range(4)]

        assert [each["seq"] for each in told] == [4, 5, 6, 7]
        assert [each["snapshot"] for each in told] == [True, False, False, False]
        assert [each["missedFrames"] for each in told] == [0, 0, 0, 0]
        assert told[0]["totals"]["coins"] == 20
        assert told[0]["gifts"] == []


async def test_after_a_frame_that_is_not_kept(
    hub: HubProcess, publisher: Publisher, room: UUID
) -> None:
    """The newest snapshot, which says how many frames it stands for."""
    await publisher.events([a_frame(room, seq) for seq in range(10, 15)])
    async with a_socket(hub.ws) as socket:
        await socket.subscribe("a", ROOM_FRAMES, roomId=str(room), after=3)
        snapshot = await socket.next("a")
        assert (snapshot["seq"], snapshot["snapshot"], snapshot["missedFrames"]) == (14, True, 11)

        await publisher.events([a_frame(room, 15)])
        assert (await socket.next("a"))["seq"] == 15


async def test_repeated_and_late_frames_are_told_once_in_order(
    hub: HubProcess, publisher: Publisher, room: UUID
) -> None:
    """The relay publishes a batch again after an outage; a frame may overtake another then."""
    await publisher.events([a_frame(room, 1)])
    async with a_socket(hub.ws) as socket:
        await socket.subscribe("a", ROOM_FRAMES, roomId=str(room))
        assert (await socket.next("a"))["seq"] == 1
        await publisher.events([a_frame(room, seq) for seq in (3, 2, 3, 1, 2, 4, 4, 3, 5)])
        assert [(await socket.next("a"))["seq"] for _ in range(4)] == [2, 3, 4, 5]


async def test_frames_that_never_come_are_passed_over(
    hub: HubProcess, publisher: Publisher, room: UUID
) -> None:
    """Nobody waits for ever: a snapshot stands for them."""
    await publisher.events([a_frame(room, 1)])
    async with a_socket(hub.ws) as socket:
        await socket.subscribe("a", ROOM_FRAMES, roomId=str(room))
        assert (await socket.next("a"))["seq"] == 1
        await publisher.events([a_frame(room, 5)])
        told = await socket.next("a")
        assert (told["seq"], told["snapshot"], told["missedFrames"]) == (5, True, 4)
        assert told["totals"]["coins"] == 25


async def test_keyframe_tells_how_a_calm_room_stands(
    hub: HubProcess, publisher: Publisher, room: UUID
) -> None:
    """To who knows nothing of it; to who does, it is not told at all."""
    await publisher.events([a_frame(room, 7, keyframe=True, gifts=())])
    async with a_socket(hub.ws) as socket:
        await socket.subscribe("a", ROOM_FRAMES, roomId=str(room))
        assert (await socket.next("a"))["seq"] == 7
        await publisher.events([a_frame(room, 7, keyframe=True, gifts=()), a_frame(room, 8)])
        assert (await socket.next("a"))["seq"] == 8


async def test_keyframe_of_a_frame_that_was_lost_stands_for_it(
    hub: HubProcess, publisher: Publisher, room: UUID
) -> None:
    """It is not told as if it were the frame: what was given then is not in it."""
    await publisher.events([a_frame(room, 1)])
    async with a_socket(hub.ws) as socket:
        await socket.subscribe("a", ROOM_FRAMES, roomId=str(room))
        await socket.next("a")
        await publisher.events([a_frame(room, 2, keyframe=True, gifts=()), a_frame(room, 3)])
        told = await socket.next("a")
        assert (told["seq"], told["snapshot"], told["missedFrames"]) == (2, True, 1)
        assert (await socket.next("a"))["snapshot"] is False


async def test_who_resumes_is_told_all_that_is_kept(
    hub: HubProcess, publisher: Publisher, room: UUID
) -> None:
    """Minutes of frames, more than a client may fall behind that is too slow."""
    last = 700
    await publisher.events([a_frame(room, seq) for seq in range(1, last + 1)])
    async with a_socket(hub.ws) as socket:
        await socket.subscribe("a", ROOM_FRAMES, roomId=str(room), after=1)
        told = [await socket.next("a") for _ in range(last)]
        assert [each["seq"] for each in told] == list(range(1, last + 1))
        assert not any(each["missedFrames"] for each in told)


async def test_who_has_seen_less_than_a_keyframe_tells_missed_something(
    hub: HubProcess, publisher: Publisher, room: UUID
) -> None:
    """What was given in the frame that the keyframe repeats is not known any more."""
    await publisher.events([a_frame(room, 7, keyframe=True, gifts=()), a_frame(room, 8)])
    async with a_socket(hub.ws) as socket:
        await socket.subscribe("a", ROOM_FRAMES, roomId=str(room), after=6)
        told = await socket.next("a")
        assert (told["seq"], told["snapshot"], told["missedFrames"]) == (8, True, 2)


async def test_closed_room_ends_its_subscriptions(
    hub: HubProcess, publisher: Publisher, room: UUID
) -> None:
    """Some time after its frame; what is told until then is told. Over both protocols."""
    await publisher.events([a_frame(room, 1)])
    async with (
        a_socket(hub.ws) as socket,
        events(hub.http, ROOM_FRAMES, roomId=str(room)) as stream,
    ):
        await socket.subscribe("a", ROOM_FRAMES, roomId=str(room))
        assert (await socket.next("a"))["seq"] == 1
        await anext(stream)
        await publisher.events(
            [a_frame(room, 2, status="CLOSED"), a_frame(room, 3, status="CLOSED")]
        )
        assert [(await socket.next("a"))["seq"] for _ in range(2)] == [2, 3]
        assert await socket.hear() == {"id": "a", "type": "complete"}
        assert [kind async for kind, _ in stream] == ["next", "next", "complete"]
        # The socket is as good as before.
        await socket.subscribe("b", ROOM_FRAMES, roomId=str(room), after=1)
        assert [(await socket.next("b"))["seq"] for _ in range(3)] == [1, 2, 3]
        assert await socket.hear() == {"id": "b", "type": "complete"}


@pytest.mark.parametrize(
    ("after", "code"),
    [(-1, "BAD_USER_INPUT"), (-(2**31), "BAD_USER_INPUT"), (2**31 - 1, "BAD_USER_INPUT")],
)
async def test_impossible_after_is_refused(
    hub: HubProcess, publisher: Publisher, room: UUID, after: int, code: str
) -> None:
    """A clear error, and the socket goes on."""
    await publisher.events([a_frame(room, 1)])
    async with a_socket(hub.ws) as socket:
        await socket.subscribe("a", ROOM_FRAMES, roomId=str(room), after=after)
        error = await socket.error("a")
        assert error["code"] == code
        assert "after" in error["message"]
        await socket.subscribe("b", ROOM_FRAMES, roomId=str(room))
        assert (await socket.next("b"))["seq"] == 1


async def test_unknown_room(hub: HubProcess, room: UUID) -> None:
    async with a_socket(hub.ws) as socket:
        await socket.subscribe("a", ROOM_FRAMES, roomId=str(room))
        assert (await socket.error("a"))["code"] == "NOT_FOUND"


async def test_a_frame_that_is_on_its_way_is_waited_for(
    tmp_path: Path, settings: dict[str, str], publisher: Publisher, room: UUID
) -> None:
    """Another hub has told it already, or the room was opened a moment ago."""
    with run_hub(tmp_path, settings | {"LIVE_HUB_ROOM_WAIT_S": "60"}) as hub:
        async with a_socket(hub.ws) as socket:
            await socket.subscribe("new", ROOM_FRAMES, roomId=str(room))
            await socket.say(type="ping")
            assert await socket.hear() == {"type": "pong"}
            await publisher.events([a_frame(room, 1)])
            assert (await socket.next("new"))["seq"] == 1
            await socket.subscribe("ahead", ROOM_FRAMES, roomId=str(room), after=2)
            await publisher.events([a_frame(room, 2), a_frame(room, 3)])
            assert [(await socket.next("new"))["seq"] for _ in range(1)] == [2]
            told = [await socket.hear() for _ in range(3)]
            seqs = [(each["id"], each["payload"]["data"]["roomFrames"]["seq"]) for each in told]
            assert sorted(seqs) == [("ahead", 2), ("ahead", 3), ("new", 3)]


async def test_before_everything_is_read_clients_wait(
    tmp_path: Path, settings: dict[str, str], publisher: Publisher, room: UUID
) -> None:
    """What is not known yet may still be there: the hub is not ready, and says nothing wrong."""
    await publisher.events([a_frame(room, 1)])
    away = settings | {
        "LIVE_HUB_KAFKA_SERVERS": "127.0.0.1:1",
        "LIVE_HUB_ROOM_WAIT_S": "0.5",
    }
    with run_hub(tmp_path, away, ready=False) as hub:
        async with a_socket(hub.ws) as socket:
            await socket.subscribe("a", ROOM_FRAMES, roomId=str(room))
            with pytest.raises(TimeoutError):
                await socket.hear(
                    within_s=1
                )  # longer than it waits for a room that it does not know


async def test_only_the_last_minutes_are_read(
    tmp_path: Path, settings: dict[str, str], publisher: Publisher, room: UUID
) -> None:
    """A start does not take longer the more history there is."""
    await publisher.events([a_frame(room, 1)])
    await asyncio.sleep(1.1)  # the age of the record is what is tested
    fresh = uuid4()
    await publisher.events([a_frame(fresh, 1)])
    with run_hub(tmp_path, settings | {"LIVE_HUB_KEPT_S": "1"}) as hub:
        async with a_socket(hub.ws) as socket:
            await socket.subscribe("old", ROOM_FRAMES, roomId=str(room))
            assert (await socket.error("old"))["code"] == "NOT_FOUND"


async def test_restart_loses_no_frame(
    tmp_path: Path, settings: dict[str, str], publisher: Publisher, room: UUID
) -> None:
    """Killed in the middle: who resumes has every frame, those of the time without a hub too."""
    await publisher.events([a_frame(room, seq) for seq in range(1, 11)])
    with run_hub(tmp_path, settings) as hub:
        async with a_socket(hub.ws) as socket:
            await socket.subscribe("a", ROOM_FRAMES, roomId=str(room))
            assert (await socket.next("a"))["seq"] == 10
            await publisher.events([a_frame(room, 11)])
            assert (await socket.next("a"))["seq"] == 11
            hub.kill()
            await publisher.events([a_frame(room, seq) for seq in range(12, 20)])

    with run_hub(tmp_path, settings) as hub:
        async with a_socket(hub.ws) as socket:
            await socket.subscribe("a", ROOM_FRAMES, roomId=str(room), after=11)
            told = [await socket.next("a") for _ in range(9)]
            assert [each["seq"] for each in told] == list(range(11, 20))
            assert all(each["missedFrames"] == 0 for each in told)
            assert [len(each["gifts"]) for each in told] == [0] + [1] * 8


async def test_a_client_that_reconnects_at_random_sees_every_frame(
    hub: HubProcess, publisher: Publisher, room: UUID
) -> None:
    """Whatever the moments: no gap, no repeat, and in the end the totals of the last frame."""
    chance = random.Random(5)
    last = 120
    await publisher.events([a_frame(room, 1)])

    async def give() -> None:
        for seq in range(2, last + 1):
            await publisher.events([a_frame(room, seq)])

    giving = asyncio.create_task(give())
    seen = [1]
    coins = 5
    reconnections = 0
    while seen[-1] < last:
        reconnections += 1
        async with a_socket(hub.ws) as socket:
            await socket.subscribe("a", ROOM_FRAMES, roomId=str(room), after=seen[-1])
            snapshot = await socket.next("a")
            assert (snapshot["seq"], snapshot["totals"]["coins"]) == (seen[-1], coins)
            for _ in range(chance.randrange(12)):
                if seen[-1] == last:
                    break
                frame = await socket.next("a")
                seen.append(frame["seq"])
                coins += sum(gift["totalCoins"] for gift in frame["gifts"])
                assert frame["totals"]["coins"] == coins
    await giving
    assert seen == list(range(1, last + 1))
    assert coins == 5 * last
    assert reconnections > 10


async def test_each_asks_for_what_it_wants_to_see(
    hub: HubProcess, publisher: Publisher, room: UUID
) -> None:
    """Aliases, fragments, conditions by variables, type names: as GraphQL says."""
    document = """
    subscription A($room: UUID!, $brief: Boolean!) {
      live: roomFrames(roomId: $room) {
        __typename
        n: seq
        ...Sums @skip(if: $brief)
        ... on RoomFrame @include(if: $brief) { totals { c: coins } }
        gifts { ...Gift count }
        gifts { coins: totalCoins }
      }
    }
    subscription Other { balanceChanged { coins } }
    fragment Sums on RoomFrame { totals { coins gifts __typename } goal { targetItemId } }
    fragment Gift on FrameGift { by: senderId }
    """
    await publisher.events([a_frame(room, 1)])
    async with a_socket(hub.ws) as socket:
        for brief in (True, False):
            payload = {
                "query": document,
                "operationName": "A",
                "variables": {"room": str(room), "brief": brief},
            }
            await socket.say(id=str(brief), type="subscribe", payload=payload)
            await socket.hear()
        await publisher.events([a_frame(room, 2, gifts=(a_gift(1), a_gift(2, 7, sender_id="bob")))])
        told = {message["id"]: message for message in [await socket.hear(), await socket.hear()]}
    gifts = [{"by": None, "count": 1, "coins": 5}, {"by": "bob", "count": 1, "coins": 7}]
    brief = {"__typename": "RoomFrame", "n": 2, "totals": {"c": 10}, "gifts": gifts}
    assert told["True"]["payload"] == {"data": {"live": brief}}
    assert told["False"]["payload"] == {
        "data": {
            "live": {
                "__typename": "RoomFrame",
                "n": 2,
                "totals": {"coins": 10, "gifts": 2, "__typename": "FrameTotals"},
                "goal": {"targetItemId": None},
                "gifts": gifts,
            }
        }
    }


async def test_a_removed_message_is_told_and_shown_to_nobody_again(
    hub: HubProcess, publisher: Publisher, room: UUID
) -> None:
    """Who watches is told to take it down; who resumes from before it never sees it."""
    spoken = a_frame(room, 2, gifts=(a_gift(2, message="abuse"), a_gift(3, message="Bravo")))
    await publisher.events([a_frame(room, 1), spoken])
    async with a_socket(hub.ws) as socket:
        await socket.subscribe("a", FRAMES_IN_FULL, roomId=str(room), after=1)
        told = [await socket.next("a") for _ in range(2)]
        assert [gift["message"] for gift in told[1]["gifts"]] == ["abuse", "Bravo"]

        gone = UUID(int=2)
        await publisher.events(
            [a_frame(room, 3, gifts=(), removed_messages=(gone,)), a_frame(room, 4)]
        )
        told = [await socket.next("a") for _ in range(2)]
        assert [each["removedMessages"] for each in told] == [[str(gone)], []]

        # In the same words, so that what was encoded for who watched is at hand.
        await socket.subscribe("b", FRAMES_IN_FULL, roomId=str(room), after=1)
        told = [await socket.next("b") for _ in range(4)]
        assert [each["seq"] for each in told] == [1, 2, 3, 4]
        assert [gift["message"] for gift in told[1]["gifts"]] == [None, "Bravo"]
        # Their screens may be older than the frame that they resume after.
        assert [each["removedMessages"] for each in told] == [[str(gone)], [], [str(gone)], []]


async def test_a_snapshot_for_missed_frames_names_removed_messages(
    hub: HubProcess, publisher: Publisher, room: UUID
) -> None:
    """Who cannot be told frame by frame takes down what they name all the same."""
    gone = UUID(int=7)
    frames = [a_frame(room, 10, removed_messages=(gone,)), a_frame(room, 11)]
    await publisher.events(frames)
    async with a_socket(hub.ws) as socket:
        await socket.subscribe("a", FRAMES_IN_FULL, roomId=str(room), after=3)
        snapshot = await socket.next("a")
        assert (snapshot["missedFrames"], snapshot["removedMessages"]) == (8, [str(gone)])


async def test_records_that_cannot_be_read_stop_nobody(
    own_hub: HubProcess, publisher: Publisher, room: UUID
) -> None:
    """They are counted and passed over."""
    await publisher.events([a_frame(room, 1)])
    async with a_socket(own_hub.ws) as socket:
        await socket.subscribe("a", ROOM_FRAMES, roomId=str(room))
        await socket.next("a")
        key, kind = str(room).encode(), [("ce_type", b"gifts.room_frame.v1")]
        for value, headers in ((b"{", kind), (b'{"seq":2}', kind), (b"\xff", kind), (b"{}", [])):
            await publisher.raw("gifts.live.v1", key, value, headers)
        await publisher.events([a_frame(room, 2)])
        assert (await socket.next("a"))["seq"] == 2
    assert await own_hub.metric("largesse_live_unreadable_records_total") == 4


async def test_delivery_is_measured(own_hub: HubProcess, publisher: Publisher, room: UUID) -> None:
    """From the commit of a frame to each client."""
    await publisher.events([a_frame(room, 1)])
    async with a_socket(own_hub.ws) as one, a_socket(own_hub.ws) as other:
        for socket in (one, other):
            await socket.subscribe("a", ROOM_FRAMES, roomId=str(room))
            await socket.next("a")
        await publisher.events([a_frame(room, 2, committed_at=ago(3))])
        for socket in (one, other):
            await socket.next("a")
        assert await own_hub.metric("largesse_live_delivery_seconds_count") == 2
        assert 6 <= await own_hub.metric("largesse_live_delivery_seconds_sum") < 60
        assert await own_hub.metric("largesse_live_deliveries_total") == 4
        assert await own_hub.metric("largesse_live_connections") == 2
    await eventually(lambda: own_hub.metric("largesse_live_subscriptions"), until=lambda n: n == 0)
