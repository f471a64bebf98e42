"""Add a payout method."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis.graphql import Currency, IdempotencyConflict, require_viewer
from chassis.telemetry import metrics
from payouts.commands import add_payout_method as command
from payouts.domain.method import read_details
from payouts.domain.refusals import DetailsInvalidError
from payouts.graphql.context import Info
from payouts.graphql.method import PayoutMethod
from payouts.graphql.mutations.refusing import answered
from payouts.graphql.refusals import (
    PayoutCurrencyUnsupported,
    PayoutDetailsInvalid,
    PayoutRailUnavailable,
    shown,
)


@strawberry.input(description="An account at a bank. Kept sealed, and never shown again.")
class PayoutDetailsInput:
    """Spaces and case in account and bank code do not count."""

    holder: str = strawberry.field(description="Whose account it is, as the bank knows them.")
    country: str = strawberry.field(description="Where the bank is: ISO 3166-1 alpha-2.")
    currency: Currency = strawberry.field(description="What is to arrive.")
    account: str = strawberry.field(
        description="An IBAN of that country, or a domestic number of 8 to 17 digits."
    )
    bank_code: str | None = strawberry.field(
        default=None, description="With a domestic number: BIC, routing number or sort code."
    )


@strawberry.input(description="Where money is to go.")
class AddPayoutMethodInput:
    """Whose it is stands in the token."""

    method_id: UUID = strawberry.field(
        description="Made by the client (UUIDv7) and kept when it retries."
    )
    rail: str = strawberry.field(description="How money gets there, such as `sandbox_bank`.")
    details: PayoutDetailsInput = strawberry.field(description="The account.")


@strawberry.type(description="The method is kept; its rail is asked about the account.")
class AddPayoutMethodPayload:
    """The first result, or the same method as it is now."""

    replayed: bool = strawberry.field(
        description="Whether this method was added before: the request was a retry."
    )
    method: PayoutMethod = strawberry.field(description="The method.")


AddPayoutMethodResult = Annotated[
    AddPayoutMethodPayload
    | PayoutRailUnavailable
    | PayoutCurrencyUnsupported
    | PayoutDetailsInvalid
    | IdempotencyConflict,
    strawberry.union("AddPayoutMethodResult", description="The method, or why it was not added."),
]


async def add_payout_method(
    info: Info,
    input: Annotated[AddPayoutMethodInput, strawberry.argument(description="The method.")],  # noqa: A002
) -> AddPayoutMethodResult:
    """The details go no further than to be sealed."""
    context, given = info.context, input.details
    viewer = require_viewer(context)
    try:
        details = read_details(
            holder=given.holder,
            country=given.country,
            currency=given.currency,
            account=given.account,
            bank_code=given.bank_code,
        )
    except DetailsInvalidError as error:
        metrics.record_refusal("addPayoutMethod", error.code)
        return shown(error)  # pyright: ignore[reportReturnType]
    order = command.AddPayoutMethod(input.method_id, viewer.sub, input.rail, details)
    return await answered(
        context,
        "addPayoutMethod",
        lambda conn: command.add_payout_method(conn, order, context.sealer, at=context.now()),
        lambda added: AddPayoutMethodPayload(
            replayed=added.replayed, method=PayoutMethod.of(added.method)
        ),
    )
