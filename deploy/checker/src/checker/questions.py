"""What each database is asked by itself; the statements are in `.sql` files."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from checker.report import Finding
from checker.snapshot import Snapshot


class Question(NamedTuple):
    """A statement that answers how many things were compared, how many are wrong, and which."""

    invariant: str
    statement: str
    holds: str


_OF_EVERY_SERVICE = (
    Question("INV6", "sequences", "outbox sequences have no gap"),
    Question("INV6", "chain", "the outbox's hash chain is unbroken"),
)

_OF_SERVICE: Mapping[str, Sequence[Question]] = {
    "wallet": (
        Question("INV1", "accounts_sum_to_zero", "all accounts sum to zero"),
        Question("INV2", "no_balance_below_zero", "no balance below zero without a debt"),
        Question("INV3", "accounts_replay", "accounts equal the replay of the journal"),
        Question("INV4", "purchases_become_lots", "each payment became the coins bought, once"),
        Question("INV4", "deliveries_promised", "Google Play is told of each delivery"),
        Question("INV3", "movements_step", "each movement follows from the one before it"),
        Question("INV3", "system_accounts_replay", "system accounts equal the replay, per shard"),
        Question("INV8", "slices_add_up", "slices of a charge are all of it"),
        Question("INV8", "lots_add_up", "slices of a lot and what is left are all of it"),
        Question("limits", "limits_hold", "no window holds more than the limit in force"),
        Question("limits", "caps_hold", "no window and no charge passes the caps that it met"),
        Question("limits", "caps_are_in_force", "caps that a charge met were those in force"),
        Question("limits", "rises_wait", "no rise of a limit holds before its time"),
        Question("limits", "limits_are_the_newest", "accounts are under their newest limits"),
        Question("INV3", "debts_replay", "debts equal the replay of their entries"),
        Question("INV8", "reversals_add_up", "legs of a reversal are all of it, given back once"),
        Question("INV8", "minor_refunds_add_up", "minor refunds are their parts, of their range"),
        Question("INV8", "gifts_not_exceeded", "of no gift is more taken back than was paid"),
        Question("regret", "undos_add_up", "an undone charge is taken back whole, once"),
        Question("regret", "undos_give_back", "an undone charge's lots have their coins again"),
        Question("INV3", "claims_replay", "claims on creators are what is not settled"),
        Question("INV4", "payments_not_exceeded", "what is taken back is what is claimed"),
    ),
    "gifts": (
        Question("INV3", "received_gifts_replay", "sent gifts are in their creators' histories"),
        Question("INV3", "creator_totals_replay", "creators' totals equal their sent gifts"),
        Question("INV3", "boards_replay", "boards equal gifts less what was taken back"),
        Question("INV3", "gifters_replay", "gifters' points equal what they gave and was kept"),
        Question("INV3", "fan_clubs_replay", "members of fan clubs joined by the clubs' item"),
        Question("INV3", "reversals_replay", "gifts are reversed as their legs add up"),
        Question("regret", "undos_replay", "gifts are undone as was asked for, and no other"),
        Question("INV8", "prices_hold", "prices are the catalogue's when sold"),
        Question("INV10", "rooms_replay", "rooms stand as their gifts add up"),
        Question("INV10", "room_gifters_replay", "gifters of rooms gave what they gave"),
        Question("INV10", "room_tops_replay", "the first gifters of rooms gave most"),
        Question("INV10", "room_streaks_replay", "pieces in streaks are pieces charged"),
        Question("battles", "battles_replay", "battles' points and winners equal their logs"),
        Question("battles", "battle_gifts_replay", "gifts count in battles as they were charged"),
        Question("battles", "battle_gifts_are_all_there", "no gift is forgotten in a battle"),
        Question("trains", "trains_replay", "trains equal their logs"),
        Question("trains", "train_gifts_replay", "gifts count in trains as they were charged"),
    ),
    "payouts": (
        Question("INV1", "accounts_sum_to_zero", "all accounts sum to zero"),
        Question("INV3", "creators_replay", "creators equal the replay of the journal"),
        Question("INV3", "buckets_replay", "schedules equal the replay of the journal"),
        Question("INV3", "told_earnings_replay", "earnings told equal the schedules"),
        Question("INV3", "payouts_move_as_allowed", "payouts are where their history led them"),
        Question("INV3", "statements_replay", "statements follow, and equal the replay"),
        Question(
            "INV3", "withholding_replays", "the tax office is owed what paid payouts withheld"
        ),
        Question(
            "INV3", "corrections_replay", "creators are owed corrections that no payout carries"
        ),
        Question("holds", "holds_end_as_the_terms_say", "holds end by themselves as terms say"),
        Question("quarantine", "held_is_what_is_frozen", "what is held is left of frozen gifts"),
        Question("quarantine", "quarantines_replay", "frozen gifts end as operators decided"),
        Question("operators", "returns_take_two", "two operators gave much back"),
        Question("operators", "releases_take_two", "two operators released what is much"),
        Question("operators", "corrections_take_two", "two operators corrected what is much"),
        Question("INV3", "commissions_replay", "agencies are owed their parts of paid payouts"),
        Question("INV7", "settlements_replay", "what agencies' payouts carry is taken once"),
        Question("INV7", "agencies_owe_returns", "agencies owe no more than came back"),
        Question("INV3", "figures_replay", "figures equal the replay of the journals"),
        Question("INV7", "earnings_taken_replay", "earnings taken are what payouts carry of them"),
        Question("INV7", "reserved_is_paid_returned_or_open", "reserved = paid + returned + open"),
        Question("INV8", "slices_add_up", "slices of an accrual are all of it, at their rates"),
        Question("INV8", "clawbacks_fit", "clawbacks take no more than their slices earned"),
        Question("INV8", "payouts_add_up", "parts of a payout are all of it, and so are its sums"),
        Question("INV8", "splits_add_up", "commissions of a payout are shares of it by contract"),
    ),
}

NOTHING_PENDING = Question("drained", "nothing_pending", "every gift has its answer")
"""For gifts, once everything is drained."""


async def ask(books: Snapshot, question: Question) -> Finding:
    """Put one question to a database."""
    row = await books.row(question.statement)
    return Finding(
        question.invariant,
        books.service,
        question.holds,
        row["compared"],
        row["wrong"],
        tuple(row["examples"] or ()),
    )


def questions(service: str) -> Sequence[Question]:
    """All questions that a service's database can answer at any time."""
    return (*_OF_SERVICE[service], *_OF_EVERY_SERVICE)
