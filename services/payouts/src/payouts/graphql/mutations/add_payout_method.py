"""Add a payout method."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis.db import transact
from chassis.graphql import Currency, IdempotencyConflict, require_viewer
from chassis.telemetry import metrics
from payouts.commands import add_payout_method as command
from payouts.commands.add_hosted_method import add_hosted_method, find_hosted_method
from payouts.domain.method import BankDetails, read_details, read_hosted
from payouts.domain.refusals import DetailsInvalidError, DomainError
from payouts.domain.refusals import RailUnavailableError as RailUnavailable
from payouts.domain.terms import HOSTED_BY_STRIPE
from payouts.graphql.context import Info, PayoutsContext
from payouts.graphql.method import PayoutMethod
from payouts.graphql.mutations.refusing import answered
from payouts.graphql.refusals import (
    PayoutCurrencyUnsupported,
    PayoutDetailsInvalid,
    PayoutRailUnavailable,
    shown,
)
from payouts.rails import OrderRefusedError, RailUnavailableError
from payouts.rails.accounts import AccountHost


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


@strawberry.input(description="An account that the rail is to open, and to know the owner of.")
class HostedAccountInput:
    """A creator has one per rail; `openPayoutOnboarding` sends them there to be verified."""

    country: str = strawberry.field(
        description="Where the creator lives: ISO 3166-1 alpha-2. The same for all their methods."
    )
    currency: Currency = strawberry.field(description="What is to arrive.")


@strawberry.input(description="Where money is to go: `details` or `hosted`, as the rail needs.")
class AddPayoutMethodInput:
    """Whose it is stands in the token."""

    method_id: UUID = strawberry.field(
        description="Made by the client (UUIDv7) and kept when it retries."
    )
    rail: str = strawberry.field(description="How money gets there, such as `sandbox_bank`.")
    details: PayoutDetailsInput | None = strawberry.field(
        default=None, description="The account at a bank, for a rail that pays to banks."
    )
    hosted: HostedAccountInput | None = strawberry.field(
        default=None, description="For a rail that keeps accounts, such as `stripe_connect`."
    )


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
    context = info.context
    viewer = require_viewer(context)
    host = context.hosts.get(input.rail)
    try:
        if host is None and input.rail == HOSTED_BY_STRIPE:
            raise RailUnavailable  # in the terms, perhaps, but not set up here
        details = _details(input, is_hosted=host is not None)
    except (DetailsInvalidError, RailUnavailable) as error:
        metrics.record_refusal("addPayoutMethod", error.code)
        return shown(error)  # pyright: ignore[reportReturnType]
    order = command.AddPayoutMethod(input.method_id, viewer.sub, input.rail, details)
    if host is not None:
        return await _add_hosted(context, host, order)
    return await answered(
        context,
        "addPayoutMethod",
        lambda conn: command.add_payout_method(conn, order, context.sealer, at=context.now()),
        lambda added: AddPayoutMethodPayload(
            replayed=added.replayed, method=PayoutMethod.of(added.method)
        ),
    )


def _details(given: AddPayoutMethodInput, *, is_hosted: bool) -> BankDetails:
    if is_hosted:
        if given.hosted is None:
            raise DetailsInvalidError(field="hosted")
        return read_hosted(country=given.hosted.country, currency=given.hosted.currency)
    account = given.details
    if account is None:
        raise DetailsInvalidError(field="details")
    return read_details(
        holder=account.holder,
        country=account.country,
        currency=account.currency,
        account=account.account,
        bank_code=account.bank_code,
    )


async def _add_hosted(
    context: PayoutsContext, host: AccountHost, order: command.AddPayoutMethod
) -> AddPayoutMethodResult:
    """The rail is asked between two transactions: nobody waits for it with a lock in hand."""
    try:
        there = await transact(
            context.pool,
            lambda conn: find_hosted_method(conn, order, context.sealer, at=context.now()),
        )
        if not isinstance(there, command.Added):
            account_id = there or await host.open_account(
                order.method_id, country=order.details.country, currency=order.details.currency
            )
            there = await transact(
                context.pool,
                lambda conn: add_hosted_method(
                    conn, order, account_id, context.sealer, at=context.now()
                ),
            )
    except DomainError as error:
        metrics.record_refusal("addPayoutMethod", error.code)
        return shown(error)  # pyright: ignore[reportReturnType]
    except OrderRefusedError:
        metrics.record_refusal("addPayoutMethod", DetailsInvalidError.code)
        return shown(DetailsInvalidError(field="hosted"))  # pyright: ignore[reportReturnType]
    except RailUnavailableError:
        metrics.record_refusal("addPayoutMethod", RailUnavailable.code)
        return PayoutRailUnavailable(
            message="The rail does not answer. Try again with the same methodId."
        )
    return AddPayoutMethodPayload(replayed=there.replayed, method=PayoutMethod.of(there.method))
