"""The one place that reads the time, so that tests can say what time it is."""

from collections.abc import Callable
from datetime import UTC, datetime

type Clock = Callable[[], datetime]
"""Returns the current instant, aware, in UTC."""


def now() -> datetime:
    """The current instant in UTC."""
    return datetime.now(UTC)
