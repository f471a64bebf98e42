"""Messages that were withheld or removed by mistake are shown again."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis import ids
from chassis.operators import Act
from chassis.testing.databases import Database
from contracts.gifts.live import RoomFrame
from gifts.commands.send_gifts import NewGift
from gifts.domain.word_list import Hit
from gifts.testing import NOW, a_new_gift, posted, settle, write
from gifts.testing.moderation import a_gift_saying, remove, show
from gifts.testing.rooms import open_a_room, told_frames

type Ask = Callable[..., Coroutine[None, None, dict[str, Any]]]

GIFT = "query ($id: UUID!) { gift(id: $id) { message messageStatus } }"
RECEIVED = """
{ creator(id: "star") { giftsReceived(first: 5) { nodes { id message messageStatus } } } }
"""
SENT = "{ me { giftsSent(first: 5) { nodes { id message messageStatus } } } }"
MESSAGE = "text status silencedAt shownAgainAt wordListVersion term"
MESSAGES = f"""{{ giftMessages(creatorId: "star") {{ nodes {{ {MESSAGE} }} }} }}"""
SHOW = f"""
mutation ($input: ShowGiftMessageInput!) {{ showGiftMessage(input: $input) {{
  __typename ... on ShowGiftMessagePayload {{ giftMessage {{ {MESSAGE} }} }}
  ... on Refusal {{ code message }}
}} }}
"""
ACTIONS = "{ giftsActions { nodes { operatorId action subject reason details } } }"
OLGA: dict[str, Any] = {"sub": "olga", "scope": "operator:moderation"}


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def act(seconds: float) -> Act:
    return Act("otto", "hateful", later(seconds))


async def given(service: Database, new: NewGift, *, at: float = 1) -> UUID:
    """A gift, written and settled; its id."""
    await write(service.pool, new)
    await settle(service.pool, posted(new.gift), now=lambda: later(at))
    return new.gift.gift_id


def withheld(new: NewGift) -> NewGift:
    """With a word of a list."""
    return new._replace(hit=Hit(4, "term"))


def messages(frames: Sequence[RoomFrame]) -> list[list[str | None]]:
    return [[line.message for line in frame.gifts] for frame in frames]


async def everywhere(ask: Ask, gift_id: UUID) -> list[dict[str, Any]]:
    """The message as all see it who see the gift: alone, sent, received."""
    shown = {"id": str(gift_id)}
    alone = (await ask(GIFT, shown))["data"]["gift"]
    [sent] = (await ask(SENT))["data"]["me"]["giftsSent"]["nodes"]
    received = (await ask(RECEIVED, sub="star", scope="creator"))["data"]["creator"]
    [kept] = received["giftsReceived"]["nodes"]
    return [alone | shown, sent, kept]


@pytest.mark.parametrize("by", ["the word list", "an operator"])
async def test_a_message_is_shown_again(service: Database, ask: Ask, by: str) -> None:
    """To everybody who sees the gift; logged with the reason; why it was silent stays known."""
    new = a_gift_saying("you term")
    is_listed = by == "the word list"
    gift_id = await given(service, withheld(new) if is_listed else new)
    if not is_listed:
        await remove(service.pool, gift_id, act=act(2))
    silent = {"id": str(gift_id), "message": None}
    assert (
        await everywhere(ask, gift_id)
        == [silent | {"messageStatus": "WITHHELD" if is_listed else "REMOVED"}] * 3
    )

    answer = await ask(SHOW, {"input": {"giftId": str(gift_id), "reason": "harmless"}}, **OLGA)

    assert (
        await everywhere(ask, gift_id)
        == [{"id": str(gift_id), "message": "you term", "messageStatus": "SHOWN"}] * 3
    )
    told = answer["data"]["showGiftMessage"]["giftMessage"]
    assert (told["status"], told["silencedAt"]) == ("SHOWN", None)
    assert told["shownAgainAt"] is not None
    assert (told["wordListVersion"], told["term"]) == ((4, "term") if is_listed else (None, None))
    [kept] = (await ask(MESSAGES, **OLGA))["data"]["giftMessages"]["nodes"]
    assert kept == told
    log = await ask(ACTIONS, sub="ada", scope="operator:audit")
    assert log["data"]["giftsActions"]["nodes"][0] == {
        "operatorId": "olga",
        "action": "showGiftMessage",
        "subject": str(gift_id),
        "reason": "harmless",
        "details": '{"senderId":"alice","creatorId":"star"}',
    }


async def test_frames_that_were_told_stay_as_they_are(service: Database) -> None:
    """Neither is the message put back, nor told of anew."""
    room = await open_a_room(service.pool)
    gift_id = await given(service, a_gift_saying("Go home", room.room_id))
    await remove(service.pool, gift_id, act=act(2))
    before = await told_frames(service.pool)

    await show(service.pool, gift_id)

    assert await told_frames(service.pool) == before
    assert [list(frame.removed_messages) for frame in before] == [[], [], [gift_id]]


async def test_a_frame_that_is_still_to_be_made_has_it(service: Database) -> None:
    """Withheld when the gift was written, shown again before the wallet answered."""
    room = await open_a_room(service.pool)
    new = withheld(a_gift_saying("Bravo", room.room_id))
    await write(service.pool, new)
    await show(service.pool, new.gift.gift_id)

    await settle(service.pool, posted(new.gift), now=lambda: later(2))

    assert messages(await told_frames(service.pool)) == [[], ["Bravo"]]


async def test_it_can_be_removed_again(service: Database, ask: Ask) -> None:
    """Screens that show it are told to take it down, as with any message that is shown."""
    room = await open_a_room(service.pool)
    gift_id = await given(service, withheld(a_gift_saying("Go home", room.room_id)))
    await show(service.pool, gift_id)

    removed = await remove(service.pool, gift_id, act=act(3))

    assert (removed.silenced, removed.shown_again_at) == ("REMOVED", None)
    assert (await everywhere(ask, gift_id))[0]["messageStatus"] == "REMOVED"
    frames = await told_frames(service.pool)
    assert list(frames[-1].removed_messages) == [gift_id]
    again = await show(service.pool, gift_id)
    assert (again.silenced, again.shown_again_at) == (None, later(3))


async def test_showing_twice_changes_nothing(service: Database) -> None:
    """Nor does showing what was never silent."""
    silent = await given(service, withheld(a_gift_saying("one")))
    spoken = await given(service, a_gift_saying("two"))

    first = await show(service.pool, silent, act=Act("olga", "harmless", later(2)))
    again = await show(service.pool, silent, act=Act("otto", "me too", later(3)))
    shown = await show(service.pool, spoken)

    assert again == first
    assert (shown.silenced, shown.shown_again_at) == (None, None)
    assert await service.pool.fetchval("SELECT count(*) FROM operator_action") == 1


async def test_there_is_nothing_to_show(service: Database, ask: Ask) -> None:
    """An unknown gift and one without a message look the same."""
    mute = await given(service, a_new_gift())

    answers = [
        await ask(SHOW, {"input": {"giftId": str(gift_id), "reason": "because"}}, **OLGA)
        for gift_id in (ids.uuid7(), mute)
    ]

    codes = [each["data"]["showGiftMessage"]["code"] for each in answers]
    assert codes == ["gift_message_unknown"] * 2
    assert await service.pool.fetchval("SELECT count(*) FROM operator_action") == 0


@pytest.mark.parametrize(
    ("caller", "code"),
    [
        ({"sub": None}, "UNAUTHENTICATED"),
        ({"sub": "alice", "scope": "viewer creator"}, "FORBIDDEN"),
        ({"sub": "ada", "scope": "operator:audit operator:refunds"}, "FORBIDDEN"),
    ],
)
async def test_it_is_for_moderators(
    service: Database, ask: Ask, caller: dict[str, Any], code: str
) -> None:
    gift_id = await given(service, withheld(a_gift_saying("one")))

    body = await ask(SHOW, {"input": {"giftId": str(gift_id), "reason": "because"}}, **caller)

    assert body["errors"][0]["extensions"]["code"] == code
    assert (await ask(GIFT, {"id": str(gift_id)}))["data"]["gift"]["message"] is None


@pytest.mark.parametrize(
    "change",
    [
        "shown_again_at = silenced_at - interval '1 second'",
        "shown_again_at = silenced_at, status = 'REMOVED'",
        "term = 'another'",
    ],
)
async def test_history_is_not_rewritten(service: Database, change: str) -> None:
    """Whoever shows a message again leaves what silenced it."""
    await given(service, withheld(a_gift_saying("one")))

    with pytest.raises((asyncpg.RestrictViolationError, asyncpg.CheckViolationError)):
        await service.pool.execute(f"UPDATE silenced_message SET {change}")  # noqa: S608
