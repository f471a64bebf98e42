"""Compares what different places tell of the same things: nothing lost, nothing doubled."""

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from uuid import UUID

from checker import facts
from checker.facts import ID, PAYMENT, SENT, STATUS, TERMS, Pile
from checker.report import Finding
from checker.topics import Told

_EXAMPLES = 5


def _uuid(id_: bytes) -> str:
    return str(UUID(bytes=id_))


def _user(id_: bytes) -> str:
    return f"the user whose id has a SHA-256 of {id_.hex()}…"


@dataclass(slots=True)
class Comparison:
    """Counts what one place tells and another does not, or tells differently."""

    invariant: str
    of: str
    holds: str
    one: str
    """The first place, for examples."""
    other: str
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


def compare(tables: Mapping[str, Pile], told: Told) -> list[Finding]:
    """Follow every gift, balance and purchase through the places whose tables were read.

    Args:
        tables: Facts of `gifts`, `charges`, `balances`, `purchases` and `accruals`; those of a
            service that is not looked at are missing.
        told: What the topics tell.
    """
    comparisons = [
        compare_
        for needed, compare_ in (
            ({"gifts"}, _gifts_are_requested),
            ({"charges"}, _requests_are_charges),
            ({"charges"}, _charges_are_answered),
            ({"gifts"}, _answers_settle_gifts),
            ({"gifts"}, _sent_gifts_are_announced),
            ({"gifts"}, _announced_gifts_were_paid),
            ({"accruals"}, _announced_gifts_accrue),
            ({"balances"}, _balances_are_announced),
            ({"purchases"}, _purchases_are_announced),
        )
        if needed <= tables.keys()
    ]
    return [compare_(tables, told) for compare_ in comparisons]


def _gifts_are_requested(tables: Mapping[str, Pile], told: Told) -> Finding:
    comparison = Comparison(
        "INV4",
        "gifts → topic",
        "each gift asked for one charge, in its own terms",
        "gifts",
        "gifts.charge.v1",
    )
    for number in range(facts.BUCKETS):
        gifts = _terms(tables["gifts"].bucket(number))
        requests = _terms(told.requests.bucket(number))
        comparison.add(gifts, _without_conflicts(requests, gifts, told.conflicts))
    return comparison.finding()


def _requests_are_charges(tables: Mapping[str, Pile], told: Told) -> Finding:
    comparison = Comparison(
        "INV4",
        "topic → wallet",
        "each request has one outcome, in the same terms",
        "wallet's journal",
        "gifts.charge.v1",
    )
    for number in range(facts.BUCKETS):
        charges = _terms(tables["charges"].bucket(number))
        requests = _terms(told.requests.bucket(number))
        comparison.add(charges, _without_conflicts(requests, charges, told.conflicts))
    return comparison.finding()


def _charges_are_answered(tables: Mapping[str, Pile], told: Told) -> Finding:
    comparison = Comparison(
        "INV5",
        "wallet → topic",
        "each outcome was told, always in the same words",
        "wallet's journal",
        "wallet.charge.v1",
    )
    for number in range(facts.BUCKETS):
        comparison.add(set(tables["charges"].bucket(number)), set(told.outcomes.bucket(number)))
    return comparison.finding()


def _answers_settle_gifts(tables: Mapping[str, Pile], told: Told) -> Finding:
    comparison = Comparison(
        "INV5",
        "topic → gifts",
        "each outcome settled its gift, nothing else did",
        "wallet.charge.v1",
        "gifts",
    )
    for number in range(facts.BUCKETS):
        outcomes = {fact[: TERMS.stop] for fact in told.outcomes.bucket(number)}
        comparison.add(outcomes, set(tables["gifts"].bucket(number)))
    return comparison.finding()


def _sent_gifts_are_announced(tables: Mapping[str, Pile], told: Told) -> Finding:
    comparison = Comparison(
        "INV5",
        "gifts → topic",
        "each SENT gift was announced, no other was",
        "gifts",
        "gifts.gift.v1",
    )
    for number in range(facts.BUCKETS):
        gifts = (fact for fact in tables["gifts"].bucket(number) if fact[STATUS] == SENT)
        comparison.add(_terms(gifts), _terms(told.sent.bucket(number)))
    return comparison.finding()


def _announced_gifts_were_paid(_: Mapping[str, Pile], told: Told) -> Finding:
    comparison = Comparison(
        "INV5",
        "topic → topic",
        "each announced gift names the lots that paid",
        "wallet.charge.v1",
        "gifts.gift.v1",
    )
    for number in range(facts.BUCKETS):
        posted = {fact for fact in told.outcomes.bucket(number) if fact[STATUS] == SENT}
        comparison.add(posted, set(told.sent.bucket(number)))
    return comparison.finding()


def _announced_gifts_accrue(tables: Mapping[str, Pile], told: Told) -> Finding:
    comparison = Comparison(
        "INV5",
        "topic → payouts",
        "each announced gift accrued once, from those lots",
        "gifts.gift.v1",
        "payouts' journal",
    )
    for number in range(facts.BUCKETS):
        sent = {fact[ID] + fact[PAYMENT] for fact in told.sent.bucket(number)}
        comparison.add(sent, set(tables["accruals"].bucket(number)))
    return comparison.finding()


def _balances_are_announced(tables: Mapping[str, Pile], told: Told) -> Finding:
    comparison = Comparison(
        "INV5",
        "wallet → topic",
        "the newest balance told is the account's",
        "wallet's accounts",
        "wallet.balance.v1",
        show=_user,
    )
    for number in range(facts.BUCKETS):
        newest = _newest(told.balances.bucket(number))
        known = {fact[ID] for fact in newest}
        # Coins that came otherwise than by a purchase, a benchmark's, are told when they are spent.
        accounts = {
            fact[:-1] for fact in tables["balances"].bucket(number) if fact[-1] or fact[ID] in known
        }
        comparison.add(accounts, newest)
    return comparison.finding()


def _purchases_are_announced(tables: Mapping[str, Pile], told: Told) -> Finding:
    comparison = Comparison(
        "INV5",
        "wallet → topic",
        "each purchase was told, with its lots",
        "wallet's lots",
        "wallet.purchase.v1",
    )
    for number in range(facts.BUCKETS):
        comparison.add(set(tables["purchases"].bucket(number)), set(told.purchases.bucket(number)))
    return comparison.finding()


def _terms(some: Iterable[bytes]) -> set[bytes]:
    return {fact[ID] + fact[TERMS] for fact in some}


def _without_conflicts(
    requests: set[bytes], known: Set[bytes], conflicts: Set[bytes]
) -> set[bytes]:
    """Leave out requests in other terms that were refused as such."""
    if not conflicts:
        return requests
    return {fact for fact in requests if fact in known or fact[ID] not in conflicts}


def _newest(balances: Iterable[bytes]) -> set[bytes]:
    """Of each account what was told of its highest version: one fact, unless told in two ways."""
    newest: dict[bytes, set[bytes]] = {}
    for fact in balances:
        known = newest.setdefault(fact[ID], set())
        # Account and version come first in the bytes, and big-endian numbers sort as they are.
        version = fact[:24]
        if not known or version > max(known)[:24]:
            newest[fact[ID]] = {fact}
        elif version == max(known)[:24]:
            known.add(fact)
    return {fact for told in newest.values() for fact in told}
