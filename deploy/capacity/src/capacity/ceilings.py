"""The most gifts a second that each part of which there is only one lets through."""

from typing import Final, Literal, NamedTuple

from capacity.costs import Costs, PerGift

type Service = Literal["wallet", "gifts", "payouts"]
SERVICES: Final[tuple[Service, ...]] = ("wallet", "gifts", "payouts")

STAR: Final = "gifts to one creator"

MICROSECONDS: Final = 1_000_000


class Ceiling(NamedTuple):
    """What a part lets through, and what to do when more comes."""

    part: str
    gifts_per_s: float
    of: Service | None
    """Whose; None: of no single service."""
    divides: bool
    """Whether another database of that service takes half of it away."""
    remedy: str


def gift_costs(costs: Costs, *, in_rooms: bool) -> PerGift:
    """What a gift takes of each process."""
    return costs.measured.rooms if in_rooms else costs.measured.videos


def worker_us(costs: Costs, service: Service, *, in_rooms: bool) -> float:
    """Of the service's workers, per gift."""
    gift = gift_costs(costs, in_rooms=in_rooms)
    match service:
        case "wallet":
            return gift.wallet_worker
        case "gifts":
            return gift.gifts_worker
        case "payouts":
            return gift.payouts_worker


def written_bytes(costs: Costs, service: Service) -> float:
    """What stays of a gift in the service's database."""
    match service:
        case "wallet":
            return costs.written.wallet
        case "gifts":
            return costs.written.gifts
        case "payouts":
            return costs.written.payouts


def database_us(costs: Costs, service: Service, *, in_rooms: bool) -> float:
    """Of the service's PostgreSQL, per gift.

    The benchmark has the three databases in one server: to videos their shares are taken to be as
    the bytes that they write, and what rooms cost more is all the gifts database's.
    """
    videos, rooms = costs.measured.videos.postgres, costs.measured.rooms.postgres
    everything = sum(written_bytes(costs, each) for each in SERVICES)
    own = videos * written_bytes(costs, service) / everything
    return own + (rooms - videos if in_rooms and service == "gifts" else 0)


def ceilings(costs: Costs, *, in_rooms: bool) -> list[Ceiling]:
    """All of them, the lowest first."""
    assumed = costs.assumed
    core = MICROSECONDS * assumed.utilisation
    found: list[Ceiling] = []
    for service in SERVICES:
        worker = worker_us(costs, service, in_rooms=in_rooms)
        database = database_us(costs, service, in_rooms=in_rooms)
        payer = service == "wallet"
        shards = f"several {service} databases, by {'payer' if payer else 'creator'}"
        write_bytes = written_bytes(costs, service) * (1 + assumed.wal_per_byte)
        found += [
            Ceiling(
                f"{service}: the one relay",
                core / (worker * assumed.relay_share),
                service,
                True,
                f"a relay per group of streams; then {shards}",
            ),
            Ceiling(
                f"{service}: cores of one PostgreSQL",
                assumed.server_cores_max * core / database,
                service,
                True,
                f"{shards}, or a distributed PostgreSQL",
            ),
            Ceiling(
                f"{service}: writes of one PostgreSQL",
                assumed.server_write_mb_per_s_max * 1e6 * assumed.utilisation / write_bytes,
                service,
                True,
                f"{shards}, or a distributed PostgreSQL",
            ),
            Ceiling(
                f"{service}: workers, {assumed.partitions} partitions",
                assumed.partitions * core / worker,
                service,
                False,
                "topics with more partitions",
            ),
        ]
    found.append(
        Ceiling(
            "gifts: commits of all its apis, one after another",
            assumed.gifts_per_write_max * 1_000 / assumed.commit_ms * assumed.utilisation,
            "gifts", True, "a stream of the outbox per api, or several gifts databases",
        )
    )  # fmt: skip
    star = worker_us(costs, "gifts", in_rooms=in_rooms)
    star += database_us(costs, "gifts", in_rooms=in_rooms)
    found.append(
        Ceiling(STAR, core / star, None, False, "nothing divides them: gifts wait, in their order")
    )
    hub = gift_costs(costs, in_rooms=in_rooms).live_hub
    if hub:
        found.append(
            Ceiling(
                "every hub reads all rooms and balances", core / hub, None, False,
                "hubs by room: each reads the partitions of its rooms only",
            )
        )  # fmt: skip
    return sorted(found, key=lambda each: each.gifts_per_s)


def first_to_give_way(costs: Costs, *, in_rooms: bool) -> Ceiling:
    """Of all that the whole load goes through, what lets the least through."""
    return next(each for each in ceilings(costs, in_rooms=in_rooms) if each.part != STAR)
