"""A naive wallet: the same rules once more, one charge at a time, written to be obviously right.

It shares no code with the ledger. Tests feed both the same history and compare every answer.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

from wallet.domain.lots import LotClass

_ORDER = ["earned", "bonus", "granted", "purchased"]


@dataclass
class ModelLot:
    """Coins with one origin, and what is left of them."""

    lot_id: int
    lot_class: LotClass
    left: int
    expires_at: datetime | None


@dataclass(frozen=True)
class ModelCharge:
    """A charge as it was asked for."""

    charge_id: Hashable
    payer: str
    coins: int
    order_key: str


@dataclass(frozen=True)
class ModelAnswer:
    """What became of a charge."""

    outcome: Literal["posted", "insufficient_coins", "charge_conflict"]
    slices: tuple[tuple[int, int], ...] = ()
    """Lot id and coins, in the order spent."""
    balance: int = 0
    """Of a refusal: what could have been spent."""


@dataclass
class ModelWallet:
    """One person's coins."""

    lots: list[ModelLot] = field(default_factory=list[ModelLot])
    version: int = 0
    debt: int = 0
    """Owed: not to be spent."""

    @property
    def balance(self) -> int:
        """All coins, expired ones that are not booked yet included."""
        return sum(lot.left for lot in self.lots)

    @property
    def spendable(self) -> int:
        """What is not owed."""
        return max(self.balance - self.debt, 0)

    def next_lot(self) -> ModelLot:
        """The lot to spend from now."""
        never = datetime.max.replace(tzinfo=UTC)
        return min(
            (lot for lot in self.lots if lot.left > 0),
            key=lambda lot: (lot.expires_at or never, _ORDER.index(lot.lot_class), lot.lot_id),
        )


class Model:
    """All wallets, and the answers given so far."""

    def __init__(self) -> None:
        self.wallets: dict[str, ModelWallet] = {}
        self.charges: dict[Hashable, tuple[ModelCharge, ModelAnswer]] = {}
        self.issued = 0
        self.charged = 0
        self.expired = 0

    def wallet(self, owner: str) -> ModelWallet:
        """A person's wallet, empty at first."""
        return self.wallets.setdefault(owner, ModelWallet())

    def credit(self, owner: str, lot: ModelLot) -> None:
        """Put a new lot into a wallet."""
        wallet = self.wallet(owner)
        wallet.lots.append(replace(lot))
        wallet.version += 1
        self.issued += lot.left

    def expire(self, owner: str, at: datetime) -> None:
        """Take away what has expired."""
        wallet = self.wallet(owner)
        for lot in wallet.lots:
            if lot.left > 0 and lot.expires_at is not None and lot.expires_at <= at:
                self.expired += lot.left
                lot.left = 0
                wallet.version += 1

    def adjust(self, owner: str, lot_id: int, coins: int) -> None:
        """Put coins into one lot, or take them (negative): what was taken back, or given back."""
        wallet = self.wallet(owner)
        lot = next(lot for lot in wallet.lots if lot.lot_id == lot_id)
        lot.left += coins
        assert lot.left >= 0, lot
        wallet.version += 1

    def charge(self, charge: ModelCharge, at: datetime) -> ModelAnswer:
        """Charge a payer, once."""
        known = self.charges.get(charge.charge_id)
        if known is not None and known[0] == charge:
            return known[1]
        self.expire(charge.payer, at)
        wallet = self.wallet(charge.payer)
        if known is not None:
            return ModelAnswer("charge_conflict", balance=wallet.spendable)
        answer = self._pay(wallet, charge.coins)
        self.charges[charge.charge_id] = (charge, answer)
        return answer

    def _pay(self, wallet: ModelWallet, coins: int) -> ModelAnswer:
        if wallet.spendable < coins:
            return ModelAnswer("insufficient_coins", balance=wallet.spendable)
        slices: list[tuple[int, int]] = []
        owed = coins
        while owed > 0:
            lot = wallet.next_lot()
            part = min(lot.left, owed)
            lot.left -= part
            owed -= part
            slices.append((lot.lot_id, part))
        wallet.version += 1
        self.charged += coins
        return ModelAnswer("posted", tuple(slices))
