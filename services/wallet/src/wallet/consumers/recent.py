"""What is known of payers, kept in memory between batches."""

from collections.abc import Iterable, Mapping


class Recent[Known]:
    """What was used most recently, by owner: at most `size_max`, or two batches if that is more.

    Nothing depends on its being right: whoever writes an account names the versions it has read, so
    that old knowledge costs a second look and never a wrong balance.

    Least recently used go first, in whole generations: what is old and used moves to the young, and
    when those fill half of the room, the old generation is dropped. That costs one dictionary
    look-up per use, where a linked list costs four times as much.
    """

    def __init__(self, size_max: int) -> None:
        self._generation_max = max(size_max // 2, 1)
        self._young: dict[str, Known] = {}
        self._old: dict[str, Known] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old.keys() - self._young.keys())

    def find(self, owner_ids: Iterable[str]) -> dict[str, Known]:
        """What is known of these owners."""
        found: dict[str, Known] = {}
        young, old = self._young, self._old
        if not young and not old:
            return found
        for owner_id in owner_ids:
            known = young.get(owner_id) or old.get(owner_id)
            if known is not None:
                found[owner_id] = known
        return found

    def adopt(self, known: Mapping[str, Known]) -> None:
        """Keep what is known after a commit."""
        if len(self._young) + len(known) > self._generation_max:
            self._old, self._young = self._young, {}
        self._young.update(known)

    def forget(self, owner_ids: Iterable[str]) -> None:
        """Forget what is known of these owners."""
        for owner_id in owner_ids:
            self._young.pop(owner_id, None)
            self._old.pop(owner_id, None)

    def clear(self) -> None:
        """Forget all."""
        self._young = {}
        self._old = {}
