"""The daily report for people."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from chassis import money
from checker.daily.figures import CLASSES, Coins, Daily, Diamonds, Queue, Waiting
from checker.tables import table

_MICRO: Final = 1_000_000
_SHOWN_MAX: Final = 10
"""Of a queue, so many of the oldest are shown; programs get more."""

_NAMES: Final = {
    "open_disputes": "disputes open",
    "parked_events": "events of payments unknown",
    "open_errands": "errands for stores",
    "open_alarms": "alarms about providers",
    "held_payouts": "payouts held",
    "quarantined_gifts": "gifts frozen",
    "waiting_clawbacks": "clawbacks waiting for gifts",
}


def figures(daily: Daily) -> str:
    """What the house owes, and how much waits."""
    parts = [f"Liability at {_moment(daily.at)}"]
    if daily.coins is not None:
        parts += [_coins(daily.coins)]
    if daily.diamonds is not None:
        parts += [_diamonds(daily.diamonds)]
    parts += [_queues(daily)]
    return "\n\n".join(parts)


def queues(daily: Daily) -> str:
    """What waits, the oldest by name; empty where nothing does."""
    return "\n\n".join(
        _queue(_NAMES[name], queue, daily.at)
        for name, queue in daily.queues.items()
        if queue.waiting
    )


def last_line(daily: Daily) -> str:
    """What is overdue, in one line."""
    overdue = [
        f"{queue.overdue:,} {_NAMES[name]}" for name, queue in daily.queues.items() if queue.overdue
    ]
    return f"overdue: {', '.join(overdue) or 'nothing'}"


def _coins(coins: Coins) -> str:
    rows = [
        *((f"outstanding: {name}", f"{coins.outstanding[name]:,}", "") for name in CLASSES),
        ("outstanding in all", f"{coins.outstanding_coins:,}", ""),
        *(
            (
                "  money behind purchased",
                f"{each.coins:,}",
                _amount(each.amount_minor, each.currency),
            )
            for each in coins.money_behind
        ),
        ("held by disputes", f"{coins.held_by_disputes_coins:,}", ""),
        ("owed by viewers", f"{coins.viewer_debt_coins:,}", ""),
        ("asked of creators", f"{coins.asked_of_creators_coins:,}", ""),
        ("borne by the reserve", f"{coins.borne_by_reserve_coins:,}", ""),
        ("lost by the platform", f"{coins.lost_by_platform_coins:,}", ""),
    ]
    return table(("coins", "number", "paid"), rows, right={"number", "paid"})


def _diamonds(diamonds: Diamonds) -> str:
    rows = [
        *(
            (
                each.matures.replace("_", " "),
                "",
                _number(each.micro_diamonds),
                _amount(each.worth_minor, each.currency),
                "",
            )
            for each in diamonds.owed
        ),
        *(
            (
                f"payouts {each.status.lower()}",
                f"{each.payouts:,}",
                _number(each.micro_diamonds),
                _amount(each.worth_minor, each.worth_currency),
                _amount(each.net_minor, each.currency),
            )
            for each in diamonds.reserved
        ),
        ("gifts frozen", "", _number(diamonds.held_micro_diamonds), "", ""),
        ("owed in all", "", _number(diamonds.owed_micro_diamonds), "", ""),
    ]
    head = ("diamonds owed", "payouts", "number", "worth", "to be paid")
    return table(head, rows, right=set(head[1:]))


def _queues(daily: Daily) -> str:
    rows = [
        (
            _NAMES[name],
            f"{queue.waiting:,}",
            f"{queue.overdue:,}",
            _age(queue.oldest[0].age_s) if queue.oldest else "",
        )
        for name, queue in daily.queues.items()
    ]
    rows += [
        (f"dead letters of {service}", f"{count:,}", "", "")
        for service, count in daily.dead_letters.items()
    ]
    head = ("what waits", "number", "overdue", "oldest")
    return table(head, rows, right=set(head[1:]))


def _queue(name: str, queue: Queue, at: datetime) -> str:
    shown = sorted(queue.oldest, key=lambda each: not each.overdue)[:_SHOWN_MAX]
    rows = [_row(each, at) for each in shown]
    lines = [table((name, "age", "due", "about"), rows, right={"age"})]
    if queue.waiting > len(shown):
        lines += [f"… and {queue.waiting - len(shown):,} more"]
    return "\n".join(lines)


def _row(waiting: Waiting, at: datetime) -> Sequence[str]:
    if waiting.due_at is None:
        due = "whenever"
    elif waiting.overdue:
        due = f"OVERDUE for {_age(int((at - waiting.due_at).total_seconds()))}"
    else:
        due = f"in {_age(int((waiting.due_at - at).total_seconds()))}"
    about = ", ".join(f"{name} {value}" for name, value in waiting.details.items())
    return waiting.what, _age(waiting.age_s), due, about


def _age(age_s: int) -> str:
    """Two units are enough to see how bad it is."""
    age = timedelta(seconds=age_s)
    hours, minutes = divmod(age.seconds // 60, 60)
    return f"{age.days} d {hours} h" if age.days else f"{hours} h {minutes} min"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _number(micro_diamonds: int) -> str:
    whole, fraction = divmod(micro_diamonds, _MICRO)
    return f"{whole:,}.{fraction:06}"


def _amount(amount_minor: int, currency: str) -> str:
    return money.in_words(amount_minor, currency)
