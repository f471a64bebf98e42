"""What a load takes: processes, cores, partitions, disk, network and money."""

from math import ceil
from typing import Final, NamedTuple

from capacity.ceilings import (
    MICROSECONDS,
    SERVICES,
    STAR,
    Ceiling,
    Service,
    ceilings,
    database_us,
    first_to_give_way,
    gift_costs,
    worker_us,
    written_bytes,
)
from capacity.costs import Costs

DAY_S: Final = 86_400
GB: Final = 1e9
HUB_ROOM_SHARE_MAX: Final = 0.5
"""Of a hub's time, at most, for reading: where one cannot read all, there are groups by room."""


class Load(NamedTuple):
    """What is asked for, in the busiest second."""

    gifts_per_s: int
    viewers: int = 0
    """Who watch a live room at once."""
    rooms: int = 0
    """Live at once; none: all gifts are to videos."""
    days: int = 90
    """How long databases keep gifts."""


class Processes(NamedTuple):
    """Pods of one kind, none of which uses more than one core."""

    name: str
    pods: int
    cores: float
    memory_gb: float
    """Of all of them."""


class Databases(NamedTuple):
    """A service's databases."""

    service: Service
    shards: int
    servers: int
    """With the replicas."""
    cores_per_server: int
    gb_per_day: float
    """In all shards, before replication."""
    partitions: int
    """Of each of the topics that the service's workers read."""


class Plan(NamedTuple):
    """What a load takes."""

    load: Load
    processes: list[Processes]
    databases: list[Databases]
    brokers: int
    cores_per_broker: int
    kafka_tb: float
    """In all brokers, for as long as Kafka keeps gifts."""
    disk_tb: float
    """Of all databases and their replicas, when the days are full."""
    network_gbit_per_s: float
    """To viewers, in the busiest second."""
    cores: float
    usd_per_month: float
    first: Ceiling
    """What gives way first as things are, whatever the load."""
    reached: list[Ceiling]
    """What this load is too much for, of all that there is one of."""


def plan(load: Load, costs: Costs) -> Plan:
    """What the load takes, where everything is divided that has to be.

    Raises:
        ValueError: A load without gifts, of less than nothing, or with viewers and no room.
    """
    if load.gifts_per_s <= 0 or min(load) < 0 or (load.viewers and not load.rooms):
        raise ValueError(
            "a load has gifts, nothing negative, and viewers only in rooms: "
            "give --gifts-per-s, and --rooms with --viewers"
        )
    assumed, in_rooms = costs.assumed, load.rooms > 0
    highest = ceilings(costs, in_rooms=in_rooms)
    processes = _processes(load, costs)
    databases = [_databases(load, costs, service, highest) for service in SERVICES]
    broker_cores = _cores(load, costs, gift_costs(costs, in_rooms=in_rooms).kafka)
    broker_cores *= assumed.replicas_kafka
    brokers = max(assumed.replicas_kafka, ceil(broker_cores / assumed.server_cores_max))
    per_broker = ceil(broker_cores / brokers)
    mean_gifts_per_s = load.gifts_per_s * assumed.mean_share
    kafka_bytes = mean_gifts_per_s * DAY_S * assumed.kafka_days * costs.written.kafka
    kafka_tb = kafka_bytes * assumed.replicas_kafka / 1e12
    per_day_gb = sum(each.gb_per_day for each in databases)
    disk_tb = per_day_gb * load.days * assumed.replicas_postgres / 1_000
    bytes_per_s = _deliveries_per_s(load, costs) * costs.measured.viewer.bytes_per_delivery
    server_cores = sum(each.servers * each.cores_per_server for each in databases)
    server_cores += brokers * per_broker
    cores = server_cores + sum(each.cores for each in processes)
    memory_gb = server_cores * costs.memory_mb.gb_per_server_core
    memory_gb += sum(each.memory_gb for each in processes)
    prices = costs.prices
    return Plan(
        load,
        processes,
        databases,
        brokers,
        per_broker,
        kafka_tb,
        disk_tb,
        bytes_per_s * 8 / GB,
        cores,
        cores * prices.core_month
        + memory_gb * prices.memory_gb_month
        + (disk_tb + kafka_tb) * 1_000 * prices.disk_gb_month
        + bytes_per_s / GB * assumed.mean_share * DAY_S * 30 * prices.egress_gb,
        first_to_give_way(costs, in_rooms=in_rooms),
        [each for each in highest if each.part != STAR and each.gifts_per_s < load.gifts_per_s],
    )


def _cores(load: Load, costs: Costs, us_per_gift: float) -> float:
    return load.gifts_per_s * us_per_gift / MICROSECONDS / costs.assumed.utilisation


def _deliveries_per_s(load: Load, costs: Costs) -> float:
    """Frames to viewers: one for each gift in their room, and no more than so many a second."""
    if not load.rooms:
        return 0
    per_room = load.gifts_per_s / load.rooms
    return load.viewers * min(costs.measured.viewer.deliveries_per_s_max, per_room)


def _processes(load: Load, costs: Costs) -> list[Processes]:
    in_rooms = load.rooms > 0
    request, memory = costs.measured.request, costs.memory_mb

    def of(name: str, us_per_gift: float, memory_mb: float) -> Processes:
        cores = _cores(load, costs, us_per_gift)
        pods = max(2, ceil(cores))
        return Processes(name, pods, cores, pods * memory_mb / 1_000)

    found = [
        of("gateway", request.gateway, memory.gateway),
        of("gifts api", request.gifts_api, memory.gifts_api),
        *(
            of(f"{each} worker", worker_us(costs, each, in_rooms=in_rooms), memory.worker)
            for each in SERVICES
        ),
    ]
    return [*found, _hubs(load, costs)] if in_rooms else found


def _hubs(load: Load, costs: Costs) -> Processes:
    """Each reads all gifts of its group of rooms, and serves its share of their viewers."""
    viewer, assumed = costs.measured.viewer, costs.assumed
    reading = _cores(load, costs, costs.measured.rooms.live_hub)
    groups = max(1, ceil(reading / HUB_ROOM_SHARE_MAX))
    delivering = _deliveries_per_s(load, costs) * viewer.us_per_delivery / MICROSECONDS
    delivering /= assumed.utilisation
    for_delivery = ceil(delivering / (1 - reading / groups))
    pods = max(2, groups, for_delivery, ceil(load.viewers / assumed.clients_per_hub_max))
    memory_gb = pods * costs.memory_mb.live_hub / 1_000
    memory_gb += load.viewers * viewer.kb_per_client / 1e6
    return Processes("live hub", pods, delivering + pods * reading / groups, memory_gb)


def _databases(load: Load, costs: Costs, service: Service, highest: list[Ceiling]) -> Databases:
    assumed, in_rooms = costs.assumed, load.rooms > 0
    lowest = min(each.gifts_per_s for each in highest if each.of == service and each.divides)
    shards = ceil(load.gifts_per_s / lowest)
    cores = _cores(load, costs, database_us(costs, service, in_rooms=in_rooms))
    mean_gifts_per_s = load.gifts_per_s * assumed.mean_share
    workers = ceil(_cores(load, costs, worker_us(costs, service, in_rooms=in_rooms)))
    return Databases(
        service,
        shards,
        shards * assumed.replicas_postgres,
        max(1, ceil(cores / shards)),
        mean_gifts_per_s * DAY_S * written_bytes(costs, service) / GB,
        assumed.partitions * max(1, ceil(workers / assumed.partitions)),
    )
