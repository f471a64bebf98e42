"""Compares what different places tell of the same things: nothing lost, nothing doubled."""

from collections.abc import Callable, Iterable, Mapping, Set

from checker import facts
from checker.comparing import Bucket, Comparison
from checker.facts import ID, PAYMENT, TERMS, Pile
from checker.report import Finding
from checker.told import Told


def compare(tables: Mapping[str, Pile], told: Told) -> list[Finding]:
    """Follow every gift, balance, purchase and payout through the places whose tables were read.

    Args:
        tables: Facts of `gifts`, `charges`, `balances`, `purchases`, `accruals`, `payout_moves`, of
            legs and of settlements; those of a service that is not looked at are missing.
        told: What the topics tell.
    """
    piles = {**tables, **told.piles}
    every = (*_of_charges(), *_of_gifts(), *_of_money(), *_of_legs(), *_of_returns())
    comparisons = [each for each in every if each.needs in tables]
    for number in range(facts.BUCKETS):
        bucket = Bucket(piles, number, told.heard.conflicts)
        for each in comparisons:
            each.add(each.one_of(bucket), each.other_of(bucket))
    return [each.finding() for each in comparisons]


def _of_charges() -> list[Comparison]:
    """From a gift to its charge, and from that to how the gift ended."""
    return [
        Comparison(
            invariant="INV4",
            needs="gifts",
            of="gifts → topic",
            holds="each gift asked for one charge, in its own terms",
            one="gifts",
            one_of=lambda bucket: bucket.terms("gifts"),
            other="gifts.charge.v1",
            other_of=lambda bucket: bucket.requests(known="gifts"),
        ),
        Comparison(
            invariant="INV4",
            needs="charges",
            of="topic → wallet",
            holds="each request has one outcome, in the same terms",
            one="wallet's journal",
            one_of=lambda bucket: bucket.terms("charges"),
            other="gifts.charge.v1",
            other_of=lambda bucket: bucket.requests(known="charges"),
        ),
        Comparison(
            invariant="INV5",
            needs="charges",
            of="wallet → topic",
            holds="each outcome was told, always in the same words",
            one="wallet's journal",
            one_of=_all("charges"),
            other="wallet.charge.v1",
            other_of=_all("outcomes"),
        ),
        Comparison(
            invariant="INV5",
            needs="gifts",
            of="topic → gifts",
            holds="each outcome settled its gift, nothing else did",
            one="wallet.charge.v1",
            one_of=lambda bucket: _first_parts(bucket.facts("outcomes")),
            other="gifts",
            other_of=_all("gifts"),
        ),
    ]


def _of_gifts() -> list[Comparison]:
    """From a gift that was sent to what its creator earned."""
    return [
        Comparison(
            invariant="INV5",
            needs="gifts",
            of="gifts → topic",
            holds="each SENT gift was announced, no other was",
            one="gifts",
            one_of=lambda bucket: bucket.sent("gifts"),
            other="gifts.gift.v1",
            other_of=lambda bucket: _first_parts(bucket.facts("announced")),
        ),
        Comparison(
            invariant="INV5",
            needs="gifts",
            of="topic → topic",
            holds="each announced gift names the lots that paid",
            one="wallet.charge.v1",
            one_of=lambda bucket: bucket.sent("outcomes"),
            other="gifts.gift.v1",
            other_of=_all("announced"),
        ),
        Comparison(
            invariant="INV5",
            needs="accruals",
            of="topic → payouts",
            holds="each announced gift accrued once, from those lots",
            one="gifts.gift.v1",
            one_of=lambda bucket: _payments(bucket.facts("announced")),
            other="payouts' journal",
            other_of=_all("accruals"),
        ),
    ]


