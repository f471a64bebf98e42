"""Bring what was given, and what is taken back of it, to creators' boards."""

from collections.abc import Sequence

from chassis.db import Conn
from gifts.domain.board import Score, net_scores
from gifts.store import board as store


async def score_sent(conn: Conn, scores: Sequence[Score]) -> None:
    """Add gifts to the boards of the windows in which they were charged, however late that is told.

    What was to be taken back of them before they were known may be among them, behind them.

    Args:
        conn: The transaction that settles the gifts, which holds their creators' totals.
        scores: In the order in which they were charged.
    """
    await store.add_scores(conn, net_scores(scores))


async def score_reversed(conn: Conn, scores: Sequence[Score]) -> None:
    """Take gifts back where they were counted, also from windows that are over.

    Args:
        conn: The transaction that reverses the gifts, which holds their creators' totals.
        scores: Of gifts that were settled by transactions before.
    """
    await store.move_scores(conn, net_scores(scores))
