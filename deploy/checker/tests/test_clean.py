"""Books that are clean are called clean, after everything was looked at."""

from collections import Counter

import msgspec
import pytest
from checker_world import CREATORS, Copy, World

from chassis.testing.plugin import NewDatabase
from checker import Addresses, UnreadableBooksError, check
from checker.snapshot import SERVICES


async def test_a_world_at_rest_is_clean(world: World) -> None:
    """Every invariant of the spine was looked at, and none of them at nothing."""
    report = await check(world.addresses)

    assert report.clean, report.in_words()
    looked_at = {finding.invariant for finding in report.findings}
    assert looked_at == {
        *("drained", "INV1", "INV2", "INV3", "INV4", "INV5", "INV6", "INV7", "INV8", "INV9"),
        *("INV10", "battles", "trains", "limits", "holds", "operators", "letters", "regret"),
        "quarantine",
    }
    empty = {finding.of for finding in report.findings if not finding.compared}
    assert empty == {"all", "all → topic", "platform.dead_letter.v1"}
    assert not any(finding.skipped for finding in report.findings)


async def test_the_world_has_something_of_everything(world: World) -> None:
    """A guard: charges by one lot and by several, refusals of both kinds, purchases and bonus."""
    async with world.tampering("wallet") as conn:
        kinds = await conn.fetchrow("""
            SELECT
                count(*) FILTER (WHERE kind = 'charge' AND lot_ids IS NULL) AS by_one,
                count(*) FILTER (WHERE kind = 'charge' AND lot_ids IS NOT NULL) AS by_several,
                count(*) FILTER (WHERE outcome = 'insufficient_coins') AS refused,
                count(*) FILTER (WHERE outcome LIKE '%_limit_reached') AS limited,
                count(*) FILTER (WHERE kind = 'purchase') AS purchases,
                count(*) FILTER (WHERE kind = 'bonus') AS bonuses
            FROM movement
        """)
        reversals = await conn.fetchrow("""
            SELECT
                (SELECT count(*) FROM reversal) AS reversals,
                (SELECT count(*) FROM reversal_leg WHERE kind = 'payer_debt') AS debts,
                (SELECT count(*) FROM reversal WHERE is_held) AS held,
                (SELECT count(*) FROM reversal_settled) AS settled,
                (SELECT count(*) FROM minor_refund_part) AS parts_of_minor_refunds,
                (SELECT count(*) FROM reinstatement_leg) AS given_back,
                (SELECT count(*) FROM debt_entry WHERE kind = 'repaid') AS repaid
        """)
    assert kinds is not None
    assert min(kinds) >= 5
    assert reversals is not None
    assert min(reversals) >= 1


async def test_figures_tie_across_services(world: World) -> None:
    """C50: by gifter, by item and by day, what creators see adds up to their totals in gifts and to
    their earnings in payouts, after reversals and reinstatements; item by item too."""
    async with world.tampering("gifts") as conn:
        coins = {
            row["creator_id"]: row["coins"]
            for row in await conn.fetch("SELECT creator_id, coins FROM creator_total")
        }
        received = await conn.fetch("""
            SELECT
                creator_id,
                sender_id,
                item_id,
                (settled_at AT TIME ZONE 'UTC')::date AS day,
                price_coins - reversed_coins AS coins
            FROM gift
            WHERE status IN ('SENT', 'REVERSED')
        """)
    async with world.tampering("payouts") as conn:
        earned = {
            row["creator_id"]: row["earned"]
            for row in await conn.fetch("""
                SELECT creator_id, lifetime_micro_diamonds - clawed_micro_diamonds AS earned
                FROM creator_earning
            """)
        }
        figures = await conn.fetch("""
            SELECT
                creator_id,
                breakdown,
                day,
                key,
                coins - reversed_coins AS coins,
                micro_diamonds - reversed_micro_diamonds AS micro_diamonds
            FROM creator_figure
        """)

    assert any(row["coins"] == 0 for row in received), "something was taken back"
    for breakdown, key in (("GIFTER", "sender_id"), ("ITEM", "item_id"), ("DAY", None)):
        mine = [row for row in figures if row["breakdown"] == breakdown]
        told = Counter[tuple[str, ...]]()
        for row in received:
            told[row["creator_id"], str(row["day"]), row[key] if key else ""] += row["coins"]
        assert {
            (row["creator_id"], str(row["day"]), row["key"]): row["coins"] for row in mine
        } == dict(told)
        for creator, total in coins.items():
            assert sum(row["coins"] for row in mine if row["creator_id"] == creator) == total
            assert earned[creator] == sum(
                row["micro_diamonds"] for row in mine if row["creator_id"] == creator
            )


async def test_a_system_nobody_has_used_is_clean(new_database: NewDatabase) -> None:
    """Sums over no rows are nothing, not unknown."""
    dsns = {service: (await new_database(f"{service}.migrations")).dsn for service in SERVICES}

    report = await check(Addresses(**dsns))

    assert report.clean
    assert "clean" in report.in_words()


async def test_published_again_is_no_breach(broken: Copy, world: World) -> None:
    """A relay that dies before it moves its cursor publishes again: the same words are no news."""
    records = await world.records()

    copy = await broken(records=[*records, *records[len(records) // 2 :]])
    report = await check(copy.addresses)

    assert report.clean, report.in_words()


async def test_only_the_services_asked_for(world: World) -> None:
    """Without addresses of the others, or told not to look at them, one service stands alone."""
    alone = await check(msgspec.structs.replace(world.addresses, gifts=None, payouts=None))
    only = await check(world.addresses, only=["payouts"])

    assert alone.clean
    assert only.clean
    of = {finding.of for finding in alone.findings}
    assert {"wallet", "wallet → topic", "topic → wallet"} <= of
    assert not {"gifts", "payouts", "topic → payouts"} & of
    assert "payouts" in {finding.of for finding in only.findings}


async def test_nothing_to_look_at_is_not_clean(world: World) -> None:
    with pytest.raises(UnreadableBooksError, match="no database to look at"):
        await check(Addresses(kafka=world.kafka_servers))
    with pytest.raises(UnreadableBooksError, match="cannot be read"):
        await check(msgspec.structs.replace(world.addresses, topic_prefix="nobody."))


async def test_without_kafka_databases_are_compared(world: World) -> None:
    report = await check(msgspec.structs.replace(world.addresses, kafka=None))

    assert report.clean
    assert {"INV1", "INV2", "INV3", "INV7", "INV8", "INV9", "INV10"} <= {
        finding.invariant for finding in report.findings
    }
    assert "drained" in {finding.invariant for finding in report.findings}


async def test_per_creator_figures_are_of_all_services(world: World) -> None:
    report = await check(world.addresses)

    coins, _ = [finding for finding in report.findings if finding.invariant == "INV9"]
    assert coins.compared == len(CREATORS)
    assert coins.of == " = ".join(SERVICES)
