"""What creators declare of their taxes: whether it can be right, and until when it holds."""

import re
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from payouts.domain.refusals import TaxFormInvalidError

HOME: Final = "US"
"""Whose forms these are."""
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_OF_HOME: Final = re.compile(r"[0-9]{9}")
_OF_OTHERS: Final = re.compile(r"[A-Z0-9]{5,24}")


class FormKind(StrEnum):
    """Which form."""

    W9 = "W9"
    W8BEN = "W8BEN"
    OTHER = "OTHER"


class FormStatus(StrEnum):
    """Whether it was found to be right."""

    PENDING = "PENDING"
    VERIFIED = "VERIFIED"
    REJECTED = "REJECTED"


class FormDecision(StrEnum):
    """What a reviewer found."""

    VERIFIED = "VERIFIED"
    REJECTED = "REJECTED"


FORM_MOVES: Final = {
    FormStatus.PENDING: frozenset({FormStatus.VERIFIED, FormStatus.REJECTED}),
    FormStatus.VERIFIED: frozenset({FormStatus.REJECTED}),
    FormStatus.REJECTED: frozenset[FormStatus](),
}
"""The one table of allowed moves; the database has the same and lets nothing else happen."""


class TaxDeclaration(msgspec.Struct, frozen=True, kw_only=True):
    """What a creator says. Never printed whole: the text of it does not name the number."""

    kind: FormKind
    country: str
    claims_treaty: bool
    tax_id: str

    def __repr__(self) -> str:
        return f"TaxDeclaration({self.kind}, …)"

    __str__ = __repr__


class TaxForm(msgspec.Struct, frozen=True):
    """A form without its number, which is sealed; the fields are columns."""

    form_id: UUID
    creator_id: str
    kind: FormKind
    country: str
    claims_treaty: bool
    display: str
    submitted_at: datetime
    valid_until: date | None
    status: FormStatus
    verified_at: datetime | None
    reason: str | None

    def can_become(self, status: FormStatus) -> bool:
        """Whether the move is allowed."""
        return status in FORM_MOVES[self.status]

    def says(self, declaration: TaxDeclaration) -> bool:
        """Whether it is of that declaration, as far as it is not sealed."""
        return (self.kind, self.country, self.claims_treaty) == (
            declaration.kind,
            declaration.country,
            declaration.claims_treaty,
        )


def read_declaration(
    *, kind: FormKind, country: str, claims_treaty: bool, tax_id: str
) -> TaxDeclaration:
    """The declaration as it is kept: the number without spaces and dashes, in capitals.

    Raises:
        TaxFormInvalidError: It cannot be right; names a field, and never says its value.
    """
    country = country.upper()
    tax_id = re.sub(r"[ .-]", "", tax_id).upper()
    if not _COUNTRY.fullmatch(country) or (
        kind is not FormKind.OTHER and (kind is FormKind.W9) != (country == HOME)
    ):
        raise TaxFormInvalidError(field="country")
    if claims_treaty and kind is not FormKind.W8BEN:
        raise TaxFormInvalidError(field="claimsTreaty")
    if not (_OF_HOME if country == HOME else _OF_OTHERS).fullmatch(tax_id):
        raise TaxFormInvalidError(field="taxId")
    return TaxDeclaration(kind=kind, country=country, claims_treaty=claims_treaty, tax_id=tax_id)


def valid_until(kind: FormKind, submitted_at: datetime) -> date | None:
    """The last day on which a form holds that was signed when it was submitted.

    A W-8BEN holds until the end of the third calendar year after the one in which it was signed
    (IRS, Instructions for Form W-8BEN, "Expiration of Form W-8BEN"; 26 CFR 1.1441-1(e)(4)(ii)); so
    do forms that we do not know. A W-9 holds until there is another.
    """
    if kind is FormKind.W9:
        return None
    return date(submitted_at.astimezone(UTC).year + 3, 12, 31)


def display(declaration: TaxDeclaration) -> str:
    """What its owner recognises the number by."""
    return f"{declaration.country} ••••{declaration.tax_id[-4:]}"
