"""The creator, as far as payouts knows one."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Annotated, Literal, Protocol, Self
from uuid import UUID

import strawberry

from chassis.db import Conn
from chassis.graphql import (
    AUDITOR,
    After,
    BadUserInputError,
    Before,
    First,
    Last,
    Money,
    Page,
    require_owner,
    requires_scope,
)
from payouts.commands.read_statement import read_statement
from payouts.domain.figures import Breakdown, Days
from payouts.domain.statement import Period, UnsettledError
from payouts.graphql.agency import (
    AgencyContract,
    AgencyContractConnection,
    CommissionBalance,
    CreatorCommission,
)
from payouts.graphql.analytics import AnalyticsBreakdown, CreatorAnalytics
from payouts.graphql.context import Info
from payouts.graphql.earnings import Earnings
from payouts.graphql.method import PayoutMethod, PayoutMethodConnection
from payouts.graphql.payout import Payout, PayoutConnection, money
from payouts.graphql.reversal import EarningReversal, EarningReversalConnection
from payouts.graphql.statement import Statement
from payouts.graphql.tax_form import TaxForm, TaxFormConnection
from payouts.graphql.withholding import WithheldInYear
from payouts.store.clawbacks import select_statement
from payouts.store.commissions import select_balances, select_by_creator
from payouts.store.contracts import select_contracts
from payouts.store.figures import select_days, select_keys
from payouts.store.methods import select_methods
from payouts.store.payouts import select_payouts
from payouts.store.tax_forms import select_forms
from payouts.store.withholding import select_due, select_years

_OPERATORS = ("operator:payouts", AUDITOR)
_READERS = ("creator", *_OPERATORS)
_Position = tuple[datetime, UUID]


class _Select[Row](Protocol):
    """Reads a user's rows beyond a position, newest first; backward: oldest first."""

    async def __call__(
        self,
        conn: Conn,
        user_id: str,
        /,
        *,
        position: _Position | None,
        backward: bool,
        limit: int,
    ) -> Sequence[Row]: ...


