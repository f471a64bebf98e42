"""A minor's gifts undone by a share, once more, coin by coin and written to be obviously right."""

from collections.abc import Collection
from fractions import Fraction
from math import floor
from typing import NamedTuple

from wallet.testing.coin_model import Coin, CoinLot, CoinModel, ModelClaim, ModelPurchase, gift_of


class ModelPart(NamedTuple):
    """What is taken back of one purchase."""

    purchase: ModelPurchase
    amount: int
    coins: int


def take_share(
    model: CoinModel, owner: str, gifts: Collection[int], share: Fraction, claim: str
) -> list[ModelPart]:
    """Take a share of these gifts back; nothing happens where that is less than a coin.

    Args:
        model: Everybody's coins.
        owner: Who sent the gifts.
        gifts: By their numbers.
        share: Of what is left of them, up to 1.
        claim: The claim's name.
    """
    uses = [
        [coin for coin in lot.spent() if gift_of(coin) == gift]
        for purchase in model.purchases
        if purchase.owner == owner and purchase.booked < purchase.amount
        for lot in purchase.lots
        for gift in sorted(gifts, reverse=True)
    ]
    counts = largest_remainders(share, [len(use) for use in uses])
    chosen = [coin for use, count in zip(uses, counts, strict=True) for coin in use[:count]]
    parts: list[ModelPart] = []
    for purchase in model.purchases:
        coins = [coin for coin in chosen if coin.lot in purchase.lots]
        if coins:
            parts.append(_take(model, purchase, coins, claim))
    return parts


def largest_remainders(share: Fraction, counts: list[int]) -> list[int]:
    """The share of each count; together they are the share of all, rounded down.

    What rounding took of single ones goes to those that lost most by it, the earlier of equals
    first.
    """
    exact = [count * share for count in counts]
    rounded = [floor(each) for each in exact]
    for _ in range(floor(sum(counts) * share) - sum(rounded)):
        lost = [each - given for each, given in zip(exact, rounded, strict=True)]
        rounded[lost.index(max(lost))] += 1
    return rounded


def _take(model: CoinModel, purchase: ModelPurchase, coins: list[Coin], claim: str) -> ModelPart:
    reserve_left = model.reserve_max
    for coin in coins:
        coin.claim, coin.is_named = claim, True
        if model.creators_pay and not coin.lot.is_safe:
            coin.bearer, coin.party = "creator_unmatured", model.gifts[gift_of(coin)]
        elif reserve_left:
            reserve_left -= 1
            coin.bearer = "reserve"
        else:
            coin.bearer = "platform_loss"
    taken = sum(len(lot.taken()) for lot in purchase.lots)
    worth = purchase.amount * taken // _count(purchase.lots)
    amount = min(max(worth - purchase.booked, 1), purchase.amount - purchase.booked)
    purchase.claims[claim] = ModelClaim("minor_refund", amount, 0, is_open=False, booked=amount)
    return ModelPart(purchase, amount, len(coins))


def _count(lots: list[CoinLot]) -> int:
    return sum(len(lot.coins) for lot in lots)
