"""Speaks as Stripe's webhooks do, about connected accounts and what was sent to them."""

import json
from collections.abc import Mapping
from typing import Any

from chassis.ids import uuid7


def an_event(
    type: str,  # noqa: A002 - the field's name
    thing: Mapping[str, Any],
    *,
    account_id: str | None = None,
    event_id: str | None = None,
    **changes: Any,
) -> bytes:
    """The body of a webhook; `account_id` where it is about a connected account."""
    event: dict[str, Any] = {
        "id": event_id or f"evt_{uuid7().hex}",
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": 1_788_220_800,
        "data": {"object": thing},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": type,
    }
    if account_id is not None:
        event["account"] = account_id
    return json.dumps(event | changes, indent=2).encode()


def an_account_event(
    account_id: str, state: Mapping[str, Any], *, event_id: str | None = None
) -> bytes:
    """`account.updated`, with the names and addresses that Stripe sends along."""
    thing = {
        "id": account_id,
        "object": "account",
        "payouts_enabled": True,
        "individual": {"first_name": "Planted", "address": {"line1": "12 Planted Road"}},
        **state,
    }
    return an_event("account.updated", thing, account_id=account_id, event_id=event_id)


def a_payout_event(
    type: str,  # noqa: A002 - the field's name
    account_id: str,
    payout: Mapping[str, Any],
    *,
    event_id: str | None = None,
) -> bytes:
    """`payout.…` of a connected account."""
    return an_event(type, payout, account_id=account_id, event_id=event_id)
