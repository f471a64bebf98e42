"""What an evening comes to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local_stack.buying import Bought
from local_stack.giving import Sent
from local_stack.live_room import Shown
from local_stack.money import Money
from local_stack.stating import Stated

STAR = "nova"
RIVAL = "aria"
CREATORS = (STAR, "milo", RIVAL)


@dataclass(slots=True)
class Evening:
    """What happened, as the front ends saw it."""

    coins_bought: Counter[str] = field(default_factory=Counter[str])
    """By viewer, bonus included."""
    coins_spent: Counter[str] = field(default_factory=Counter[str])
    gifts_sent: Counter[str] = field(default_factory=Counter[str])
    """By creator."""
    coins_received: Counter[str] = field(default_factory=Counter[str])
    refusals: Counter[str] = field(default_factory=Counter[str])
    """By code."""
    replayed: int = 0
    """Gifts that were sent again under the same id and not charged again."""
    burst_s: float = 0
    balances: dict[str, int] = field(default_factory=dict[str, int])
    """By viewer, at the end."""
    earnings: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    """By creator, at the end."""
    room_ids: dict[str, str] = field(default_factory=dict[str, str])
    """By creator."""
    sent: list[Sent] = field(default_factory=list[Sent])
    """Gifts, to videos and in live rooms."""
    shown: Shown | None = None
    """What a screen has shown of the star's room."""
    board: Sequence[Mapping[str, Any]] = ()
    """Those who gave the star most, when the rooms have closed."""
    last_gift_id: str = ""
    purchases: dict[str, Bought] = field(default_factory=dict[str, Bought])
    """By viewer."""
    money: Money = field(default_factory=Money)
    stated: Stated | None = None
