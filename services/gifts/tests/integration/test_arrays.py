"""Arrays written as text arrive as they were, whatever is in them."""

import pytest

from chassis.db import Conn
from gifts.store.arrays import booleans, integers, texts

NASTY = [
    "NULL",
    "null",
    "",
    " ",
    '"',
    "\\",
    '\\"',
    "{",
    "}",
    ",",
    "a,b",
    "it's",
    "é 👏",
    "$1",
    "\n",
]


@pytest.mark.parametrize(
    "values",
    [
        [],
        ["alice"],
        ["alice", "bob"],
        NASTY,
        *([value] for value in NASTY),
        ['"', "b"],
        ["a", "NULL"],
    ],
    ids=repr,
)
async def test_texts_arrive(conn: Conn, values: list[str]) -> None:
    assert await conn.fetchval("SELECT $1::text::text[]", texts(values)) == values


@pytest.mark.parametrize("values", [[], [0], [1, -1], [2**53 - 1, -(2**63), 2**63 - 1]])
async def test_integers_arrive(conn: Conn, values: list[int]) -> None:
    assert await conn.fetchval("SELECT $1::text::bigint[]", integers(values)) == values


async def test_booleans_arrive(conn: Conn) -> None:
    values = [True, False, True]

    assert await conn.fetchval("SELECT $1::text::boolean[]", booleans(values)) == values
    assert await conn.fetchval("SELECT $1::text::boolean[]", booleans([])) == []
