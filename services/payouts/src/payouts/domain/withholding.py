"""What is withheld of payouts for the tax office (E41): a table whose versions never change."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final, Literal, NamedTuple
from uuid import UUID

import msgspec

from chassis.versions import check_follows
from contracts.event import Instant
from payouts.domain.tax_form import FormKind, FormStatus, TaxForm

type _Bps = Annotated[int, msgspec.Meta(ge=0, lt=10_000)]
type _Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")]

ALL_BPS: Final = 10_000
LEAD: Final = timedelta(minutes=1)
"""A table is published at least this long before it is in force, like rates."""


class WithholdingTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version of the table, in force from a moment on until the next version is.

    Shares are of the gross amount without commissions. Those of the United States are in
    `withholding_us.json`: 24 % of residents without a form (backup withholding, IRC § 3406), 30 %
    of foreigners (IRC § 1441) or what their treaty says (IRS Tax Treaty Table 1, income code 12).
    """

    version: int
    effective_from: Instant
    home_country: _Country
    """Whose tax office it is."""
    without_form: Literal["withhold", "hold"]
    """Whether payouts of those of whom no form is valid are withheld from, or wait for one."""
    backup_bps: _Bps
    """Of residents of the home country without a form."""
    foreign_bps: _Bps
    """Of everybody else, as long as no treaty says otherwise."""
    treaty_bps: Mapping[_Country, _Bps]
    """Of foreigners whose form claims their country's treaty."""

    @property
    def most_bps(self) -> int:
        """The largest share that may be withheld."""
        return max(self.backup_bps, self.foreign_bps, *self.treaty_bps.values())


class WithholdingRule(StrEnum):
    """The line of the table by which something is withheld."""

    NO_FORM = "NO_FORM"
    FORM_EXPIRED = "FORM_EXPIRED"
    FORM_REJECTED = "FORM_REJECTED"
    RESIDENT = "RESIDENT"
    FOREIGN = "FOREIGN"
    TREATY = "TREATY"

    @property
    def has_form(self) -> bool:
        """Whether it rests on a form that is valid."""
        return self in (WithholdingRule.RESIDENT, WithholdingRule.FOREIGN, WithholdingRule.TREATY)


class Withholding(NamedTuple):
    """What share of a payout is withheld, and why."""

    bps: int
    rule: WithholdingRule
    form_id: UUID | None
    version: int

    def of(self, own_minor: int, increment_minor: int) -> int:
        """What is withheld: rounded down to a whole increment. The rest is the creator's."""
        withheld_minor = own_minor * self.bps // ALL_BPS
        return withheld_minor - withheld_minor % increment_minor


def withholding(
    table: WithholdingTable, form: TaxForm | None, *, country: str, day: date
) -> Withholding:
    """The share that is withheld of a creator on a day.

    Args:
        table: In force.
        form: The newest that was ever verified; None where there is none.
        country: Where their money goes, which stands for where they live until a form tells.
        day: In UTC.
    """

    def found(bps: int, rule: WithholdingRule) -> Withholding:
        return Withholding(bps, rule, None if form is None else form.form_id, table.version)

    if form is None:
        return found(_undeclared(table, country), WithholdingRule.NO_FORM)
    if form.status is not FormStatus.VERIFIED:
        return found(_undeclared(table, form.country), WithholdingRule.FORM_REJECTED)
    if form.valid_until is not None and day > form.valid_until:
        return found(_undeclared(table, form.country), WithholdingRule.FORM_EXPIRED)
    if form.country == table.home_country:
        return found(0, WithholdingRule.RESIDENT)
    if form.kind is FormKind.W8BEN and form.claims_treaty and form.country in table.treaty_bps:
        return found(table.treaty_bps[form.country], WithholdingRule.TREATY)
    return found(table.foreign_bps, WithholdingRule.FOREIGN)


def _undeclared(table: WithholdingTable, country: str) -> int:
    return table.backup_bps if country == table.home_country else table.foreign_bps


def settled(due_minor: int, net_minor: int, increment_minor: int) -> int:
    """What of a correction a payout carries; the rest stays due.

    Args:
        due_minor: What the creator is owed; below zero what they owe.
        net_minor: What arrives without it, more than zero.
        increment_minor: Amounts are multiples of it; at least one of them arrives.
    """
    least_minor = increment_minor - net_minor
    carried_minor = max(due_minor, least_minor)
    whole_minor = abs(carried_minor) // increment_minor * increment_minor
    return whole_minor if carried_minor > 0 else -whole_minor


class TableRefusedError(ValueError):
    """The table must not be published; the message says which rule it breaks."""


def check_table(
    published: Sequence[WithholdingTable],
    table: WithholdingTable,
    *,
    now: datetime,
    fee_bps: int,
) -> None:
    """Make sure that `table` may follow what is published.

    Args:
        published: Every version so far, oldest first.
        table: What is to be published.
        now: The first version may reach into the past; later ones lie ahead.
        fee_bps: The largest proportional fee of any terms.

    Raises:
        TableRefusedError: It breaks a rule.
    """
    check_follows(published, table, TableRefusedError)
    if published and table.effective_from < now + LEAD:
        raise TableRefusedError(
            f"version {table.version} must come into force at least {LEAD.seconds} s from now"
        )
    if table.most_bps + fee_bps >= ALL_BPS:
        raise TableRefusedError(
            f"version {table.version} leaves nothing of a payout: {table.most_bps} bps are "
            f"withheld and {fee_bps} bps are fees"
        )
    if table.home_country in table.treaty_bps:
        raise TableRefusedError(f"{table.home_country} has no treaty with itself")
