"""Hubs on real Kafka: one for all tests that leave it as it is, and one's own for the others."""

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

import gateway_process
import pytest
from gateway_process import Gateway, Issuer, run_gateway
from hub_process import HubProcess, hub_settings, run_hub
from subgraphs import Subgraphs

from chassis import kafka
from chassis.testing.plugin import Servers
from contracts import catalogue
from local_stack import ports


@pytest.fixture(scope="session")
def live_prefix(servers: Servers) -> str:
    """Under which topics are that all of these tests share: each has rooms and users of its own."""
    prefix = f"t{secrets.token_hex(5)}."
    topics = catalogue.topics()
    asyncio.run(kafka.ensure_topics(servers.kafka_servers, topics, prefix=prefix, partitions=3))
    return prefix


@pytest.fixture
def topic_prefix(live_prefix: str) -> str:
    """Where `publisher` puts records."""
    return live_prefix


@pytest.fixture(scope="package")
def hub(folder: Path, issuer: Issuer, servers: Servers, live_prefix: str) -> Iterator[HubProcess]:
    """A hub that the tests share."""
    told = hub_settings(issuer, servers.kafka_servers, live_prefix, ports.one_free())
    with run_hub(folder, told) as running:
        yield running


@pytest.fixture
def settings(issuer: Issuer, servers: Servers, live_prefix: str) -> dict[str, str]:
    """What a hub of the test's own is told; the same port again after a restart."""
    return hub_settings(issuer, servers.kafka_servers, live_prefix, ports.one_free())


@pytest.fixture
def own_hub(tmp_path: Path, settings: dict[str, str]) -> Iterator[HubProcess]:
    """A hub of the test's own."""
    with run_hub(tmp_path, settings) as running:
        yield running


@pytest.fixture(scope="session")
def gateway_settings(issuer: Issuer, running_subgraphs: Subgraphs) -> dict[str, str]:
    """What a gateway is told; `settings` are a hub's here."""
    return gateway_process.gateway_settings(issuer, running_subgraphs)


@pytest.fixture(scope="package")
def live_gateway(
    folder: Path,
    hub: HubProcess,
    issuer: Issuer,
    gateway_settings: dict[str, str],
) -> Iterator[Gateway]:
    """A gateway in front of the hub."""
    with run_gateway(folder, gateway_settings | {"GATEWAY_LIVE_URL": hub.http}) as running:
        yield running
