"""What somebody wrote with a gift, as those see it who moderate."""

from datetime import datetime
from uuid import UUID

import msgspec

from gifts.domain.gift import Silenced, TargetKind
from gifts.domain.word_list import Hit


class GiftMessage(msgspec.Struct, frozen=True):
    """A message, shown or not. The gift counts either way, and no money goes back (C08)."""

    seq: int
    """The gift's place among all."""
    gift_id: UUID
    sender_id: str
    creator_id: str
    target_kind: TargetKind
    target_id: str
    text: str
    """As it was written."""
    written_at: datetime
    silenced: Silenced | None = None
    """Why it is shown to nobody, if it is not."""
    silenced_at: datetime | None = None
    shown_again_at: datetime | None = None
    """When an operator showed it again, if it was ever withheld or removed and is no more."""
    hit: Hit | None = None
    """What withheld it, also if it is shown again."""
