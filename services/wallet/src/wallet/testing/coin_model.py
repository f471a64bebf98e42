"""Money taken back and given back, once more, coin by coin and written to be obviously right.

Every coin is an object that knows where it is and who bore its loss. Nothing is shared with the
ledger but the names of things. Tests feed both the same history and compare who lost what.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

type Where = Literal["wallet", "gift", "repaid"]


@dataclass(eq=False)
class Coin:
    """One coin of a purchase."""

    lot: "CoinLot"
    where: Where = "wallet"
    gift: int | None = None
    """Which gift it paid, by number: later gifts have higher ones."""
    bearer: str | None = None
    """Who bore its loss when it was taken back; None while it is not."""
    party: str | None = None
    claim: str | None = None
    """For which claim it was taken."""
    taken_at: int = 0
    """The how many-eth taking of all it was taken in."""
    is_named: bool = False
    """Whether it was taken of its very gift, whoever bore it."""


@dataclass(eq=False)
class CoinLot:
    """Coins of one class that one purchase brought."""

    lot_class: Literal["bonus", "purchased"]
    owner: str
    number: int
    coins: list[Coin] = field(default_factory=list[Coin])
    is_safe: bool = False
    """The payment cannot be taken back any more: creators keep what it gave them."""

    def taken(self) -> list[Coin]:
        """Those that are taken back."""
        return [coin for coin in self.coins if coin.bearer is not None]

    def spent(self) -> list[Coin]:
        """Those that paid for gifts and are not taken back."""
        return [coin for coin in self.coins if coin.where == "gift" and coin.bearer is None]


@dataclass
class ModelClaim:
    """What is wanted back on one ground: the most that was ever told."""

    kind: str
    claimed: int
    returned: int
    is_open: bool
    booked: int = 0
    order: list[Coin] = field(default_factory=list[Coin])
    """The coins taken for it, in the order taken."""

    @property
    def net(self) -> int:
        """What is wanted now."""
        return self.claimed - self.returned


@dataclass
class ModelPurchase:
    """A payment and what it brought."""

    owner: str
    amount: int
    lots: list[CoinLot]
    claims: dict[str, ModelClaim] = field(default_factory=dict[str, ModelClaim])

    @property
    def booked(self) -> int:
        """Taken back of the payment."""
        return sum(claim.booked for claim in self.claims.values())


class CoinModel:
    """Everybody's coins."""

    def __init__(self, *, debt_max: int, reserve_max: int, creators_pay: bool) -> None:
        self.debt_max = debt_max
        self.reserve_max = reserve_max
        self.creators_pay = creators_pay
        self.purchases: list[ModelPurchase] = []
        self.debts: Counter[str] = Counter()
        self.gifts: dict[int, str] = {}
        """The creator of each gift."""
        self.repaid: list[Coin] = []
        self._takings = 0

    def lots(self, owner: str) -> list[CoinLot]:
        """Bonus coins are spent first; older lots before newer ones."""
        lots = [lot for each in self.purchases for lot in each.lots if lot.owner == owner]
        return sorted(lots, key=lambda lot: (lot.lot_class == "purchased", lot.number))

    def wallet(self, owner: str) -> list[Coin]:
        """What an owner holds, in the order in which it is spent."""
        return [
            coin
            for lot in self.lots(owner)
            for coin in lot.coins
            if coin.where == "wallet" and coin.bearer is None
        ]

    def buy(self, owner: str, amount: int, coins: int, bonus: int) -> ModelPurchase:
        """A payment arrives; what is owed comes off it at once."""
        number = 2 * len(self.purchases)
        bought, given = CoinLot("purchased", owner, number), CoinLot("bonus", owner, number + 1)
        bought.coins = [Coin(bought) for _ in range(coins)]
        given.coins = [Coin(given) for _ in range(bonus)]
        purchase = ModelPurchase(owner, amount, [bought, given])
        self.purchases.append(purchase)
        for coin in [*bought.coins, *given.coins]:
            if self.debts[owner]:
                self.debts[owner] -= 1
                coin.where = "repaid"
                self.repaid.append(coin)
        return purchase

    def give(self, owner: str, creator: str, coins: int) -> bool:
        """A gift, if there is enough beyond what is owed."""
        held = self.wallet(owner)
        if coins > len(held) - self.debts[owner]:
            return False
        number = len(self.gifts)
        self.gifts[number] = creator
        for coin in held[:coins]:
            coin.where, coin.gift = "gift", number
        return True

    def tell(self, purchase: ModelPurchase, name: str, told: ModelClaim) -> None:
        """A claim grows, and what it asks for is booked."""
        claim = purchase.claims.setdefault(name, told)
        claim.claimed = max(claim.claimed, told.claimed)
        claim.returned = max(claim.returned, told.returned)
        claim.is_open = claim.is_open and told.is_open
        for each in purchase.claims.values():
            if each.booked > each.net:
                self._give_back(purchase, each, each.booked - each.net)
        for each_name, each in purchase.claims.items():
            more = min(each.net - each.booked, purchase.amount - purchase.booked)
            if more > 0:
                self._take(purchase, each_name, each, more)

    def _take(self, purchase: ModelPurchase, name: str, claim: ModelClaim, minor: int) -> None:
        claim.booked += minor
        wanted = self._wanted(purchase)
        debt_left = max(self.debt_max - self.debts[purchase.owner], 0)
        reserve_left = self.reserve_max

        def bear(lot: CoinLot, coin: Coin, bearer: str, party: str | None) -> None:
            self._takings += 1
            coin.bearer, coin.party, coin.claim = bearer, party, name
            coin.taken_at = self._takings
            wanted[lot] -= 1
            claim.order.append(coin)

        for lot in purchase.lots:
            for where, bearer in (("wallet", "unspent"), ("repaid", "repaid")):
                for coin in lot.coins:
                    if wanted[lot] and coin.where == where and coin.bearer is None:
                        bear(lot, coin, bearer, purchase.owner)
                        if where == "repaid":
                            self.repaid.remove(coin)
                            self.debts[purchase.owner] += 1
        for bearer in ("payer_debt", "creator_unmatured", "reserve", "platform_loss"):
            for lot in purchase.lots:
                # The latest gift first.
                for coin in sorted(lot.spent(), key=gift_of, reverse=True):
                    if not wanted[lot]:
                        break
                    if bearer == "payer_debt" and debt_left:
                        debt_left -= 1
                        self.debts[purchase.owner] += 1
                        bear(lot, self._anonymous(lot), bearer, purchase.owner)
                    elif bearer == "creator_unmatured" and self.creators_pay and not lot.is_safe:
                        coin.is_named = True
                        bear(lot, coin, bearer, self.gifts[gift_of(coin)])
                    elif bearer == "reserve" and reserve_left:
                        reserve_left -= 1
                        bear(lot, self._anonymous(lot), bearer, None)
                    elif bearer == "platform_loss":
                        bear(lot, self._anonymous(lot), bearer, None)

    def _wanted(self, purchase: ModelPurchase) -> dict[CoinLot, int]:
        """Of each lot its share of what is booked, less what is taken already.

        Where more than its share is taken of one, the others lose less, the last one first.
        """
        shares = {lot: len(lot.coins) * purchase.booked // purchase.amount for lot in purchase.lots}
        wanted = {lot: max(share - len(lot.taken()), 0) for lot, share in shares.items()}
        in_all = sum(shares.values()) - sum(len(lot.taken()) for lot in purchase.lots)
        for lot in reversed(purchase.lots):
            while wanted[lot] and sum(wanted.values()) > in_all:
                wanted[lot] -= 1
        return wanted

    def _anonymous(self, lot: CoinLot) -> Coin:
        """A spent coin that no creator is asked for: of the earliest use, since the latest are."""
        return min(lot.spent(), key=gift_of)

    def _count_again(self, lot: CoinLot) -> None:
        """What is taken of no gift in particular counts as of the earliest that are left."""
        taken = [
            coin
            for coin in lot.coins
            if coin.where == "gift" and coin.bearer is not None and not coin.is_named
        ]
        both = [*taken, *lot.spent()]
        gifts = sorted(gift_of(coin) for coin in both)
        for coin, gift in zip(both, gifts, strict=True):
            coin.gift = gift

    def _give_back(self, purchase: ModelPurchase, claim: ModelClaim, minor: int) -> None:
        whole = minor == claim.booked
        claim.booked -= minor
        due: dict[CoinLot, int] = {}
        for lot in purchase.lots:
            mine = sum(1 for coin in claim.order if coin.lot is lot)
            stays = len(lot.coins) * purchase.booked // purchase.amount
            due[lot] = mine if whole else min(mine, max(len(lot.taken()) - stays, 0))
        for coin in reversed(claim.order[:]):
            if due[coin.lot]:
                due[coin.lot] -= 1
                claim.order.remove(coin)
                if coin.bearer == "payer_debt":
                    self.forgive(purchase.owner)
                elif coin.bearer == "repaid" and self.debts[purchase.owner]:
                    self.debts[purchase.owner] -= 1
                    self.repaid.append(coin)
                elif coin.bearer == "repaid":
                    coin.where = "wallet"
                coin.bearer = coin.party = coin.claim = None
                coin.is_named = False
        for lot in purchase.lots:
            self._count_again(lot)

    def forgive(self, owner: str) -> None:
        """What is owed no longer; or, where it was repaid, what goes back to where it came from."""
        if self.debts[owner]:
            self.debts[owner] -= 1
            return
        mine = [coin for coin in self.repaid if coin.lot.owner == owner]
        latest = max(coin.lot.number for coin in mine)
        coin = next(coin for coin in mine if coin.lot.number == latest)
        self.repaid.remove(coin)
        coin.where = "wallet"

    def losses(self, purchase: ModelPurchase) -> Counter[tuple[str, str | None, str]]:
        """Coins lost, by who bore them, the party, and the class of lot."""
        return Counter(
            (coin.bearer, coin.party, lot.lot_class)
            for lot in purchase.lots
            for coin in lot.coins
            if coin.bearer is not None
        )


def gift_of(coin: Coin) -> int:
    """The number of the gift that a spent coin paid for."""
    assert coin.gift is not None, "it paid for one"
    return coin.gift
