"""What different places tell of the same gift, in a form that can be compared by the million.

A fact is a few dozen bytes: the id of what it is about, and digests of what is told about it. Two
places agree where their sets of facts are equal. Databases make their facts themselves (see the
statements `…_facts`), topics are read here, and both must come to the same bytes:

    id, 16 bytes | status, 1 | terms, 15 | payment, 16

`terms` is who pays whom how much. `payment` is what came of it: the lots that paid, or the refusal.
What is digested are the values in plain text with the unit separator (31), which stands in no id,
between them. Facts lie in buckets by the last byte of their ids, on disk once they are many, so
that a comparison holds a 256th of them in memory.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from contracts.wallet.v1 import LotSlice, ReachedLimit

ID = slice(0, 16)
STATUS = slice(16, 17)
TERMS = slice(17, 32)
PAYMENT = slice(32, 48)

SENT = b"S"
REFUSED = b"R"
REQUESTED = b"Q"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

BUCKETS = 256
_BUCKET_BYTE = 15
_SPILL_BYTES = 8_388_608


def terms(payer_id: str, creator_id: str, coins: int) -> bytes:
    """The digest of who pays whom how much."""
    return _digest(f"{payer_id}\x1f{creator_id}\x1f{coins}")[:15]


def payment(creator_id: str, coins: int, slices: Sequence[LotSlice]) -> bytes:
    """The digest of which lots paid for it, in order."""
    if len(slices) == 1:
        (part,) = slices
        return _digest(f"{creator_id}\x1f{coins}\x1f{part.lot_id}\x1f{part.coins}")
    lot_ids = ",".join([str(part.lot_id) for part in slices])
    lot_coins = ",".join([str(part.coins) for part in slices])
    return _digest(f"{creator_id}\x1f{coins}\x1f{lot_ids}\x1f{lot_coins}")


def paid(
    id_: UUID, payer_id: str, creator_id: str, coins: int, slices: Sequence[LotSlice]
) -> bytes:
    """The fact that coins were taken for a gift."""
    return (
        id_.bytes + SENT + terms(payer_id, creator_id, coins) + payment(creator_id, coins, slices)
    )


def refusal(
    creator_id: str, needed_coins: int, balance_coins: int, limit: ReachedLimit | None
) -> bytes:
    """The digest of why nothing was paid."""
    told = [creator_id, str(needed_coins), str(balance_coins)]
    if limit is not None:
        told += [limit.name, str(limit.coins), str(limit.spent_coins)]
        if limit.frees_up_at is not None:
            told.append(str((limit.frees_up_at - _EPOCH) // _MICROSECOND))
    return _digest("\x1f".join(told))


def balance(user_id: str, version: int, coins: int) -> bytes:
    """How a user's account stood: a digest of the user, then two plain numbers."""
    return b"".join(
        (_digest(user_id), version.to_bytes(8, "big"), coins.to_bytes(8, "big", signed=True))
    )


def purchase(user_id: str, lots: Iterable[tuple[int, str, int]]) -> bytes:
    """The digest of what a purchase bought: id, class and coins of its lots, in id order."""
    told = [user_id, *[str(field) for lot in sorted(lots) for field in lot]]
    return _digest("\x1f".join(told))


def leg(reversal_id: UUID, position: int, *terms: object) -> bytes:
    """The digest of a leg, and what is told of it."""
    return _digest("\x1f".join(str(each) for each in (reversal_id, position, *terms)))


def payout_move(status: str, creator_id: str, micro_diamonds: int) -> bytes:
    """The digest of what a payout became."""
    return _digest(f"{status}\x1f{creator_id}\x1f{micro_diamonds}")


def decision(creator_id: str, operator_id: str) -> bytes:
    """The digest of whose gift was given back, and by whom."""
    return _digest(f"{creator_id}\x1f{operator_id}")


def _digest(told: str) -> bytes:
    return sha256(told.encode()).digest()[:16]


class Pile:
    """All facts of one source, of one size."""

    def __init__(self, folder: Path, name: str, size: int) -> None:
        """`folder` is where facts go that are too many to keep in memory."""
        self.size = size
        self.count = 0
        self._path = folder / name
        self._buckets = [bytearray() for _ in range(BUCKETS)]
        self._in_memory = 0

    def add(self, fact: bytes) -> None:
        """Add a fact, whether it was told before or not."""
        self._buckets[fact[_BUCKET_BYTE]] += fact
        self.count += 1
        self._in_memory += self.size
        if self._in_memory >= _SPILL_BYTES:
            self.spill()

    def bucket(self, number: int) -> list[bytes]:
        """The facts of a bucket, in the order added."""
        data = bytes(self._buckets[number])
        if self._path.exists() and (file := self._file(number)).exists():
            data = file.read_bytes() + data
        return [data[start : start + self.size] for start in range(0, len(data), self.size)]

    def spill(self) -> None:
        """Put what is in memory on disk, where a pile of the same name will find it."""
        self._path.mkdir(parents=True, exist_ok=True)
        for number, bucket in enumerate(self._buckets):
            if bucket:
                with self._file(number).open("ab") as file:
                    file.write(bucket)
                bucket.clear()
        self._in_memory = 0

    def _file(self, number: int) -> Path:
        return self._path / str(number)


class CopiedFacts:
    """Takes apart the binary COPY of a statement with one column, facts of one size."""

    _HEADER_BYTES = 19
    _ROW_OVERHEAD = 6
    """The number of columns and the column's length."""

    def __init__(self, pile: Pile) -> None:
        self._pile = pile
        self._rest = b""
        self._header_left = self._HEADER_BYTES

    async def feed(self, data: bytes) -> None:
        """Take the next part of the stream, wherever it was cut."""
        data = self._rest + data
        start = min(self._header_left, len(data))
        self._header_left -= start
        row = self._pile.size + self._ROW_OVERHEAD
        add = self._pile.add
        while start + row <= len(data):
            add(data[start + self._ROW_OVERHEAD : start + row])
            start += row
        self._rest = data[start:]
