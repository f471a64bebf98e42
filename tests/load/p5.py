"""P5: one read of the gateway that needs all three services."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from callers import Caller
from documents import overview
from driving import Measured, drive
from funding import fund
from giving import cheap_items, new_gift, open_to_gifts, people, read_catalogue
from report import Figure, publish
from stacks import SETTINGS, measured_stack, pids, say, until, verdict

from chassis.db import open_pool, transact
from gifts.commands.send_gifts import send_gifts
from local_stack import tokens
from local_stack.stack import Stack

LEVELS = (16, 32, 64)
_GIFTS_EACH = 12
_COUNT_ACCRUED = "SELECT count(*) FROM accrual"


def main() -> int:
    """Run the benchmark; returns the exit status."""
    options = _options()
    with measured_stack() as stack:
        callers = asyncio.run(_prepare(stack))
        say(f"warming up for {options.warm_up:g} s")
        _drive(stack, callers, options.warm_up)
        measured: dict[int, Measured] = {}
        for count in LEVELS:
            measured[count] = _drive(stack, callers[:count], options.seconds)
            say(f"{count} callers: {measured[count].per_s:.0f}/s")
        checker = verdict(stack)
    figures = [
        Figure(
            name=f"federated read, {count} callers",
            value=each.per_s,
            unit="requests/s",
            p50_ms=each.p50_ms,
            p99_ms=each.p99_ms,
            cpu_us_per_item=each.total_cpu_us,
            checker=checker,
            settings={"bar": 350, "goal": 800, "stack_settings": dict(SETTINGS)} | each.settings(),
        )
        for count, each in measured.items()
    ]
    for each in measured.values():
        for example in each.examples:
            say(f"wrong: {example}")
    failures = sum(each.failures for each in measured.values())
    best = max(figures, key=lambda figure: figure.value)
    return publish("p5", best, *figures) or int(failures > 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0, help="per level")
    parser.add_argument("--warm-up", type=float, default=10.0, help="once, with all callers")
    return parser.parse_args()


def _drive(stack: Stack, callers: Sequence[Caller], seconds: float) -> Measured:
    return drive(
        stack.addresses.graphql,
        callers,
        pids(stack),
        expected='"lifetime":{"microDiamonds":',
        seconds=seconds,
    )


async def _prepare(stack: Stack) -> Sequence[Caller]:
    """People who have all sent gifts to their neighbour, and so received some."""
    everyone = people("person", max(LEVELS))
    await fund(stack, everyone)
    dsn = stack.addresses.database_dsn(stack.home, "gifts")
    async with await open_pool(dsn, connections_max=2, application="bench") as pool:
        await open_to_gifts(pool, everyone)
        catalogue = await read_catalogue(pool)
        items = cheap_items(catalogue)
        for item in (items * _GIFTS_EACH)[:_GIFTS_EACH]:
            gifts = [
                new_gift(person, everyone[i - 1], item, catalogue)
                for i, person in enumerate(everyone)
            ]
            await transact(pool, lambda conn, gifts=gifts: send_gifts(conn, gifts))
    dsn = stack.addresses.database_dsn(stack.home, "payouts")
    async with await open_pool(dsn, connections_max=2, application="bench") as pool:

        async def all_accrued() -> bool:
            return await pool.fetchval(_COUNT_ACCRUED) == _GIFTS_EACH * len(everyone)

        await until(all_accrued, "all gifts have been accrued")
    return [
        Caller(tokens.issue(stack.home, person, "viewer creator"), overview(person))
        for person in everyone
    ]


if __name__ == "__main__":
    sys.exit(main())
