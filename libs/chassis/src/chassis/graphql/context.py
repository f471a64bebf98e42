"""What a resolver gets besides its arguments."""

from dataclasses import dataclass

import strawberry

from chassis.auth import Viewer


@dataclass(kw_only=True, slots=True)
class Context:
    """Of one request. A service adds its own fields (pool, loaders, batcher) in a subclass:

    `@dataclass(kw_only=True, slots=True) class WalletContext(Context): pool: Pool`
    """

    viewer: Viewer | None
    """None when the request came without a token; a bad token never gets here."""
    request_id: str
    """Names the request in logs and in masked errors."""


type Info[ContextT: Context] = strawberry.Info[ContextT, None]
"""Annotate resolvers with `Info[WalletContext]`."""
