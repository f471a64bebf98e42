"""Rows of the table `gift` as domain objects."""

from chassis.db import Record
from gifts.domain.gift import Gift, GiftRefusal, ReachedLimit


def gift_of(row: Record) -> Gift:
    """The gift in a row that has all columns of a gift."""
    return Gift(
        gift_id=row["gift_id"],
        sender_id=row["sender_id"],
        creator_id=row["creator_id"],
        item_id=row["item_id"],
        count=row["count"],
        price_coins=row["price_coins"],
        catalogue_version=row["catalogue_version"],
        target_kind=row["target_kind"],
        target_id=row["target_id"],
        message=row["message"],
        requested_at=row["requested_at"],
        status=row["status"],
        settled_at=row["settled_at"],
        refusal=refusal_of(row),
        silenced=row["silenced"],
    )


def refusal_of(row: Record) -> GiftRefusal | None:
    """Why the gift in a row was refused, if it was."""
    code = row["refusal_code"]
    if code is None:
        return None
    limit = None
    if row["limit_name"] is not None:
        limit = ReachedLimit(
            row["limit_name"], row["limit_coins"], row["spent_coins"], row["frees_up_at"]
        )
    return GiftRefusal(code, row["needed_coins"], row["balance_coins"], limit)
