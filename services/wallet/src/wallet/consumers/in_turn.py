"""Batches in which charges are undone: each payer's charges and undos apply in their order."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from chassis.batch import Batch, Received
from chassis.db import Conn
from chassis.outbox import API_STREAM
from contracts.gifts.v1 import ChargeRequested, UndoRequested
from wallet.commands.apply_charges import apply_charges
from wallet.commands.undo_charges import undo_charges
from wallet.commands.write_entries import book_counters
from wallet.consumers.charge_events import answer_of, balance_of
from wallet.domain.caps import CapPolicy
from wallet.domain.charging import Answer, Mover
from wallet.domain.entries import Entries
from wallet.domain.ledger import Head
from wallet.store import accounts

type _Charge = tuple[ChargeRequested, Received]
type _Undo = tuple[UndoRequested, Received]


class InTurn(NamedTuple):
    """What came of a batch."""

    heads: Mapping[str, Head]
    """Of all its payers, as they are then."""
    answers: list[Answer]
    """To its charges."""


async def apply_in_turn(
    conn: Conn, batch: Batch, payer_ids: Iterable[str], policy: CapPolicy, *, at: datetime
) -> InTurn:
    """Charge and undo, and emit the answers, what was undone, and new balances.

    In rounds, each as many of every payer's charges as come before something that they undo: what
    was undone may be spent again by the next. Nothing of it is remembered from before, and all
    accounts are locked first: undos write system accounts that others write too, and whoever has
    begun to write those must not wait for an account any more.

    Locks: the payers' accounts in id order, then system accounts.

    Args:
        conn: An open transaction that has written none of these accounts, opened ones excepted.
        batch: Of charges and undos.
        payer_ids: Of all of them; everybody has an account.
        policy: The platform's caps in force at `at`.
        at: Now.
    """
    before = await accounts.lock_heads(conn, payer_ids)
    heads = dict(before)
    answers: list[Answer] = []
    entries: list[Entries] = []
    moved: dict[str, tuple[Mover | Literal["reinstatement"], Received]] = {}
    for charges, undos in _rounds(batch.received):
        if charges:
            decided = await apply_charges(
                conn,
                [charge for charge, _ in charges],
                heads,
                {},
                policy,
                at=at,
                shard=batch.shard,
            )
            heads |= decided.heads
            answers += decided.answers
            causes = {charge.payer_id: received for charge, received in charges}
            moved |= {
                payer_id: (mover, causes[payer_id]) for payer_id, mover in decided.moved.items()
            }
            for (charge, received), answer in zip(charges, decided.answers, strict=True):
                batch.emit(answer_of(charge, answer), received)
        if undos:
            made = await _undo(conn, batch, undos, heads, at)
            entries += made
            undone = {each.head.owner_id: each for each in made}
            heads |= {payer_id: each.head for payer_id, each in undone.items()}
            moved |= {
                undo.payer_id: ("reinstatement", received)
                for undo, received in undos
                if undo.payer_id in undone
            }
    await book_counters(conn, entries)
    for payer_id, (mover, cause) in moved.items():
        if heads[payer_id].version > before[payer_id].version:
            batch.emit(balance_of(heads[payer_id], mover, at), cause)
    return InTurn(heads, answers)


async def _undo(
    conn: Conn, batch: Batch, undos: Sequence[_Undo], heads: dict[str, Head], at: datetime
) -> Sequence[Entries]:
    made = await undo_charges(conn, [undo for undo, _ in undos], heads, at=at)
    for place, reason in made.impossible.items():
        undo, received = undos[place]
        batch.set_aside(received, f"charge {undo.charge_id} is not undone: {reason}")
    for event in made.events:
        # In the order of all that is told of payments taken back, which providers' deliveries keep.
        batch.emit_apart(event, API_STREAM)
    return made.entries


def _rounds(
    remaining: Sequence[Received],
) -> Iterator[tuple[Sequence[_Charge], Sequence[_Undo]]]:
    """Charges, and then undos of at most one charge per payer; each payer's in their order."""
    while remaining:
        charges: list[_Charge] = []
        undos: list[_Undo] = []
        later: list[Received] = []
        waiting: set[str] = set()
        for received in remaining:
            event = received.event
            assert isinstance(event, ChargeRequested | UndoRequested), "nothing else is subscribed"
            if event.payer_id in waiting:
                later.append(received)
            elif isinstance(event, UndoRequested):
                waiting.add(event.payer_id)
                undos.append((event, received))
            else:
                charges.append((event, received))
        yield charges, undos
        remaining = later
