"""The platform's caps, kept in memory: needed at each charge, they change a few times a year."""

from datetime import datetime, timedelta
from typing import Final

from chassis.db import Conn
from wallet.domain.caps import CapPolicies, CapPolicy
from wallet.store.spend_policies import select_cap_policies

FRESH: Final = timedelta(seconds=2)
"""How long a version that takes effect at once can stay unseen. Those announced are never late."""


class CapPolicyCache:
    """Reads the policies when they are asked for and the last reading is too old."""

    def __init__(self) -> None:
        self._known = CapPolicies(())
        self._read_at: datetime | None = None

    async def in_force(self, conn: Conn, at: datetime) -> CapPolicy:
        """The policy in force at a moment, which is now."""
        read_at = self._read_at
        if read_at is None or not read_at <= at < read_at + FRESH:
            self._known = await select_cap_policies(conn)
            self._read_at = at
        return self._known.in_force(at)
