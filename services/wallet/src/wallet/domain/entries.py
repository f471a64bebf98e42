"""The journal's entries of a reversal or reinstatement, collected in memory and written at once."""

from datetime import datetime
from typing import Final, Literal, NamedTuple
from uuid import UUID

import msgspec

from chassis.ids import derived_id
from wallet.domain.ledger import BREAKAGE, RECEIVABLE, Head, Movement, MovementKind
from wallet.domain.lots import Lot, has_lot_expired, place

_SHARDS: Final = 16
_FIRST_SHARD: Final = -2
"""Of system accounts: below those of partitions, credits and the sweeper, so that what takes coins
back waits for no busy writer and no busy writer for it."""

type DebtKind = Literal["owed", "forgiven", "repaid", "returned", "undone"]


class Transfer(NamedTuple):
    """Coins that pass from one system account to another; the fields are the columns."""

    transfer_id: UUID
    cause_id: UUID
    debit: str
    credit: str
    shard: int
    coins: int
    posted_at: datetime


class DebtEntry(NamedTuple):
    """A change of what a viewer owes or has repaid; the fields are the columns."""

    entry_id: UUID
    """That of the movement that announces it, where coins moved or the debt did."""
    account_id: int
    kind: DebtKind
    coins: int
    debt_coins: int
    """The account's debt after it."""
    lot_id: int
    is_expired: bool
    """Given back after the lot had expired."""
    posted_at: datetime


def shard_of(number: int) -> int:
    """The shard of system accounts that what takes coins back writes, by any number."""
    return _FIRST_SHARD - number % _SHARDS


class Entries:
    """What one cause changes: an account step by step, and the other side of each step."""

    def __init__(self, head: Head, cause_id: UUID, *, at: datetime) -> None:
        """Args:
        head: The account as it is, locked.
        cause_id: The reversal, reinstatement or purchase; ids of entries derive from it.
        at: When they are posted.
        """
        self.before = head
        self.head = head
        self.movements: list[Movement] = []
        self.debts: list[DebtEntry] = []
        self._cause_id = cause_id
        self._at = at
        self._shard = shard_of(head.account_id)
        self._transfers: dict[tuple[str, str], int] = {}

    @property
    def transfers(self) -> list[Transfer]:
        """Between system accounts, one per pair."""
        return [
            Transfer(
                derived_id(self._cause_id, f"{debit}>{credit}"),
                self._cause_id,
                debit,
                credit,
                self._shard,
                coins,
                self._at,
            )
            for (debit, credit), coins in self._transfers.items()
        ]

    @property
    def credited_coins(self) -> int:
        """What the account gets."""
        return sum(each.coins for each in self.movements if each.coins > 0)

    @property
    def debited_coins(self) -> int:
        """What leaves the account."""
        return -sum(each.coins for each in self.movements if each.coins < 0)

    def transfer(self, debit: str, credit: str, coins: int) -> None:
        """Pass coins from one system account to another."""
        pair = (debit, credit)
        self._transfers[pair] = self._transfers.get(pair, 0) + coins

    def take(self, kind: MovementKind, lot: Lot, coins: int, counter: str) -> None:
        """Take coins off one lot, wherever it stands among the open ones."""
        index = self.head.lots.index(lot)
        lots, left = list(self.head.lots), list(self.head.left)
        assert left[index] >= coins, "no more than is left"
        left[index] -= coins
        if not left[index]:
            del lots[index], left[index]
        self._move(kind, lot, -coins, counter, tuple(lots), tuple(left))

    def put(self, lot: Lot, coins: int, counter: str) -> None:
        """Put coins back into a lot, which is opened again in its place where it was empty."""
        lots, left = list(self.head.lots), list(self.head.left)
        if lot in lots:
            left[lots.index(lot)] += coins
        else:
            index = place(lots, lot)
            lots.insert(index, lot)
            left.insert(index, coins)
        self._move("reinstatement", lot, coins, counter, tuple(lots), tuple(left))

    def owe(self, lot: Lot, coins: int) -> None:
        """The owner owes coins of this lot, which they have spent."""
        self._owe("owed", lot, coins, self.head.debt_coins + coins)

    def forgive(self, lot: Lot, coins: int) -> None:
        """The owner owes them no longer."""
        self._owe("forgiven", lot, coins, self.head.debt_coins - coins)

    def undo_repayment(self, lot: Lot, coins: int) -> None:
        """The lot out of which debt was repaid is taken back: it is owed again."""
        self._owe("undone", lot, coins, self.head.debt_coins + coins)

    def redo_repayment(self, lot: Lot, coins: int) -> None:
        """The lot is given back after all, and has repaid again."""
        self._owe("repaid", lot, coins, self.head.debt_coins - coins)

    def repay(self, lot: Lot, coins: int) -> None:
        """Pay debt out of a lot."""
        self.take("repayment", lot, coins, RECEIVABLE)
        debt_coins = self.head.debt_coins - coins
        self._note("repaid", lot, coins, debt_coins, entry_id=self.movements[-1].movement_id)

    def return_repaid(self, lot: Lot, coins: int) -> None:
        """Give back what was repaid and is owed no longer."""
        is_expired = has_lot_expired(lot, self._at)
        if is_expired:
            self.transfer(RECEIVABLE, BREAKAGE, coins)
            # One lot may have repaid several that are given back.
            entry_id = self._id(f"expired:{lot.lot_id}:{len(self.debts)}")
        else:
            self.put(lot, coins, RECEIVABLE)
            entry_id = self.movements[-1].movement_id
        self._note(
            "returned", lot, coins, self.head.debt_coins, entry_id=entry_id, is_expired=is_expired
        )

    def _owe(self, kind: DebtKind, lot: Lot, coins: int, debt_coins: int) -> None:
        # It moves no coins, but whoever knows an older head must learn that it is old.
        self._move("debt", lot, 0, RECEIVABLE, self.head.lots, self.head.left)
        self._note(kind, lot, coins, debt_coins, entry_id=self.movements[-1].movement_id)

    def _note(
        self,
        kind: DebtKind,
        lot: Lot,
        coins: int,
        debt_coins: int,
        *,
        entry_id: UUID,
        is_expired: bool = False,
    ) -> None:
        self.head = msgspec.structs.replace(self.head, debt_coins=debt_coins)
        account_id = self.head.account_id
        self.debts.append(
            DebtEntry(
                entry_id, account_id, kind, coins, debt_coins, lot.lot_id, is_expired, self._at
            )
        )

    def _move(
        self,
        kind: MovementKind,
        lot: Lot,
        coins: int,
        counter: str,
        lots: tuple[Lot, ...],
        left: tuple[int, ...],
    ) -> None:
        self.head = msgspec.structs.replace(
            self.head,
            version=self.head.version + 1,
            coins=self.head.coins + coins,
            lots=lots,
            left=left,
        )
        self.movements.append(
            Movement(
                self._id(f"{kind}:{len(self.movements)}"),
                self.head.account_id,
                self.head.version,
                coins,
                self.head.coins,
                self._at,
                lot.lot_id,
                self._shard,
                kind,
                "posted",
                counter,
            )
        )

    def _id(self, purpose: str) -> UUID:
        return derived_id(self._cause_id, purpose)
