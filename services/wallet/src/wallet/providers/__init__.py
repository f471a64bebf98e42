"""Who takes viewers' money, each behind the same small interface."""

from wallet.providers.provider import Provider
from wallet.providers.store import Store

type Seller = Provider | Store
"""Whoever a viewer may buy from."""

__all__ = ["Provider", "Seller", "Store"]
