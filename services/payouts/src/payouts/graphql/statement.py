"""A creator's statements."""

import enum
import hashlib
from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from chassis.graphql import After, Before, Connection, First, Last, MicroDiamonds, Money, Page
from payouts.commands.read_statement import lines_from, write_csv
from payouts.domain import statement as domain
from payouts.graphql.context import Info
from payouts.graphql.payout import WithholdingRule, money
from payouts.links import Form
from payouts.store.statements import select_lines


@strawberry.type(description="A sum of a statement.")
class StatementAmount:
    """Without a worth: a statement is of diamonds, and money is what payouts say."""

    micro_diamonds: MicroDiamonds = strawberry.field(description="Millionths of a diamond.")


@strawberry.enum(description="What a line of a statement does to the balance.")
class StatementLineKind(enum.Enum):
    """The names are those of the database."""

    EARNED = strawberry.enum_value("EARNED", description="A gift.")
    REVERSED = strawberry.enum_value(
        "REVERSED", description="Taken back, because the payment behind the gift was."
    )
    PAID_OUT = strawberry.enum_value("PAID_OUT", description="Reserved by a payout.")
    GIVEN_BACK = strawberry.enum_value(
        "GIVEN_BACK", description="Reserved by a payout that did not arrive, or came back."
    )
    COMMISSION = strawberry.enum_value(
        "COMMISSION",
        description="An agency's part of somebody's payout that was paid: money, and no diamonds.",
    )
    COMMISSION_RETURNED = strawberry.enum_value(
        "COMMISSION_RETURNED", description="That payout came back."
    )


@strawberry.type(description="A line of a statement.")
class StatementLine:
    """Of one gift, of one step of a payout, or of one commission."""

    at: datetime = strawberry.field(description="When it was booked.")
    kind: StatementLineKind = strawberry.field(description="What it is.")
    micro_diamonds: MicroDiamonds = strawberry.field(
        description="What it adds to the balance; below zero where it takes away."
    )
    gift_id: UUID | None = strawberry.field(description="The gift; null of a payout.")
    payout_id: UUID | None = strawberry.field(description="The payout; null of a gift.")
    reason: str | None = strawberry.field(
        description="Why; null where the kind explains itself, as of gifts."
    )
    adjusts: str | None = strawberry.field(
        description="The earlier month that it belongs to, such as 2026-10, for whose statement it "
        "came too late. Null of what is of this month."
    )
    withheld: Money | None = strawberry.field(
        description="What of a payout is withheld for the tax office; below zero where the payout "
        "is given back. Null of a gift."
    )
    withheld_because: WithholdingRule | None = strawberry.field(
        description="Why as much. Null of a gift, and of payouts from before anything was withheld."
    )
    commission: Money | None = strawberry.field(
        description="Of a payout what agencies get of it; of a commission what the agency does. "
        "Below zero where it is given back. Null of a gift."
    )
    commission_of: strawberry.ID | None = strawberry.field(
        description="Of whose payout the commission is; null of other lines."
    )

    @classmethod
    def of(cls, line: domain.Line, period: domain.Period) -> Self:
        """Show a line of a month's statement."""
        adjusts = line.adjusts(period)
        of = line.money
        because = None if of is None else of.withheld_because
        return cls(
            at=line.at,
            kind=StatementLineKind(line.kind.value),
            micro_diamonds=MicroDiamonds(line.micro_diamonds),
            gift_id=line.gift_id,
            payout_id=None if line.payout_status is None else line.entry_id,
            reason=line.reason,
            adjusts=None if adjusts is None else str(adjusts),
            withheld=None if of is None else money(of.withheld_minor, of.currency),
            withheld_because=None if because is None else WithholdingRule(because),
            commission=_commission(line),
            commission_of=None
            if line.commission is None
            else strawberry.ID(line.commission.creator_id),
        )


@strawberry.type(description="A page of a statement's lines.")
class StatementLineConnection(Connection[StatementLine]):
    """In the order in which they were booked."""


