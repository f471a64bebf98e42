"""What the hub counts, beside what every process does."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, override

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

from chassis.graphql.errors import INTERNAL
from chassis.telemetry.metrics import REGISTRY, counter, gauge
from live_hub.delivery import RecentDeliveries

_BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2, 5, 10, 60)


class _DeliverySeconds(Collector):
    """A histogram that takes many equal observations at once.

    prometheus_client's own takes one at a time, which would cost as much as the delivery.
    """

    def __init__(self) -> None:
        self._counts = [0] * (len(_BOUNDS) + 1)
        self._sum = 0.0

    def observe(self, seconds: float, times: int) -> None:
        self._counts[bisect_left(_BOUNDS, seconds)] += times
        self._sum += seconds * times

    @override
    def collect(self) -> Iterator[HistogramMetricFamily]:
        total = 0
        buckets: list[tuple[str, float]] = []
        for bound, count in zip((*map(str, _BOUNDS), "+Inf"), self._counts, strict=True):
            total += count
            buckets.append((bound, total))
        yield HistogramMetricFamily(
            "largesse_live_delivery_seconds",
            "From the commit of what happened until it was written to a client's connection.",
            buckets=buckets,
            sum_value=self._sum,
        )


CONNECTIONS: Final = gauge(
    "live_connections", "Clients that are connected, by protocol.", ["protocol"]
)
SUBSCRIPTIONS: Final = gauge("live_subscriptions", "Subscriptions under way, by field.", ["field"])
REFUSED: Final = counter(
    "live_refused",
    "Subscriptions and connections that were refused, by the error's code.",
    ["code"],
)
DELIVERIES: Final = counter("live_deliveries", "Payloads written to clients.")
RESYNCHRONISATIONS: Final = counter(
    "live_resynchronisations",
    "Snapshots that stand for frames which a client was too slow for, or which were lost.",
)
CUT: Final = counter(
    "live_connections_cut", "Connections ended because the client took nothing for too long."
)
UNREADABLE: Final = counter(
    "live_unreadable_records",
    "Records that are no events that the hub can read; it passed them over.",
    ["topic"],
)
RECENT: Final = RecentDeliveries()
"""What `delivered` was told lately, for operators who ask."""
_DELIVERY_SECONDS: Final = _DeliverySeconds()
REGISTRY.register(_DELIVERY_SECONDS)


def refused(errors: Iterable[Mapping[str, Any]]) -> None:
    """Count errors by which a subscription ends, as they are shown."""
    for error in errors:
        REFUSED.labels(error.get("extensions", {}).get("code", INTERNAL)).inc()


def delivered(seconds: float, times: int) -> None:
    """Count payloads that were written `seconds` after the commit of what they tell."""
    DELIVERIES.inc(times)
    _DELIVERY_SECONDS.observe(max(0.0, seconds), times)
    RECENT.observe(seconds, times)
