"""Every statement fits the schema: a renamed column fails here, even where no test uses it."""

from collections.abc import Mapping

import pytest

from chassis.db import Conn
from gifts.store import (
    blocked_gifter,
    catalogue,
    creator,
    fan_club,
    gift,
    gifter,
    history,
    level_table,
    message,
    notification,
    open_room,
    reversal,
    room_gifts,
    train,
    user_name,
    word_list,
)

MODULES = (
    *(blocked_gifter, catalogue, creator, fan_club, gift, gifter, history, level_table),
    *(message, notification, open_room, reversal, room_gifts, train, user_name, word_list),
)

STATEMENTS: Mapping[str, str] = {
    f"{module.__name__}.{name}": text
    for module in MODULES
    for name, text in module.STATEMENTS.items()
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_prepares(conn: Conn, name: str) -> None:
    await conn.prepare(STATEMENTS[name])
