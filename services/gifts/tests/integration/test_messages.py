"""Messages that are withheld or removed: shown to nobody, while the gift counts."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis import ids
from chassis.db import Conn, transaction
from chassis.operators import Act
from chassis.testing.databases import Database
from chassis.testing.eventually import eventually
from contracts.gifts.live import RoomFrame
from gifts.commands.publish_word_list import publish_word_list
from gifts.commands.send_gifts import NewGift
from gifts.domain.word_list import Hit, WordList, WordListError, WordListFile
from gifts.edge import cached, moderator
from gifts.edge.moderator import Moderator
from gifts.store.gift import select_gifts
from gifts.store.word_list import find_newer
from gifts.testing import NOW, a_new_gift, posted, refused, settle, write
from gifts.testing.moderation import a_gift_saying, publish_words, remove
from gifts.testing.rooms import close_a_room, open_a_room, tick, told_frames

type Ask = Callable[..., Coroutine[None, None, dict[str, Any]]]

SEND = """
mutation ($input: SendGiftInput!) { sendGift(input: $input) {
  __typename ... on SendGiftPayload { replayed gift { id status message messageStatus } }
  ... on Refusal { code }
} }
"""
GIFT = "query ($id: UUID!) { gift(id: $id) { message messageStatus priceCoins } }"
SENT = "{ me { giftsSent(first: 5) { nodes { id message messageStatus } } } }"
RECEIVED = """
{ creator(id: "star") {
  giftsReceived(first: 5) { totalCoins nodes { id message messageStatus } }
} }
"""
MESSAGE = (
    "giftId text status sender { id } creator { id } writtenAt silencedAt wordListVersion term"
)
MESSAGES = f"""
query ($creator: ID!, $first: Int, $after: String, $last: Int, $before: String) {{
  giftMessages(creatorId: $creator, first: $first, after: $after, last: $last, before: $before) {{
    nodes {{ {MESSAGE} target {{ videoId roomId }} }}
    pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }}
  }}
}}
"""
REMOVE = f"""
mutation ($input: RemoveGiftMessageInput!) {{ removeGiftMessage(input: $input) {{
  __typename ... on RemoveGiftMessagePayload {{ giftMessage {{ {MESSAGE} }} }}
  ... on Refusal {{ code message }}
}} }}
"""
ACTIONS = "{ giftsActions { nodes { operatorId action subject reason details } } }"
OTTO: dict[str, Any] = {"sub": "otto", "scope": "operator:moderation"}


def later(seconds: float) -> Any:
    return NOW + timedelta(seconds=seconds)


async def send(service: Database, ask: Ask, message: str | None, **changes: Any) -> dict[str, Any]:
    """Send a gift as a client does, with the wallet's answer; what the client gets."""
    given = {
        "giftId": str(ids.uuid7()),
        "itemId": "rose",
        "creatorId": "star",
        "target": {"videoId": "v"},
        "quotedPriceCoins": 1,
        "message": message,
    } | changes
    sending = asyncio.create_task(ask(SEND, {"input": given}))

    async def written() -> Any:
        async with service.pool.acquire() as conn:
            return (await select_gifts(conn, [UUID(given["giftId"])])).get(UUID(given["giftId"]))

    stored = await eventually(written)
    await settle(service.pool, posted(stored.gift))
    body = await sending
    assert "errors" not in body, body
    return body["data"]["sendGift"]["gift"]


async def give(service: Database, new: NewGift, *, at: float) -> None:
    """Settle a gift some seconds after NOW."""
    await settle(service.pool, posted(new.gift), now=lambda: later(at))


def messages(frames: Sequence[RoomFrame]) -> list[list[str | None]]:
    return [[line.message for line in frame.gifts] for frame in frames]


def removed(frames: Sequence[RoomFrame]) -> list[list[UUID]]:
    return [list(frame.removed_messages) for frame in frames]


async def test_a_message_with_a_word_is_withheld_and_the_gift_counts(
    service: Database, ask: Ask
) -> None:
    """Charged, shown and credited like any other; the sender is told that the message is not."""
    await publish_words(service.pool, "idiot", version=4)

    gift = await send(service, ask, "you 1D10T")

    shown = {"id": gift["id"], "message": None, "messageStatus": "WITHHELD"}
    assert gift == shown | {"status": "SENT"}
    assert (await ask(GIFT, {"id": gift["id"]}))["data"]["gift"]["priceCoins"] == 1
    assert (await ask(SENT))["data"]["me"]["giftsSent"]["nodes"] == [shown]
    received = (await ask(RECEIVED, sub="star", scope="creator"))["data"]["creator"]
    assert received["giftsReceived"] == {"totalCoins": 1, "nodes": [shown]}
    [kept] = (await ask(MESSAGES, {"creator": "star"}, **OTTO))["data"]["giftMessages"]["nodes"]
    assert (kept["text"], kept["status"]) == ("you 1D10T", "WITHHELD")
    assert (kept["wordListVersion"], kept["term"]) == (4, "idiot")


