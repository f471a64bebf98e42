"""Where a creator's money goes: bank details, whether they can be right, and what is shown."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from payouts.domain.refusals import DetailsInvalidError

_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f]{1,140}")
_IBAN: Final = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_DOMESTIC: Final = re.compile(r"[0-9]{8,17}")
_BANK_CODE: Final = re.compile(r"[A-Z0-9]{6,11}")


class MethodStatus(StrEnum):
    """Whether money may go there."""

    PENDING = "PENDING"
    VERIFIED = "VERIFIED"
    DISABLED = "DISABLED"


class BankDetails(msgspec.Struct, frozen=True, kw_only=True):
    """An account at a bank. Never printed whole: the text of it names no part."""

    holder: str
    """Empty where the rail keeps the account and knows its owner."""
    country: str
    currency: str
    account: str
    """An IBAN, a domestic number of 8 to 17 digits, or what a rail calls an account of its own."""
    bank_code: str | None = None
    """Of a domestic number: BIC, routing number or sort code."""

    def __repr__(self) -> str:
        return "BankDetails(…)"

    __str__ = __repr__


class PayoutMethod(msgspec.Struct, frozen=True):
    """A method without its details, which are sealed; the fields are columns."""

    method_id: UUID
    creator_id: str
    rail: str
    country: str
    currency: str
    display: str
    status: MethodStatus
    usable_from: datetime
    added_at: datetime
    reason: str | None


def read_details(
    *, holder: str, country: str, currency: str, account: str, bank_code: str | None
) -> BankDetails:
    """The details as they are kept: without spaces and in capitals, where these do not count.

    Raises:
        DetailsInvalidError: One of them cannot be right; names it, and never says its value.
    """
    country = country.upper()
    account = re.sub(r"[ -]", "", account).upper()
    bank_code = re.sub(r"[ -]", "", bank_code).upper() if bank_code else None
    if not _NAME.fullmatch(holder) or not holder.strip():
        raise DetailsInvalidError(field="holder")
    if not _COUNTRY.fullmatch(country):
        raise DetailsInvalidError(field="country")
    if account[:2].isalpha():
        if not (account.startswith(country) and is_iban(account)):
            raise DetailsInvalidError(field="account")
    elif not _DOMESTIC.fullmatch(account):
        raise DetailsInvalidError(field="account")
    elif bank_code is None:
        raise DetailsInvalidError(field="bankCode")
    if bank_code is not None and not _BANK_CODE.fullmatch(bank_code):
        raise DetailsInvalidError(field="bankCode")
    return BankDetails(
        holder=holder.strip(),
        country=country,
        currency=currency,
        account=account,
        bank_code=bank_code,
    )


def read_hosted(*, country: str, currency: str) -> BankDetails:
    """The details of an account that a rail is to open, whose name is not known yet.

    Raises:
        DetailsInvalidError: The country is none.
    """
    country = country.upper()
    if not _COUNTRY.fullmatch(country):
        raise DetailsInvalidError(field="country")
    return BankDetails(holder="", country=country, currency=currency, account="")


def is_iban(account: str) -> bool:
    """Whether the check digits fit (ISO 13616): they catch any one wrong character."""
    if not _IBAN.fullmatch(account):
        return False
    digits = "".join(str(int(character, 36)) for character in account[4:] + account[:4])
    return int(digits) % 97 == 1


def display(details: BankDetails) -> str:
    """What the creator recognises the account by; nobody can pay or be paid with it."""
    return f"{details.country} ••••{details.account[-4:]}"
