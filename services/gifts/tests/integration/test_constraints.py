"""The database refuses what must never be, whatever a program does."""

from datetime import timedelta

import asyncpg
import msgspec
import pytest

from chassis.db import Conn
from gifts.commands.open_room import open_room
from gifts.commands.send_gifts import NewGift, send_gifts
from gifts.consumers.charge_answered import ChargeAnswered
from gifts.consumers.purchase_taken_back import PurchaseTakenBack
from gifts.domain.room import Goal, Room
from gifts.domain.room_rules import RoomRules
from gifts.domain.train import Platform, Train
from gifts.domain.word_list import Hit, WordList
from gifts.store.blocked_gifter import insert_blocked
from gifts.store.message import upsert_removed
from gifts.store.room import insert_room
from gifts.store.train import insert_gifts, rules_in_force, update_platforms, update_trains
from gifts.store.word_list import insert_word_list
from gifts.testing import NOW, a_new_gift, an_order, asked_of, batch_of, posted, taken_back
from gifts.testing.rooms import a_room

REFUSED = (asyncpg.CheckViolationError, asyncpg.RestrictViolationError)


@pytest.fixture
async def pending(conn: Conn) -> NewGift:
    """One gift, which waits for its charge."""
    new = a_new_gift()
    await send_gifts(conn, [new])
    return new


@pytest.fixture
async def sent(conn: Conn, pending: NewGift) -> NewGift:
    """One gift, which is SENT."""
    await ChargeAnswered().apply(conn, batch_of(posted(pending.gift)))
    return pending


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE gift SET status = 'PENDING', settled_at = NULL",
        "UPDATE gift SET status = 'SENT'",
        "UPDATE gift SET message = 'other'",
        "UPDATE gift SET settled_at = now()",
        "DELETE FROM gift",
        "TRUNCATE gift",
        "UPDATE received_gift SET creator_id = 'moon'",
        "DELETE FROM received_gift",
        "TRUNCATE received_gift",
        "UPDATE creator_total SET coins = 0",
        "UPDATE creator_total SET gifts = gifts + 7",
        "UPDATE creator_total SET gifts = -1",
        "UPDATE board_score SET hour_coins = hour_coins + 1",
        "UPDATE board_score SET coins = coins - 1",
        "UPDATE board_score SET hour_coins = -1",
        "UPDATE board_score SET day_at = day_at + interval '1 day'",
        "UPDATE board_score SET week_at = week_at - interval '7 days'",
        "DELETE FROM board_score",
        "TRUNCATE board_score",
        "UPDATE gift SET status = 'REVERSED'",
        "UPDATE gift SET reversed_coins = 7",
        "UPDATE gift SET reversed_coins = -1",
        "UPDATE gift SET status = 'REVERSED', reversed_coins = 8",
        "UPDATE gift SET status = 'REVERSED', reversed_coins = 7, settled_at = now()",
    ],
)
async def test_settled_gift_never_changes(conn: Conn, statement: str) -> None:
    with pytest.raises(REFUSED):
        await conn.execute(statement)


