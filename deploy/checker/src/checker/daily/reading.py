"""Reads the figures of the daily report, and holds them against the ledgers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from checker.daily.figures import (
    CLASSES,
    MATURITIES,
    STATUSES,
    Coins,
    Daily,
    Diamonds,
    Money,
    Owed,
    Queue,
    Reserved,
    Waiting,
)
from checker.report import Finding
from checker.snapshot import Snapshot

NAMED_MAX: Final = 100
"""Of what waits, so many are named."""

_QUEUES: Final[Mapping[str, Sequence[str]]] = {
    "wallet": ("open_disputes", "parked_events", "open_errands", "open_alarms"),
    "payouts": ("held_payouts", "quarantined_gifts", "waiting_clawbacks"),
}
"""Each is a statement, and a name in the report."""
_OVERDUE_BY_AGE: Final = frozenset({"parked_events", "waiting_clawbacks"})
"""Nobody has told until when these may wait."""

_details = msgspec.json.Decoder(dict[str, str | int | bool]).decode


async def read(
    books: Mapping[str, Snapshot], *, at: datetime, overdue_after_h: int
) -> tuple[Daily, Sequence[Finding]]:
    """The figures, and whether they are those of the ledgers.

    Args:
        books: The services to look at, each as it is at one moment.
        at: Now.
        overdue_after_h: From what age on something is overdue of which nothing else says so.
    """
    found: list[Finding] = []
    coins = diamonds = None
    if (wallet := books.get("wallet")) is not None:
        coins, ties = await _coins(wallet)
        found += ties
    if (payouts := books.get("payouts")) is not None:
        diamonds, ties = await _diamonds(payouts, at)
        found += ties
    queues = {
        name: await _queue(each, name, at, overdue_after_h)
        for service, each in books.items()
        for name in _QUEUES.get(service, ())
    }
    letters = {
        service: (await each.row("count_dead_letters"))["count"] for service, each in books.items()
    }
    return Daily(at, coins, diamonds, queues, letters), found


async def _coins(books: Snapshot) -> tuple[Coins, Sequence[Finding]]:
    by_class = {row["class"]: row["coins"] for row in await books.rows("coins_outstanding")}
    money = tuple(Money(**row) for row in await books.rows("money_behind_coins"))
    accounts = {row["name"]: row["coins"] for row in await books.rows("coin_accounts")}
    viewers = await books.row("sum_viewers")
    held = (await books.row("sum_held"))["coins"]
    coins = Coins(
        outstanding={name: by_class.get(name, 0) for name in CLASSES},
        outstanding_coins=sum(by_class.values()),
        money_behind=money,
        held_by_disputes_coins=held,
        viewer_debt_coins=viewers["debt_coins"],
        asked_of_creators_coins=-accounts.get("creator_claim", 0),
        borne_by_reserve_coins=-accounts.get("reserve", 0),
        lost_by_platform_coins=-accounts.get("platform_loss", 0),
    )
    return coins, (
        _tie(
            "wallet",
            "coins outstanding are issued and not spent",
            sum(coins.outstanding.values()),
            -sum(accounts.values()),
        ),
        _tie("wallet", "coins outstanding are balances", coins.outstanding_coins, viewers["coins"]),
        _tie(
            "wallet",
            "each purchased coin has money behind it",
            sum(each.coins for each in money),
            coins.outstanding["purchased"],
        ),
        _tie(
            "wallet",
            "coins held by disputes are in the clearing account",
            held,
            accounts.get("reversal_clearing", 0),
        ),
        _tie(
            "wallet",
            "viewers' debt is receivable",
            coins.viewer_debt_coins,
            -accounts.get("receivable", 0),
        ),
    )


async def _diamonds(books: Snapshot, at: datetime) -> tuple[Diamonds, Sequence[Finding]]:
    owed = [Owed(**row) for row in await books.rows("owed_by_maturity", at.date())]
    reserved = [Reserved(**row) for row in await books.rows("open_payouts")]
    sums = await books.row("sum_diamonds")
    free = sum(each.micro_diamonds for each in owed)
    in_payouts = sum(each.micro_diamonds for each in reserved)
    diamonds = Diamonds(
        owed=tuple(sorted(owed, key=lambda each: MATURITIES.index(each.matures))),
        reserved=tuple(sorted(reserved, key=lambda each: STATUSES.index(each.status))),
        held_micro_diamonds=sums["held"],
        owed_micro_diamonds=free + in_payouts + sums["held"],
    )
    return diamonds, (
        _tie(
            "payouts",
            "diamonds owed and paid are all that were issued",
            diamonds.owed_micro_diamonds + sums["paid"],
            sums["issued"],
        ),
        _tie(
            "payouts",
            "open payouts are what is reserved",
            in_payouts,
            sums["taken"] - sums["paid"],
        ),
    )


def _tie(service: str, holds: str, told: int, ledger: int) -> Finding:
    """Whether a figure is the one that the ledger has."""
    differs = told != ledger
    examples = (f"the report says {told:,}, the ledger {ledger:,}",) if differs else ()
    return Finding("liability", service, holds, 1, int(differs), examples)


async def _queue(books: Snapshot, name: str, at: datetime, overdue_after_h: int) -> Queue:
    by_age = (overdue_after_h,) if name in _OVERDUE_BY_AGE else ()
    rows = await books.rows(name, at, NAMED_MAX, *by_age)
    if not rows:
        return Queue(0, 0, ())
    return Queue(
        rows[0]["total"],
        rows[0]["overdue"],
        tuple(
            Waiting(
                row["what"],
                row["since"],
                int((at - row["since"]).total_seconds()),
                row["due_at"],
                row["due_at"] is not None and row["due_at"] <= at,
                _details(row["details"]),
            )
            for row in rows
        ),
    )
