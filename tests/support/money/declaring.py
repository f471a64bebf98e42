"""Rules of what creators declare and agree on: tax forms, corrections, contracts with agencies."""

import asyncio
from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from payouts.domain.agency import Contract
from payouts.domain.payout import Payout
from payouts.domain.tax_form import FormDecision, FormKind, TaxForm
from payouts.store import payouts
from payouts.testing import agreeing, taxing
from support.money.following import Following
from support.money.payout_model import BACKUP, FOREIGN, ModelForm
from support.money.same import same
from support.money.shop import AGENCIES, CREATORS, World

FORMS = {
    "home": (FormKind.W9, "US", False, "123456789", Fraction(0), BACKUP),
    "treaty": (FormKind.W8BEN, "AU", True, "12345678901", Fraction(5, 100), FOREIGN),
    "other treaty": (FormKind.W8BEN, "IN", True, "ABCDE1234F", Fraction(15, 100), FOREIGN),
    "abroad": (FormKind.OTHER, "BR", False, "12345678901", FOREIGN, FOREIGN),
}
"""What is declared, and what is withheld while the form is valid and when it is not any more."""
SHARE_BPS = st.sampled_from([500, 1_111, 2_500])
OWNER = st.sampled_from([*CREATORS, AGENCIES[0]])


class Declaring(Following):
    """Who has declared what, and who has a share in whose payouts."""

    def __init__(self, runner: asyncio.Runner, world: World) -> None:
        super().__init__(runner, world)
        self.forms: dict[str, TaxForm] = {}
        self.contracts: dict[tuple[str, str], Contract] = {}

    @rule(whom=OWNER, kind=st.sampled_from(sorted(FORMS)))
    def declare(self, whom: str, kind: str) -> None:
        """A form is found to be right; what came before does not count any more."""
        owner = self.named(whom)
        form, country, claims_treaty, tax_id, share, undeclared = FORMS[kind]
        self.pass_time(timedelta(seconds=1))
        self.forms[owner] = self.run(
            taxing.declare(
                self.pools["payouts"],
                form,
                country,
                claims_treaty=claims_treaty,
                tax_id=tax_id,
                creator_id=owner,
                at=self.clock.at,
            )
        )
        # The third calendar year after the one in which it was signed is the last.
        expires_on = None if form is FormKind.W9 else date(self.today.year + 4, 1, 1)
        self.money.forms[owner] = ModelForm(share, undeclared, expires_on)

    @precondition(lambda self: self.forms)
    @rule(whom=OWNER)
    def contradict(self, whom: str) -> None:
        """A form turns out to be wrong."""
        owner = self.named(whom)
        if owner not in self.forms or self.money.forms[owner].is_rejected:
            return
        self.run(
            taxing.decide(
                self.pools["payouts"],
                self.forms[owner],
                FormDecision.REJECTED,
                at=self.clock.at,
            )
        )
        self.money.forms[owner].is_rejected = True

    @rule(whom=OWNER)
    def correct(self, whom: str) -> None:
        """What was withheld too much by the form of now becomes its owner's, once."""
        owner = self.named(whom)
        excesses = {
            each.payout_id: self.money.excess(each, self.today)
            for each in self.money.payouts
            if each.owner == owner and self.money.excess(each, self.today)
        }
        seen = self.run(self._excesses(owner))
        same(f"withheld too much of {owner}", seen, excesses)
        for each in self.money.payouts:
            if each.payout_id in excesses:
                amount = excesses[each.payout_id]
                for is_replayed in (False, True):
                    done = self.run(self._correct(each.payout_id, amount))
                    same("the correction was made before", done, is_replayed)
                each.corrected += amount

    async def _excesses(self, owner: str) -> dict[UUID, int]:
        found = await taxing.preview(self.pools["payouts"], creator_id=owner, at=self.clock.at)
        return {each.payout.payout_id: each.excess_minor for each in found}

    async def _correct(self, payout_id: UUID, amount: int) -> bool:
        """Whether it was corrected before."""
        payout = await self._payout(payout_id)
        done = await taxing.correct(self.pools["payouts"], payout, amount, at=self.clock.at)
        return done.replayed

    async def _payout(self, payout_id: UUID) -> Payout:
        async with self.pools["payouts"].acquire() as conn:
            payout = await payouts.find_payout(conn, payout_id)
        assert payout is not None
        return payout

    # ------------------------------------------------------------------ agencies

    @rule(
        whom=st.sampled_from(CREATORS),
        agency=st.sampled_from(AGENCIES),
        share_bps=SHARE_BPS,
    )
    def agree(self, whom: str, agency: str, share_bps: int) -> None:
        """A contract that is in force at once, and takes the place of the one before."""
        self.pass_time(timedelta(seconds=1))
        creator, other = self.named(whom), self.named(agency)
        self.contracts[creator, other] = self.run(self._agree(creator, other, share_bps))
        self.money.agree(creator, other, Fraction(share_bps, 10_000))

    async def _agree(self, creator: str, agency: str, share_bps: int) -> Contract:
        at = self.clock.at
        proposed = await agreeing.propose(
            self.pools["payouts"],
            share_bps,
            agency_id=agency,
            creator_id=creator,
            effective_from=at,
            at=at,
        )
        return await agreeing.answer(self.pools["payouts"], proposed.contract, at=at)

    @precondition(lambda self: self.contracts)
    @rule(whom=st.sampled_from(CREATORS), agency=st.sampled_from(AGENCIES))
    def part(self, whom: str, agency: str) -> None:
        """An agency has no share any more in what is asked for from then on."""
        creator, other = self.named(whom), self.named(agency)
        contract = self.contracts.pop((creator, other), None)
        if contract is not None:
            self.pass_time(timedelta(seconds=1))
            self.run(agreeing.end(self.pools["payouts"], contract, at=self.clock.at))
            self.money.part(creator, other)
