"""The figures that the model reckons with, read from costs.toml."""

from pathlib import Path
from typing import Final

import msgspec

COSTS: Final = Path(__file__).with_name("costs.toml")


class PerGift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """µs of processor time per gift, by process."""

    postgres: float
    wallet_worker: float
    gifts_worker: float
    payouts_worker: float
    kafka: float
    live_hub: float
    """Of each hub: all of them read all gifts."""


class PerRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """µs of processor time per `sendGift`."""

    gifts_api: float
    gateway: float


class PerViewer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody who watches a room takes of a hub."""

    us_per_delivery: float
    kb_per_client: float
    deliveries_per_s_max: float
    bytes_per_delivery: float


class Measured(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What benchmarks found."""

    videos: PerGift
    rooms: PerGift
    request: PerRequest
    viewer: PerViewer


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bytes per gift that stay, before replication."""

    wallet: float
    gifts: float
    payouts: float
    kafka: float


class Assumed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What nobody has measured, or what is yours to choose; costs.toml says what each is."""

    utilisation: float
    relay_share: float
    commit_ms: float
    mean_share: float
    wal_per_byte: float
    replicas_postgres: int
    replicas_kafka: int
    kafka_days: float
    server_cores_max: int
    server_write_mb_per_s_max: float
    partitions: int
    gifts_per_write_max: int
    clients_per_hub_max: int


class Memory(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """MB of one process, and GB that servers have per core."""

    worker: float
    gifts_api: float
    gateway: float
    live_hub: float
    gb_per_server_core: float


class Prices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """US dollars."""

    core_month: float
    memory_gb_month: float
    disk_gb_month: float
    egress_gb: float


class Costs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything in the file."""

    measured: Measured
    written: Written
    assumed: Assumed
    memory_mb: Memory
    prices: Prices


def read_costs(path: Path = COSTS) -> Costs:
    """The figures of a file.

    Raises:
        OSError: It cannot be read.
        msgspec.DecodeError: It is no TOML, or something is missing, unknown or no number.
    """
    return msgspec.toml.decode(path.read_bytes(), type=Costs)
