"""P9: a purchase that paid for thousands of gifts is taken back, through the three services.

Patrons buy coins and give them away, one at a time, to many creators. Then an operator takes a
payment back through the gateway, first while nothing else goes on, then while other viewers go on
giving. It is done when the wallet has booked the last answer of payouts: by then gifts has taken
back every gift and payouts what each had earned, which is counted afterwards.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import batched
from typing import NamedTuple
from uuid import UUID

import httpx
from documents import REVERSE_PURCHASE
from flowing import flowing
from funding import fund
from giving import Giving, cheap_items, new_gift, open_to_gifts, people, read_catalogue
from injector import Fed
from report import Figure, Verdict, percentile, publish
from stacks import SETTINGS, measured_stack, say, until, verdict

from chassis.db import Conn, Pool, open_pool, transact
from chassis.ids import uuid7
from gifts.commands.send_gifts import NewGift, Written, send_gifts
from local_stack import tokens
from local_stack.buying import Bought, buy
from local_stack.client import Client
from local_stack.stack import Stack

_GROUP = 500
_LOOK_EVERY_S = 0.01
_SLOT_S = 8.0
"""In which one reversal is made while gifts flow."""

_IS_SETTLED = """
SELECT
    (SELECT count(*) FROM reversal_leg WHERE reversal_id = $1 AND kind = 'creator_unmatured')
    = (SELECT count(*) FROM leg_settlement WHERE reversal_id = $1 AND cause_id = $1)
"""
_BORNE = "SELECT sum(covered_coins)::bigint FROM leg_settlement WHERE reversal_id = $1"
_REVERSED = "SELECT count(*) FROM gift WHERE gift_id = any($1::uuid[]) AND status = 'REVERSED'"
_ACCRUED = "SELECT count(*) FROM accrual WHERE gift_id = any($1::uuid[])"
_CLAWED = """
SELECT
    count(*) AS gifts,
    count(DISTINCT creator_id) AS creators
FROM clawback
WHERE reversal_id = $1 AND covered_coins > 0
"""


class _Books(NamedTuple):
    """The databases, looked at from outside."""

    wallet: Pool
    gifts: Pool
    payouts: Pool


class _Spent(NamedTuple):
    """A purchase whose coins are with creators by now."""

    purchase: Bought
    gift_ids: Sequence[UUID]


class _Taken(NamedTuple):
    """How long a reversal took from the operator's request on."""

    answered_s: float
    """The wallet has booked it and answered."""
    done_s: float
    """Every creator's share is settled, in all services."""