async def test_other_messages_are_shown(service: Database, ask: Ask) -> None:
    """And a gift without one has none to speak of."""
    await publish_words(service.pool, "idiot")

    spoken, silent = await send(service, ask, "Bravo!"), await send(service, ask, None)

    assert (spoken["message"], spoken["messageStatus"]) == ("Bravo!", "SHOWN")
    assert (silent["message"], silent["messageStatus"]) == (None, None)
    assert await service.pool.fetchval("SELECT count(*) FROM silenced_message") == 0


async def test_a_retry_tells_what_was_decided_first(service: Database, ask: Ask) -> None:
    """Whatever the word list says by then."""
    gift = await send(service, ask, "idiot")
    await publish_words(service.pool, "idiot")

    again = await ask(
        SEND,
        {
            "input": {
                "giftId": gift["id"],
                "itemId": "rose",
                "creatorId": "star",
                "target": {"videoId": "v"},
                "quotedPriceCoins": 1,
                "message": "idiot",
            }
        },
    )

    assert again["data"]["sendGift"]["replayed"] is True
    assert again["data"]["sendGift"]["gift"]["messageStatus"] == "SHOWN"


async def test_a_withheld_message_is_in_no_frame(service: Database, ask: Ask) -> None:
    """The gift is a line of its own all the same, and no tap of a streak."""
    await publish_words(service.pool, "idiot")
    room = await open_a_room(service.pool)

    await send(service, ask, "idiot", target={"roomId": str(room.room_id)})

    frames = await told_frames(service.pool)
    [line] = frames[-1].gifts
    assert (line.message, line.count, line.streak_id) == (None, 1, None)
    assert frames[-1].totals.coins == 1
    assert removed(frames) == [[], []]


async def test_a_removed_message_leaves_every_screen_and_list(service: Database, ask: Ask) -> None:
    room = await open_a_room(service.pool)
    new = a_gift_saying("Go home", room.room_id)
    await write(service.pool, new)
    await give(service, new, at=1)
    given = {"giftId": str(new.gift.gift_id), "reason": "hateful"}

    answer = await ask(REMOVE, {"input": given}, **OTTO)

    message = answer["data"]["removeGiftMessage"]["giftMessage"]
    assert (message["text"], message["status"], message["term"]) == ("Go home", "REMOVED", None)
    assert message["silencedAt"] is not None
    frames = await told_frames(service.pool)
    assert messages(frames) == [[], ["Go home"], []]
    assert removed(frames) == [[], [], [new.gift.gift_id]]
    assert frames[-1].totals == frames[-2].totals
    gift = (await ask(GIFT, {"id": given["giftId"]}))["data"]["gift"]
    assert gift == {"message": None, "messageStatus": "REMOVED", "priceCoins": 7}
    log = await ask(ACTIONS, sub="ada", scope="operator:audit")
    assert log["data"]["giftsActions"]["nodes"] == [
        {
            "operatorId": "otto",
            "action": "removeGiftMessage",
            "subject": given["giftId"],
            "reason": "hateful",
            "details": '{"senderId":"alice","creatorId":"star"}',
        }
    ]


async def test_removing_twice_changes_nothing(service: Database) -> None:
    room = await open_a_room(service.pool)
    new = a_gift_saying("Go home", room.room_id)
    await write(service.pool, new)
    await give(service, new, at=1)

    first = await remove(service.pool, new.gift.gift_id, act=Act("otto", "hateful", later(2)))
    again = await remove(service.pool, new.gift.gift_id, act=Act("olga", "me too", later(3)))

    assert again == first
    assert removed(await told_frames(service.pool)) == [[], [], [new.gift.gift_id]]
    assert await service.pool.fetchval("SELECT count(*) FROM operator_action") == 1


async def test_a_message_that_waits_for_its_frame_is_not_shown_any_more(service: Database) -> None:
    """It is removed between its settlement and the frame; the frame says so, too."""
    room = await open_a_room(service.pool)
    first, second = (a_gift_saying(text, room.room_id) for text in ("one", "two"))
    await write(service.pool, first, second)
    await give(service, first, at=1)
    await give(service, second, at=1.1)

    await remove(service.pool, second.gift.gift_id, act=Act("otto", "abuse", later(1.15)))
    await tick(service.pool, later(1.3))

    frames = await told_frames(service.pool)
    assert messages(frames) == [[], ["one"], [None]]
    assert removed(frames)[-1] == [second.gift.gift_id]


