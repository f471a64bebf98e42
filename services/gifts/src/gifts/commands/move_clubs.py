"""Let those who give join fan clubs, stay in them and rise there."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import dropwhile
from typing import NamedTuple

from chassis.db import Conn
from gifts.domain.board import Score, ScoreKey, Total
from gifts.domain.fan_club import Change, ClubLedger, Joining, parts
from gifts.domain.level_table import LevelTables
from gifts.store import fan_club as store


class Moved(NamedTuple):
    """What came of giving."""

    levels: Mapping[ScoreKey, int]
    """In the clubs, of all members who gave."""
    changes: Sequence[Change]
    """To be told, in order."""


async def move_clubs(
    conn: Conn,
    scores: Sequence[Score],
    totals: Mapping[ScoreKey, Total],
    tables: LevelTables,
    *,
    at: datetime,
) -> Moved:
    """Add gifts to the clubs of those to whom they were given.

    Args:
        conn: The transaction that settles the gifts, which holds their creators' totals.
        scores: In the order in which they were charged; what was taken back at once is behind.
        totals: What each who gave has given each creator by now.
        tables: All of them.
        at: Now.
    """
    table = tables.in_force(at)
    given = [score for score in scores if score.gift_id is not None]
    if table is None or not given:
        return Moved({}, ())
    items = {each.club_item_id for each in tables.versions}
    ledger = ClubLedger(tables)
    for part in parts(given, tables):
        await _write(conn, ledger)
        standings = await store.select_standings(conn, {score.key for score in part})
        ledger.know(standings)
        known = {standing.member.key for standing in standings}
        known |= {score.key for score in part if score.item_id in items}
        for score in part if known else ():
            if score.key in known:
                ledger.give(score, partial(_coins_before, score, scores, totals))
    changes = ledger.rise(totals, table)
    await _write(conn, ledger)
    return Moved(ledger.levels, changes)


async def _write(conn: Conn, ledger: ClubLedger) -> None:
    if ledger.active:
        await store.note_active(conn, ledger.active)
    if ledger.changed:
        await store.ensure_members(conn, list(ledger.changed.values()))


async def leave_clubs(conn: Conn, gifts: Sequence[Joining]) -> Sequence[Change]:
    """End memberships of which the gift was taken back by which they began, or let them go on.

    Points are those on boards, and have gone back there.

    Args:
        conn: The transaction that takes the gifts back, which holds their creators' totals.
        gifts: Each once.

    Returns:
        What is to be told.
    """
    if not gifts:
        return ()
    members = await store.take_back_joining(conn, gifts)
    return [
        Change(
            member,
            "ENDED" if member.is_taken_back else "RESUMED",
            None,
            member.joined_gift_id,
        )
        for member in members
    ]


def _coins_before(score: Score, scores: Sequence[Score], totals: Mapping[ScoreKey, Total]) -> int:
    """What somebody had given before a gift: their total without it and what came after it."""
    from_there = dropwhile(lambda each: each is not score, scores)
    return totals[score.key].coins - sum(each.coins for each in from_there if each.key == score.key)