def main() -> int:
    """Run the benchmark; returns the exit status."""
    options = _options()
    with measured_stack() as stack:
        quiet, flowing, flow = asyncio.run(_measure(stack, options))
        checker = verdict(stack)
    meanwhile = {
        "gifts_accrued_per_s_meanwhile": round(flow.accrued / flow.seconds),
        "p50_ms_of_those": round(percentile(flow.latencies_ms, 50)),
        "p99_ms_of_those": round(percentile(flow.latencies_ms, 99)),
    }
    return publish(
        "p9",
        _figure("reversal in three services, gifts flowing", flowing, checker, options, meanwhile),
        _figure("the same, nothing else going on", quiet, checker, options, {}),
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gifts", type=int, default=10_000, help="of each purchase")
    parser.add_argument("--creators", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3, help="the median counts")
    parser.add_argument("--rate", type=float, default=1_000.0, help="gifts per second meanwhile")
    parser.add_argument("--viewers", type=int, default=5_000, help="who give those")
    return parser.parse_args()


async def _measure(
    stack: Stack, options: argparse.Namespace
) -> tuple[Sequence[_Taken], Sequence[_Taken], Fed]:
    creators = people("creator", options.creators)
    async with (
        _books(stack) as books,
        Client(stack.addresses.graphql) as client,
        httpx.AsyncClient(timeout=60, trust_env=False) as http,
    ):
        await open_to_gifts(books.gifts, creators)
        patrons = people("patron", 2 * options.rounds)
        say(f"{len(patrons)} patrons give {options.gifts:,} gifts each")
        spent = [
            await _give_all(stack, books, client, patron, creators, options) for patron in patrons
        ]
        await fund(stack, people("viewer", options.viewers))
        # The first of all pays for connections, plans and compilers.
        quiet = [await _reverse(stack, books, http, each) for each in spent[: options.rounds]]
        flowing, flow = await _reverse_in_flow(stack, books, http, spent[options.rounds :], options)
        return quiet, flowing, flow


@asynccontextmanager
async def _books(stack: Stack) -> AsyncGenerator[_Books]:
    wallet, gifts, payouts = [
        await open_pool(
            stack.addresses.database_dsn(stack.home, name), connections_max=2, application="bench"
        )
        for name in _Books._fields
    ]
    async with wallet, gifts, payouts:
        yield _Books(wallet, gifts, payouts)


async def _give_all(
    stack: Stack,
    books: _Books,
    client: Client,
    patron: str,
    creators: Sequence[str],
    options: argparse.Namespace,
) -> _Spent:
    """Buy coins for so many gifts and send them, as the gifts api writes what viewers ask for."""
    token = tokens.issue(stack.home, patron, "viewer")
    bundles = (await client.ask("Bundles", token))["nodes"]
    enough = [bundle for bundle in bundles if bundle["coins"] >= options.gifts]
    bought = await buy(client, token, patron, min(enough, key=lambda each: each["coins"]))
    catalogue = await read_catalogue(books.gifts)
    item = min(cheap_items(catalogue), key=lambda each: each.price_coins)
    assert item.price_coins == 1, "else the bundle is too small"
    gifts = [
        new_gift(patron, creators[number % len(creators)], item, catalogue)
        for number in range(options.gifts)
    ]
    for group in batched(gifts, _GROUP):

        async def send(conn: Conn, group: tuple[NewGift, ...] = group) -> Sequence[object]:
            return await send_gifts(conn, group)

        outcomes = await transact(books.gifts, send)
        assert all(type(each) is Written for each in outcomes)
    ids = [each.gift.gift_id for each in gifts]

    async def accrued() -> bool:
        return await books.payouts.fetchval(_ACCRUED, ids) == len(ids)

    await until(accrued, f"{len(ids):,} gifts have arrived")
    return _Spent(bought, ids)


async def _reverse(stack: Stack, books: _Books, http: httpx.AsyncClient, spent: _Spent) -> _Taken:
    """Take a payment back, wait until that is done everywhere, and count what it did."""
    reversal_id = uuid7()
    body = {
        "query": REVERSE_PURCHASE,
        "variables": {
            "input": {
                "reversalId": str(reversal_id),
                "purchaseId": spent.purchase.purchase_id,
                "reason": "MINOR_REFUND",
                "note": "a benchmark",
            }
        },
    }
    token = tokens.issue(stack.home, "otto", "operator:refunds")
    headers = {"authorization": f"Bearer {token}"}

    async def settled() -> bool:
        return await books.wallet.fetchval(_IS_SETTLED, reversal_id)

    began = time.perf_counter()
    response = await http.post(stack.addresses.graphql, json=body, headers=headers)
    answered_s = time.perf_counter() - began
    answer = response.json()["data"]["reversePurchase"]
    assert answer["__typename"] == "ReversePurchasePayload", answer
    await until(settled, "the reversal is settled", every_s=_LOOK_EVERY_S)
    taken = _Taken(answered_s, time.perf_counter() - began)
    say(f"  booked after {taken.answered_s:.2f} s, done after {taken.done_s:.2f} s")
    clawed = await books.payouts.fetchrow(_CLAWED, reversal_id)
    told = (
        await books.wallet.fetchval(_BORNE, reversal_id),
        await books.gifts.fetchval(_REVERSED, spent.gift_ids),
        clawed and clawed["gifts"],
    )
    assert told == (len(spent.gift_ids),) * 3, f"coins borne, gifts reversed, clawed back: {told}"
    return taken


async def _reverse_in_flow(
    stack: Stack,
    books: _Books,
    http: httpx.AsyncClient,
    spent: Sequence[_Spent],
    options: argparse.Namespace,
) -> tuple[Sequence[_Taken], Fed]:
    """The same while other viewers give to the same creators, one reversal in each slot of time."""
    giving = Giving(
        viewers=people("viewer", options.viewers),
        creators=people("creator", options.creators),
        star_share=0.2,
        trace_ratio=0.0,
    )
    say(f"{options.rate:,.0f} gifts per second flow")
    seconds = _SLOT_S * len(spent)
    async with flowing(stack, giving, rate=options.rate, seconds=seconds) as flow:
        slot = time.perf_counter()
        taken: list[_Taken] = []
        for each in spent:
            taken.append(await _reverse(stack, books, http, each))
            slot += _SLOT_S
            left_s = slot - time.perf_counter()
            assert left_s > 0, "a reversal took so long that gifts may not have flowed"
            await asyncio.sleep(left_s)
    return taken, flow.fed()


def _figure(
    name: str,
    taken: Sequence[_Taken],
    checker: Verdict,
    options: argparse.Namespace,
    more: Mapping[str, object],
) -> Figure:
    return Figure(
        name=name,
        value=statistics.median(each.done_s for each in taken),
        unit="s",
        checker=checker,
        settings={
            "bar_s": 5,
            "goal_s": 1,
            "gifts": options.gifts,
            "creators": options.creators,
            "rounds_s": [round(each.done_s, 3) for each in taken],
            "booked_after_s": [round(each.answered_s, 3) for each in taken],
            "stack_settings": dict(SETTINGS),
            **more,
        },
    )


if __name__ == "__main__":
    sys.exit(main())