async def test_a_message_of_a_gift_under_way_is_never_shown(service: Database) -> None:
    """Removed before the wallet has answered."""
    room = await open_a_room(service.pool)
    sent, poor = (a_gift_saying("Go home", room.room_id) for _ in range(2))
    await write(service.pool, sent, poor)

    for new in (sent, poor):
        await remove(service.pool, new.gift.gift_id, act=Act("otto", "abuse", later(1)))
    await settle(service.pool, posted(sent.gift), refused(poor.gift), now=lambda: later(2))

    frames = await told_frames(service.pool)
    assert [message for each in messages(frames) for message in each] == [None]
    assert frames[-1].totals.gifts == 1


async def test_a_withheld_message_can_be_removed(service: Database, ask: Ask) -> None:
    """No screen has it, so none is told."""
    await publish_words(service.pool, "idiot")
    room = await open_a_room(service.pool)
    gift = await send(service, ask, "idiot", target={"roomId": str(room.room_id)})

    message = await remove(service.pool, UUID(gift["id"]))

    assert (message.silenced, message.hit and message.hit.term) == ("REMOVED", "idiot")
    assert [frame.removed_messages for frame in await told_frames(service.pool)] == [(), ()]


async def test_messages_of_closed_rooms_and_videos_can_be_removed(
    service: Database, ask: Ask
) -> None:
    room = await open_a_room(service.pool)
    live, video = a_gift_saying("a", room.room_id), a_gift_saying("b")
    await write(service.pool, live, video)
    await settle(service.pool, posted(live.gift), posted(video.gift), now=lambda: later(1))
    await close_a_room(service.pool, room.room_id, at=later(2))

    for new in (live, video):
        await remove(service.pool, new.gift.gift_id, act=Act("otto", "abuse", later(3)))

    frames = await told_frames(service.pool)
    assert (frames[-1].status, removed(frames)[-1]) == ("CLOSED", [live.gift.gift_id])
    shown = (await ask(SENT))["data"]["me"]["giftsSent"]["nodes"]
    assert [each["messageStatus"] for each in shown] == ["REMOVED", "REMOVED"]


async def test_removing_and_settling_at_once(service: Database) -> None:
    """Whoever comes first: what a frame has shown is taken down by a later one, or never shown."""
    room = await open_a_room(service.pool)
    gifts = [a_gift_saying(f"text {n}", room.room_id, sender_id=f"u{n}") for n in range(20)]
    await write(service.pool, *gifts)

    async def settling() -> None:
        for n, new in enumerate(gifts):
            await settle(service.pool, posted(new.gift), now=lambda n=n: later(1 + n))

    async def removing() -> None:
        for n, new in enumerate(gifts):
            act = Act("otto", "abuse", later(1 + n))
            await remove(service.pool, new.gift.gift_id, act=act)

    await asyncio.gather(settling(), removing())
    await tick(service.pool, later(60))

    frames = await told_frames(service.pool)
    shown = {line.gift_id: frame.seq for frame in frames for line in frame.gifts if line.message}
    taken_down = {gift_id: frame.seq for frame in frames for gift_id in frame.removed_messages}
    assert all(taken_down.get(gift_id, 0) > seq for gift_id, seq in shown.items())
    assert taken_down.keys() == {new.gift.gift_id for new in gifts}
    assert frames[-1].totals.gifts == len(gifts)


async def test_a_removal_waits_for_the_frame_that_is_being_made(service: Database) -> None:
    """It comes while a settlement shows the message: the next frame takes it down."""
    room = await open_a_room(service.pool)
    new = a_gift_saying("Go home", room.room_id)
    await write(service.pool, new)

    async with transaction(service.pool) as conn:
        await conn.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        await conn.execute("SELECT FROM room WHERE room_id = $1 FOR UPDATE", room.room_id)
        settling = asyncio.create_task(give(service, new, at=1))
        await eventually(lambda: waiting(service, 1))
        removing = asyncio.create_task(
            remove(service.pool, new.gift.gift_id, act=Act("otto", "abuse", later(2)))
        )
        await eventually(lambda: waiting(service, 2))
    await asyncio.gather(settling, removing)

    frames = await told_frames(service.pool)
    assert messages(frames) == [[], ["Go home"], []]
    assert removed(frames)[-1] == [new.gift.gift_id]


async def waiting(service: Database, sessions: int) -> bool:
    found = await service.pool.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock'"
    )
    return found == sessions


