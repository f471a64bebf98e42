"""`ChargeRequested`: takes coins from payers and answers each request with exactly one event.

`UndoRequested` comes by the same topic, behind the charge that it gives back.
"""

from datetime import datetime
from typing import Final, cast, override

from chassis import clock
from chassis.batch import Batch, Handler, Received
from chassis.clock import Clock
from chassis.db import Conn
from chassis.telemetry import metrics
from contracts.gifts.v1 import ChargeRequested, UndoRequested
from wallet.commands.apply_charges import apply_charges, load_heads
from wallet.consumers.cap_policies import CapPolicyCache
from wallet.consumers.charge_events import answer_of, balance_of
from wallet.consumers.in_turn import InTurn, apply_in_turn
from wallet.consumers.recent import Recent
from wallet.domain.charging import Answer, Decided
from wallet.domain.ledger import Head
from wallet.domain.spending import BACKWARDS, Spending

HEADS_MAX: Final = 20_000
"""About 1 KB each. A payer who is not among them costs three times as much."""


class OnChargeRequested(Handler):
    """Applies batches of charges; keeps the accounts of its partitions' payers in memory."""

    def __init__(self, *, now: Clock = clock.now, heads_max: int = HEADS_MAX) -> None:
        self._now = now
        self._heads = Recent[Head](heads_max)
        self._spending = Recent[Spending](heads_max)
        self._policies = CapPolicyCache()
        self._latest: datetime | None = None
        # By shard, which no two batches at work share.
        self._pending: dict[int, Decided] = {}
        self._in_turn: dict[int, InTurn] = {}

    @override
    async def apply(self, conn: Conn, batch: Batch) -> None:
        """Charge the batch's payers in order, and emit the answers and new balances."""
        at = self._now()
        self._notice_time(at)
        # The subscription names no other type.
        events = cast(
            "list[ChargeRequested | UndoRequested]", [received.event for received in batch.received]
        )
        payers = {event.payer_id for event in events}
        heads = self._heads.find(payers)
        if len(heads) < len(payers):
            heads |= await load_heads(conn, payers - heads.keys())
        policy = await self._policies.in_force(conn, at)
        if UndoRequested in set(map(type, events)):
            self._in_turn[batch.shard] = await apply_in_turn(conn, batch, payers, policy, at=at)
            return
        charges = cast("list[ChargeRequested]", events)
        spending = self._spending.find(payers)
        decided = await apply_charges(
            conn, charges, heads, spending, policy, at=at, shard=batch.shard
        )
        self._pending[batch.shard] = decided
        causes: dict[str, Received] = {}
        for received, charge, answer in zip(batch.received, charges, decided.answers, strict=True):
            batch.emit(answer_of(charge, answer), received)
            causes[charge.payer_id] = received
        for payer_id, cause in decided.moved.items():
            batch.emit(balance_of(decided.heads[payer_id], cause, at), causes[payer_id])

    @override
    def committed(self, batch: Batch) -> None:
        """Keep the payers' heads and spending as they are now, and count what was refused."""
        in_turn = self._in_turn.pop(batch.shard, None)
        if in_turn is not None:
            self._heads.adopt(in_turn.heads)
            # What was undone is no longer spent, which only the journal knows.
            self._spending.forget(in_turn.heads)
            _count_refused(in_turn.answers)
            return
        decided = self._pending.pop(batch.shard, None)
        if decided is None:
            return
        self._heads.adopt(decided.heads)
        if decided.spending:
            for payer_id, spending in decided.spending.items():
                spending.settle(decided.heads[payer_id].version)
            self._spending.adopt(decided.spending)
        _count_refused(decided.answers)

    @override
    def rolled_back(self) -> None:
        """Forget everything: whether the last batch was committed may be unknown."""
        self._forget()

    @override
    def revoked(self) -> None:
        """Forget everything: the payers are another's now."""
        self._forget()

    def _notice_time(self, at: datetime) -> None:
        """Forget everything if the clock has stepped back by more than what is kept allows for."""
        if self._latest is not None and at < self._latest:
            if at < self._latest - BACKWARDS:
                self._forget()
                self._latest = at
            return
        self._latest = at

    def _forget(self) -> None:
        self._pending.clear()
        self._in_turn.clear()
        self._heads.clear()
        self._spending.clear()


def _count_refused(answers: list[Answer]) -> None:
    for answer in answers:
        if not answer.lots:
            metrics.record_refusal("charge", answer.movement.outcome)
