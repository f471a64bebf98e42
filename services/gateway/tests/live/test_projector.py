"""Payloads are what GraphQL's own executor would answer, without it being run."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from graphql import execute_sync, parse
from hub_process import a_balance, a_frame, a_gift, ago, the_earnings
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from contracts.gifts.live import FrameBattle, FrameBattleSide, FrameGifter, FrameTrain
from live_hub.errors import OperationRefusedError
from live_hub.operations import Operations, Wanted, schema
from live_hub.projector import TABLES, Projector, RoomView

ROOM = UUID("019b76da-a800-7000-8000-0123456789ab")
SCHEMA = schema()
OPERATIONS = Operations()
TRAIN = FrameTrain(
    train_id=ROOM,
    level=2,
    levels=5,
    progress=600,
    target=1_500,
    started_at=datetime(2026, 5, 10, tzinfo=UTC),
    expires_at=datetime(2026, 5, 10, 0, 5, tzinfo=UTC),
    top_gifters=(FrameGifter(rank=1, coins=500, user_name="Ann"),),
    began=True,
    ended=True,
)
FRAME = a_frame(
    ROOM,
    7,
    gifts=(a_gift(1, message='a "b"\n\u2028', streak_id=ROOM), a_gift(2)),
    goal=None,
    battle=FrameBattle(
        battle_id=ROOM,
        status="ENDED",
        sides=(
            FrameBattleSide(ROOM, "star", points=7, hits=2, combos=1),
            FrameBattleSide(UUID(int=1), "moon", hidden_until=ago(5), multiplier=5),
        ),
        started_at=ago(300),
        ends_at=ago(0),
        seed_hash="00",
        winner_room_id=ROOM,
    ),
    train=TRAIN,
    removed_messages=(ROOM,),
)


def whole(typename: str, value: Any) -> Any:
    """Every field of an object of the schema, as the tables read it."""
    if value is None:
        return None
    if isinstance(value, tuple) and not isinstance(value, RoomView):
        return [whole(typename, each) for each in value]
    table = TABLES[typename]
    fields = {name: read(value) for name, read in table.scalars.items()}
    return fields | {name: whole(of, read(value)) for name, (read, of) in table.objects.items()}


@pytest.mark.parametrize("typename", TABLES)
def test_tables_have_what_the_schema_has(typename: str) -> None:
    """Every field can be asked for; what an event has beside them is not shown."""
    table = TABLES[typename]
    of_schema = set(SCHEMA.type_map[typename].fields)  # pyright: ignore[reportAttributeAccessIssue]
    hidden = {"userId"} if typename == "BalanceChange" else set[str]()
    assert set(table.scalars) | set(table.objects) == of_schema | hidden


ALIASES = st.sampled_from(["", "a: ", "b: "])
CONDITIONS = st.sampled_from(["", "", "@skip(if: $yes)", "@include(if: $no)", "@include(if: $yes)"])


@st.composite
def selections(draw: st.DrawFn, typename: str, depth: int) -> str:
    """A selection on a type: fields, aliases, inline and named fragments, conditions."""
    table = TABLES[typename]
    scalars = [*sorted(set(table.scalars) - {"userId"}), "__typename"]
    if typename == "FrameGifter":
        scalars.append("userId")
    parts: list[str] = []
    for _ in range(draw(st.integers(1, 4))):
        condition = draw(CONDITIONS)
        kind = draw(st.integers(0, 5))
        if kind == 0 and depth > 0:
            below = draw(selections(typename, depth - 1))
            parts.append(f"... on {typename} {condition} {{ {below} }}")
        elif kind == 1 and typename == "RoomFrame":
            parts.append(f"...Named {condition}")
        elif kind in (2, 3) and table.objects and depth > 0:
            name = draw(st.sampled_from(sorted(table.objects)))
            below = draw(selections(table.objects[name][1], depth - 1))
            parts.append(f"{draw(ALIASES)}{name} {condition} {{ {below} }}")
        else:
            parts.append(f"{draw(ALIASES)}{draw(st.sampled_from(scalars))} {condition}")
    return " ".join(parts)


@settings(max_examples=300, deadline=None)
@given(
    selections("RoomFrame", 3), st.sampled_from(["seq gifts { itemId }", "totals { coins }"]),
    st.booleans(),
)  # fmt: skip
def test_payload_is_what_graphql_would_answer(
    selection: str, named: str, is_snapshot: bool
) -> None:
    """For any selection that is valid: the same keys, in the same order, with the same values."""
    text = (
        "subscription A($room: UUID!, $yes: Boolean!, $no: Boolean!) { "
        f"live: roomFrames(roomId: $room) {{ always: seq ...Named {selection} "
        "x: seq @include(if: $yes) y: seq @skip(if: $no) } } "
        f"fragment Named on RoomFrame {{ {named} }}"
    )
    variables = {"room": str(ROOM), "yes": True, "no": False}
    try:
        asked = OPERATIONS.read(Wanted(text, variables))
    except OperationRefusedError:
        assume(False)
        raise
    view = RoomView(FRAME, snapshot=is_snapshot, missed_frames=3)

    root = {"roomFrames": whole("RoomFrame", view)}
    answered = execute_sync(SCHEMA, parse(text), root_value=root, variable_values=variables)  # pyright: ignore[reportArgumentType]

    payload = Projector(asked.shape, "RoomFrame").payload(view)
    assert answered.errors is None
    assert payload.decode() == json.dumps(
        {"data": answered.data}, separators=(",", ":"), ensure_ascii=False, default=str
    )
    assert b"\n" not in payload


def test_equal_selections_of_different_documents_are_one_shape() -> None:
    """So that their watchers are in one group, and a frame is encoded once for them."""
    texts = [
        f'subscription {{ roomFrames(roomId: "{ROOM}") {{ seq totals {{ coins }} }} }}',
        "subscription B($r: UUID!, $a: Int) { roomFrames(roomId: $r, after: $a) { ...F } }"
        " fragment F on RoomFrame { seq totals { coins } totals { coins } }",
    ]
    shapes = {OPERATIONS.read(Wanted(text, {"r": str(ROOM), "a": 3})).shape for text in texts}
    assert len(shapes) == 1


def test_snapshot_tells_nothing_that_was_given() -> None:
    """It was told in its own time, or is in the totals."""
    below = "gifts { giftId } moreGifts moreCoins"
    text = f'subscription {{ roomFrames(roomId: "{ROOM}") {{ {below} }} }}'
    frame = a_frame(ROOM, 3, more_gifts=9, more_coins=90)
    projector = Projector(OPERATIONS.read(Wanted(text)).shape, "RoomFrame")
    told = json.loads(projector.payload(RoomView(frame)))["data"]["roomFrames"]
    assert (len(told["gifts"]), told["moreGifts"], told["moreCoins"]) == (1, 9, 90)
    told = json.loads(projector.payload(RoomView(frame, snapshot=True)))["data"]["roomFrames"]
    assert told == {"gifts": [], "moreGifts": 0, "moreCoins": 0}


def test_snapshot_tells_no_begin_and_no_end_of_a_train() -> None:
    """A frame has told them, once."""
    text = f'subscription {{ roomFrames(roomId: "{ROOM}") {{ train {{ level began ended }} }} }}'
    projector = Projector(OPERATIONS.read(Wanted(text)).shape, "RoomFrame")
    told = [
        json.loads(projector.payload(RoomView(FRAME, snapshot=snapshot)))["data"]["roomFrames"]
        for snapshot in (False, True)
    ]
    assert told == [
        {"train": {"level": 2, "began": True, "ended": True}},
        {"train": {"level": 2, "began": False, "ended": False}},
    ]


def test_amounts_stay_exact() -> None:
    """Up to the ledger's cap."""
    asked = OPERATIONS.read(Wanted("subscription { balanceChanged { coins version cause } }"))
    payload = Projector(asked.shape, "BalanceChange").payload(a_balance("ann", 2**40, 2**53 - 1))
    assert payload == (
        b'{"data":{"balanceChanged":{"coins":9007199254740991,"version":1099511627776,"cause":"CHARGE"}}}'
    )


def test_earnings_stay_exact() -> None:
    """Up to the ledger's cap, under whatever names they are asked for."""
    below = "version now: available { microDiamonds __typename } pending { microDiamonds }"
    asked = OPERATIONS.read(Wanted(f"subscription {{ earningsChanged {{ {below} }} }}"))
    event = the_earnings("ann", 2**40, 0, 2**53 - 1)
    payload = Projector(asked.shape, "EarningsChange").payload(event)
    assert json.loads(payload)["data"]["earningsChanged"] == {
        "version": 2**40,
        "now": {"microDiamonds": 2**53 - 1, "__typename": "EarningsAmount"},
        "pending": {"microDiamonds": 0},
    }