async def test_operators_read_what_was_written(service: Database, ask: Ask) -> None:
    """Newest first, page by page, both ways; gifts without a message are passed over."""
    room = await open_a_room(service.pool)
    gifts = [a_gift_saying(f"text {n}", room.room_id if n % 2 else None) for n in range(5)]
    for new in (*gifts, a_new_gift(), a_gift_saying("elsewhere", creator_id="nobody")):
        await write(service.pool, new)

    async def page(**variables: Any) -> tuple[list[str], dict[str, Any]]:
        body = await ask(MESSAGES, {"creator": "star"} | variables, **OTTO)
        found = body["data"]["giftMessages"]
        return [node["text"] for node in found["nodes"]], found["pageInfo"]

    texts, info = await page(first=2)
    assert (texts, info["hasNextPage"]) == (["text 4", "text 3"], True)
    texts, info = await page(first=5, after=info["endCursor"])
    assert (texts, info["hasNextPage"]) == (["text 2", "text 1", "text 0"], False)
    texts, info = await page(last=2, before=info["startCursor"])
    assert (texts, info["hasPreviousPage"]) == (["text 4", "text 3"], False)


@pytest.mark.parametrize(
    ("caller", "read", "change"),
    [
        ({"sub": None}, "UNAUTHENTICATED", "UNAUTHENTICATED"),
        ({"sub": "star", "scope": "viewer creator"}, "FORBIDDEN", "FORBIDDEN"),
        ({"sub": "ada", "scope": "operator:audit"}, None, "FORBIDDEN"),
        ({"sub": "rita", "scope": "operator:refunds"}, "FORBIDDEN", "FORBIDDEN"),
    ],
)
async def test_moderation_is_for_moderators(
    service: Database, ask: Ask, caller: dict[str, Any], read: str | None, change: str
) -> None:
    new = a_gift_saying("mine")
    await write(service.pool, new)
    given = {"giftId": str(new.gift.gift_id), "reason": "because"}

    reading = await ask(MESSAGES, {"creator": "star"}, **caller)
    changing = await ask(REMOVE, {"input": given}, **caller)

    codes = [error["extensions"]["code"] for error in reading.get("errors", [])]
    assert codes == ([] if read is None else [read])
    assert changing["errors"][0]["extensions"]["code"] == change
    assert await service.pool.fetchval("SELECT count(*) FROM silenced_message") == 0


@pytest.mark.parametrize(
    "reason", ["", "  ", "x" * 501, "a\x00b"], ids=["empty", "blank", "long", "control"]
)
async def test_a_removal_needs_a_reason(service: Database, ask: Ask, reason: str) -> None:
    new = a_gift_saying("mine")
    await write(service.pool, new)

    given = {"giftId": str(new.gift.gift_id), "reason": reason}
    body = await ask(REMOVE, {"input": given}, **OTTO)

    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_there_is_nothing_to_remove(service: Database, ask: Ask) -> None:
    """An unknown gift and one without a message look the same."""
    silent = a_new_gift()
    await write(service.pool, silent)

    answers = [
        await ask(REMOVE, {"input": {"giftId": str(gift_id), "reason": "because"}}, **OTTO)
        for gift_id in (ids.uuid7(), silent.gift.gift_id)
    ]

    codes = [each["data"]["removeGiftMessage"]["code"] for each in answers]
    assert codes == ["gift_message_unknown"] * 2
    assert await service.pool.fetchval("SELECT count(*) FROM operator_action") == 0


async def test_a_word_list_is_published_once(service: Database) -> None:
    """A version never changes, and none comes before an earlier one."""
    first = await publish_words(service.pool, "a", "b", version=2)
    again = await publish_words(service.pool, "a", "b", version=2)
    assert (first.repeated, again.repeated) == (False, True)

    for file in (WordListFile(version=2, terms=("a",)), WordListFile(version=1, terms=("a",))):
        with pytest.raises(WordListError):
            async with transaction(service.pool) as conn:
                await publish_word_list(conn, file, at=NOW)
    assert await service.pool.fetchval("SELECT array_agg(version) FROM word_list") == [2]


async def test_a_process_reads_a_word_list_once(service: Database, monkeypatch: Any) -> None:
    """It is prepared to be searched when it is read; a newer one counts nevertheless."""
    monkeypatch.setattr(cached, "FRESH_S", 0.0)
    read: list[WordList | None] = []

    async def find(conn: Conn, version: int) -> WordList | None:
        read.append(await find_newer(conn, version))
        return read[-1]

    monkeypatch.setattr(moderator, "find_newer", find)
    judge = Moderator(service.pool)
    await publish_words(service.pool, "a", version=1)
    hits = [await judge.judge("a b"), await judge.judge("a b")]
    await publish_words(service.pool, "b", version=2)
    hits.append(await judge.judge("a b"))

    assert hits == [Hit(1, "a"), Hit(1, "a"), Hit(2, "b")]
    assert read == [WordList(1, ("a",)), None, WordList(2, ("b",))]
