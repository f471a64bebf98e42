"""Where somebody stands on a board, however many stand there."""

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

from chassis.db import Conn, Pool
from gifts.domain.board import TOP, Board, Placed, Rank, Rung, rung_before
from gifts.store import board as store

COUNTED_MAX: Final = 2_000
"""Places that are counted anew for each who asks."""
RUNG_EVERY: Final = 500
FRESH_S: Final = 60.0
"""How long a ladder is used before the board is counted again."""
LADDERS_MAX: Final = 1_000


class _Ladder(NamedTuple):
    rungs: Sequence[Rung]
    stale_at: float


class BoardRanks:
    """Counts the places before somebody, near the top each time, further down from a ladder.

    A ladder says who stands at each 500th place. It is made of a whole board, once a minute
    while somebody asks who stands far down: from there on, places are counted as they are now.
    """

    def __init__(
        self,
        pool: Pool,
        *,
        counted_max: int = COUNTED_MAX,
        rung_every: int = RUNG_EVERY,
        fresh_s: float = FRESH_S,
    ) -> None:
        self._pool = pool
        self._counted_max = counted_max
        self._rung_every = rung_every
        self._fresh_s = fresh_s
        self._ladders: dict[Board, _Ladder] = {}
        self._lock = asyncio.Lock()

    async def find(self, board: Board, user_id: str) -> Rank | None:
        """Where somebody stands; None: nothing that they gave is left.

        Exact for the first `COUNTED_MAX` places. Further down, what has changed above the rung
        before somebody counts when the ladder is made anew.
        """
        async with self._pool.acquire() as conn:
            placed = await store.find_placed(conn, board, user_id)
            if placed is None:
                return None
            before = await store.find_next(conn, board, placed)
            far = self._stood_at(board, placed) > self._counted_max
            rank = None if far else await self._count(conn, board, placed, TOP)
        if rank is None:
            rank = await self._climb(board, placed)
        behind = None if before is None else before.coins - placed.coins
        return Rank(rank, placed.coins, behind)

    async def _count(self, conn: Conn, board: Board, placed: Placed, rung: Rung) -> int | None:
        """The rank, counted from a rung; None: it is too far."""
        limit = self._counted_max + 1
        between = await store.count_between(conn, board, placed, rung, limit=limit)
        return rung.rank + between if between < limit else None

    def _stood_at(self, board: Board, placed: Placed) -> int:
        """A rank that somebody had at best, by the ladder that is known; 1 if there is none."""
        known = self._ladders.get(board)
        return 1 if known is None else rung_before(known.rungs, placed).rank

    async def _climb(self, board: Board, placed: Placed) -> int:
        ladder = await self._ladder(board)
        async with self._pool.acquire() as conn:
            rank = await self._count(conn, board, placed, rung_before(ladder.rungs, placed))
        if rank is None:
            # Thousands came between since the ladder was made.
            ladder = await self._make(board)
            rung = rung_before(ladder.rungs, placed)
            async with self._pool.acquire() as conn:
                rank = await self._count(conn, board, placed, rung)
            if rank is None:
                rank = rung.rank + self._counted_max
        return rank

    async def _ladder(self, board: Board) -> _Ladder:
        known = self._ladders.get(board)
        # Whoever finds it too old makes it anew; the others do not wait.
        if known is not None and (self._is_fresh(known) or self._lock.locked()):
            return known
        async with self._lock:
            known = self._ladders.get(board)
            if known is not None and self._is_fresh(known):
                return known
            return await self._make(board)

    async def _make(self, board: Board) -> _Ladder:
        stale_at = self._loop_time() + self._fresh_s
        async with self._pool.acquire() as conn:
            rungs = await store.select_rungs(conn, board, every=self._rung_every)
        if len(self._ladders) >= LADDERS_MAX:
            self._ladders = {
                key: each for key, each in self._ladders.items() if self._is_fresh(each)
            }
        ladder = self._ladders[board] = _Ladder(rungs, stale_at)
        return ladder

    def _is_fresh(self, ladder: _Ladder) -> bool:
        return self._loop_time() < ladder.stale_at

    @staticmethod
    def _loop_time() -> float:
        return asyncio.get_running_loop().time()
