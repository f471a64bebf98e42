"""What Stripe's webhooks name, as payouts understands them. docs/runbooks/stripe.md lists them."""

from collections.abc import Mapping, Sequence
from typing import Final, override

import msgspec

from chassis.stripe.signed import check_delivery
from chassis.webhooks import UnreadableError
from chassis.webhooks.decoding import UNDECODABLE, Text128
from payouts.domain.rail_event import RailEvent
from payouts.rails.sender import Sender
from payouts.store.hosted_accounts import digest_of

_OF_ACCOUNTS: Final = frozenset(
    {
        "account.updated",
        "account.external_account.created",
        "account.external_account.updated",
        "account.external_account.deleted",
        "capability.updated",
    }
)
_OF_PAYOUTS: Final = frozenset(
    {"payout.created", "payout.updated", "payout.paid", "payout.failed", "payout.canceled"}
)
_OF_TRANSFERS: Final = frozenset({"transfer.created", "transfer.updated", "transfer.reversed"})


class _Metadata(msgspec.Struct, frozen=True):
    key: Text128 | None = None


class _Object(msgspec.Struct, frozen=True):
    transfer_group: Text128 | None = None
    metadata: _Metadata | None = None


class _Data(msgspec.Struct, frozen=True):
    object: msgspec.Raw = msgspec.Raw(b"null")


class _Event(msgspec.Struct, frozen=True):
    id: Text128
    type: Text128
    account: Text128 | None = None
    data: _Data = _Data()


class StripeSender(Sender):
    """Stripe, with the endpoints of one platform."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """`secrets`: what it signs with, of each endpoint; more while they are rotated."""
        assert secrets, "without a secret nothing would be authentic"
        self._secrets = tuple(secrets)

    @override
    def authenticate(self, headers: Mapping[str, str], body: bytes, *, now_s: float) -> None:
        """By the header `Stripe-Signature`."""
        check_delivery(headers, body, self._secrets, now_s=now_s)

    @override
    def read(self, body: bytes) -> RailEvent:
        """What it names; nothing else of it is kept."""
        return read_event(body)


def read_event(body: bytes) -> RailEvent:
    """What an authentic delivery names; nothing else of it is kept.

    Raises:
        UnreadableError: It does not have the form agreed on.
    """
    try:
        event = msgspec.json.decode(body, type=_Event)
        if event.type in _OF_ACCOUNTS:
            if event.account is None:
                raise UnreadableError("an event about an account that names none")
            return RailEvent(event.id, event.type, "account", digest_of(event.account))
        if event.type in _OF_TRANSFERS:
            group = msgspec.json.decode(event.data.object, type=_Object).transfer_group
            return RailEvent(event.id, event.type, "order", group)
        if event.type in _OF_PAYOUTS:
            metadata = msgspec.json.decode(event.data.object, type=_Object).metadata
            return RailEvent(event.id, event.type, "order", metadata and metadata.key)
    except UNDECODABLE as error:
        # Not its text, which can quote what the event says of somebody.
        raise UnreadableError(type(error).__name__) from None
    return RailEvent(event.id, event.type, None, None)
