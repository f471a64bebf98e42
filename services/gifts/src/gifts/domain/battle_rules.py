"""By what battles go (C19)."""

from datetime import datetime, timedelta
from typing import NamedTuple


class BattleRules(NamedTuple):
    """One version of them; the fields are columns. A battle keeps the version of its invitation."""

    version: int
    effective_from: datetime
    invitation_s: int
    """How long an invitation can be accepted."""
    decided_after_s: int
    """From the end to the result: charges that were made in time may be heard of later."""
    shown_s: int
    """How long frames show the result."""
    glove_chance_pct: int
    glove_multiplier: int
    glove_s: int
    mist_s: int
    time_maker_max_s: int
    """A time maker adds from one second to this."""
    hammer_s: int
    hit_coins: int
    """What a gift costs at least to be a hit while a hammer swings."""
    combo_coins: int
    gloves_max: int
    """How often each side can use one; so are the others, but for time makers."""
    mists_max: int
    time_makers_max: int
    """How often both sides together can use one."""
    hammers_max: int

    @property
    def invitation(self) -> timedelta:
        """How long an invitation can be accepted."""
        return timedelta(seconds=self.invitation_s)

    @property
    def decided_after(self) -> timedelta:
        """From the end to the result."""
        return timedelta(seconds=self.decided_after_s)