@pytest.fixture
async def room(conn: Conn) -> Room:
    """A room with a goal, in which alice has given seven roses."""
    room = a_room(goal=Goal(coins=8))
    await open_room(conn, room, RoomRules())
    new = a_new_gift(an_order(target_kind="room", target_id=str(room.room_id)))
    await send_gifts(conn, [new])
    at = NOW + timedelta(seconds=1)
    await ChargeAnswered(now=lambda: at).apply(conn, batch_of(posted(new.gift)))
    return room


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE room SET seq = seq + 2",
        "UPDATE room SET seq = seq - 1",
        "UPDATE room SET title = 'other'",
        "UPDATE room SET creator_id = 'moon'",
        "UPDATE room SET goal_coins = 1",
        "UPDATE room SET goal_item_id = 'rose', goal_count = 1",
        "UPDATE room SET goal_reached = 8",
        "UPDATE room SET goal_reached_at = now()",
        "UPDATE room SET coins = 0",
        "UPDATE room SET gifts = 8",
        "UPDATE room SET gifters = 2",
        "UPDATE room SET moves = 0",
        "UPDATE room SET due_at = NULL",
        "UPDATE room SET closed_at = now(), untold = true, due_at = NULL",
        "DELETE FROM room",
        "TRUNCATE room",
        "UPDATE room_gifter SET coins = -1",
        "UPDATE room_streak SET pieces = pieces - 1",
        "UPDATE room_streak SET sender_id = 'bob'",
        "UPDATE room_streak SET shown = false",
        "UPDATE room_streak SET end_owed = true",
        "DELETE FROM room_streak",
        "TRUNCATE room_streak",
    ],
)
async def test_a_room_goes_forward(conn: Conn, statement: str) -> None:
    with pytest.raises(REFUSED):
        await conn.execute(statement)


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE room SET closed_at = NULL, due_at = now()",
        "UPDATE room SET closed_at = now()",
        "UPDATE room_streak SET ended_at = NULL",
        "UPDATE room_streak SET pieces = pieces + 1",
        "UPDATE room_streak SET ended_at = ended_at + interval '1 second'",
        "UPDATE room_streak SET end_owed = true",
    ],
)
async def test_what_has_ended_stays_so(conn: Conn, statement: str) -> None:
    await conn.execute("UPDATE room SET closed_at = '2026-05-10Z'")
    await conn.execute("UPDATE room_streak SET ended_at = '2026-05-10Z'")

    with pytest.raises(REFUSED):
        await conn.execute(statement)


@pytest.mark.usefixtures("room")
async def test_one_open_room_a_host_and_one_open_streak_of_an_item(conn: Conn) -> None:
    assert not await insert_room(conn, a_room(), RoomRules())
    with pytest.raises(asyncpg.UniqueViolationError):
        await conn.execute(
            "INSERT INTO room_streak SELECT gen_random_uuid(), room_id, sender_id, item_id, pieces,"
            " last_gift_id, began_at, tapped_at, tapped_seq, ends_at FROM room_streak"
        )


@pytest.fixture
async def reversed_gift(conn: Conn, sent: NewGift) -> NewGift:
    """One gift of seven coins, all of which were taken back."""
    await PurchaseTakenBack().apply(conn, batch_of(taken_back(asked_of(sent.gift))))
    return sent


@pytest.mark.usefixtures("reversed_gift")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE gift SET status = 'SENT'",
        "UPDATE gift SET status = 'PENDING', settled_at = NULL, reversed_coins = 0",
        "UPDATE gift SET reversed_coins = 6",
        "UPDATE gift SET status = 'SENT', reversed_coins = 6, settled_at = now()",
        "UPDATE gift_reversal SET coins = 1",
        "DELETE FROM gift_reversal",
        "TRUNCATE gift_reversal",
        """INSERT INTO gift_reversal
        SELECT
            reversal_id, position, gen_random_uuid(), gift_id, creator_id, lot_id, coins + 1,
            reason, told_at
        FROM gift_reversal""",
    ],
)
async def test_what_was_taken_back_never_changes(conn: Conn, statement: str) -> None:
    with pytest.raises(REFUSED):
        await conn.execute(statement)


@pytest.mark.usefixtures("reversed_gift")
async def test_a_gift_that_is_given_back_is_sent_again(conn: Conn) -> None:
    """The refusals above are not for want of a change that is allowed."""
    done = await conn.execute("UPDATE gift SET status = 'SENT', reversed_coins = 0")

    assert done == "UPDATE 1"


@pytest.mark.usefixtures("pending")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE gift SET status = 'SENT', settled_at = now(), price_coins = 8",
        "UPDATE gift SET status = 'SENT', settled_at = now(), sender_id = 'bob'",
        "UPDATE gift SET status = 'SENT', settled_at = now(), creator_id = 'moon'",
        "UPDATE gift SET status = 'SENT', settled_at = now(), gift_id = gen_random_uuid()",
        "UPDATE gift SET status = 'SENT', settled_at = now(), body_hash = decode(md5('x'), 'hex')",
    ],
)
async def test_terms_of_a_gift_are_frozen(conn: Conn, statement: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError):
        await conn.execute(statement)


