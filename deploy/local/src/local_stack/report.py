"""What an evening came to, as tables."""

from collections.abc import Mapping
from typing import Any

from chassis import money
from local_stack.outcome import CREATORS, STAR, Evening
from local_stack.tables import table

_MICRO = 1_000_000
_VIEWERS_SHOWN = 5
_LINES_SHOWN = 3
_TOP_SHOWN = 3
_SUMS = {
    "opening": "opening",
    "earned": "earned",
    "reversed": "taken back",
    "paidOut": "paid out",
    "closing": "closing",
}
_STATED = (
    *("kind", "currency", "gross_minor", "fees_minor", "withheld_minor", "withheld_because"),
    *("commission_minor", "commission_of", "net_minor"),
)
"""Columns of the lines that tell of payouts others had a part in."""


def report(evening: Evening) -> str:
    """Earnings, the live room, balances, gifts, refusals, money and its parts, and a statement."""
    return "\n\n".join(
        [
            _creators(evening),
            _live_room(evening),
            _viewers(evening),
            _outcomes(evening),
            _money(evening),
            _shared(evening),
            _statement(evening),
        ],
    )


def _creators(evening: Evening) -> str:
    rows = [
        (
            creator,
            evening.gifts_sent[creator],
            evening.coins_received[creator],
            evening.earnings[creator]["giftsReceived"]["totalCoins"],
            *_diamonds(evening.earnings[creator]["earnings"]),
        )
        for creator in CREATORS
    ]
    head = (
        *("creator", "gifts tonight", "coins tonight", "coins ever"),
        *("diamonds pending", "available", "lifetime", "worth"),
    )
    return table("Creators", head, rows)


def _live_room(evening: Evening) -> str:
    shown = evening.shown
    assert shown is not None, "an evening ends with it"
    (star, stars), (rival, rivals) = shown.battle.points
    gloves = ", ".join(
        f"{glove.of}'s rolled {glove.roll}: {'hit' if glove.until_at > glove.from_at else 'missed'}"
        for glove in shown.battle.gloves
    )
    top = ", ".join(f"{who} {coins:,}" for _, coins, who in shown.top[:_TOP_SHOWN])
    board = ", ".join(
        f"{place['user']['id'] if place['user'] else 'somebody'} {place['coins']:,}"
        for place in evening.board[:_TOP_SHOWN]
    )
    rows = [
        ("frames", f"{shown.frames:,}, each once and in order"),
        (
            "the last one's totals",
            f"{shown.gifts:,} gifts of {shown.gifters:,} viewers, {shown.coins:,} coins",
        ),
        ("goal", f"{shown.goal_coins:,} coins, reached at {shown.goal_reached_at}"),
        ("streaks", f"{shown.streaks:,}, each with one end"),
        ("the tapped one", f"{shown.taps.pieces:,} pieces, in {shown.taps.lines:,} frames"),
        (
            "battle",
            f"{star} {stars:,} : {rivals:,} {rival}, won by {shown.battle.winner or 'nobody'}",
        ),
        ("gloves, as the seed says", gloves),
        ("top gifters", top),
        (f"{star}'s board, of all time", board),
    ]
    title = f"{STAR}'s room on a screen, and what was given, which agree"
    return table(title, ("what", "as shown"), rows)


def _diamonds(earnings: Mapping[str, Any]) -> tuple[float, float, float, str]:
    pending, available = earnings["pending"], earnings["available"]
    minor = pending["worth"]["amountMinor"] + available["worth"]["amountMinor"]
    return (
        pending["microDiamonds"] / _MICRO,
        available["microDiamonds"] / _MICRO,
        earnings["lifetime"]["microDiamonds"] / _MICRO,
        money.in_words(minor, pending["worth"]["currency"]),
    )


def _viewers(evening: Evening) -> str:
    generous = evening.coins_spent.most_common(_VIEWERS_SHOWN)
    rows: list[tuple[object, ...]] = [
        (viewer, evening.coins_bought[viewer], spent, evening.balances[viewer])
        for viewer, spent in generous
    ]
    others = evening.balances.keys() - dict(generous).keys()
    rows.append(
        (
            f"{len(others)} others",
            sum(evening.coins_bought[viewer] for viewer in others),
            sum(evening.coins_spent[viewer] for viewer in others),
            sum(evening.balances[viewer] for viewer in others),
        )
    )
    return table(
        "Viewers", ("viewer", "coins bought tonight", "spent tonight", "balance now"), rows
    )


def _outcomes(evening: Evening) -> str:
    rows = [
        ("gifts sent", evening.gifts_sent.total()),
        ("gifts sent again under the same id, charged once", evening.replayed),
        *((f"refused: {code}", times) for code, times in sorted(evening.refusals.items())),
    ]
    return table("What became of the gifts", ("outcome", "number"), rows)


def _money(evening: Evening) -> str:
    return table(
        "Money taken back and paid out",
        ("what", "whose", "how much", "how it went"),
        evening.money.lines,
    )


def _shared(evening: Evening) -> str:
    splits = [shared.split for shared in evening.money.shared]
    rows = [
        (
            split.creator,
            *(
                split.shown(amount_minor)
                for amount_minor in (
                    split.gross_minor,
                    split.commission_minor,
                    split.withheld_minor,
                    split.fees_minor,
                    split.net_minor,
                )
            ),
            split.because,
        )
        for split in splits
    ]
    head = ("payout of", "gross", "commission", "withheld", "fees", "net", "because")
    return "\n\n".join(
        [table("Payouts that others had a part in", head, rows), _stated_shares(evening)]
    )


def _stated_shares(evening: Evening) -> str:
    rows = [
        (whose, *(line[name] or "–" for name in _STATED))
        for shared in evening.money.shared
        for whose, line in shared.stated.items()
    ]
    return table("The same as statements say it", ("statement of", *_STATED), rows)


def _statement(evening: Evening) -> str:
    assert evening.stated is not None, "an evening ends with it"
    creator, statement, csv = evening.stated
    rows: list[tuple[object, ...]] = [
        (shown, statement[name]["microDiamonds"] / _MICRO) for name, shown in _SUMS.items()
    ]
    title = f"Statement of {creator} for {statement['period']}, as known at {statement['knownAt']}"
    lines = csv.decode().splitlines()
    return "\n".join(
        [
            table(title, ("diamonds", "number"), rows),
            f"  as CSV: {len(lines):,} lines, SHA-256 {statement['sha256']}",
            *(f"    {line}" for line in lines[-_LINES_SHOWN:]),
        ]
    )
