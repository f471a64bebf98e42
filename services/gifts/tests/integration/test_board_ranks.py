"""Where somebody stands: exact near the top, further down from a ladder."""

import random
from collections.abc import Mapping

from chassis.db import Conn, Pool, transaction
from chassis.testing.databases import Database
from gifts.domain.board import Board, Rank, Score, Span, net_scores, window_of
from gifts.edge.board_ranks import BoardRanks
from gifts.store.board import add_scores, move_scores, select_top
from gifts.testing import NOW

BOARD = Board.of_creator("star", window_of(Span.HOUR, NOW))


async def score(pool: Pool, coins: Mapping[str, int], *, creator_id: str = "star") -> None:
    """Add to what users gave, or take it back where negative."""
    change = move_scores if min(coins.values()) < 0 else add_scores
    net = net_scores(Score(creator_id, user_id, each, NOW) for user_id, each in coins.items())
    async with transaction(pool) as conn:
        await change(conn, net)


async def fill(pool: Pool, *, gifters: int = 200, coins_max: int = 12) -> None:
    """Few sums, so that many are equal; and another board beside it."""
    chance = random.Random(7)
    for creator_id in ("star", "moon"):
        coins = {f"user-{n}": chance.randint(1, coins_max) for n in range(gifters)}
        await score(pool, coins, creator_id=creator_id)


async def expected(conn: Conn) -> dict[str, Rank]:
    """By the order of the whole board."""
    board = await select_top(conn, BOARD, limit=10_000)
    before = [None, *board]
    return {
        each.user_id: Rank(rank, each.coins, None if last is None else last.coins - each.coins)
        for rank, (last, each) in enumerate(zip(before, board, strict=False), 1)
    }


async def assert_exact(pool: Pool, ranks: BoardRanks) -> None:
    async with pool.acquire() as conn:
        wanted = await expected(conn)
    found = {user_id: await ranks.find(BOARD, user_id) for user_id in wanted}
    assert len(found) == 200
    assert found == wanted


async def test_ranks_are_those_of_the_board(service: Database) -> None:
    """Counted from the top, and from rungs: the same."""
    await fill(service.pool)

    await assert_exact(service.pool, BoardRanks(service.pool))
    await assert_exact(service.pool, BoardRanks(service.pool, counted_max=3, rung_every=3))
    await assert_exact(service.pool, BoardRanks(service.pool, counted_max=20, rung_every=7))


async def test_who_has_nothing_left_has_no_rank(service: Database) -> None:
    await fill(service.pool, gifters=3, coins_max=1)
    await score(service.pool, {"user-1": -1})
    ranks = BoardRanks(service.pool)

    assert await ranks.find(BOARD, "user-1") is None
    assert await ranks.find(BOARD, "nobody") is None
    assert await ranks.find(BOARD, "user-2") == Rank(2, 1, 0)


async def test_many_between_make_the_ladder_anew(service: Database) -> None:
    """More than are counted came between a rung and me: the rank is right all the same."""
    await fill(service.pool)
    ranks = BoardRanks(service.pool, counted_max=10, rung_every=10)
    assert await ranks.find(BOARD, "user-1") is not None
    async with service.pool.acquire() as conn:
        last = (await select_top(conn, BOARD, limit=10_000))[-1]
    await score(service.pool, {f"new-{n}": last.coins + (n % 2) for n in range(50)})
    await score(service.pool, {"me": last.coins})

    assert await ranks.find(BOARD, "me") == Rank(251, last.coins, 0)


async def test_a_ladder_is_used_until_it_is_too_old(service: Database) -> None:
    """What changes behind the rung before me counts at once, above it with the next ladder."""
    await fill(service.pool)
    async with service.pool.acquire() as conn:
        board = await select_top(conn, BOARD, limit=10_000)
    asking, near = board[155], board[152]
    kept = BoardRanks(service.pool, counted_max=10, rung_every=10)
    never_fresh = BoardRanks(service.pool, counted_max=10, rung_every=10, fresh_s=0)
    for ranks in (kept, never_fresh):
        assert await rank_of(ranks, asking.user_id) == 156

    await score(service.pool, {"rich": 1_000})
    above = await rank_of(kept, asking.user_id), await rank_of(never_fresh, asking.user_id)
    await score(service.pool, {near.user_id: -near.coins})
    behind = await rank_of(kept, asking.user_id), await rank_of(never_fresh, asking.user_id)

    assert above == (156, 157)
    assert behind == (155, 156)
    assert await rank_of(kept, "rich") == 1


async def rank_of(ranks: BoardRanks, user_id: str) -> int | None:
    found = await ranks.find(BOARD, user_id)
    return found and found.rank
