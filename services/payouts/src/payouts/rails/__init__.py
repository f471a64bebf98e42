"""Ways by which money leaves."""

from payouts.rails.rail import (
    AccountCheck,
    OrderRefusedError,
    Rail,
    RailFundsMissingError,
    RailUnavailableError,
)

__all__ = [
    "AccountCheck",
    "OrderRefusedError",
    "Rail",
    "RailFundsMissingError",
    "RailUnavailableError",
]
