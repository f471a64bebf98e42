"""Send a creator to the rail that keeps their account."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from chassis.db import transaction
from chassis.graphql import require_viewer
from chassis.telemetry import metrics
from payouts.commands.add_hosted_method import find_account_of_method
from payouts.domain import refusals as domain
from payouts.graphql.context import Info
from payouts.graphql.refusals import PayoutMethodUnavailable, PayoutRailUnavailable, shown
from payouts.rails import RailUnavailableError


@strawberry.input(description="Which method.")
class OpenPayoutOnboardingInput:
    """One of the caller's own."""

    method_id: UUID = strawberry.field(description="The method.")


@strawberry.type(description="A page of the rail's, for the caller alone. It works once.")
class OpenPayoutOnboardingPayload:
    """Go there at once; ask for another one where it does not work any more."""

    url: str = strawberry.field(description="Where to send the caller.")
    expires_at: datetime = strawberry.field(description="It does not work afterwards.")


OpenPayoutOnboardingResult = Annotated[
    OpenPayoutOnboardingPayload | PayoutMethodUnavailable | PayoutRailUnavailable,
    strawberry.union("OpenPayoutOnboardingResult", description="The page, or why there is none."),
]


async def open_payout_onboarding(
    info: Info,
    input: Annotated[OpenPayoutOnboardingInput, strawberry.argument(description="The method.")],  # noqa: A002
) -> OpenPayoutOnboardingResult:
    """Asked again it gives another page; nothing else changes."""
    context = info.context
    viewer = require_viewer(context)
    try:
        async with transaction(context.pool) as conn:
            rail, account_id = await find_account_of_method(
                conn, input.method_id, viewer.sub, context.sealer
            )
        host = context.hosts.get(rail)
        if host is None:
            raise domain.RailUnavailableError
        page = await host.onboarding(account_id)
    except domain.DomainError as error:
        metrics.record_refusal("openPayoutOnboarding", error.code)
        return shown(error)  # pyright: ignore[reportReturnType]
    except RailUnavailableError:
        metrics.record_refusal("openPayoutOnboarding", domain.RailUnavailableError.code)
        return PayoutRailUnavailable(message="The rail does not answer. Try again in a while.")
    return OpenPayoutOnboardingPayload(url=page.url, expires_at=page.expires_at)
