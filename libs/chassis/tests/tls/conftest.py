"""Kafka and PostgreSQL that let nobody in but over TLS."""

import asyncio
import ssl
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit, urlunsplit

import pytest

from chassis.testing.certificates import Authority
from chassis.testing.plugin import Servers
from chassis.testing.relaying import relay
from local_stack import kafka, ports
from local_stack.home import Home
from local_stack.kafka import Listener
from support.brokers import a_broker

USER, PASSWORD = "largesse-gifts", "of-the-user-7Q"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="session")
def authority(folder: Path) -> Authority:
    return Authority(folder, "authority")


@pytest.fixture(scope="session")
def stranger(folder: Path) -> Authority:
    """Signs too, and nobody trusts it."""
    return Authority(folder, "stranger")


@pytest.fixture(scope="session")
def tls_kafka(folder: Path, authority: Authority) -> Iterator[SimpleNamespace]:
    """A broker that asks for a password at `scram`, and for a certificate at `mtls`."""
    home, used = Home(folder / "kafka"), ports.free()
    # Ports of our own, among those that nobody else of this stack will listen on.
    scram, mtls = used["gateway"], used["live-hub"]
    pair = authority.sign("broker", address=ports.HOST)
    both = folder / "broker.pem"
    both.write_text(pair.key.read_text() + pair.certificate.read_text())
    more = {
        **kafka.listening(
            used,
            [
                Listener("SCRAM", scram, scram, "SASL_SSL"),
                Listener("MTLS", mtls, mtls, "SSL"),
            ],
        ),
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.scram.scram-sha-512.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        "listener.name.mtls.ssl.client.auth": "required",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": both,
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": authority.file,
        "num.partitions": 1,
    }
    with a_broker(home, used, more=more, users={USER: PASSWORD}):
        yield SimpleNamespace(scram=f"{ports.HOST}:{scram}", mtls=f"{ports.HOST}:{mtls}")


@pytest.fixture
async def tls_postgres(servers: Servers, authority: Authority) -> AsyncGenerator[str]:
    """The superuser's address at a TLS terminator before the tests' PostgreSQL, whose own build
    has no TLS; it negotiates as PostgreSQL does and lets nobody in without."""
    pair = authority.sign("postgres", address=ports.HOST)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    parts = urlsplit(servers.postgres_dsn)
    front = Terminator(context, str(parts.hostname), parts.port or 5432)
    listener = await asyncio.start_server(front.serve, ports.HOST, 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        account = parts.netloc.rpartition("@")[0]
        yield urlunsplit(parts._replace(netloc=f"{account}@{ports.HOST}:{port}"))


class Terminator:
    """Speaks TLS to clients of PostgreSQL and passes on what they say in clear."""

    def __init__(self, context: ssl.SSLContext, host: str, port: int) -> None:
        self._context = context
        self._host = host
        self._port = port

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """One session. What it begins with is PostgreSQL's SSLRequest, or it ends at once."""
        try:
            if await reader.readexactly(8) != struct.pack(">ii", 8, 80_877_103):
                return
            writer.write(b"S")
            await writer.start_tls(self._context)
            await relay(reader, writer, self._host, self._port)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
