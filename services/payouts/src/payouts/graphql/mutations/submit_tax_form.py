"""Send a tax form."""

from typing import Annotated
from uuid import UUID

import strawberry

from chassis.graphql import IdempotencyConflict, require_viewer
from chassis.telemetry import metrics
from payouts.commands import submit_tax_form as command
from payouts.domain.refusals import TaxFormInvalidError
from payouts.domain.tax_form import FormKind, read_declaration
from payouts.graphql.context import Info
from payouts.graphql.mutations.refusing import answered
from payouts.graphql.refusals import shown
from payouts.graphql.tax_form import TaxForm, TaxFormKind
from payouts.graphql.tax_refusals import TaxFormInvalid


@strawberry.input(description="What is declared. It counts as signed when it is sent.")
class SubmitTaxFormInput:
    """Whose it is stands in the token."""

    form_id: UUID = strawberry.field(
        description="Made by the client (UUIDv7) and kept when it retries."
    )
    kind: TaxFormKind = strawberry.field(description="Which form.")
    country: str = strawberry.field(
        description="Where the caller is resident for tax: ISO 3166-1 alpha-2."
    )
    claims_treaty: bool = strawberry.field(
        default=False, description="With a W8BEN: whether it claims the treaty of that country."
    )
    tax_id: str = strawberry.field(
        description="The number under which that country's tax office knows the caller. Kept "
        "sealed, and never shown again. Spaces, dashes, dots and case do not count."
    )


@strawberry.type(description="The form is kept; somebody is to look at it.")
class SubmitTaxFormPayload:
    """The first result, or the same form as it is now."""

    replayed: bool = strawberry.field(
        description="Whether this form was sent before: the request was a retry."
    )
    form: TaxForm = strawberry.field(description="The form.")


SubmitTaxFormResult = Annotated[
    SubmitTaxFormPayload | TaxFormInvalid | IdempotencyConflict,
    strawberry.union("SubmitTaxFormResult", description="The form, or why it was not kept."),
]


async def submit_tax_form(
    info: Info,
    input: Annotated[SubmitTaxFormInput, strawberry.argument(description="The form.")],  # noqa: A002
) -> SubmitTaxFormResult:
    """The number goes no further than to be sealed."""
    context = info.context
    viewer = require_viewer(context)
    try:
        declaration = read_declaration(
            kind=FormKind(input.kind.value),
            country=input.country,
            claims_treaty=input.claims_treaty,
            tax_id=input.tax_id,
        )
    except TaxFormInvalidError as error:
        metrics.record_refusal("submitTaxForm", error.code)
        return shown(error)  # pyright: ignore[reportReturnType]
    order = command.SubmitTaxForm(input.form_id, viewer.sub, declaration)
    return await answered(
        context,
        "submitTaxForm",
        lambda conn: command.submit_tax_form(conn, order, context.sealer, at=context.now()),
        lambda submitted: SubmitTaxFormPayload(
            replayed=submitted.replayed, form=TaxForm.of(submitted.form)
        ),
    )
