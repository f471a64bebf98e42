"""What must hold after every step, and what in the end: each service's books beside the models."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from hypothesis.stateful import invariant

from chassis import sql
from chassis.db import Record
from support.money.following import Following
from support.money.same import same
from support.money.shop import AGENCIES, CREATORS, RESERVE_MAX
from wallet.testing.coin_model import ModelPurchase, gift_of

STATEMENTS = sql.load("support.money", "books.sql")

type Answers = Mapping[str, list[Record]]
"""By the name of the statement."""


class Books(Following):
    """The models, and what the services would answer."""

    @invariant()
    def books_are_as_the_models_say(self) -> None:
        """As far as each service has been told."""
        wallet, payouts = self.run(self._read())
        self._wallets(wallet)
        self._losses(wallet)
        self._earnings(payouts)
        self._payouts(payouts)

    async def _read(self) -> tuple[Answers, Answers]:
        ids = [purchase.purchase_id for purchase, _ in self.purchases]
        return await asyncio.gather(
            self._ask(
                "wallet",
                select_wallets=[self.name],
                select_losses=[ids],
                select_unbalanced_reversals=[ids],
                select_purchases=[ids],
                select_held=[ids],
            ),
            self._ask(
                "payouts",
                select_earnings=[self.name, self.today],
                select_payouts=[self.name],
                select_withheld=[self.name],
                select_due=[self.name],
                select_commissions=[self.name, self.clock.at],
            ),
        )

    async def _ask(self, service: str, **wanted: list[Any]) -> Answers:
        async with self.pools[service].acquire() as conn:
            return {
                name: await conn.fetch(STATEMENTS[name], *args) for name, args in wanted.items()
            }

    def _wallets(self, found: Answers) -> None:
        for owner, coins, debt in found["select_wallets"]:
            expected = (len(self.coins.wallet(owner)), self.coins.debts[owner])
            same(f"coins and debt of {owner}", (coins, debt), expected)

    def _losses(self, found: Answers) -> None:
        lost: dict[Any, Counter[Any]] = {}
        for purchase_id, kind, party, lot_class, coins in found["select_losses"]:
            lost.setdefault(purchase_id, Counter())[kind, party, lot_class] = coins
        statuses = _pairs(found["select_purchases"])
        held = _pairs(found["select_held"])
        for number, (purchase, model) in enumerate(self.purchases):
            purchase_id, what = purchase.purchase_id, f"purchase {number}"
            losses = lost.get(purchase_id, Counter())
            same(f"who bears {what}", dict(losses), dict(self.coins.losses(model)))
            same(f"status of {what}", statuses[purchase_id], _status(model))
            same(f"coins held of {what}", held.get(purchase_id, 0), _held(model))
        same("reversals that are not their legs", found["select_unbalanced_reversals"], [])

    def _earnings(self, found: Answers) -> None:
        creators = [self.named(who) for who in CREATORS]
        earnings = dict.fromkeys(creators, (0, 0, 0)) | {
            creator: (has, available, paid)
            for creator, has, available, paid in found["select_earnings"]
        }
        expected = {
            creator: (
                self.creators.has(creator),
                self.creators.available(creator, self.today),
                self.creators.has_been_paid(creator),
            )
            for creator in creators
        }
        same("what creators have, can be paid, and were paid", earnings, expected)

    def _payouts(self, found: Answers) -> None:
        money = self.money
        statuses = {each.payout_id: each.status for each in money.payouts}
        same("payouts", _pairs(found["select_payouts"]), statuses)
        owners = {each.owner for each in money.payouts}
        withheld: dict[str, dict[int, int]] = {}
        for owner, year, tax in found["select_withheld"]:
            withheld.setdefault(owner, {})[year] = tax
        taxes = {owner: money.tax(owner) for owner in owners if money.tax(owner)}
        same("the tax office is owed", withheld, taxes)
        due = {owner: money.due(owner) for owner in owners if money.due(owner)}
        same("creators are owed of what was withheld", _pairs(found["select_due"]), due)
        agencies = [self.named(who) for who in AGENCIES]
        commissions = dict.fromkeys(agencies, (0, 0)) | {
            agency: (available, pending)
            for agency, available, pending in found["select_commissions"]
        }
        expected = {agency: money.commission(agency, self.clock.at) for agency in agencies}
        same("agencies are owed, and wait for", commissions, expected)

    # ------------------------------------------------------------------ the end

    def teardown(self) -> None:
        """Everything arrives, and then who has lost what is as the models say."""
        if not self.methods:
            return
        self.take_all_in()
        same("what waits for its gift", self.waiting, [])
        self.books_are_as_the_models_say()
        ids = [purchase.purchase_id for purchase, _ in self.purchases]
        self._gifts(
            self.run(self._ask("gifts", select_gifts=[self.name], select_totals=[self.name]))
        )
        self._settlements(self.run(self._ask("wallet", select_settled=[ids])))

    def _gifts(self, found: Answers) -> None:
        asked = Counter(
            gift_of(coin)
            for _, purchase in self.purchases
            for lot in purchase.lots
            for coin in lot.coins
            if coin.bearer == "creator_unmatured"
        )
        gifts = {row["gift_id"]: row for row in found["select_gifts"]}
        totals: Counter[tuple[str, str]] = Counter()
        for number, gift_id in enumerate(self.gift_ids):
            _, status, price, reversed_coins = gifts.pop(gift_id)
            taken = asked[number] + self.undone[gift_id]
            left = price - taken
            expected = (taken, "SENT" if left else "REVERSED")
            same(f"taken back of gift {number}", (reversed_coins, status), expected)
            totals[self.coins.gifts[number], "coins"] += left
            totals[self.coins.gifts[number], "gifts"] += left > 0
        same(
            "gifts that nobody paid for",
            {row["status"] for row in gifts.values()} - {"REFUSED"},
            set(),
        )
        for creator, coins, count in found["select_totals"]:
            expected = (totals[creator, "coins"], totals[creator, "gifts"])
            same(f"coins and gifts of {creator}", (coins, count), expected)

    def _settlements(self, found: Answers) -> None:
        """Others bear what creators do not: the reserve up to its limit, unless it got back."""
        for reversal, covered, reserve, loss, gave_back in found["select_settled"]:
            uncovered = self.creators.uncovered(reversal)
            expected = (self.creators.covered(reversal), uncovered)
            same(f"borne of reversal {reversal}", (covered, reserve + loss), expected)
            limit = min(uncovered, RESERVE_MAX)
            if gave_back:
                same("the reserve bears no more than it may", 0 <= reserve <= limit, True)
            else:
                same(f"borne by the reserve of {reversal}", reserve, limit)


def _pairs(rows: Iterable[Record]) -> Mapping[Any, Any]:
    """Rows of a key and a value."""
    return {key: value for key, value in rows}  # noqa: C416 - a row is no pair for the type checker


def _status(purchase: ModelPurchase) -> str:
    wanted = [claim for claim in purchase.claims.values() if claim.net]
    if not wanted:
        return "CREDITED"
    if any(claim.is_open for claim in wanted):
        return "DISPUTED"
    if any(claim.kind == "chargeback" for claim in wanted):
        return "CHARGED_BACK"
    whole = sum(claim.net for claim in wanted) >= purchase.amount
    return "REFUNDED" if whole else "PARTIALLY_REFUNDED"


def _held(purchase: ModelPurchase) -> int:
    """Coins that wait for a dispute's end."""
    return sum(len(claim.order) for claim in purchase.claims.values() if claim.is_open)
