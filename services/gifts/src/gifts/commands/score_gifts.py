"""Bring what was given, and what is taken back of it, to creators' boards."""

from collections.abc import Sequence

from chassis.db import Conn
from gifts.domain.board import Score, ScoreKey, Total, net_scores
from gifts.store import board as store


async def score_sent(conn: Conn, scores: Sequence[Score]) -> dict[ScoreKey, Total]:
    """Add gifts to the boards of the windows in which they were charged, however late that is told.

    Args:
        conn: The transaction that settles the gifts, which holds their creators' totals.
        scores: In the order in which they were charged; and, negative, what was to be taken back of
            them before they were known.

    Returns:
        What all is that those who gave them have given their creators by now.
    """
    totals = await store.add_scores(conn, net_scores(each for each in scores if each.coins > 0))
    # Apart: what is lost in an hour that is over costs nobody their place in the one after it.
    lost = [each for each in scores if each.coins < 0]
    await score_reversed(conn, lost)
    for each in lost:
        total = totals[each.key]
        totals[each.key] = total._replace(coins=total.coins + each.coins)
    return totals


async def score_reversed(conn: Conn, scores: Sequence[Score]) -> None:
    """Take gifts back where they were counted, also from windows that are over.

    Args:
        conn: The transaction that reverses the gifts, which holds their creators' totals.
        scores: Of gifts that were counted before.
    """
    await store.move_scores(conn, net_scores(scores))
