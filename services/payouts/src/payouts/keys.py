"""Keys from the environment: several at a time, so that they can be replaced."""

import base64
from collections.abc import Sequence
from typing import Final

KEY_BYTES: Final = 32


def read_keys(text: str) -> Sequence[bytes]:
    """Keys in base64, separated by commas, newest first.

    Raises:
        ValueError: There is none, or one is not of the right size.
    """
    keys: list[bytes] = []
    for place, part in enumerate(text.split(","), 1):
        try:
            key = base64.b64decode(part.strip(), validate=True)
        except ValueError:
            key = b""
        if len(key) != KEY_BYTES:
            raise ValueError(f"key {place} is not {KEY_BYTES} bytes in base64")
        keys.append(key)
    return keys
