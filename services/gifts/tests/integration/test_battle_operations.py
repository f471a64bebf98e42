"""Battles as their hosts and viewers see them, through the schema alone."""

import hashlib
import hmac
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis import clock, ids
from chassis.testing.databases import Database
from gifts.testing import open_shop
from gifts.testing.battles import tick_battles
from gifts.testing.rooms import open_a_room

type Ask = Callable[..., Coroutine[None, None, dict[str, Any]]]

BATTLE = """{
  id status startedAt endsAt seedHash seed winnerRoomId isFlagged
  sides { host { id } room { id } points laterPoints hits combos }
  powerUps { id kind number roomId usedAt fromAt untilAt }
}"""
PROPOSE = f"""mutation ($input: ProposeBattleInput!) {{ proposeBattle(input: $input) {{
  __typename ... on ProposeBattlePayload {{ replayed battle {BATTLE} }}
  ... on Refusal {{ code message }}
}} }}"""
ACCEPT = f"""mutation ($input: AcceptBattleInput!) {{ acceptBattle(input: $input) {{
  __typename ... on AcceptBattlePayload {{ battle {BATTLE} }} ... on Refusal {{ code message }}
}} }}"""
USE = f"""mutation ($input: UsePowerUpInput!) {{ usePowerUp(input: $input) {{
  __typename ... on UsePowerUpPayload {{ battle {BATTLE} }}
  ... on PowerUpUsedUp {{ usedMax }} ... on Refusal {{ code message }}
}} }}"""
READ = f"query ($id: UUID!) {{ battle(id: $id) {BATTLE} }}"
ROOM = """query ($id: UUID!) {
  room(id: $id) { battle { id status } battleInvitations { id sides { host { id } } } }
}"""


async def run(ask: Ask, document: str, sub: str, **given: object) -> dict[str, Any]:
    body = await ask(document, {"input": given}, sub=sub, scope="creator")
    assert "errors" not in body, body
    [answer] = body["data"].values()
    return answer


async def read(ask: Ask, document: str, entity: UUID) -> dict[str, Any]:
    body = await ask(document, {"id": str(entity)}, sub=None)
    assert "errors" not in body, body
    [answer] = body["data"].values()
    return answer


@pytest.fixture
async def rooms(service: Database) -> tuple[UUID, UUID]:
    await open_shop(service.pool, "moon")
    opened = [
        await open_a_room(service.pool, creator_id=host, at=clock.now())
        for host in ("star", "moon")
    ]
    return opened[0].room_id, opened[1].room_id


async def test_a_battle_from_proposal_to_start(ask: Ask, rooms: tuple[UUID, UUID]) -> None:
    left, right = rooms
    battle_id = ids.uuid7()
    given = {"battleId": str(battle_id), "roomId": str(left), "rivalRoomId": str(right)}
    proposed = await run(ask, PROPOSE, "star", **given)
    again = await run(ask, PROPOSE, "star", **given)

    assert (proposed["replayed"], again["replayed"]) == (False, True)
    assert proposed["battle"] == again["battle"]
    assert proposed["battle"]["status"] == "INVITED"
    assert proposed["battle"]["seedHash"] is None
    room = await read(ask, ROOM, right)
    assert room["battle"] is None
    assert [each["id"] for each in room["battleInvitations"]] == [str(battle_id)]

    accepted = await run(ask, ACCEPT, "moon", battleId=str(battle_id), roomId=str(right))
    assert accepted["battle"]["status"] == "RUNNING"
    assert len(accepted["battle"]["seedHash"]) == 64
    assert [each["points"] for each in accepted["battle"]["sides"]] == [0, 0]
    assert [each["room"]["id"] for each in accepted["battle"]["sides"]] == [str(left), str(right)]
    room = await read(ask, ROOM, right)
    assert (room["battle"]["id"], room["battleInvitations"]) == (str(battle_id), [])
    unknown = await run(ask, ACCEPT, "star", battleId=str(battle_id), roomId=str(left))
    assert unknown["code"] == "battle_unknown"
    body = await ask(
        PROPOSE, {"input": given | {"rivalRoomId": str(left)}}, sub="star", scope="creator"
    )
    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def begun(ask: Ask, rooms: tuple[UUID, UUID]) -> str:
    left, right = rooms
    battle_id = str(ids.uuid7())
    given = {"battleId": battle_id, "roomId": str(left), "rivalRoomId": str(right)}
    await run(ask, PROPOSE, "star", **given)
    await run(ask, ACCEPT, "moon", battleId=battle_id, roomId=str(right))
    return battle_id


async def test_anybody_can_check_the_rolls(
    service: Database, ask: Ask, rooms: tuple[UUID, UUID]
) -> None:
    """From what the schema shows, and nothing else; the seed comes with the result alone (I10)."""
    battle_id = await begun(ask, rooms)
    committed = (await read(ask, READ, UUID(battle_id)))["seedHash"]
    for number in range(11):
        host, room = (("star", rooms[0]), ("moon", rooms[1]))[number % 2]
        kind = "TIME_MAKER" if number > 8 else "GLOVE"
        use = {"powerUpId": str(ids.uuid7()), "battleId": battle_id, "roomId": str(room)}
        used = await run(ask, USE, host, **use, kind=kind)
        assert used["battle"]["seed"] is None
    await tick_battles(service.pool, clock.now() + timedelta(minutes=7))

    battle = await read(ask, READ, UUID(battle_id))

    assert (battle["status"], battle["winnerRoomId"]) == ("ENDED", None)
    seed = bytes.fromhex(battle["seed"])
    assert hashlib.sha256(seed).hexdigest() == battle["seedHash"] == committed
    assert [each["number"] for each in battle["powerUps"]] == list(range(1, 12))
    for used in battle["powerUps"]:
        message = UUID(battle_id).bytes + used["number"].to_bytes(4, "big")
        message += UUID(used["id"]).bytes
        digest = hmac.new(seed, message, hashlib.sha256).digest()
        first = int.from_bytes(digest[:8], "big")
        lasts = datetime.fromisoformat(used["untilAt"]) - datetime.fromisoformat(used["fromAt"])
        if used["kind"] == "GLOVE":
            assert lasts == timedelta(seconds=30 if first * 100 // 2**64 < 30 else 0)
        else:
            assert lasts == timedelta(seconds=1 + first * 10 // 2**64)


async def test_a_mist_hides_points_from_everybody(ask: Ask, rooms: tuple[UUID, UUID]) -> None:
    battle_id = await begun(ask, rooms)
    use = {"powerUpId": str(ids.uuid7()), "battleId": battle_id, "roomId": str(rooms[0])}
    for _ in range(2):
        await run(ask, USE, "star", **use, kind="MIST")

    battle = await read(ask, READ, UUID(battle_id))
    assert [each["points"] for each in battle["sides"]] == [None, 0]
    assert len(battle["powerUps"]) == 1
    use["powerUpId"] = str(ids.uuid7())
    await run(ask, USE, "star", **use, kind="MIST")
    use["powerUpId"] = str(ids.uuid7())
    refused = await run(ask, USE, "star", **use, kind="MIST")
    assert (refused["code"], refused["usedMax"]) == ("power_up_used_up", 2)
