"""Rules of what is taken back: refunds in parts, disputes, shares of a minor's gifts, and lies."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from chassis.db import Conn, Record, transact
from chassis.ids import uuid7
from chassis.operators import Act
from contracts.gifts.v1 import GiftReversed
from gifts.commands.undo_gift import undo_gift
from gifts.domain.refusals import GiftNotChargedError, GiftTakenBackError
from support.money.giving import WHO
from support.money.paying_out import PayingOut
from support.money.same import same
from support.money.shop import PAID
from wallet.commands.plan_minor_refund import preview_minor_refund
from wallet.commands.refund_minor import refund_minor
from wallet.domain.claims import Disputed, Refunded, Stage, Telling
from wallet.domain.minor_refund import MinorRefundOrder, MinorRefundPlan, NothingToRefundError
from wallet.testing import reversing
from wallet.testing.coin_model import ModelClaim
from wallet.testing.minor_model import take_share

WHICH = st.integers(-3, 2)
MINOR = st.sampled_from([10, 33, 55, 77, 100])
SHARE_OF_GIFTS_BPS = st.sampled_from([1, 1_000, 3_333, 5_000, 10_000])


class TakingBack(PayingOut):
    """Providers, banks and operators want money back, or do not any more."""

    @precondition(lambda self: self.purchases)
    @rule(which=WHICH, minor=MINOR, back=st.sampled_from([0, 0, 33, 100]))
    def refund(self, which: int, minor: int, back: int) -> None:
        """The totals told; late ones are less than what was told before."""
        minor = max(minor, back)
        told = ModelClaim("refund", minor, back, is_open=False)
        self._tell(which, Refunded(minor, back), "refund", told)

    @precondition(lambda self: self.purchases)
    @rule(which=WHICH, stage=st.sampled_from(["opened", "lost", "won"]))
    def dispute(self, which: int, stage: Stage) -> None:
        """Of all that was paid."""
        back = PAID if stage == "won" else 0
        told = ModelClaim("chargeback", PAID, back, is_open=stage == "opened")
        self._tell(which, Disputed("dp", stage, PAID, 0), "dispute:dp", told)

    def _tell(self, which: int, telling: Telling, name: str, told: ModelClaim) -> None:
        purchase, model = self.purchases[which % len(self.purchases)]
        event = reversing.claimed(purchase, telling)
        self.run(reversing.tell(self.pools["wallet"], event, at=self.clock.at))
        self.coins.tell(model, name, told)

    # ------------------------------------------------------------------ regret

    @rule(which=st.integers(-4, 4), again=st.booleans())
    def regret(self, which: int, again: bool) -> None:
        """A gift is undone by its sender, perhaps while it is being charged, perhaps late."""
        sent = self.run(self._sent())
        if not sent:
            return
        gift_id, sender = sent[which % len(sent)]
        for _ in range(1 + again):
            with suppress(GiftNotChargedError, GiftTakenBackError):
                self.run(self._undo(gift_id, sender))

    async def _sent(self) -> Sequence[Record]:
        pool = self.pools["gifts"]
        return await pool.fetch(
            "SELECT gift_id, sender_id FROM gift WHERE sender_id LIKE $1 || '-%' ORDER BY seq",
            self.name,
        )

    async def _undo(self, gift_id: UUID, sender: str) -> None:
        async def work(conn: Conn) -> None:
            await undo_gift(conn, gift_id, sender, timedelta(days=10_000), at=self.clock.at)

        await transact(self.pools["gifts"], work)

    # ------------------------------------------------------------------ minors

    @precondition(lambda self: self.gift_ids)
    @rule(who=WHO, first=st.integers(1, 5), last=st.integers(1, 2), share_bps=SHARE_OF_GIFTS_BPS)
    def refund_minor(self, who: str, first: int, last: int, share_bps: int) -> None:
        """From one of the latest gifts to another, a share of each."""
        owner = self.named(who)
        mine = [number for number in range(len(self.gift_ids)) if self.payers[number] == owner]
        if not mine:
            return
        charged_at = {number: self.charged[self.gift_ids[number]] for number in mine}
        begin = charged_at[mine[-min(first, len(mine))]]
        end = max(begin, charged_at[mine[-min(last, len(mine))]]) + timedelta(microseconds=1)
        order = MinorRefundOrder(owner, begin, end, share_bps)
        gifts = {number for number in mine if begin <= charged_at[number] < end}
        refund_id = uuid7()
        claim = f"operator:{refund_id}"
        parts = take_share(self.coins, owner, gifts, Fraction(share_bps, 10_000), claim)
        if not parts:
            with pytest.raises(NothingToRefundError):
                self.run(self._preview(order))
            return
        seen = self.run(self._preview(order))
        expected = {
            purchase.purchase_id: (part.amount, part.coins)
            for part in parts
            for purchase, model in self.purchases
            if model is part.purchase
        }
        found = {part.purchase_id: (part.plan.amount_minor, part.plan.coins) for part in seen.parts}
        same("money and coins that a minor refund takes of each purchase", found, expected)
        for is_replayed in (False, True):
            done = self.run(self._book(order, refund_id, seen.digest))
            same("the refund was booked before", done, is_replayed)

    async def _preview(self, order: MinorRefundOrder) -> MinorRefundPlan:
        async with self.pools["wallet"].acquire() as conn:
            return await preview_minor_refund(conn, order, at=self.clock.at)

    async def _book(self, order: MinorRefundOrder, refund_id: UUID, digest: str) -> bool:
        """Whether it was there before."""
        act = Act("otto", "a parent has written", self.clock.at)

        async def work(conn: Conn) -> bool:
            done = await refund_minor(conn, refund_id, order, act, expected_digest=digest)
            assert done is not None, "it is not so much that two have to ask for it"
            return done.replayed

        return await transact(self.pools["wallet"], work)

    # ------------------------------------------------------------------ lies

    @precondition(lambda self: self.creators.legs)
    @rule(which=WHICH)
    def tell_a_lie(self, which: int) -> None:
        """A coin more than is left of what a lot paid for a gift would be taken back: payouts sets
        that aside, and nothing comes of it."""
        asked = [
            slice_ for slice_, part in self.creators.parts.items() if self.creators.asked(part)
        ]
        if not asked:
            return
        gift_id, lot_id = asked[which % len(asked)]
        creator = self.creators.parts[gift_id, lot_id].creator
        partition = self.bus.partition(creator)
        self.take_in(self.earnings, partition, 1_000)
        part = self.creators.parts[gift_id, lot_id]
        lie = GiftReversed(
            reversal_id=uuid7(),
            position=0,
            gift_id=gift_id,
            creator_id=creator,
            lot_id=lot_id,
            coins=part.given - self.creators.asked(part) + 1,
            reason="refund",
            reversed_at=self.clock.at,
        )
        self.lies.add(lie.reversal_id)
        self.bus.tell(lie)
        self.take_in(self.earnings, partition, 1)
        buried = self.run(self._dig_up())
        # The database would refuse it too, but for another reason.
        reason = f"gift {gift_id}: more would be taken back than the lot had paid"
        same("why a lie is set aside", [row["reason"] for row in buried], [reason])

    async def _dig_up(self) -> Sequence[Record]:
        pool = self.pools["payouts"]
        return await pool.fetch("DELETE FROM dead_letter RETURNING reason")
