"""Who takes viewers' money, each behind the same small interface."""

from wallet.providers.provider import Provider, SignatureError, StaleError, UnreadableError

__all__ = ["Provider", "SignatureError", "StaleError", "UnreadableError"]
