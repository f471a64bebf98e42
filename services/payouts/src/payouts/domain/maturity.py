"""When an earning is safe: not before the payment behind it can no longer be taken back (I3)."""

from datetime import UTC, date, datetime, timedelta

_DAY = timedelta(days=1)


def matures_on(refundable_until: datetime, sent_at: datetime) -> date:
    """The first day (UTC) at whose start the payment is past taking back.

    Never before the day on which the gift was sent: nothing matures before it is earned.

    Raises:
        OverflowError: That day lies beyond what a date can hold.
    """
    until = refundable_until.astimezone(UTC)
    day = until.date()
    if until.hour or until.minute or until.second or until.microsecond:
        day += _DAY
    return max(day, sent_at.astimezone(UTC).date())
