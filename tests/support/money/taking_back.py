"""Rules of what is taken back: refunds in parts, disputes, shares of a minor's gifts, and lies."""

from collections.abc import Sequence
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
from support.money.giving import WHO, Giving
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
SHARE_BPS = st.sampled_from([1, 1_000, 3_333, 5_000, 10_000])


class TakingBack(Giving):
    """Providers, banks and operators want money back, or do not any more."""

    @precondition(lambda self: self.purchases)
    @rule(which=WHICH, minor=MINOR, back=st.sampled_from([0, 0, 33, 100]))
    def refund(self, which: int, minor: int, back: int) -> None:
        """The totals told; late ones are less than what was told before."""
        self._refund(which, max(minor, back), back)

    @rule(
        who=WHO,
        gifts=st.integers(1, 4),
        bonus=st.sampled_from([0, 6]),
        totals=st.lists(MINOR, min_size=2, max_size=4, unique=True).map(sorted),
        arrives=st.booleans(),
        back=st.sampled_from([0, 33, 100]),
    )
    def refund_bit_by_bit(
        self, who: str, gifts: int, bonus: int, totals: list[int], arrives: bool, back: int
    ) -> None:
        """What went to several creators is taken back in parts, perhaps all of it in the end, and
        perhaps given back."""
        self.spend(who, 30, bonus, gifts)
        self.take_all_in()
        for total in totals:
            self._refund(-1, total, 0)
            if arrives:
                self.take_all_in()
        if back:
            self._refund(-1, max(totals[-1], back), back)
            self.take_all_in()

    @precondition(lambda self: self.purchases)
    @rule(which=WHICH, stage=st.sampled_from(["opened", "lost", "won"]))
    def dispute(self, which: int, stage: Stage) -> None:
        """Of all that was paid."""
        self._dispute(which, stage)

    @rule(
        who=WHO,
        gifts=st.integers(1, 3),
        stage=st.sampled_from(["opened", "lost"]),
        late=st.booleans(),
        won=st.booleans(),
    )
    def lose_it_again(self, who: str, gifts: int, stage: Stage, late: bool, won: bool) -> None:
        """What was given away is disputed: creators are asked, perhaps when it is theirs for good
        by then, and may have it back."""
        self.spend(who, 30, 0, gifts)
        self.take_all_in()
        self._dispute(-1, stage)
        if late:
            self.pass_time(timedelta(days=15))
            self.take_all_in()
        if won:
            self._dispute(-1, "won")

    def _refund(self, which: int, minor: int, back: int) -> None:
        told = ModelClaim("refund", minor, back, is_open=False)
        self._tell(which, Refunded(minor, back), "refund", told)

    def _dispute(self, which: int, stage: Stage) -> None:
        back = PAID if stage == "won" else 0
        told = ModelClaim("chargeback", PAID, back, is_open=stage == "opened")
        self._tell(which, Disputed("dp", stage, PAID, 0), "dispute:dp", told)

    def _tell(self, which: int, telling: Telling, name: str, told: ModelClaim) -> None:
        purchase, model = self.purchases[which % len(self.purchases)]
        event = reversing.claimed(purchase, telling)
        self.run(reversing.tell(self.pools["wallet"], event, at=self.clock.at))
        self.coins.tell(model, name, told)

    # ------------------------------------------------------------------ minors

    @precondition(lambda self: self.gift_ids)
    @rule(who=WHO, first=st.integers(1, 5), last=st.integers(1, 2), share_bps=SHARE_BPS)
    def refund_minor(self, who: str, first: int, last: int, share_bps: int) -> None:
        """From one of the latest gifts to another, a share of each."""
        self._refund_minor(who, first, last, share_bps)

    @rule(
        who=WHO,
        gifts=st.integers(2, 4),
        bonus=st.sampled_from([0, 5]),
        again=st.booleans(),
        late=st.booleans(),
        share_bps=SHARE_BPS,
        total=st.sampled_from([0, 55, 100]),
    )
    def be_too_young(
        self,
        who: str,
        gifts: int,
        bonus: int,
        again: bool,
        late: bool,
        share_bps: int,
        total: int,
    ) -> None:
        """A parent writes, perhaps twice, and perhaps the provider gives money back too."""
        self.spend(who, 30, bonus, gifts)
        if late:
            self.pass_time(timedelta(days=15))
        for _ in range(1 + again):
            self._refund_minor(who, gifts, 1, share_bps)
        if total:
            self._refund(-1, total, 0)

    def _refund_minor(self, who: str, first: int, last: int, share_bps: int) -> None:
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
        assert expected == {
            part.purchase_id: (part.plan.amount_minor, part.plan.coins) for part in seen.parts
        }, "of each purchase as much money and as many coins as the model says"
        for is_replayed in (False, True):
            assert self.run(self._book(order, refund_id, seen.digest)) is is_replayed

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
        assert len(buried) == 1, "what cannot be true is set aside"

    async def _dig_up(self) -> Sequence[Record]:
        pool = self.pools["payouts"]
        return await pool.fetch("DELETE FROM dead_letter RETURNING reason")
