"""Charges undone, once more, coin by coin and written to be obviously right."""

from wallet.testing.coin_model import Coin, CoinLot, CoinModel, ModelPurchase, gift_of

_BORNE = ("payer_debt", "creator_unmatured", "reserve", "platform_loss")


def undo(model: CoinModel, gift: int) -> int:
    """Give a gift's coins back; returns how many its creator is asked for.

    Args:
        model: Everybody's coins.
        gift: By its number; none that is undone has coins any more.
    """
    return sum(
        _undo(model, purchase, lot, gift) for purchase in model.purchases for lot in purchase.lots
    )


def _undo(model: CoinModel, purchase: ModelPurchase, lot: CoinLot, gift: int) -> int:
    of_gift = [coin for coin in lot.coins if coin.where == "gift" and gift_of(coin) == gift]
    back = [coin for coin in of_gift if not _is_of_minor(purchase, coin)]
    freed = _free(model, purchase, lot, gift, len(back))
    _put_back(lot, gift, len(back))
    # The claims want as much as before: of the coins that have just come back.
    there = [coin for coin in lot.coins if coin.where == "wallet" and coin.bearer is None]
    for claim, coin in zip(freed, there, strict=False):
        coin.bearer, coin.party, coin.claim = "unspent", lot.owner, claim
        purchase.claims[claim].order.append(coin)
    return len(back)


def _is_of_minor(purchase: ModelPurchase, coin: Coin) -> bool:
    return coin.claim is not None and purchase.claims[coin.claim].kind == "minor_refund"


def _free(
    model: CoinModel, purchase: ModelPurchase, lot: CoinLot, gift: int, count: int
) -> list[str]:
    """Whoever bore coins of the lot for want of `count` coins bears them no longer.

    First the gift's own creator, then who lost last. The claims that had taken them.
    """
    booked = [
        coin
        for claim in purchase.claims.values()
        if claim.kind != "minor_refund"
        for coin in claim.order
        if coin.lot is lot and coin.bearer in _BORNE
    ]
    own = [coin for coin in booked if coin.is_named and gift_of(coin) == gift]
    others = [coin for coin in booked if coin not in own]
    others.sort(key=lambda coin: coin.taken_at)
    freed: list[str] = []
    for coin in [*reversed(own), *reversed(others)][:count]:
        assert coin.claim is not None, "it was taken for one"
        purchase.claims[coin.claim].order.remove(coin)
        freed.append(coin.claim)
        if coin.bearer == "payer_debt":
            model.forgive(lot.owner)
        coin.bearer = coin.party = coin.claim = None
        coin.is_named = False
    return freed


def _put_back(lot: CoinLot, gift: int, count: int) -> None:
    """As many coins as the gift had leave it.

    What is taken of nobody in particular counts as of the earliest of the others.
    """
    nobodys = [
        coin
        for coin in lot.coins
        if coin.where == "gift" and coin.bearer is not None and not coin.is_named
    ]
    spent = lot.spent()
    others = sorted(gift_of(coin) for coin in [*nobodys, *spent] if gift_of(coin) != gift)
    for coin in spent[len(spent) - count :] if count else []:
        coin.where, coin.gift = "wallet", None
    for coin, label in zip([*nobodys, *lot.spent()], others, strict=True):
        coin.gift = label
