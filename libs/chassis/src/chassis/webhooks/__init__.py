"""What every receiver of webhooks does: raw bytes first, then who signed, then what it says.

The HTTP side, `chassis.webhooks.requests`, is not imported here: workers read what was signed too,
and start without a web framework.
"""

from chassis.webhooks.errors import SignatureError, StaleError, TurnedAwayError, UnreadableError

__all__ = ["SignatureError", "StaleError", "TurnedAwayError", "UnreadableError"]
