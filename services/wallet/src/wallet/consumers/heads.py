"""Account heads kept in memory between batches."""

from collections.abc import Iterable, Mapping

from wallet.domain.ledger import Head


class HeadCache:
    """The heads used most recently: at most `size_max`, or those of two batches if that is more.

    Nothing depends on their being right: whoever writes an account names the version it has read,
    so that an old head costs a second look and never a wrong balance.

    Least recently used go first, in whole generations: an old head that is used moves to the young
    ones, and when those fill half of the room, the old generation is dropped. That costs one
    dictionary look-up per use, where a linked list costs four times as much.
    """

    def __init__(self, size_max: int) -> None:
        self._generation_max = max(size_max // 2, 1)
        self._young: dict[str, Head] = {}
        self._old: dict[str, Head] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old.keys() - self._young.keys())

    def find(self, owner_ids: Iterable[str]) -> dict[str, Head]:
        """The heads that are known of these owners."""
        found: dict[str, Head] = {}
        young, old = self._young, self._old
        for owner_id in owner_ids:
            head = young.get(owner_id) or old.get(owner_id)
            if head is not None:
                found[owner_id] = head
        return found

    def adopt(self, heads: Mapping[str, Head]) -> None:
        """Keep heads as they are after a commit."""
        if len(self._young) + len(heads) > self._generation_max:
            self._old, self._young = self._young, {}
        self._young.update(heads)

    def clear(self) -> None:
        """Forget all."""
        self._young = {}
        self._old = {}
