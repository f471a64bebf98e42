"""The refusals that are about taxes, as clients see them."""

import strawberry

from chassis.graphql import Money, Refusal, refusal
from payouts.graphql.tax_form import TaxFormStatus


@refusal(code="tax_form_invalid", description="The declaration cannot be right.")
class TaxFormInvalid(Refusal):
    """Says which part of it, and never what was in it."""

    field: str = strawberry.field(description="Which part: a field of the input.")


@refusal(code="tax_form_unknown", description="There is no such tax form.")
class TaxFormUnknown(Refusal):
    """For operators alone."""


@refusal(
    code="tax_form_decided",
    description="The form was rejected, or is already what it is to become.",
)
class TaxFormDecided(Refusal):
    """Somebody else has decided, perhaps."""

    status: TaxFormStatus = strawberry.field(description="Where it is.")


@refusal(
    code="tax_form_needed",
    description="No payout goes out until a tax form is verified that is still valid. Send one.",
)
class TaxFormNeeded(Refusal):
    """What was earned stays the creator's."""


@refusal(
    code="withholding_correction_changed",
    description="Not that much was withheld too much of the payout, or nothing was. Preview again.",
)
class WithholdingCorrectionChanged(Refusal):
    """For operators alone; nothing was changed."""

    excess: Money = strawberry.field(description="What could be corrected now; zero: nothing.")