@strawberry.federation.type(keys=["id"], description="A person who can be sent gifts.")
class Creator:
    """Anyone with a user id may be one: who has earned nothing has earnings of zero."""

    id: strawberry.ID = strawberry.field(description="The `sub` of their token.")

    @classmethod
    def resolve_reference(cls, id: str) -> Self:  # noqa: A002 - the key's name
        """The creator that another subgraph refers to; each field has its own guard."""
        return cls(id=strawberry.ID(id))

    @strawberry.field(
        description="What the creator has earned; the creator's and operators' only.",
        extensions=[requires_scope(*_READERS)],
    )
    async def earnings(self, info: Info) -> Earnings | None:
        """Null, with FORBIDDEN, for everybody else."""
        require_owner(info.context, self.id, *_OPERATORS)
        return Earnings.of(self.id, await info.context.earnings.load(self.id))

    @strawberry.field(
        description="The creator's payouts, newest first; the creator's and operators' only.",
        extensions=[requires_scope(*_READERS)],
    )
    async def payouts(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> PayoutConnection | None:
        """Null, with FORBIDDEN, for everybody else."""
        page = self._page(info, first, after, last, before)
        rows = await self._rows(info, page, select_payouts)
        return PayoutConnection.of(
            page, rows, node=Payout.of, key=lambda row: (row.requested_at, row.payout_id)
        )

    @strawberry.field(
        description="The creator's statement of a month; the creator's and operators' only. Null "
        "where there is none: nothing was earned by then, or the month has not begun; and for the "
        "moments in which the statements of the month before are being made.",
        extensions=[requires_scope(*_READERS)],
    )
    async def statement(
        self,
        info: Info,
        period: Annotated[
            str, strawberry.argument(description="A calendar month, in UTC, such as 2026-11.")
        ],
        known_at: Annotated[
            datetime | None,
            strawberry.argument(
                description="With what was known at this moment, which cannot lie ahead; otherwise "
                "with what is known. Of a month that was closed by then that is the statement as "
                "issued."
            ),
        ] = None,
    ) -> Statement | None:
        """Null, with FORBIDDEN, for everybody else."""
        context = info.context
        require_owner(context, self.id, *_OPERATORS)
        month = _period(period, now=context.now())
        if known_at is not None and known_at.tzinfo is None:
            raise BadUserInputError("A moment needs its time zone.")
        try:
            async with context.pool.acquire() as conn:
                found = await read_statement(conn, self.id, month, known_at=known_at)
        except UnsettledError as error:
            settled = "nothing" if error.newest is None else error.newest.isoformat()
            raise BadUserInputError(f"It is settled what was known until {settled}.") from error
        return None if found is None else Statement.of(found)

    @strawberry.field(
        description="Where the creator's money can go, newest first; the creator's and operators' "
        "only.",
        extensions=[requires_scope(*_READERS)],
    )
    async def payout_methods(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> PayoutMethodConnection | None:
        """Null, with FORBIDDEN, for everybody else."""
        page = self._page(info, first, after, last, before)
        rows = await self._rows(info, page, select_methods)
        return PayoutMethodConnection.of(
            page, rows, node=PayoutMethod.of, key=lambda row: (row.added_at, row.method_id)
        )

    @strawberry.field(
        description="What the creator has declared of their taxes, newest first; the creator's and "
        "operators' only.",
        extensions=[requires_scope(*_READERS)],
    )
    async def tax_forms(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> TaxFormConnection | None:
        """Null, with FORBIDDEN, for everybody else."""
        page = self._page(info, first, after, last, before)
        rows = await self._rows(info, page, select_forms)
        return TaxFormConnection.of(
            page, rows, node=TaxForm.of, key=lambda row: (row.submitted_at, row.form_id)
        )

    @strawberry.field(
        description="What was withheld of the creator's payouts and is owed to the tax office, by "
        "year, newest first; the creator's and operators' only.",
        extensions=[requires_scope(*_READERS)],
    )
    async def withheld(self, info: Info) -> list[WithheldInYear] | None:
        """Null, with FORBIDDEN, for everybody else."""
        require_owner(info.context, self.id, *_OPERATORS)
        async with info.context.pool.acquire() as conn:
            return [WithheldInYear.of(each) for each in await select_years(conn, self.id)]

    @strawberry.field(
        description="What was withheld of the creator's payouts and is theirs after all, by "
        "currency: their next payout in it carries it. Below zero: paid back wrongly, and kept of "
        "it. The creator's and operators' only.",
        extensions=[requires_scope(*_READERS)],
    )
    async def withholding_corrections(self, info: Info) -> list[Money] | None:
        """Null, with FORBIDDEN, for everybody else."""
        require_owner(info.context, self.id, *_OPERATORS)
        async with info.context.pool.acquire() as conn:
            return [
                money(each.creator_minor, each.currency) for each in await select_due(conn, self.id)
            ]

    @strawberry.field(
        description="What agencies and the creator agree on, newest first; the creator's and "
        "operators' only.",
        extensions=[requires_scope(*_READERS)],
    )
    async def agency_contracts(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> AgencyContractConnection | None:
        """Null, with FORBIDDEN, for everybody else."""
        page = self._page(info, first, after, last, before)
        return await self._contracts(info, page, "creator")

    @strawberry.field(
        description="The same of an agency: its contracts with creators, newest first; its own and "
        "operators' only.",
        extensions=[requires_scope(*_READERS)],
    )
    async def creator_contracts(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> AgencyContractConnection | None:
        """Null, with FORBIDDEN, for everybody else."""
        page = self._page(info, first, after, last, before)
        return await self._contracts(info, page, "agency")

    async def _contracts(
        self, info: Info, page: Page[_Position], side: Literal["creator", "agency"]
    ) -> AgencyContractConnection:
        rows = await self._rows(info, page, partial(select_contracts, side=side))
        return AgencyContractConnection.of(
            page, rows, node=AgencyContract.of, key=lambda row: (row.proposed_at, row.contract_id)
        )

    @strawberry.field(
        description="What an agency is owed of its creators' payouts, by currency; its own and "
        "operators' only.",
        extensions=[requires_scope(*_READERS)],
    )
    async def commissions(self, info: Info) -> list[CommissionBalance] | None:
        """Null, with FORBIDDEN, for everybody else."""
        context = info.context
        require_owner(context, self.id, *_OPERATORS)
        async with context.pool.acquire() as conn:
            found = await select_balances(conn, self.id, context.now())
        return [CommissionBalance.of(each) for each in found]

    @strawberry.field(
        description="What an agency has earned of each creator's payouts; its own and operators' "
        "only.",
        extensions=[requires_scope(*_READERS)],
    )
    async def commissions_by_creator(self, info: Info) -> list[CreatorCommission] | None:
        """Null, with FORBIDDEN, for everybody else."""
        require_owner(info.context, self.id, *_OPERATORS)
        async with info.context.pool.acquire() as conn:
            return [CreatorCommission.of(each) for each in await select_by_creator(conn, self.id)]

    @strawberry.field(
        description="What was taken of the creator's earnings because payments were taken back, "
        "and given back of it, newest first; the creator's and operators' only.",
        extensions=[requires_scope(*_READERS)],
    )
    async def reversals(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> EarningReversalConnection | None:
        """Null, with FORBIDDEN, for everybody else."""
        require_owner(info.context, self.id, *_OPERATORS)
        page = Page.of(tuple[int], first=first, after=after, last=last, before=before)
        async with info.context.pool.acquire() as conn:
            rows = await select_statement(
                conn,
                self.id,
                beyond=page.position[0] if page.position else None,
                backward=page.backward,
                limit=page.limit + 1,
            )
        return EarningReversalConnection.of(
            page, rows, node=EarningReversal.of, key=lambda line: (line.seq,)
        )

    @strawberry.field(
        description="What the creator was given in a range of days, by gifter, item or day; the "
        "creator's and operators' only, by gifter the creator's and auditors'.",
        extensions=[requires_scope(*_READERS)],
    )
    async def analytics(
        self,
        info: Info,
        from_: Annotated[
            date, strawberry.argument(name="from", description="The first day, in UTC.")
        ],
        to: Annotated[
            date,
            strawberry.argument(
                description="The first day that is not in it: at most 366 days later."
            ),
        ],
        by: Annotated[
            AnalyticsBreakdown, strawberry.argument(description="What to tell apart by.")
        ],
        first: First = None,
        after: After = None,
    ) -> CreatorAnalytics | None:
        """Null, with FORBIDDEN, for everybody else."""
        breakdown = Breakdown(by.value)
        # Who gave is nobody else's business, as with giftsReceived.
        readers = (AUDITOR,) if breakdown is Breakdown.GIFTER else _OPERATORS
        require_owner(info.context, self.id, *readers)
        days = Days(from_, to)
        try:
            days.check()
        except ValueError as error:
            raise BadUserInputError(f"{str(error).capitalize()}.") from error
        if breakdown is Breakdown.DAY:
            page = Page.of(tuple[date], first=first, after=after)
            async with info.context.pool.acquire() as conn:
                found = await select_days(
                    conn,
                    self.id,
                    days,
                    after=page.position[0] if page.position else None,
                    limit=page.limit + 1,
                )
            return CreatorAnalytics.show(
                page, found, key=lambda day: (date.fromisoformat(day.key),)
            )
        place = Page.of(tuple[int, str], first=first, after=after)
        async with info.context.pool.acquire() as conn:
            found = await select_keys(
                conn, self.id, days, breakdown, position=place.position, limit=place.limit + 1
            )
        return CreatorAnalytics.show(place, found, key=lambda each: (each.figures.coins, each.key))

    def _page(
        self, info: Info, first: First, after: After, last: Last, before: Before
    ) -> Page[_Position]:
        """Which page is asked for, by somebody who may see it."""
        require_owner(info.context, self.id, *_OPERATORS)
        return Page.of(_Position, first=first, after=after, last=last, before=before)

    async def _rows[Row](
        self, info: Info, page: Page[_Position], select: _Select[Row]
    ) -> Sequence[Row]:
        """What is on the page, and whether there is more."""
        async with info.context.pool.acquire() as conn:
            return await select(
                conn,
                self.id,
                position=page.position,
                backward=page.backward,
                limit=page.limit + 1,
            )


def _period(text: str, *, now: datetime) -> Period:
    try:
        period = Period.parse(text)
    except ValueError as error:
        raise BadUserInputError("A period has the form 2026-11.") from error
    if period > Period.of(now):
        raise BadUserInputError("That month has not begun.")
    return period
