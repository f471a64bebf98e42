"""Tax forms, as creators see theirs."""

import datetime
import enum
from typing import Self
from uuid import UUID

import strawberry

from chassis.graphql import Connection
from payouts.domain import tax_form as domain


@strawberry.enum(description="Which form.")
class TaxFormKind(enum.Enum):
    """The names are those of the database."""

    W9 = strawberry.enum_value("W9", description="Of residents of the United States.")
    W8BEN = strawberry.enum_value("W8BEN", description="Of persons who are not.")
    OTHER = strawberry.enum_value("OTHER", description="Another: it claims nothing.")


@strawberry.enum(description="Whether a tax form was found to be right.")
class TaxFormStatus(enum.Enum):
    """The names are those of the database."""

    PENDING = strawberry.enum_value("PENDING", description="Nobody has looked at it yet.")
    VERIFIED = strawberry.enum_value(
        "VERIFIED", description="It counts, until it expires or another one is verified."
    )
    REJECTED = strawberry.enum_value("REJECTED", description="It does not count. Send another.")


@strawberry.type(description="What a creator has declared of their taxes.")
class TaxForm:
    """Its number is never shown again: only what the owner knows it by."""

    id: UUID = strawberry.field(description="Made by the client.")
    kind: TaxFormKind = strawberry.field(description="Which form.")
    country: str = strawberry.field(
        description="Where the creator is resident for tax: ISO 3166-1 alpha-2."
    )
    claims_treaty: bool = strawberry.field(
        description="Whether it claims the treaty of that country."
    )
    display: str = strawberry.field(
        description="What the owner knows the number by: country and its last four characters."
    )
    submitted_at: datetime.datetime = strawberry.field(
        description="When it was sent, and with that signed."
    )
    valid_until: datetime.date | None = strawberry.field(
        description="The last day, in UTC, on which it holds; null: until there is another."
    )
    status: TaxFormStatus = strawberry.field(description="Whether it was found to be right.")

    @classmethod
    def of(cls, form: domain.TaxForm) -> Self:
        """Show a form. What operators wrote of it is theirs."""
        return cls(
            id=form.form_id,
            kind=TaxFormKind(form.kind.value),
            country=form.country,
            claims_treaty=form.claims_treaty,
            display=form.display,
            submitted_at=form.submitted_at,
            valid_until=form.valid_until,
            status=TaxFormStatus(form.status.value),
        )


@strawberry.type(description="A page of a creator's tax forms.")
class TaxFormConnection(Connection[TaxForm]):
    """Newest first."""
