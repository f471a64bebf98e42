"""Sends one gift, from the viewer's order to the wallet's answer."""

import asyncio
from typing import NamedTuple

import msgspec

from chassis import clock, telemetry
from chassis.clock import Clock
from chassis.db import Pool
from gifts.commands.send_gifts import NewGift, Written
from gifts.domain.eligibility import check_eligible, payer_of
from gifts.domain.gift import Gift, GiftOrder, Settlement, accept_order, body_hash, error_of, settle
from gifts.domain.refusals import DomainError
from gifts.edge.catalogue import CatalogueCache
from gifts.edge.moderator import Moderator
from gifts.edge.settlements import Settlements
from gifts.edge.writer import GiftWriter
from gifts.store.gift import select_gifts

ANSWER_WITHIN_S = 2.0
"""After this time the answer is that the gift is PENDING."""


class Eligibility(NamedTuple):
    """What the sender's token says about them."""

    age_verified: bool
    account_kind: str | None
    region: str | None
    supervised: bool
    name: str | None = None
    """What they call themselves."""


class GiftSender:
    """What `sendGift` does, without GraphQL."""

    def __init__(
        self,
        pool: Pool,
        *,
        catalogues: CatalogueCache,
        settlements: Settlements,
        now: Clock = clock.now,
        answer_within_s: float = ANSWER_WITHIN_S,
    ) -> None:
        self._pool = pool
        self._catalogues = catalogues
        self._settlements = settlements
        self._writer = GiftWriter(pool)
        self._moderator = Moderator(pool)
        self._now = now
        self._answer_within_s = answer_within_s

    async def send(self, order: GiftOrder, eligibility: Eligibility) -> Written:
        """Send a gift once, and wait for the wallet's answer for at most 2 s.

        The same order again gives the first result, as it stands now, even where the order would be
        refused today. An error that is none of the following leaves it open whether the gift was
        written: the same may be sent again.

        Args:
            order: What the viewer asks for.
            eligibility: Of the sender.

        Returns:
            The gift: SENT, or PENDING where the answer took too long.

        Raises:
            MalformedError: A value that no client should send.
            DomainError: One of the refusals of `check_eligible`, `accept_order`, `send_gifts`, or
                the wallet's. Nothing was charged.
        """
        answer_at = asyncio.get_running_loop().time() + self._answer_within_s
        with self._settlements.waiting(order.gift_id) as settlement:
            written = await self._write(order, eligibility)
            gift = written.gift
            if gift.status == "PENDING":
                gift = await _settled(gift, settlement, answer_at)
        if gift.refusal is not None:
            raise error_of(gift.refusal)
        return Written(gift, written.replayed)

    async def _write(self, order: GiftOrder, eligibility: Eligibility) -> Written:
        now = self._now()
        try:
            check_eligible(
                age_verified=eligibility.age_verified, account_kind=eligibility.account_kind
            )
            gift = accept_order(order, (await self._catalogues.get()).in_force(now), at=now)
        except DomainError:
            # Told that a gift is too dear by now, a client that only missed the first answer would
            # send, and pay for, another one.
            earlier = await self._find(order)
            if earlier is None:
                raise
            return earlier
        hit = await self._moderator.judge(order.message)
        if hit is not None:
            gift = msgspec.structs.replace(gift, silenced="WITHHELD")
        name = await self._moderator.new_name(order.sender_id, eligibility.name)
        outcome = await self._writer.write(
            NewGift(
                gift,
                body_hash(order),
                payer_of(
                    region=eligibility.region,
                    age_verified=eligibility.age_verified,
                    supervised=eligibility.supervised,
                ),
                telemetry.current_traceparent(),
                hit,
                name,
            )
        )
        if name is not None and eligibility.name is not None:
            self._moderator.note_stored(order.sender_id, eligibility.name)
        if isinstance(outcome, DomainError):
            raise outcome
        return outcome

    async def _find(self, order: GiftOrder) -> Written | None:
        """The gift that this very order made before."""
        async with self._pool.acquire() as conn:
            stored = (await select_gifts(conn, [order.gift_id])).get(order.gift_id)
        if stored is None or stored.body_hash != body_hash(order):
            return None
        return Written(stored.gift, replayed=True)


async def _settled(gift: Gift, settlement: asyncio.Future[Settlement], answer_at: float) -> Gift:
    """The gift when it is settled, or as it is when the time is over."""
    try:
        async with asyncio.timeout_at(answer_at):
            return settle(gift, await settlement)
    except TimeoutError:
        return gift
