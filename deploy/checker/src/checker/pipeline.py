"""Compares what different places tell of the same things: nothing lost, nothing doubled."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from uuid import UUID

from checker import facts
from checker.facts import ID, PAYMENT, SENT, STATUS, TERMS, Pile
from checker.report import Finding
from checker.told import Told

_EXAMPLES = 5


def compare(tables: Mapping[str, Pile], told: Told) -> list[Finding]:
    """Follow every gift, balance, purchase and payout through the places whose tables were read.

    Args:
        tables: Facts of `gifts`, `charges`, `balances`, `purchases`, `accruals`, `payout_moves`, of
            legs and of settlements; those of a service that is not looked at are missing.
        told: What the topics tell.
    """
    piles = {**tables, **told.piles}
    comparisons = [each for each in _comparisons() if each.needs in tables]
    for number in range(facts.BUCKETS):
        bucket = Bucket(piles, number, told.heard.conflicts)
        for each in comparisons:
            each.add(each.one_of(bucket), each.other_of(bucket))
    return [each.finding() for each in comparisons]


class Bucket:
    """The facts whose ids end in one byte, in the forms in which they are compared."""

    def __init__(self, piles: Mapping[str, Pile], number: int, conflicts: Set[bytes]) -> None:
        self._piles = piles
        self._number = number
        self._conflicts = conflicts
        self._read: dict[str, Sequence[bytes]] = {}
        self._terms: dict[str, set[bytes]] = {}

    def facts(self, pile: str) -> Sequence[bytes]:
        """All facts of a pile, repeats included."""
        if pile not in self._read:
            self._read[pile] = self._piles[pile].bucket(self._number)
        return self._read[pile]

    def sent(self, pile: str) -> set[bytes]:
        """Facts of gifts that were sent, of charges that were posted."""
        return {fact for fact in self.facts(pile) if fact[STATUS] == SENT}

    def terms(self, pile: str) -> set[bytes]:
        """Who pays whom how much, by id."""
        if pile not in self._terms:
            self._terms[pile] = {fact[ID] + fact[TERMS] for fact in self.facts(pile)}
        return self._terms[pile]

    def ids(self, pile: str) -> set[bytes]:
        """What a pile tells something of."""
        return {fact[ID] for fact in self.facts(pile)}

    def requests(self, *, known: str) -> set[bytes]:
        """The terms of requests, without those that were refused for being others than before."""
        requests = self.terms("requests")
        if not self._conflicts:
            return requests
        kept = self.terms(known)
        return {fact for fact in requests if fact in kept or fact[ID] not in self._conflicts}

    def newest_balances(self) -> set[bytes]:
        """What was told of each account's highest version: one fact, unless told in two ways."""
        newest: dict[bytes, set[bytes]] = {}
        for fact in self.facts("told_balances"):
            known = newest.setdefault(fact[ID], set())
            # Account and version come first, and big-endian numbers sort as they are.
            version = fact[:24]
            if not known or version > max(known)[:24]:
                newest[fact[ID]] = {fact}
            elif version == max(known)[:24]:
                known.add(fact)
        return {fact for told in newest.values() for fact in told}

    def balances(self) -> set[bytes]:
        """How accounts stand that were told of or that have spent coins.

        Coins that came otherwise than by a purchase, a benchmark's, are told when they are spent.
        """
        known = {fact[ID] for fact in self.facts("told_balances")}
        return {fact[:-1] for fact in self.facts("balances") if fact[-1] or fact[ID] in known}


def _uuid(id_: bytes) -> str:
    return str(UUID(bytes=id_))


def _user(id_: bytes) -> str:
    return f"the user whose id has a SHA-256 of {id_.hex()}…"


@dataclass(slots=True, kw_only=True)
class Comparison:
    """Counts what one place tells and another does not, or tells differently."""

    invariant: str
    needs: str
    """The table without which it cannot be made."""
    of: str
    holds: str
    one: str
    """The first place, for examples."""
    one_of: Callable[[Bucket], Set[bytes]]
    other: str
    other_of: Callable[[Bucket], Set[bytes]]
    show: Callable[[bytes], str] = _uuid
    compared: int = 0
    wrong: int = 0
    examples: list[str] = field(default_factory=list[str])

    def add(self, one: Set[bytes], other: Set[bytes]) -> None:
        """Compare two sets of facts. What is told of an id in two ways are two facts."""
        self.compared += len(one)
        if one == other:
            return
        only_one = {fact[ID] for fact in one - other}
        only_other = {fact[ID] for fact in other - one}
        self.wrong += len(only_one | only_other)
        for id_ in sorted(only_one | only_other)[: _EXAMPLES - len(self.examples)]:
            self.examples.append(f"{self.show(id_)} {self._how(id_, only_one, only_other)}")

    def _how(self, id_: bytes, only_one: Set[bytes], only_other: Set[bytes]) -> str:
        if id_ in only_one and id_ in only_other:
            return f"is told differently by {self.one} and {self.other}"
        here, there = (self.one, self.other) if id_ in only_one else (self.other, self.one)
        return f"is in {here}, but not, or not so, in {there}"

    def finding(self) -> Finding:
        """What came of it."""
        return Finding(
            self.invariant, self.of, self.holds, self.compared, self.wrong, tuple(self.examples)
        )


