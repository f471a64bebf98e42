"""Every client of Kafka that we have, over TLS, against a real broker that wants it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from chassis import kafka
from chassis.brokers import Brokers
from chassis.kafka import Assignment, KafkaError, Outbound, Reader, Writer
from chassis.tail import Tail
from chassis.testing.certificates import Authority
from chassis.testing.eventually import eventually
from contracts import catalogue
from contracts.gifts.live import LIVE

pytestmark = [pytest.mark.part_of_stack, pytest.mark.timeout(300)]

USER, PASSWORD = "largesse-gifts", "of-the-user-7Q"


def by_password(server: str, authority: Authority, password: str = PASSWORD) -> Brokers:
    return Brokers(
        server, "SASL_SSL", str(authority.file), username=USER, password=SecretStr(password)
    )


def by_certificate(server: str, authority: Authority, signer: Authority) -> Brokers:
    pair = signer.sign(f"client-of-{signer.file.stem}")
    return Brokers(
        server,
        "SSL",
        str(authority.file),
        certificate_file=str(pair.certificate),
        key_file=str(pair.key),
    )


@pytest.fixture(params=["SCRAM", "mTLS"])
def brokers(
    request: pytest.FixtureRequest, tls_kafka: SimpleNamespace, authority: Authority
) -> Brokers:
    """One broker, by each of the two ways in."""
    if request.param == "SCRAM":
        return by_password(tls_kafka.scram, authority)
    return by_certificate(tls_kafka.mtls, authority, authority)


@pytest.fixture
def prefix(brokers: Brokers) -> str:
    return f"{brokers.security.lower()}."


async def test_every_client_works_over_tls(brokers: Brokers, prefix: str) -> None:
    """Topics, the relay's producer, the worker's consumer, the hub's tail, the checker's reader."""
    topic = prefix + LIVE.name
    await kafka.ensure_topics(brokers, catalogue.topics(), prefix=prefix, partitions=2)
    writer = Writer(brokers, client_id="test")
    sent = {f"room-{n}".encode() for n in range(20)}
    await writer.publish([Outbound(topic, key, b"{}", []) for key in sorted(sent)])
    await writer.close()

    assert sum((await kafka.ends(brokers, [topic])).values()) == len(sent)
    assert {r.key async for chunk in kafka.read_all(brokers, topic) for r in chunk} == sent
    assert await tailed(brokers, topic) == sent
    assert await consumed(brokers, topic, group=f"{prefix}group", count=len(sent)) == sent


async def tailed(brokers: Brokers, topic: str) -> set[bytes | None]:
    """What the hub's way of reading finds."""
    found: set[bytes | None] = set()
    stop = asyncio.Event()
    tail = Tail(brokers, [topic], client_id="hub", back_s=600)
    async with asyncio.timeout(60):
        await tail.follow(
            stop, lambda _, records: found.update(r.key for r in records), caught_up=stop.set
        )
    return found


async def consumed(brokers: Brokers, topic: str, *, group: str, count: int) -> set[bytes | None]:
    """What a member of a group is given."""
    reader = Reader(brokers, group=group, client_id="worker")
    found: set[bytes | None] = set()

    async def nothing(_: object) -> None:
        return None

    await reader.start([topic], Assignment(nothing, nothing))
    try:
        async with asyncio.timeout(60):
            while len(found) < count:
                fetched = await reader.fetch(timeout_ms=200, records_max=100)
                found |= {record.key for records in fetched.values() for record in records}
    finally:
        await reader.stop()
    return found


def make_topics(server: str, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chassis", "topics", "--servers", server, "--prefix", "command."],
        env={**os.environ, **{f"TOPICS_{name}": value for name, value in variables.items()}},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_command_makes_topics_over_tls(
    tls_kafka: SimpleNamespace, authority: Authority
) -> None:
    """By the variables that services have, under its own prefix."""
    told = {"KAFKA_SECURITY": "SASL_SSL", "KAFKA_CA_FILE": str(authority.file)}
    told |= {"KAFKA_USERNAME": USER}

    made = make_topics(tls_kafka.scram, told | {"KAFKA_PASSWORD": PASSWORD})
    wrong = make_topics(tls_kafka.scram, told)

    assert made.stdout == f"topics: {len(catalogue.topics())} created, 0 there already\n"
    assert wrong.returncode == 78
    assert "kafka_security SASL_SSL needs kafka_password too" in wrong.stderr


@pytest.mark.parametrize("fault", ["other authority", "wrong password", "unknown client"])
async def test_whoever_proves_nothing_is_kept_out(
    fault: str, tls_kafka: SimpleNamespace, authority: Authority, stranger: Authority
) -> None:
    """A broker that is not ours is told nothing, and ours tells strangers nothing."""
    wrong = {
        "other authority": by_password(tls_kafka.scram, stranger),
        "wrong password": by_password(tls_kafka.scram, authority, "guessed"),
        "unknown client": by_certificate(tls_kafka.mtls, authority, stranger),
    }[fault]

    with pytest.raises((KafkaError, OSError)):
        await kafka.ensure_topics(wrong, catalogue.topics(), prefix="never.")


async def test_a_certificate_for_another_host_is_refused(
    tls_kafka: SimpleNamespace, authority: Authority
) -> None:
    """The address that is called must stand in it: `localhost` is no name of this broker's."""
    elsewhere = tls_kafka.scram.replace("127.0.0.1", "localhost")

    with pytest.raises((KafkaError, OSError)):
        await kafka.ensure_topics(by_password(elsewhere, authority), [LIVE], prefix="never.")
    await eventually(lambda: kafka.ensure_topics(by_password(tls_kafka.scram, authority), [LIVE]))
