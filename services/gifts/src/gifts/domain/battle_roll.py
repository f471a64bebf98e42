"""What is left to chance in battles, so that everybody can check it (I10).

Commit and reveal: when a battle starts, the SHA-256 of a secret seed is told; when it has ended,
the seed. The n-th power-up of a battle, counted from 1 over both sides, is decided by

    digest = HMAC-SHA256(key = seed, message = the battle's id, 16 bytes, n, 4 bytes, then the
             power-up's id, 16 bytes)
    roll   = floor(the digest's first 8 bytes * sides / 2**64)

with all numbers big-endian. Nobody can know a roll before the seed is told, or change the seed once
its hash is. A power-up's id is made by the client of the host who uses it, after the hash was told:
so whoever makes the seed cannot choose one that is kind to somebody.
"""

import hmac
from hashlib import sha256
from typing import Final
from uuid import UUID

SEED_BYTES: Final = 32


def seed_hash(seed: bytes) -> bytes:
    """What is told of a seed before it is revealed: 32 bytes."""
    return sha256(seed).digest()


def roll(seed: bytes, battle_id: UUID, number: int, power_up_id: UUID, *, sides: int) -> int:
    """What the die of a power-up shows: 0 to `sides` - 1.

    Args:
        seed: Of the battle.
        battle_id: The battle.
        number: The power-up's, from 1.
        power_up_id: The power-up.
        sides: Of the die.
    """
    message = battle_id.bytes + number.to_bytes(4) + power_up_id.bytes
    digest = hmac.digest(seed, message, "sha256")
    return int.from_bytes(digest[:8]) * sides >> 64
