"""What resolvers get besides their arguments."""

from collections.abc import Mapping
from dataclasses import dataclass

import strawberry

from chassis.clock import Clock
from chassis.db import Pool
from chassis.graphql import Context
from wallet.providers import Provider


@dataclass(kw_only=True, slots=True)
class WalletContext(Context):
    """Of one request to the wallet subgraph."""

    pool: Pool
    providers: Mapping[str, Provider]
    now: Clock


type Info = strawberry.Info[WalletContext, None]
