"""What was undone before a charge does not count against the caps that the charge met."""

import pytest
from checker_world import Copy, World

from checker.questions import ask, questions
from checker.report import Finding
from checker.snapshot import snapshot

_PAYER = """
SELECT
    account_id,
    sum(-coins)::bigint AS coins,
    (array_agg(movement_id ORDER BY version))[1] AS first_charge,
    max(version) AS last_version
FROM movement
WHERE
    kind = 'charge'
    AND outcome = 'posted'
    AND account_id NOT IN (SELECT account_id FROM charge_undo)
GROUP BY account_id
HAVING count(*) > 1
ORDER BY coins DESC
LIMIT 1
"""
_UNDONE = """
INSERT INTO charge_undo
SELECT movement_id, movement_id, account_id, $2 - 1, -coins, 'undo', now(), now()
FROM movement
WHERE movement_id = $1
"""
_CAPS = "UPDATE platform_caps SET charge_coins = $1, day_coins = $1, week_coins = $2"


@pytest.mark.parametrize(("days", "week_more"), [(0, 1_000_000), (2, 0)], ids=["day", "week"])
async def test_undone_coins_make_room_under_a_cap(broken: Copy, days: int, week_more: int) -> None:
    """One coin less than all that a payer spent is their cap: only an undo makes that fit."""
    copy = await broken()
    async with copy.tampering("wallet") as conn:
        payer = await conn.fetchrow(_PAYER)
        assert payer is not None, "somebody gave twice and regretted nothing"
        await conn.execute(
            "UPDATE movement SET posted_at = posted_at - make_interval(days => $2)"
            " WHERE movement_id = $1",
            payer["first_charge"],
            days,
        )
        await conn.execute(_CAPS, payer["coins"] - 1, payer["coins"] - 1 + week_more)
        before = await _asked(copy)
        await conn.execute(_UNDONE, payer["first_charge"], payer["last_version"])
        after = await _asked(copy)

    assert before.wrong - after.wrong == 1


async def _asked(copy: World) -> Finding:
    [question] = [each for each in questions("wallet") if each.statement == "caps_hold"]
    async with snapshot("wallet", copy.dsn("wallet")) as books:
        return await ask(books, question)
