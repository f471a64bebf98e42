"""What all mutations do with a refusal."""

from chassis.graphql import Refusal
from chassis.telemetry import metrics


def counted[T](mutation: str, result: T) -> T:
    """The result, counted where it is a refusal."""
    if isinstance(result, Refusal):
        metrics.record_refusal(mutation, result.code)
    return result