@pytest.mark.usefixtures("pending")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE gift SET status = 'SENT'",
        "UPDATE gift SET settled_at = now()",
        "UPDATE gift SET status = 'REFUSED', settled_at = now()",
        "UPDATE gift SET status = 'REFUSED', settled_at = now(), refusal_code = 'x'",
        "UPDATE gift SET status = 'SENT', settled_at = now(), refusal_code = 'x', needed_coins = 1",
        "UPDATE gift SET status = 'REFUSED', settled_at = now(), needed_coins = 1,"
        " balance_coins = 1, refusal_code = 'spend_limit_reached', limit_name = 'day'",
        "UPDATE gift SET status = 'REFUSED', settled_at = now(), needed_coins = 1,"
        " balance_coins = 1, refusal_code = 'insufficient_coins', limit_name = 'day',"
        " limit_coins = 1, spent_coins = 1",
        "UPDATE gift SET status = 'LOST', settled_at = now()",
        "UPDATE gift SET reversed_coins = 1",
    ],
)
async def test_half_a_settlement_is_refused(conn: Conn, statement: str) -> None:
    with pytest.raises(asyncpg.CheckViolationError):
        await conn.execute(statement)


@pytest.mark.usefixtures("pending")
async def test_sound_settlement_passes(conn: Conn) -> None:
    """The refusals above are not for want of a change that is allowed."""
    done = await conn.execute("UPDATE gift SET status = 'SENT', settled_at = now()")

    assert done == "UPDATE 1"


@pytest.mark.parametrize(
    "change",
    [
        {"sender_id": "star"},
        {"price_coins": 0},
        {"price_coins": 2**53},
        {"count": 0},
        {"count": 1001},
        {"target_kind": "channel"},
        {"target_id": ""},
        {"message": ""},
        {"message": "x" * 351},
        {"catalogue_version": 0},
    ],
)
async def test_impossible_gift_is_refused(conn: Conn, change: dict[str, int | str]) -> None:
    """Gifts that the domain would never make."""
    new = a_new_gift()
    impossible = msgspec.structs.replace(new.gift, **change)

    with pytest.raises(asyncpg.CheckViolationError):
        await send_gifts(conn, [new._replace(gift=impossible)])


async def test_id_is_the_key(conn: Conn) -> None:
    """A second row under an id cannot be."""
    order = an_order()
    await send_gifts(conn, [a_new_gift(order)])

    with pytest.raises(asyncpg.UniqueViolationError):
        await conn.execute(
            "INSERT INTO gift (gift_id, price_coins, requested_at, count, catalogue_version,"
            " sender_id, creator_id, item_id, target_kind, target_id, body_hash)"
            " SELECT gift_id, price_coins, requested_at, count, catalogue_version,"
            " sender_id, creator_id, item_id, target_kind, target_id, body_hash FROM gift"
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE catalogue_item SET price_coins = 2",
        "DELETE FROM catalogue_item",
        "TRUNCATE catalogue_item",
        "UPDATE catalogue_version SET effective_from = now()",
        "DELETE FROM catalogue_version",
        "TRUNCATE catalogue_version, catalogue_item",
        "INSERT INTO catalogue_item VALUES (1, 'late', 'Late', 1, 1, 0, false)",
        "INSERT INTO catalogue_item VALUES (2, 'orphan', 'Orphan', 1, 1, 0, false)",
    ],
)
async def test_published_catalogue_never_changes(conn: Conn, statement: str) -> None:
    with pytest.raises(asyncpg.RestrictViolationError):
        await conn.execute(statement)


@pytest.mark.parametrize("price_coins", [0, -1])
async def test_item_without_a_price_is_refused(conn: Conn, price_coins: int) -> None:
    """A price of -1 once stood for "any", and minted coins (E46)."""
    await conn.execute("INSERT INTO catalogue_version VALUES (2, now())")

    with pytest.raises(asyncpg.CheckViolationError):
        await conn.execute(
            "INSERT INTO catalogue_item VALUES (2, 'free', 'Free', 1, $1, 0, false)", price_coins
        )


