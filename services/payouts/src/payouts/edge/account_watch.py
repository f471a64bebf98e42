"""Looks at creators' accounts with rails that verify their owners: when told to, and by itself.

What counts is how an account stands when it is asked about, not what events said of it: events
that come twice, late or in another order end the same, and one that is lost costs time alone.
"""

from collections.abc import Mapping
from typing import Final

import structlog

from chassis import clock
from chassis.clock import Clock
from chassis.db import Conn, Pool, transact
from payouts.commands.take_account_status import take_account_status
from payouts.rails import RailUnavailableError
from payouts.rails.accounts import AccountHost
from payouts.sealing import Sealer, UnsealableError
from payouts.store.hosted_accounts import HostedAccount, claim_hosted_account

AT_ONCE: Final = 50
PAUSE_S: Final = 60.0
"""After the first look, and twice as long after each further one; a webhook begins anew."""
PAUSE_MAX_S: Final = 6 * 3600.0

log = structlog.get_logger()


class AccountWatch:
    """One worker's watch over all accounts."""

    def __init__(
        self,
        pool: Pool,
        hosts: Mapping[str, AccountHost],
        sealer: Sealer,
        *,
        now: Clock = clock.now,
    ) -> None:
        """`hosts`: by the name of the rail."""
        self._pool = pool
        self._hosts = hosts
        self._sealer = sealer
        self._now = now

    async def once(self) -> None:
        """Look at every account that is due."""
        for host in self._hosts.values():
            try:
                for _ in range(AT_ONCE):
                    account = await transact(
                        self._pool,
                        lambda conn, host=host: claim_hosted_account(
                            conn,
                            host.name,
                            at=self._now(),
                            pause_s=PAUSE_S,
                            pause_max_s=PAUSE_MAX_S,
                        ),
                    )
                    if account is None:
                        break
                    await self._look(host, account)
            except RailUnavailableError as error:
                log.warning("rail_unavailable", rail=host.name, reason=str(error))

    async def _look(self, host: AccountHost, account: HostedAccount) -> None:
        try:
            details = self._sealer.open(account.method_id, account.sealed_details)
        except UnsealableError as error:
            # One that cannot be read must not stop the others, nor the worker.
            log.error("details_unreadable", reason=str(error))
            return
        status = await host.status(details.account)

        async def work(conn: Conn) -> None:
            await take_account_status(
                conn, host.name, host.reviewer, account.creator_id, status, at=self._now()
            )

        await transact(self._pool, work)
