"""What every receiver of webhooks does: raw bytes first, then who signed, then what it says."""

from chassis.webhooks.errors import SignatureError, StaleError, TurnedAwayError, UnreadableError
from chassis.webhooks.requests import BODY_BYTES_MAX, answer, read_body, recorded, unreadable_id

__all__ = [
    "BODY_BYTES_MAX",
    "SignatureError",
    "StaleError",
    "TurnedAwayError",
    "UnreadableError",
    "answer",
    "read_body",
    "recorded",
    "unreadable_id",
]
