"""What the bank keeps: transfers, how accounts behave, what happened."""

from dataclasses import dataclass
from typing import Literal

type Status = Literal["pending", "paid", "failed", "returned"]
type Outcome = Literal["pay", "fail", "return"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a customer orders. `key` is the customer's own id of it."""

    key: str
    amount_minor: int
    currency: str
    holder: str
    country: str
    account: str
    bank_code: str | None


@dataclass(frozen=True, slots=True)
class Transfer:
    """An order that was accepted."""

    terms: Terms
    status: Status
    reason: str | None
    accepted_at: float


@dataclass(frozen=True, slots=True)
class Change:
    """A step of a transfer."""

    seq: int
    key: str
    status: Status
    reason: str | None
    at: float
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What becomes of transfers to an account, for tests of customers."""

    outcome: Outcome = "pay"
    reason: str | None = None
    """Why they fail or are returned."""
    delay_s: float = 0.0
    """Until they are paid or fail; and again as long until they are returned."""
    silence_s: float = 0.0
    """How long a transfer's answer takes once it is accepted."""
    is_known: bool = True
    """Whether there is such an account."""


class BankError(Exception):
    """The bank refuses; `code` is stable, the message is for a person."""

    code: str
    status: int


class UnauthorizedError(BankError):
    """The API key is missing or wrong."""

    code = "unauthorized"
    status = 401


class FundsMissingError(BankError):
    """The customer has too little with the bank; nothing was kept of the order."""

    code = "funds_missing"
    status = 402


class UnknownTransferError(BankError):
    """No order has this key."""

    code = "unknown_transfer"
    status = 404


class KeyTakenError(BankError):
    """The key belongs to an order with other terms."""

    code = "key_taken"
    status = 409


class NotPaidError(BankError):
    """Only what was paid can be returned."""

    code = "not_paid"
    status = 409
