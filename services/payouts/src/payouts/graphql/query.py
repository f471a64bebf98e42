"""Where a query of the payouts subgraph starts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from chassis.graphql import (
    AUDITOR,
    After,
    Before,
    First,
    Last,
    OperatorActionConnection,
    Page,
    authenticated,
    read_actions,
    require_viewer,
    requires_scope,
)
from chassis.ids import is_user_id
from payouts.commands.correct_withholding import preview_corrections
from payouts.graphql.breaks import PayoutBreak, PayoutBreakConnection
from payouts.graphql.context import Info
from payouts.graphql.creator import Creator
from payouts.graphql.quarantine import READERS, GiftQuarantine, GiftQuarantineConnection
from payouts.graphql.user import User
from payouts.graphql.withholding import WithholdingExcess
from payouts.store.breaks import select_breaks
from payouts.store.quarantines import select_frozen


@strawberry.type(description="Reads.")
class Query:
    """What payouts answers."""

    @strawberry.federation.field(
        shareable=True, description="The caller.", extensions=[authenticated()]
    )
    def me(self, info: Info) -> User | None:
        """Who asks stands in the token."""
        return User(id=strawberry.ID(require_viewer(info.context).sub))

    @strawberry.field(
        description="For operators: where rails' books and ours differ, newest first.",
        extensions=[requires_scope("operator:payouts", AUDITOR)],
    )
    async def payout_breaks(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> PayoutBreakConnection | None:
        """Open ones and those that have ended."""
        page = Page.of(tuple[datetime, UUID], first=first, after=after, last=last, before=before)
        async with info.context.pool.acquire() as conn:
            rows = await select_breaks(
                conn, position=page.position, backward=page.backward, limit=page.limit + 1
            )
        return PayoutBreakConnection.of(
            page, rows, node=PayoutBreak.of, key=lambda row: (row.found_at, row.break_id)
        )

    @strawberry.field(
        description="For operators: gifts that their creators froze and of which something may be "
        "held, newest first.",
        extensions=[requires_scope(*READERS)],
    )
    async def quarantined_gifts(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> GiftQuarantineConnection | None:
        """Returned ones too, until they are taken back."""
        page = Page.of(tuple[datetime, UUID], first=first, after=after, last=last, before=before)
        async with info.context.pool.acquire() as conn:
            rows = await select_frozen(
                conn, position=page.position, backward=page.backward, limit=page.limit + 1
            )
        return GiftQuarantineConnection.of(
            page,
            rows,
            node=GiftQuarantine.of,
            key=lambda row: (row.frozen_at, row.quarantine_id),
        )

    @strawberry.field(
        description="For operators: what was withheld too much of a creator's payouts of this "
        "year, by the tax form that is valid now; oldest first. Changes nothing.",
        extensions=[requires_scope("operator:payouts", AUDITOR)],
    )
    async def preview_withholding_corrections(
        self,
        info: Info,
        creator_id: Annotated[strawberry.ID, strawberry.argument(description="Of whom.")],
    ) -> list[WithholdingExcess] | None:
        """As many as there are payouts of a year."""
        async with info.context.pool.acquire() as conn:
            found = await preview_corrections(conn, creator_id, at=info.context.now())
        return [WithholdingExcess.of(each) for each in found]

    @strawberry.federation.field(
        shareable=True,
        description=(
            "A creator, or anyone who may become one; anyone may look. Null unless the id has the "
            "form of a user id."
        ),
    )
    def creator(
        self,
        id: Annotated[strawberry.ID, strawberry.argument(description="A user id.")],  # noqa: A002
    ) -> Creator | None:
        """No look-up: who has earned nothing has earnings of zero."""
        return Creator(id=id) if is_user_id(id) else None

    @strawberry.field(
        description="What operators did in payouts, newest first; auditors' only.",
        extensions=[requires_scope(AUDITOR)],
    )
    async def payouts_actions(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> OperatorActionConnection | None:
        """Payouts' own log."""
        return await read_actions(
            info.context.pool, first=first, after=after, last=last, before=before
        )
