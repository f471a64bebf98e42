"""Identifiers: time-ordered ones that are made, and text ones that come from tokens."""

import re
import secrets
import time
from hashlib import blake2b
from uuid import UUID

_USER_ID = re.compile(r"[A-Za-z0-9._:@-]{1,64}")


def uuid7() -> UUID:
    """A new UUIDv7 (RFC 9562): ordered by its millisecond, so that indexes grow at one end."""
    timestamp_ms = time.time_ns() // 1_000_000
    random = secrets.randbits(74)
    value = (timestamp_ms & (2**48 - 1)) << 80
    value |= 0x7 << 76
    value |= (random >> 62) << 64
    value |= 0b10 << 62
    value |= random & (2**62 - 1)
    return UUID(int=value)


def derived_id(origin: UUID | int, purpose: str) -> UUID:
    """The id of what follows from `origin`: the same wherever and whenever it is derived.

    A UUIDv8 (RFC 9562), the hash of both.
    """
    digest = blake2b(f"{purpose}:{origin}".encode(), digest_size=16).digest()
    value = int.from_bytes(digest)
    value = value & ~(0xF << 76) | 0x8 << 76
    return UUID(int=value & ~(0b11 << 62) | 0b10 << 62)


def is_user_id(text: str) -> bool:
    """Whether `text` can be the subject of a token: 1 to 64 of letters, digits and `._:@-`."""
    return _USER_ID.fullmatch(text) is not None
