"""INV9 and what belongs to it: per creator and per lot, across services."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from datetime import date

from chassis.db import Record
from checker.report import Finding
from checker.snapshot import Snapshot
from checker.told import EarningsTold, StatesTold

_EXAMPLES = 5


async def merged[KeyT: (str, int)](
    streams: Mapping[str, AsyncGenerator[Record]], key: Callable[[Record], KeyT]
) -> AsyncGenerator[tuple[KeyT, dict[str, Record]]]:
    """Walk through streams that are in the order of `key`, and give what each has for a key."""
    heads: dict[str, Record] = {}
    iterators: dict[str, AsyncIterator[Record]] = {name: aiter(s) for name, s in streams.items()}

    async def advance(name: str) -> None:
        try:
            heads[name] = await anext(iterators[name])
        except StopAsyncIteration:
            heads.pop(name, None)

    for name in iterators:
        await advance(name)
    while heads:
        least = min(key(head) for head in heads.values())
        here = {name: head for name, head in heads.items() if key(head) == least}
        yield least, here
        for name in here:
            await advance(name)


async def coins_agree(snapshots: Mapping[str, Snapshot]) -> Finding:
    """INV9: coins charged for gifts, gifts sent and coins that diamonds were accrued for."""
    compared, wrong, examples = 0, 0, list[str]()
    streams = {name: each.stream("select_creators") for name, each in snapshots.items()}
    async with aclosing(merged(streams, lambda row: row["creator_id"])) as creators:
        async for creator_id, rows in creators:
            compared += 1
            amounts = {
                name: (rows[name]["gifts"], rows[name]["coins"]) if name in rows else (0, 0)
                for name in snapshots
            }
            if len(set(amounts.values())) > 1:
                wrong += 1
                told = ", ".join(
                    f"{name} {gifts:,} gifts of {coins:,} coins"
                    for name, (gifts, coins) in amounts.items()
                )
                examples.append(f"{creator_id}: {told}")
                del examples[_EXAMPLES:]
    return Finding(
        "INV9",
        " = ".join(snapshots),
        "per creator: charged = sent = accrued for",
        compared,
        wrong,
        tuple(examples),
    )


async def reversed_coins_agree(snapshots: Mapping[str, Snapshot]) -> Finding:
    """INV9: coins taken back of a creator's gifts; gifts does not know what of them is borne."""
    compared, wrong, examples = 0, 0, list[str]()
    streams = {name: each.stream("select_reversed") for name, each in snapshots.items()}
    async with aclosing(merged(streams, lambda row: row["creator_id"])) as creators:
        async for creator_id, rows in creators:
            compared += 1
            coins = {name: rows[name]["coins"] if name in rows else 0 for name in snapshots}
            covered = {
                name: rows[name]["covered_coins"] if name in rows else 0
                for name in snapshots
                if name != "gifts"
            }
            if len(set(coins.values())) > 1 or len(set(covered.values())) > 1:
                wrong += 1
                told = ", ".join(
                    f"{name} {each:,} coins, {covered.get(name, 0):,} borne"
                    for name, each in coins.items()
                )
                examples.append(f"{creator_id}: {told}")
                del examples[_EXAMPLES:]
    return Finding(
        "INV9",
        " = ".join(snapshots),
        "per creator: asked for = taken back = settled",
        compared,
        wrong,
        tuple(examples),
    )


async def earnings_agree(payouts: Snapshot, told: EarningsTold) -> Finding:
    """INV5: what was told of a creator's earnings, event by event, is what the account holds."""
    compared, broken = 0, dict(told.broken)
    left = dict(told.lifetimes)
    async with aclosing(payouts.stream("select_earnings")) as rows:
        async for row in rows:
            compared += 1
            creator_id, has = row["creator_id"], row["lifetime_micro_diamonds"]
            last = left.pop(creator_id, 0)
            if last != has:
                broken.setdefault(creator_id, f"{creator_id}: told of {last:,}, has {has:,}")
    for creator_id in left:
        broken.setdefault(creator_id, f"{creator_id}: told of {left[creator_id]:,}, has nothing")
    return Finding(
        "INV5",
        "payouts → topic",
        "earnings told add up to the creator's account",
        compared,
        len(broken),
        tuple(sorted(broken.values())[:_EXAMPLES]),
    )


async def states_agree(payouts: Snapshot, told: StatesTold) -> Finding:
    """INV5: what creators were told last is pending and available, is so."""
    compared, broken = 0, dict(told.broken)
    left = dict(told.newest)
    async with aclosing(payouts.stream("select_earnings")) as rows:
        async for row in rows:
            compared += 1
            creator_id = row["creator_id"]
            has = (
                row["version"],
                row["pending_micro_diamonds"],
                row["available_micro_diamonds"],
            )
            last = left.pop(creator_id, None)
            # Of what was earned before anything was told, nothing is told until it changes.
            if last != has and (has[0] > 0 or last is not None):
                broken.setdefault(creator_id, f"{creator_id}: told {last}, has {has}")
    for creator_id, last in left.items():
        broken.setdefault(creator_id, f"{creator_id}: told {last}, has nothing")
    return Finding(
        "INV5",
        "payouts → topic",
        "the newest earnings told are the creator's",
        compared,
        len(broken),
        tuple(sorted(broken.values())[:_EXAMPLES]),
    )


async def lots_agree(wallet: Snapshot, payouts: Snapshot) -> Finding:
    """INV8: a coin keeps its class and its maturity from the lot to the diamond."""
    compared, wrong, examples = 0, 0, list[str]()
    streams = {
        name: each.stream("select_lots")
        for name, each in (("wallet", wallet), ("payouts", payouts))
    }
    async with aclosing(merged(streams, lambda row: row["lot_id"])) as lots:
        async for lot_id, rows in lots:
            if "payouts" not in rows:
                continue
            compared += 1
            fault = _fault(rows.get("wallet"), rows["payouts"])
            if fault is not None:
                wrong += 1
                examples.append(f"lot {lot_id}: {fault}")
                del examples[_EXAMPLES:]
    return Finding(
        "INV8",
        "wallet = payouts",
        "diamonds keep their lots' class and maturity",
        compared,
        wrong,
        tuple(examples),
    )


def _fault(lot: Record | None, made: Record) -> str | None:
    """What payouts made of a lot that it should not have."""
    if lot is None:
        return "the wallet has no such lot"
    classes = {made["first_class"], made["last_class"]}
    if classes != {lot["class"]}:
        return f"its class is {lot['class']}, diamonds were accrued as {', '.join(sorted(classes))}"
    matures_on: date = lot["matures_on"]
    days = {made["matures_first"], made["matures_last"]} - {None, matures_on}
    if days:
        return f"it matures on {matures_on}, diamonds on {', '.join(map(str, sorted(days)))}"
    when_sent: date | None = made["matured_when_sent"]
    if made["matured_too_early"] or (when_sent is not None and matures_on > when_sent):
        return f"it matures on {matures_on}, some diamonds matured before"
    return None
