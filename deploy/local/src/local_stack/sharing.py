"""Payouts of which others get a part: an agency its commission, the tax office what is withheld.

Every amount is worked out here once more, from gross and the shares that were agreed on or
published, and compared with what the payout, the agency's balance and the statements say.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from chassis import money
from chassis.ids import derived_id, uuid7
from local_stack.client import Client
from local_stack.paying import Cashier
from local_stack.problem import LocalProblemError
from local_stack.stating import stated_line
from local_stack.tax_table import TaxTable
from local_stack.waiting import expect

SHARING_CREATOR: Final = "vera"
AGENCY: Final = "studio-sol"
TAXED_CREATOR: Final = "isha"
_AGENCY_BPS: Final = 2_000
_TREATY_COUNTRY: Final = "IN"
_TAX_ID: Final = "ABCDE1234F"

type Token = Callable[[str, str], str]
type Say = Callable[[str], None]


class Split(NamedTuple):
    """How a payout was split; amounts in the minor units of its currency."""

    creator: str
    currency: str
    gross_minor: int
    commission_minor: int
    withheld_minor: int
    fees_minor: int
    net_minor: int
    because: str
    """By what agreement or rule."""

    def shown(self, amount_minor: int) -> str:
        """An amount of it in words."""
        return money.in_words(amount_minor, self.currency)


class Shared(NamedTuple):
    """A payout that others had a part in, and whose statements have which line of it."""

    split: Split
    stated: Mapping[str, Mapping[str, str]]


def split_of(
    creator: str, payout: Mapping[str, Any], *, agency_bps: int, withheld_bps: int, because: str
) -> Split:
    """How a payout is split, if that is what was agreed on.

    Args:
        creator: Whose it is.
        payout: As `PayoutsOfCreator` shows it.
        agency_bps: Its one agency's share of gross; zero without one.
        withheld_bps: What is withheld of the creator's part.
        because: What to call the reason.

    Raises:
        LocalProblemError: Somebody gets another amount.
    """
    gross_minor = payout["gross"]["amountMinor"]
    fees = {each["kind"]: each["amount"]["amountMinor"] for each in payout["fees"]}
    # Largest remainder between two, the creator first among equals: half a unit is the creator's.
    commission_minor = (gross_minor * agency_bps + 4_999) // 10_000
    withheld_minor = (gross_minor - commission_minor) * withheld_bps // 10_000
    fees_minor = fees.get("FIXED", 0) + fees.get("PROPORTIONAL", 0)
    split = Split(
        creator=creator,
        currency=payout["gross"]["currency"],
        gross_minor=gross_minor,
        commission_minor=commission_minor,
        withheld_minor=withheld_minor,
        fees_minor=fees_minor,
        net_minor=gross_minor - commission_minor - withheld_minor - fees_minor,
        because=because,
    )
    _compare(
        f"the payout of {creator}",
        {
            "commission": fees.get("COMMISSION", 0),
            "commissions": [
                (each["shareBps"], each["amount"]["amountMinor"]) for each in payout["commissions"]
            ],
            "withheld": fees.get("WITHHOLDING", 0),
            "withholding": payout["withholding"]["amount"]["amountMinor"],
            "net": payout["net"]["amountMinor"],
        },
        {
            "commission": commission_minor,
            "commissions": [(agency_bps, commission_minor)] if agency_bps else [],
            "withheld": withheld_minor,
            "withholding": withheld_minor,
            "net": split.net_minor,
        },
    )
    return split


def check_payout_line(split: Split, line: Mapping[str, str]) -> None:
    """Make sure that the creator's statement says the same of a payout.

    Raises:
        LocalProblemError: It says something else.
    """
    wanted = {
        "currency": split.currency,
        "gross_minor": str(split.gross_minor),
        "fees_minor": str(split.fees_minor),
        "withheld_minor": str(split.withheld_minor),
        "commission_minor": str(split.commission_minor),
        "net_minor": str(split.net_minor),
    }
    seen = {name: line[name] for name in wanted}
    _compare(f"the statement of {split.creator}", seen, wanted)


def check_commission_line(split: Split, line: Mapping[str, str]) -> None:
    """Make sure that the agency's statement says what it has earned, and of whom.

    Raises:
        LocalProblemError: It says something else.
    """
    wanted = {
        "currency": split.currency,
        "commission_minor": str(split.commission_minor),
        "commission_of": split.creator,
    }
    seen = {name: line[name] for name in wanted}
    _compare(f"the statement of {AGENCY}", seen, wanted)


def _compare(what: str, seen: Mapping[str, object], wanted: Mapping[str, object]) -> None:
    if seen != wanted:
        raise LocalProblemError(f"{what} says {seen}, and not {wanted}")


class Sharing:
    """Lets others have a part of two payouts."""

    def __init__(
        self, client: Client, token: Token, operator: str, cashier: Cashier, say: Say
    ) -> None:
        """`operator` is a token for payouts."""
        self._client = client
        self._token = token
        self._operator = operator
        self._cashier = cashier
        self._say = say

    async def pay_with_an_agency(self) -> Shared:
        """Let a creator sign with an agency and be paid: the agency earns its part of it.

        Raises:
            GatewayError: The gateway answered with an error where none belongs.
            LocalProblemError: Something was refused, or an amount is not what was agreed on.
        """
        await self._sign()
        before = await self._commissions()
        paid = await self._cashier.pay(SHARING_CREATOR, until="PAID")
        split = split_of(
            SHARING_CREATOR,
            await self._payout(SHARING_CREATOR, paid.payout_id),
            agency_bps=_AGENCY_BPS,
            withheld_bps=0,
            because=f"{_AGENCY_BPS / 100:g} % to {AGENCY}",
        )
        after = await self._commissions()
        wanted = _Commissions(
            before.owed_minor + split.commission_minor,
            before.earned_minor + split.commission_minor,
        )
        _compare(f"the balance of {AGENCY}", after._asdict(), wanted._asdict())
        self._say(f"{AGENCY} earned {split.shown(split.commission_minor)} of it")
        own = await self._line(SHARING_CREATOR, "PAID_OUT", paid.payout_id)
        check_payout_line(split, own)
        agencys = await self._line(AGENCY, "COMMISSION", paid.payout_id)
        check_commission_line(split, agencys)
        return Shared(split, {SHARING_CREATOR: own, AGENCY: agencys})

    async def pay_with_a_tax_form(self, table: TaxTable) -> Shared:
        """Let a creator declare their taxes and be paid: what their treaty says is withheld.

        Raises:
            GatewayError: The gateway answered with an error where none belongs.
            LocalProblemError: Something was refused, or an amount is not what the table says.
        """
        display = await self._declare()
        await self._until(table.effective_from, "the withholding table is in force")
        paid = await self._cashier.pay(TAXED_CREATOR, until="PAID")
        bps = table.treaty_bps[_TREATY_COUNTRY]
        split = split_of(
            TAXED_CREATOR,
            await self._payout(TAXED_CREATOR, paid.payout_id),
            agency_bps=0,
            withheld_bps=bps,
            because=f"{bps / 100:g} % by treaty, form of {display}",
        )
        self._say(f"{split.shown(split.withheld_minor)} of it were withheld for the tax office")
        line = await self._line(TAXED_CREATOR, "PAID_OUT", paid.payout_id)
        check_payout_line(split, line)
        return Shared(split, {TAXED_CREATOR: line})

    async def _sign(self) -> None:
        """Agree on a contract with the agency, unless there is one from an earlier evening."""
        known = await self._client.ask("AgencyContracts", self._operator, id=SHARING_CREATOR)
        if any(_is_the_contract(each) for each in known["agencyContracts"]["nodes"]):
            return
        begins = datetime.now(UTC) + timedelta(seconds=1)
        proposal = {
            "contractId": str(uuid7()),
            "creatorId": SHARING_CREATOR,
            "agencyId": AGENCY,
            "shareBps": _AGENCY_BPS,
            "effectiveFrom": begins.isoformat(),
            "reason": "signed on paper",
        }
        proposed = await self._client.ask("ProposeAgencyContract", self._operator, input=proposal)
        expect(proposed, "ProposeAgencyContractPayload")
        answer = {"contractId": proposal["contractId"], "accept": True}
        creator = self._token(SHARING_CREATOR, "viewer creator")
        answered = await self._client.ask("AnswerAgencyContract", creator, input=answer)
        expect(answered, "AnswerAgencyContractPayload")
        await self._until(begins, "the contract begins")
        self._say(f"{SHARING_CREATOR} accepted a contract: {_AGENCY_BPS / 100:g} % to {AGENCY}")

    async def _declare(self) -> str:
        """Send this year's form and have it verified; returns what its owner knows it by."""
        form_id = derived_id(UUID(int=0), f"form:{TAXED_CREATOR}:{datetime.now(UTC).year}")
        form = {
            "formId": str(form_id),
            "kind": "W8BEN",
            "country": _TREATY_COUNTRY,
            "claimsTreaty": True,
            "taxId": _TAX_ID,
        }
        creator = self._token(TAXED_CREATOR, "viewer creator")
        sent = await self._client.ask("SubmitTaxForm", creator, input=form)
        expect(sent, "SubmitTaxFormPayload")
        if sent["form"]["status"] == "PENDING":
            finding = {
                "formId": str(form_id),
                "decision": "VERIFIED",
                "reason": "number and papers agree",
            }
            reviewed = await self._client.ask("ReviewTaxForm", self._operator, input=finding)
            expect(reviewed, "ReviewTaxFormPayload")
        return sent["form"]["display"]

    async def _until(self, moment: datetime, what: str) -> None:
        """Services go by the same clock: this is one machine."""
        left_s = (moment - datetime.now(UTC)).total_seconds()
        if left_s > 0:
            if left_s > 1:
                self._say(f"{left_s:.0f} s until {what}")
            await asyncio.sleep(left_s)

    async def _payout(self, creator: str, payout_id: str) -> Mapping[str, Any]:
        seen = await self._client.ask("PayoutsOfCreator", self._operator, id=creator)
        for payout in seen["payouts"]["nodes"]:
            if payout["id"] == payout_id:
                return payout
        raise LocalProblemError(f"{creator} has no payout {payout_id}")

    async def _commissions(self) -> "_Commissions":
        seen = (await self._client.ask("Agency", self._token(AGENCY, "viewer creator")))["creator"]
        return _Commissions(
            sum(
                each[part]["amountMinor"]
                for each in seen["commissions"]
                for part in ("available", "pending")
            ),
            sum(
                each["earned"]["amountMinor"]
                for each in seen["commissionsByCreator"]
                if each["creatorId"] == SHARING_CREATOR
            ),
        )

    async def _line(self, whose: str, kind: str, payout_id: str) -> Mapping[str, str]:
        token = self._token(whose, "viewer creator")
        return await stated_line(self._client, token, whose, kind, payout_id)


class _Commissions(NamedTuple):
    """What the agency has of payouts in the one currency of the evening."""

    owed_minor: int
    """Whether it can be paid out already or not."""
    earned_minor: int
    """Of the one creator."""


def _is_the_contract(contract: Mapping[str, Any]) -> bool:
    """Whether it holds as it would be proposed now."""
    return (
        contract["status"] == "ACCEPTED"
        and contract["agencyId"] == AGENCY
        and contract["shareBps"] == _AGENCY_BPS
        and contract["endsAt"] is None
    )
