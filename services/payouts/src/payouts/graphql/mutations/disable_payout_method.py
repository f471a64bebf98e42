"""Take a payout method out of use."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis.db import Conn
from chassis.graphql import require_viewer
from payouts.commands.move_payout_method import disable_payout_method as disable
from payouts.domain import method as domain
from payouts.domain.refusals import MethodUnavailableError
from payouts.graphql.context import Info
from payouts.graphql.method import PayoutMethod
from payouts.graphql.mutations.refusing import answered
from payouts.graphql.refusals import PayoutMethodUnavailable
from payouts.store.methods import find_method


@strawberry.input(description="Which method.")
class DisablePayoutMethodInput:
    """One of the caller's own."""

    method_id: UUID = strawberry.field(description="The method.")


@strawberry.type(description="The method is out of use; payouts that waited for it are canceled.")
class DisablePayoutMethodPayload:
    """As it is now."""

    method: PayoutMethod = strawberry.field(description="The method.")


DisablePayoutMethodResult = Annotated[
    DisablePayoutMethodPayload | PayoutMethodUnavailable,
    strawberry.union("DisablePayoutMethodResult", description="What came of it."),
]


async def disable_payout_method(
    info: Info,
    input: Annotated[DisablePayoutMethodInput, strawberry.argument(description="The method.")],  # noqa: A002
) -> DisablePayoutMethodResult:
    """Disabling it again changes nothing."""
    context = info.context
    viewer = require_viewer(context)

    async def work(conn: Conn) -> domain.PayoutMethod:
        method = await find_method(conn, input.method_id)
        if method is None or method.creator_id != viewer.sub:
            raise MethodUnavailableError
        return await disable(
            conn, method, at=context.now(), actor=viewer.sub, reason="disabled_by_creator"
        )

    return await answered(
        context,
        "disablePayoutMethod",
        work,
        lambda method: DisablePayoutMethodPayload(method=PayoutMethod.of(method)),
    )
