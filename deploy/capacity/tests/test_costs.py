"""The model reckons with what docs/performance.md says was measured."""

import re
from pathlib import Path

import msgspec
import pytest

from capacity.costs import COSTS, read_costs
from manifests.generated import topics
from manifests.streams import PARTITIONS

REPOSITORY = Path(__file__).parents[3]
PERFORMANCE = (REPOSITORY / "docs/performance.md").read_text()


def dearest(row: str, column: int, *, heading: str) -> int:
    """The upper end of a figure such as `149 to 211`, in a table behind a heading."""
    table = PERFORMANCE[PERFORMANCE.index(heading) :]
    (cells,) = re.findall(rf"^\| {re.escape(row)} \|(.*)\|$", table, re.MULTILINE)[:1]
    return int(cells.split("|")[column].replace(",", "").split()[-1])


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("postgres", "PostgreSQL"),
        ("wallet_worker", "wallet worker"),
        ("gifts_worker", "gifts worker"),
        ("payouts_worker", "payouts worker"),
        ("kafka", "Kafka"),
    ],
)
def test_gifts_to_videos(name: str, row: str) -> None:
    found = getattr(read_costs().measured.videos, name)

    assert found == dearest(row, 0, heading="## Processor time per gift")


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("postgres", "PostgreSQL"),
        ("gifts_worker", "gifts worker"),
        ("kafka", "Kafka"),
        ("live_hub", "live hub"),
    ],
)
def test_gifts_to_rooms(name: str, row: str) -> None:
    found = getattr(read_costs().measured.rooms, name)

    assert found == dearest(row, 2, heading="| µs of processor time per gift | videos")


def test_workers_that_know_no_rooms_cost_what_they_do_for_videos() -> None:
    measured = read_costs().measured

    assert measured.rooms.wallet_worker == measured.videos.wallet_worker
    assert measured.rooms.payouts_worker == measured.videos.payouts_worker


def test_requests() -> None:
    request, heading = read_costs().measured.request, "## Processor time per gift"

    assert request.gateway == dearest("gateway", 1, heading=heading)
    assert request.gifts_api == dearest(
        "gifts api (P3: the injector in its place)", 1, heading=heading
    )


def test_viewers() -> None:
    viewer = read_costs().measured.viewer

    assert f"to {viewer.us_per_delivery:.0f} µs of the hub per delivery" in PERFORMANCE
    assert f"to {viewer.kb_per_client:.0f} kB per client" in PERFORMANCE
    assert viewer.deliveries_per_s_max == 4
    assert f"four frames of {viewer.bytes_per_delivery / 1_000:.0f} KB a second" in PERFORMANCE


@pytest.mark.parametrize("name", ["wallet", "gifts", "payouts", "kafka"])
def test_bytes(name: str) -> None:
    found = getattr(read_costs().written, name)

    assert found == dearest(name, 0, heading="| bytes written per gift")


def test_what_the_manifests_say() -> None:
    """Partitions, copies, how long Kafka keeps gifts, and the gateway's heap."""
    costs = read_costs()
    k8s = REPOSITORY / "deploy/k8s"
    kafka = (k8s / "components/kafka-strimzi/kafka.yaml").read_text()
    gateway = (k8s / "base/gateway/gateway.yaml").read_text()

    assert costs.assumed.partitions == PARTITIONS
    assert {each["spec"]["replicas"] for each in topics()} == {costs.assumed.replicas_kafka}
    assert f"log.retention.hours: {costs.assumed.kafka_days * 24:.0f}\n" in kafka
    assert f"--max-old-space-size={costs.memory_mb.gateway:.0f}," in gateway


@pytest.mark.parametrize(
    "change",
    [("postgres = 103", ""), ("postgres = 103", 'postgres = "x"'), ("[prices]", "[price]")],
    ids=["missing", "no number", "unknown"],
)
def test_a_file_that_says_too_little_is_refused(tmp_path: Path, change: tuple[str, str]) -> None:
    file = tmp_path / "costs.toml"
    file.write_text(COSTS.read_text().replace(*change, 1))

    with pytest.raises(msgspec.DecodeError):
        read_costs(file)
