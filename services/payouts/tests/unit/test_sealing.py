"""Bank details at rest are unreadable without a key, and bound to their method."""

import base64

import pytest

from chassis.ids import uuid7
from payouts.sealing import Sealer, UnsealableError
from payouts.testing.paying import some_details

OLD, NEW = bytes(32), bytes([1]) * 32


def test_opens_what_it_sealed() -> None:
    method_id, sealer = uuid7(), Sealer([NEW])
    sealed = sealer.seal(method_id, some_details())

    assert sealer.open(method_id, sealed) == some_details()
    assert b"000123456789" not in sealed
    assert sealed != sealer.seal(method_id, some_details())


def test_an_older_key_still_opens_and_the_newest_seals() -> None:
    """Keys are replaced by putting a new one before the old."""
    method_id = uuid7()
    sealed = Sealer([OLD]).seal(method_id, some_details())
    both = Sealer([NEW, OLD])

    assert both.open(method_id, sealed) == some_details()
    assert Sealer([NEW]).open(method_id, both.seal(method_id, some_details())) == some_details()
    with pytest.raises(UnsealableError, match="no key"):
        Sealer([NEW]).open(method_id, sealed)


def test_details_cannot_be_moved_to_another_method() -> None:
    """Who can write the table cannot send one creator's money to another's account."""
    sealer = Sealer([NEW])
    sealed = sealer.seal(uuid7(), some_details())

    with pytest.raises(UnsealableError, match="not its own"):
        sealer.open(uuid7(), sealed)


@pytest.mark.parametrize("place", [0, 8, 20, -1])
def test_any_changed_byte_is_noticed(place: int) -> None:
    method_id, sealer = uuid7(), Sealer([NEW])
    sealed = bytearray(sealer.seal(method_id, some_details()))
    sealed[place] ^= 1

    with pytest.raises(UnsealableError):
        sealer.open(method_id, bytes(sealed))


@pytest.mark.parametrize("text", ["", "short", base64.b64encode(bytes(31)).decode(), "é"])
def test_keys_of_another_size_are_refused(text: str) -> None:
    good = base64.b64encode(NEW).decode()
    Sealer.of(f"{good}, {good}")

    with pytest.raises(ValueError, match="key 2 is not 32 bytes"):
        Sealer.of(f"{good},{text}")