def _first_parts(some: Iterable[bytes]) -> set[bytes]:
    """Id, status and terms of longer facts."""
    return {fact[: TERMS.stop] for fact in some}


def _payments(some: Iterable[bytes]) -> set[bytes]:
    """Id and payment of facts."""
    return {fact[ID] + fact[PAYMENT] for fact in some}


def _comparisons() -> list[Comparison]:
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
            one_of=lambda bucket: set(bucket.facts("charges")),
            other="wallet.charge.v1",
            other_of=lambda bucket: set(bucket.facts("outcomes")),
        ),
        Comparison(
            invariant="INV5",
            needs="gifts",
            of="topic → gifts",
            holds="each outcome settled its gift, nothing else did",
            one="wallet.charge.v1",
            one_of=lambda bucket: _first_parts(bucket.facts("outcomes")),
            other="gifts",
            other_of=lambda bucket: set(bucket.facts("gifts")),
        ),
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
            other_of=lambda bucket: set(bucket.facts("announced")),
        ),
        Comparison(
            invariant="INV5",
            needs="accruals",
            of="topic → payouts",
            holds="each announced gift accrued once, from those lots",
            one="gifts.gift.v1",
            one_of=lambda bucket: _payments(bucket.facts("announced")),
            other="payouts' journal",
            other_of=lambda bucket: set(bucket.facts("accruals")),
        ),
        Comparison(
            invariant="INV5",
            needs="balances",
            of="wallet → topic",
            holds="the newest balance told is the account's",
            one="wallet's accounts",
            one_of=lambda bucket: bucket.balances(),
            other="wallet.balance.v1",
            other_of=lambda bucket: bucket.newest_balances(),
            show=_user,
        ),
        Comparison(
            invariant="INV5",
            needs="purchases",
            of="wallet → topic",
            holds="each purchase was told, with its lots",
            one="wallet's purchases",
            one_of=lambda bucket: set(bucket.facts("purchases")),
            other="wallet.purchase.v1",
            other_of=lambda bucket: set(bucket.facts("told_purchases")),
        ),
        Comparison(
            invariant="INV5",
            needs="payout_moves",
            of="payouts → topic",
            holds="each move of a payout was told, no other was",
            one="payouts' history",
            one_of=lambda bucket: set(bucket.facts("payout_moves")),
            other="payouts.payout.v1",
            other_of=lambda bucket: set(bucket.facts("told_payout_moves")),
        ),
        Comparison(
            invariant="INV5",
            needs="wallet_legs",
            of="wallet → topic",
            holds="what creators are asked for was told, leg by leg",
            one="wallet's legs",
            one_of=lambda bucket: set(bucket.facts("wallet_legs")),
            other="wallet.purchase.v1",
            other_of=lambda bucket: set(bucket.facts("told_wallet_legs")),
        ),
        Comparison(
            invariant="INV5",
            needs="gift_legs",
            of="topic → gifts",
            holds="each leg took its gift back, or gave it back, once",
            one="wallet.purchase.v1",
            one_of=lambda bucket: set(bucket.facts("told_wallet_legs")),
            other="gifts",
            other_of=lambda bucket: set(bucket.facts("gift_legs")),
        ),
        Comparison(
            invariant="INV5",
            needs="gift_legs",
            of="gifts → topic",
            holds="each leg of a gift was told, no other was",
            one="gifts",
            one_of=lambda bucket: set(bucket.facts("gift_legs")),
            other="gifts.gift.v1",
            other_of=lambda bucket: set(bucket.facts("told_gift_legs")),
        ),
        Comparison(
            invariant="INV5",
            needs="payout_legs",
            of="topic → payouts",
            holds="each leg was settled once",
            one="gifts.gift.v1",
            one_of=lambda bucket: set(bucket.facts("told_gift_legs")),
            other="payouts' journal",
            other_of=lambda bucket: set(bucket.facts("payout_legs")),
        ),
        Comparison(
            invariant="INV5",
            needs="payout_settlements",
            of="payouts → topic",
            holds="what creators bear was told",
            one="payouts' journal",
            one_of=lambda bucket: set(bucket.facts("payout_settlements")),
            other="payouts.clawback.v1",
            other_of=lambda bucket: set(bucket.facts("told_settlements")),
        ),
        Comparison(
            invariant="INV5",
            needs="returns",
            of="payouts → topic",
            holds="each gift that is to be returned was told, no other was",
            one="payouts' quarantines",
            one_of=lambda bucket: set(bucket.facts("returns")),
            other="payouts.quarantine.v1",
            other_of=lambda bucket: set(bucket.facts("told_returns")),
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
        Comparison(
            invariant="INV5",
            needs="wallet_settlements",
            of="topic → wallet",
            holds="the wallet settled what creators bear",
            one="payouts.clawback.v1",
            one_of=lambda bucket: set(bucket.facts("told_settlements")),
            other="wallet's settlements",
            other_of=lambda bucket: set(bucket.facts("wallet_settlements")),
        ),
    ]
