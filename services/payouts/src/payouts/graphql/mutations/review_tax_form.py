"""Decide on a tax form."""

import enum
from typing import Annotated
from uuid import UUID

import strawberry

from chassis.graphql import act_of
from payouts.commands import review_tax_form as command
from payouts.domain.tax_form import FormDecision
from payouts.graphql.context import Info
from payouts.graphql.mutations.refusing import answered
from payouts.graphql.tax_form import TaxForm
from payouts.graphql.tax_refusals import TaxFormDecided, TaxFormUnknown


@strawberry.enum(description="What a reviewer found of a tax form.")
class TaxFormDecision(enum.Enum):
    """A form that was verified may still be rejected."""

    VERIFIED = strawberry.enum_value("VERIFIED", description="It is right, and counts from now on.")
    REJECTED = strawberry.enum_value("REJECTED", description="It is not, and does not count.")


@strawberry.input(description="A finding about a tax form.")
class ReviewTaxFormInput:
    """Who found it stands in the token."""

    form_id: UUID = strawberry.field(description="Of which form.")
    decision: TaxFormDecision = strawberry.field(description="What was found.")
    reason: str = strawberry.field(description="On what grounds: 1 to 500 characters, for audit.")


@strawberry.type(description="The finding is in force.")
class ReviewTaxFormPayload:
    """For payouts that are requested from now on."""

    form: TaxForm = strawberry.field(description="The form.")


ReviewTaxFormResult = Annotated[
    ReviewTaxFormPayload | TaxFormUnknown | TaxFormDecided,
    strawberry.union("ReviewTaxFormResult", description="What came of it."),
]


async def review_tax_form(
    info: Info,
    input: Annotated[ReviewTaxFormInput, strawberry.argument(description="The finding.")],  # noqa: A002
) -> ReviewTaxFormResult:
    """Translate the input to an order, and its outcome to a type."""
    context = info.context
    order = command.ReviewTaxForm(
        input.form_id,
        FormDecision(input.decision.value),
        act_of(context, input.reason, context.now()),
    )
    return await answered(
        context,
        "reviewTaxForm",
        lambda conn: command.review_tax_form(conn, order),
        lambda form: ReviewTaxFormPayload(form=TaxForm.of(form)),
    )
