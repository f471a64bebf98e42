"""A rail in memory, which pays at once and lets payments come back when it is told to."""

from collections.abc import Sequence
from typing import override

from payouts.domain.method import BankDetails
from payouts.domain.reconciliation import Theirs
from payouts.domain.transfer import Change, TransferStatus
from payouts.rails import Rail
from payouts.rails.rail import AccountCheck


class BankOfTests(Rail):
    """Called like the sandbox bank, so that methods of it go here."""

    name = "sandbox_bank"

    def __init__(self) -> None:
        self.orders: dict[str, tuple[int, str]] = {}
        self._changes: list[Change] = []

    @override
    async def check_account(self, details: BankDetails) -> AccountCheck:
        return AccountCheck(is_known=True, reason=None)

    @override
    async def has(self, key: str) -> bool:
        return key in self.orders

    @override
    async def pay(self, key: str, amount_minor: int, details: BankDetails) -> None:
        order = (amount_minor, details.currency)
        assert self.orders.setdefault(key, order) == order, "an order was changed"
        if not any(change.key == key for change in self._changes):
            self._add(key, "paid", None)

    @override
    async def changes(self, after: int, *, limit: int) -> Sequence[Change]:
        return [change for change in self._changes if change.seq > after][:limit]

    @override
    async def report(self) -> Sequence[Theirs]:
        raise NotImplementedError("nobody compares books here")

    @override
    async def close(self) -> None:
        """There is nothing to let go."""

    def send_back(self, key: str) -> None:
        """What was paid comes back."""
        self._add(key, "returned", "account_closed")

    def _add(self, key: str, status: TransferStatus, reason: str | None) -> None:
        amount_minor, currency = self.orders[key]
        self._changes.append(
            Change(len(self._changes) + 1, key, status, amount_minor, currency, reason)
        )
