"""Rules of money out: payouts of creators and agencies, their forms and contracts, and returns."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from chassis.db import transact
from chassis.ids import uuid7
from chassis.operators import Act
from payouts.commands.decide_held_payout import (
    DecideHeldPayout,
    HeldDecision,
    decide_held_payout,
)
from payouts.domain.payout import Payout
from payouts.domain.refusals import (
    AmountInvalidError,
    CommissionAmountInvalidError,
    CommissionBelowMinimumError,
    FeesExceedPayoutError,
    InsufficientCommissionsError,
    InsufficientDiamondsError,
    MethodUnavailableError,
    PayoutBelowMinimumError,
    TaxFormNeededError,
)
from payouts.domain.transfer import transfer_key
from payouts.edge.payout_run import PayoutRun
from payouts.testing import agreeing, paying
from support.money.declaring import Declaring
from support.money.giving import WHOM, Giving
from support.money.payout_model import ModelPayout
from support.money.same import same
from support.money.shop import AGENCIES

PART = st.sampled_from([Fraction(1), Fraction(1), Fraction(1, 2), Fraction(1, 3)])
AGENCY = st.sampled_from(AGENCIES)
TOO_LITTLE = (AmountInvalidError, PayoutBelowMinimumError, FeesExceedPayoutError)
TOO_LITTLE_COMMISSION = (CommissionAmountInvalidError, CommissionBelowMinimumError)


class PayingOut(Declaring, Giving):
    """Whoever is loved is paid, if not all of it."""

    @rule(whom=WHOM, part=PART, days_ahead=st.sampled_from([0, 0, 20]))
    def ask_for_payout(self, whom: str, part: Fraction, days_ahead: int) -> None:
        """Perhaps of a clock that runs ahead, by which more is safe than elsewhere."""
        creator, at = self.named(whom), self.clock.at + timedelta(days=days_ahead)
        asked = int(self.creators.available(creator, at.date()) * part)
        payout_id = uuid7()
        quoted = self.money.quote(payout_id, creator, asked, at)
        work = paying.request(
            self.pools["payouts"], self.methods[creator], asked, payout_id=payout_id, at=at
        )
        if quoted.gross < 1 or quoted.net < 1:
            with pytest.raises(TOO_LITTLE):
                self.run(work)
            return
        self._promise(quoted, self.run(work).payout)
        quoted.got = self.creators.reserve(creator, quoted.micro_diamonds, at.date())

    @rule(whom=WHOM)
    def ask_for_too_much(self, whom: str) -> None:
        creator = self.named(whom)
        more = self.creators.available(creator, self.today) + 1
        with pytest.raises(InsufficientDiamondsError):
            self.run(
                paying.request(self.pools["payouts"], self.methods[creator], more, at=self.clock.at)
            )

    @rule(agency=AGENCY, part=PART)
    def collect(self, agency: str, part: Fraction) -> None:
        """An agency wants what it has earned."""
        owner = self.named(agency)
        available, _ = self.money.commission(owner, self.clock.at)
        if available <= 0:
            return
        if owner not in self.methods:
            self.run(self.open_account(owner))
        with pytest.raises(InsufficientCommissionsError):
            self.run(self._collecting(owner, available + 1))
        quoted = self.money.quote_commission(uuid7(), owner, int(available * part), self.clock.at)
        work = self._collecting(owner, quoted.gross)
        if quoted.gross < 1 or quoted.net < 1:
            with pytest.raises(TOO_LITTLE_COMMISSION):
                self.run(work)
            return
        payout = self.run(work)
        quoted.payout_id = payout.payout_id
        self._promise(quoted, payout)

    async def _collecting(self, owner: str, amount: int) -> Payout:
        pool, method = self.pools["payouts"], self.methods[owner]
        return (await agreeing.collect(pool, method, amount, at=self.clock.at)).payout

    def _promise(self, quoted: ModelPayout, payout: Payout) -> None:
        found = (
            payout.gross_minor,
            payout.own_minor,
            payout.withheld_minor,
            payout.correction_minor,
            payout.net_minor,
            payout.micro_diamonds,
        )
        expected = (
            quoted.gross,
            quoted.own,
            quoted.withheld,
            quoted.correction,
            quoted.net + quoted.correction,
            quoted.micro_diamonds,
        )
        same("gross, own, withheld, correction, net and diamonds", found, expected)
        self.money.payouts.append(quoted)

    # ------------------------------------------------------------------ what becomes of them

    @precondition(lambda self: self.money.in_status("QUEUED"))
    @rule()
    def pay(self) -> None:
        """All that waits, of everybody; a run takes only so many at once."""
        run = PayoutRun(
            self.pools["payouts"], {self.bank.name: self.bank}, paying.SEALER, now=self.clock
        )
        for _ in range(20):
            self.run(run.once())
            if not self.run(self._is_any_under_way()):
                break
        self.money.pay(self.clock.at)

    async def _is_any_under_way(self) -> bool:
        return await self.pools["payouts"].fetchval(
            "SELECT EXISTS (SELECT FROM payout WHERE creator_id LIKE $1 || '-%'"
            " AND due_at <= $2 AND status IN ('QUEUED', 'SUBMITTED'))",
            self.name,
            self.clock.at,
        )

    @precondition(lambda self: self.money.in_status("PAID"))
    @rule(which=st.integers(-2, 1))
    def send_back(self, which: int) -> None:
        """A payment comes back, once; its owner has another account from then on."""
        self.pay()
        paid = self.money.in_status("PAID")
        if not paid:
            return
        payout = paid[which % len(paid)]
        self.bank.send_back(transfer_key(payout.payout_id))
        self.pay()
        payout.status = "RETURNED"
        self.creators.release(payout.got)
        for each in self.money.in_status("QUEUED"):
            # Not due yet, and not to be sent there any more.
            if each.method_id == payout.method_id:
                each.status = "CANCELED"
                self.creators.release(each.got)
        if payout.method_id == self.money.methods[payout.owner]:
            self.run(self.change_account(payout.owner))

    @precondition(lambda self: self.money.in_status("HELD"))
    @rule(release=st.booleans())
    def decide(self, release: bool) -> None:
        """The oldest payout that waits for a form goes on, as soon as it may, or is given back."""
        payout = self.money.in_status("HELD")[0]
        decision = HeldDecision.RELEASE if release else HeldDecision.RETURN
        order = DecideHeldPayout(
            payout.payout_id, decision, Act("otto", "papers seen", self.clock.at)
        )
        work = transact(self.pools["payouts"], lambda conn: decide_held_payout(conn, order))
        if not release:
            self.run(work)
            payout.status = "CANCELED"
            self.creators.release(payout.got)
        elif payout.method_id != self.money.methods[payout.owner]:
            with pytest.raises(MethodUnavailableError):
                self.run(work)
        elif self.money.asks_for_more(payout, self.today):
            with pytest.raises(TaxFormNeededError):
                self.run(work)
        else:
            self.run(work)
            payout.status = "QUEUED"