@pytest.fixture
async def silenced(conn: Conn) -> None:
    """One message that is withheld and one that is removed; a word list, and somebody blocked."""
    withheld, removed = a_new_gift(an_order(message="a")), a_new_gift(an_order(message="b"))
    await send_gifts(conn, [withheld._replace(hit=Hit(1, "a")), removed])
    await upsert_removed(conn, removed.gift.gift_id, at=NOW)
    await insert_word_list(conn, WordList(1, ("a",)), published_at=NOW)
    await insert_blocked(conn, "star", "mallory", at=NOW)


@pytest.mark.usefixtures("silenced")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE silenced_message SET status = 'WITHHELD'",
        "UPDATE silenced_message SET status = 'SHOWN'",
        "UPDATE silenced_message SET term = 'b' WHERE term IS NOT NULL",
        "UPDATE silenced_message SET gift_id = gen_random_uuid()",
        "INSERT INTO silenced_message VALUES (gen_random_uuid(), 'WITHHELD', now())",
        "INSERT INTO silenced_message VALUES (gen_random_uuid(), 'REMOVED', now(), 1)",
        "DELETE FROM silenced_message",
        "TRUNCATE silenced_message",
        "UPDATE word_list SET terms = '{}'",
        "DELETE FROM word_list",
        "UPDATE blocked_gifter SET user_id = 'star'",
        "INSERT INTO user_name VALUES ('alice', '', now())",
        "INSERT INTO user_name VALUES ('alice', repeat('x', 51), now())",
    ],
)
async def test_what_is_silenced_stays_so(conn: Conn, statement: str) -> None:
    with pytest.raises(REFUSED):
        await conn.execute(statement)


@pytest.fixture
async def train(conn: Conn, room: Room) -> Train:
    """One that has ended, of which no frame has told."""
    rules = await rules_in_force(conn, at=NOW)
    train = Train(
        train_id=room.room_id,
        room_id=room.room_id,
        rules=rules,
        started_at=NOW,
        expires_at=NOW + rules.length,
    )
    gift = train.add(room.room_id, "alice", 600, at=NOW)
    await update_trains(conn, [train])
    await update_platforms(conn, [Platform(room.room_id, train)])
    await insert_gifts(conn, [gift])
    train.end_if_over(NOW + 2 * rules.length)
    await update_trains(conn, [train])
    return train


@pytest.mark.usefixtures("train")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE train SET progress = progress + 1",
        "UPDATE train SET level = level + 1",
        "UPDATE train SET level = level - 1",
        "UPDATE train SET ended_at = NULL",
        "UPDATE train SET ended_at = ended_at + interval '1 second'",
        "UPDATE train SET room_id = gen_random_uuid()",
        "UPDATE train SET end_told = true",
        "DELETE FROM train",
        "TRUNCATE train",
        "UPDATE train_gift SET coins = 1",
        "DELETE FROM train_gift",
        "UPDATE train_gifter SET coins = -1",
        "UPDATE train_rules SET starters = 3",
        "DELETE FROM train_rules",
        "INSERT INTO train_rules VALUES (2, now(), 'easy', 2, 300, 10, 300, 3600, '{1}')",
        "INSERT INTO train_rules VALUES (2, now(), 'easy', 26, 300, 10, 300, 3600, '{1}')",
        "INSERT INTO train_rules VALUES (2, now(), 'easy', 3, 300, 9, 300, 3600, '{1}')",
        "INSERT INTO train_rules VALUES (2, now(), 'easy', 3, 300, 10, 300, 60, '{1}')",
        "INSERT INTO train_rules VALUES (2, now(), 'easy', 3, 300, 10, 300, 3600, '{}')",
    ],
)
async def test_a_train_goes_forward(conn: Conn, statement: str) -> None:
    with pytest.raises(REFUSED):
        await conn.execute(statement)
