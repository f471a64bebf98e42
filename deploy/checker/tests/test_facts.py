"""Facts survive being cut into pieces and spilt to disk."""

import secrets
from pathlib import Path

import pytest

from checker import facts
from checker.facts import CopiedFacts, Pile

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"


@pytest.mark.parametrize("piece", [1, 7, 38, 4_096, 1_000_000])
async def test_copied_facts_wherever_the_stream_is_cut(tmp_path: Path, piece: int) -> None:
    told = {secrets.token_bytes(32) for _ in range(500)}
    stream = HEADER + b"".join(b"\x00\x01\x00\x00\x00\x20" + fact for fact in told) + TRAILER
    pile = Pile(tmp_path, "facts", 32)
    copied = CopiedFacts(pile)

    for start in range(0, len(stream), piece):
        await copied.feed(stream[start : start + piece])

    assert pile.count == 500
    assert {fact for number in range(facts.BUCKETS) for fact in pile.bucket(number)} == told


def test_a_pile_keeps_everything_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order, repeats included, each in the bucket of its id's last byte."""
    monkeypatch.setattr(facts, "_SPILL_BYTES", 1_000)
    pile = Pile(tmp_path, "facts", 20)
    told = [bytes(15) + bytes([n % 256]) + n.to_bytes(4) for n in range(5_000)]

    for fact in told:
        pile.add(fact)

    for number in range(facts.BUCKETS):
        assert list(pile.bucket(number)) == told[number::256]
    assert any(tmp_path.rglob("*"))
