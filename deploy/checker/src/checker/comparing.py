"""Facts of one bucket, and the counting of those that two places do not tell alike."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from uuid import UUID

from checker.facts import ID, SENT, STATUS, TERMS, Pile
from checker.report import Finding

_EXAMPLES = 5


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