@strawberry.type(
    description="What a creator earned, lost and was paid in a calendar month (UTC). Closing is "
    "opening + earned - reversed - paidOut, and the opening of the next. The same for ever for a "
    "month and a moment."
)
class Statement:
    """Issued, or of a month that still runs."""

    inner: strawberry.Private[domain.Statement]
    number: int | None = strawberry.field(
        description="Counts the creator's statements without a gap, from 1. Null while the month "
        "runs: it has not been issued."
    )
    period: str = strawberry.field(description="The month, such as 2026-11.")
    known_at: datetime = strawberry.field(
        description="It holds what was known at this moment: of an issued one, when its month was "
        "closed. What came later is in the next."
    )
    opening: StatementAmount = strawberry.field(description="The closing of the month before.")
    earned: StatementAmount = strawberry.field(description="By gifts.")
    reversed: StatementAmount = strawberry.field(description="What of it was taken back.")
    paid_out: StatementAmount = strawberry.field(
        description="Reserved by payouts, less what those gave back that did not arrive or came "
        "back; below zero where that is more."
    )
    closing: StatementAmount = strawberry.field(description="What is the creator's at the end.")

    @classmethod
    def of(cls, statement: domain.Statement) -> Self:
        """Show a statement."""
        totals = statement.totals
        return cls(
            inner=statement,
            number=statement.number,
            period=str(statement.scope.period),
            known_at=statement.scope.known_at,
            opening=_amount(totals.opening),
            earned=_amount(totals.earned),
            reversed=_amount(totals.reversed),
            paid_out=_amount(totals.paid_out),
            closing=_amount(totals.closing),
        )

    @strawberry.field(
        description="Of the CSV that csvUrl leads to: SHA-256 in hex. The PDF has no hash of its "
        "own: once issued, this one is printed in it."
    )
    async def sha256(self, info: Info) -> str:
        """As it was when issued; otherwise of what would be downloaded."""
        if self.inner.sha256 is not None:
            return self.inner.sha256
        digest = hashlib.sha256()
        async for part in write_csv(self.inner, lines_from(info.context.pool, self.inner)):
            digest.update(part)
        return digest.hexdigest()

    @strawberry.field(description="Every gift and every step of a payout, oldest first.")
    async def lines(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> StatementLineConnection:
        """They add up to the sums."""
        page = Page.of(
            tuple[datetime, UUID, int], first=first, after=after, last=last, before=before
        )
        async with info.context.pool.acquire() as conn:
            rows = await select_lines(
                conn,
                self.inner.creator_id,
                self.inner.scope,
                position=page.position,
                backward=page.backward,
                limit=page.limit + 1,
            )
        period = self.inner.scope.period
        return StatementLineConnection.of(
            page, rows, node=lambda line: StatementLine.of(line, period), key=lambda line: line.key
        )

    @strawberry.field(
        description="The whole of it as CSV. Works without a token, and not for long: it is for "
        "the browser at once, not to be kept."
    )
    def csv_url(self, info: Info) -> str:
        """Whoever may read the statement may hand it on."""
        return self._link(info, Form.CSV)

    @strawberry.field(
        description="The same as PDF, likewise. Of more than 100,000 lines it has the sums alone, "
        "and says that the lines are in the CSV. What its font cannot write, such as Chinese, "
        "stands there as code points: \\u{4e2d}."
    )
    def pdf_url(self, info: Info) -> str:
        """A link of its own kind: neither opens the other."""
        return self._link(info, Form.PDF)

    def _link(self, info: Info, form: Form) -> str:
        context, inner = info.context, self.inner
        return context.links.make(
            form,
            inner.creator_id,
            str(inner.scope.period),
            inner.scope.known_at,
            now=context.now(),
        )


def _commission(line: domain.Line) -> Money | None:
    if line.commission is not None:
        return money(line.commission.amount_minor, line.commission.currency)
    return None if line.money is None else money(line.money.commission_minor, line.money.currency)


def _amount(micro_diamonds: int) -> StatementAmount:
    return StatementAmount(micro_diamonds=MicroDiamonds(micro_diamonds))
