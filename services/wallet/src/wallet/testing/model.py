"""A naive wallet: the same rules once more, one charge at a time, written to be obviously right.

It shares no code with the ledger. Tests feed both the same history and compare every answer.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

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
    caps: "ModelCaps | None" = None
    """The platform's that it meets."""


@dataclass(frozen=True)
class ModelAnswer:
    """What became of a charge."""

    outcome: str
    slices: tuple[tuple[int, int], ...] = ()
    """Lot id and coins, in the order spent."""
    balance: int = 0
    """Of a refusal: what could have been spent."""
    reached: tuple[int, int, datetime | None] | None = None
    """Of a refusal by a limit: the limit, what was spent, and when there is room again."""


class ModelTerms(NamedTuple):
    """Limits in coins; None: no limit."""

    day: int | None = None
    week: int | None = None
    creator: int | None = None


class ModelCaps(NamedTuple):
    """What nobody may spend more than."""

    charge: int
    day: int
    week: int


_NO_LIMITS = ModelTerms()


@dataclass
class ModelLimits:
    """What holds, and what will from a moment on."""

    now: ModelTerms = _NO_LIMITS
    later: ModelTerms = _NO_LIMITS
    later_from: datetime | None = None

    def at(self, at: datetime) -> ModelTerms:
        """What holds at a moment."""
        return self.later if self.later_from is not None and self.later_from <= at else self.now


@dataclass
class ModelWallet:
    """One person's coins."""

    lots: list[ModelLot] = field(default_factory=list[ModelLot])
    version: int = 0
    debt: int = 0
    """Owed: not to be spent."""
    limits: ModelLimits = field(default_factory=ModelLimits)
    spending: dict[Hashable, tuple[datetime, str, int]] = field(
        default_factory=dict[Hashable, tuple[datetime, str, int]]
    )
    """By charge when, on whom and how much."""

    @property
    def spent(self) -> list[tuple[datetime, str, int]]:
        """When, on whom and how much."""
        return list(self.spending.values())

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

    def set_limits(
        self, owner: str, wanted: ModelTerms, at: datetime, *, raised: timedelta, removed: timedelta
    ) -> ModelLimits:
        """Change limits: lower ones hold at once, higher ones `raised` or `removed` later."""
        wallet = self.wallet(owner)
        limits = wallet.limits
        now = limits.at(at)
        lower = ModelTerms(*[_lower(*pair) for pair in zip(now, wanted, strict=True)])
        wallet.limits = ModelLimits(now=lower)
        if lower != wanted:
            gone = any(
                old is not None and new is None for old, new in zip(lower, wanted, strict=True)
            )
            later_from = at + (removed if gone else raised)
            is_less = all(
                _lower(*pair) == pair[1] for pair in zip(limits.later, wanted, strict=True)
            )
            if limits.later_from is not None and limits.later_from > at and is_less:
                later_from = limits.later_from
            wallet.limits = ModelLimits(lower, wanted, later_from)
        return wallet.limits

    def adjust(self, owner: str, lot_id: int, coins: int) -> None:
        """Put coins into one lot, or take them (negative): what was taken back, or given back."""
        wallet = self.wallet(owner)
        lot = next(lot for lot in wallet.lots if lot.lot_id == lot_id)
        lot.left += coins
        assert lot.left >= 0, lot
        wallet.version += 1

    def undo(self, owner: str, charge_id: Hashable, coins: int) -> None:
        """So much of a charge was not spent after all; its coins are given back lot by lot."""
        spending = self.wallet(owner).spending
        at, whom, before = spending[charge_id]
        assert coins <= before, (charge_id, coins, before)
        spending[charge_id] = (at, whom, before - coins)

    def charge(self, charge: ModelCharge, at: datetime) -> ModelAnswer:
        """Charge a payer, once."""
        known = self.charges.get(charge.charge_id)
        if known is not None and replace(known[0], caps=charge.caps) == charge:
            return known[1]
        self.expire(charge.payer, at)
        wallet = self.wallet(charge.payer)
        if known is not None:
            return ModelAnswer("charge_conflict", balance=wallet.spendable)
        answer = _refuse(wallet, charge, at) or self._pay(wallet, charge.coins)
        if answer.outcome == "posted":
            wallet.spending[charge.charge_id] = (at, charge.order_key, charge.coins)
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


def _lower(one: int | None, other: int | None) -> int | None:
    limits = [limit for limit in (one, other) if limit is not None]
    return min(limits, default=None)


def _first(own: tuple[str, int | None], platform: tuple[str, int | None]) -> tuple[str, int | None]:
    """The lower of two limits, with its name."""
    listed = [each for each in (own, platform) if each[1] is not None]
    return min(listed, key=lambda each: each[1] or 0, default=own)


def _refuse(wallet: ModelWallet, charge: ModelCharge, at: datetime) -> ModelAnswer | None:
    """The refusal by the first limit in whose window the charge does not fit.

    Of one's own limit and the platform's only the lower is looked at; of two alike one's own.
    """
    caps = charge.caps
    if caps is not None and charge.coins > caps.charge:
        return ModelAnswer(
            "platform_charge_reached", balance=wallet.spendable, reached=(caps.charge, 0, None)
        )
    terms = wallet.limits.at(at)
    day, week = timedelta(hours=24), timedelta(days=7)
    on_creator = [spent for spent in wallet.spent if spent[1] == charge.order_key]
    platform_day = None if caps is None else caps.day
    platform_week = None if caps is None else caps.week
    for outcome, limit, window, history in (
        (
            *_first(("day_limit_reached", terms.day), ("platform_day_reached", platform_day)),
            day,
            wallet.spent,
        ),
        (
            *_first(("week_limit_reached", terms.week), ("platform_week_reached", platform_week)),
            week,
            wallet.spent,
        ),
        ("creator_limit_reached", terms.creator, day, on_creator),
    ):
        if limit is None:
            continue

        def spent(
            then: datetime,
            window: timedelta = window,
            history: list[tuple[datetime, str, int]] = history,
        ) -> int:
            return sum(coins for when, _, coins in history if when > then - window)

        if spent(at) + charge.coins <= limit:
            continue
        room_again = [
            when + window
            for when, _, _ in sorted(history)
            if when + window > at and spent(when + window) + charge.coins <= limit
        ]
        return ModelAnswer(
            outcome,
            balance=wallet.spendable,
            reached=(limit, spent(at), room_again[0] if room_again else None),
        )
    return None