def _of_money() -> list[Comparison]:
    """What wallets and payouts do by themselves."""
    return [
        Comparison(
            invariant="INV5",
            needs="balances",
            of="wallet → topic",
            holds="the newest balance told is the account's",
            one="wallet's accounts",
            one_of=Bucket.balances,
            other="wallet.balance.v1",
            other_of=Bucket.newest_balances,
            show=_user,
        ),
        Comparison(
            invariant="INV5",
            needs="purchases",
            of="wallet → topic",
            holds="each purchase was told, with its lots",
            one="wallet's purchases",
            one_of=_all("purchases"),
            other="wallet.purchase.v1",
            other_of=_all("told_purchases"),
        ),
        Comparison(
            invariant="INV5",
            needs="payout_moves",
            of="payouts → topic",
            holds="each move of a payout was told, no other was",
            one="payouts' history",
            one_of=_all("payout_moves"),
            other="payouts.payout.v1",
            other_of=_all("told_payout_moves"),
        ),
    ]


def _of_legs() -> list[Comparison]:
    """What is taken back of gifts, or given back, and who bears it."""
    return [
        Comparison(
            invariant="INV5",
            needs="wallet_legs",
            of="wallet → topic",
            holds="what creators are asked for was told, leg by leg",
            one="wallet's legs",
            one_of=_all("wallet_legs"),
            other="wallet.purchase.v1",
            other_of=_all("told_wallet_legs"),
        ),
        Comparison(
            invariant="INV5",
            needs="gift_legs",
            of="topic → gifts",
            holds="each leg took its gift back, or gave it back, once",
            one="wallet.purchase.v1",
            one_of=_all("told_wallet_legs"),
            other="gifts",
            other_of=_all("gift_legs"),
        ),
        Comparison(
            invariant="INV5",
            needs="gift_legs",
            of="gifts → topic",
            holds="each leg of a gift was told, no other was",
            one="gifts",
            one_of=_all("gift_legs"),
            other="gifts.gift.v1",
            other_of=_all("told_gift_legs"),
        ),
        Comparison(
            invariant="INV5",
            needs="payout_legs",
            of="topic → payouts",
            holds="each leg was settled once",
            one="gifts.gift.v1",
            one_of=_all("told_gift_legs"),
            other="payouts' journal",
            other_of=_all("payout_legs"),
        ),
        Comparison(
            invariant="INV5",
            needs="payout_settlements",
            of="payouts → topic",
            holds="what creators bear was told",
            one="payouts' journal",
            one_of=_all("payout_settlements"),
            other="payouts.clawback.v1",
            other_of=_all("told_settlements"),
        ),
        Comparison(
            invariant="INV5",
            needs="wallet_settlements",
            of="topic → wallet",
            holds="the wallet settled what creators bear",
            one="payouts.clawback.v1",
            one_of=_all("told_settlements"),
            other="wallet's settlements",
            other_of=_all("wallet_settlements"),
        ),
    ]


def _of_returns() -> list[Comparison]:
    """Gifts that their creators froze and operators gave back."""
    return [
        Comparison(
            invariant="INV5",
            needs="returns",
            of="payouts → topic",
            holds="each gift that is to be returned was told, no other was",
            one="payouts' quarantines",
            one_of=_all("returns"),
            other="payouts.quarantine.v1",
            other_of=_all("told_returns"),
        ),
        Comparison(
            invariant="INV5",
            needs="undos",
            of="topic → gifts",
            holds="each gift that is to be returned is to be undone",
            one="payouts.quarantine.v1",
            one_of=lambda bucket: bucket.ids("told_returns"),
            other="gifts",
            other_of=lambda bucket: bucket.ids("told_returns") & bucket.ids("undos"),
        ),
    ]


def _all(pile: str) -> Callable[[Bucket], Set[bytes]]:
    """All facts of a pile."""
    return lambda bucket: set(bucket.facts(pile))


def _first_parts(some: Iterable[bytes]) -> set[bytes]:
    """Id, status and terms of longer facts."""
    return {fact[: TERMS.stop] for fact in some}


def _payments(some: Iterable[bytes]) -> set[bytes]:
    """Id and payment of facts."""
    return {fact[ID] + fact[PAYMENT] for fact in some}


def _user(id_: bytes) -> str:
    return f"the user whose id has a SHA-256 of {id_.hex()}…"
