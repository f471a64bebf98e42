"""Apache Kafka as a local process: one KRaft node, broker and controller in one."""

import socket
import struct
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from local_stack import paths
from local_stack.home import Home
from local_stack.ports import HOST
from local_stack.problem import LocalProblemError
from local_stack.processes import ProcessSpec, base_environment

# Any fixed id will do: one cluster per folder, never joined to another.
_CLUSTER_ID = "bGFyZ2Vzc2UtbG9jYWwtMQ"

_HEAP = ("-Xms256m", "-Xmx512m")


def servers(ports: Mapping[str, int]) -> str:
    """The address that clients are given."""
    return f"{HOST}:{ports['kafka']}"


def spec(home: Home, ports: Mapping[str, int], *, durable: bool) -> ProcessSpec:
    """How to run the broker whose files `prepare` made."""
    port = ports["kafka"]
    return ProcessSpec(
        name="kafka",
        command=_java("kafka.Kafka", str(_configuration(home))),
        is_ready=lambda: answers(HOST, port),
        port_names=("kafka", "kafka-controller"),
        grace_s=30,
    )


def prepare(
    home: Home,
    ports: Mapping[str, int],
    *,
    more: Mapping[str, object] = MappingProxyType({}),
    users: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write the configuration and, the first time, format the broker's folder.

    Args:
        home: The stack whose broker it is.
        ports: The broker listens on `kafka` and `kafka-controller`.
        more: Further settings of the broker, or others than ours.
        users: Passwords by name (SCRAM-SHA-512), for listeners that ask for them.

    Raises:
        LocalProblemError: The folder could not be formatted.
    """
    configuration = _configuration(home)
    configuration.parent.mkdir(parents=True, exist_ok=True)
    logs = home.data("kafka") / "logs"
    settings = {**_settings(logs, ports), **more}
    lines = [f"{name}={value}" for name, value in settings.items()]
    configuration.write_text("\n".join(lines) + "\n")
    if (logs / "meta.properties").exists():
        return
    done = subprocess.run(
        _java(
            "kafka.tools.StorageTool",
            *("format", "--standalone", "-t", _CLUSTER_ID, "-c", str(configuration)),
            *(
                f"--add-scram=SCRAM-SHA-512=[name={name},password={password}]"
                for name, password in users.items()
            ),
        ),
        env=base_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise LocalProblemError(
            f"Kafka's folder {logs} could not be formatted ({done.stderr.strip()[-300:]}):"
            " check free disk space, delete the folder and try again"
        )


def _configuration(home: Home) -> Path:
    return home.data("kafka") / "server.properties"


def _java(main: str, *arguments: str) -> list[str]:
    return [
        str(paths.java()),
        *_HEAP,
        # Few cores and a small heap: the parallel collectors' threads would only compete.
        "-XX:+UseSerialGC",
        # The optimising compiler takes half of a start's processor time and, for minutes, a third
        # of a core; on two cores that is more than it wins back from a broker that is mostly idle.
        "-XX:TieredStopAtLevel=1",
        "-Dorg.slf4j.simpleLogger.showDateTime=true",
        "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
        # Kafka 4.3 unmaps its files in a way of which Java 25 warns at every start.
        "--sun-misc-unsafe-memory-access=allow",
        "-cp",
        f"{paths.KAFKA_JARS}/*",
        main,
        *arguments,
    ]


class Listener(NamedTuple):
    """Where else a broker listens, and as what clients are told to find it."""

    name: str
    """In capitals."""
    listens: int
    advertised: int
    """The port that clients come back to: it is, or leads to, the one above."""
    protocol: str = "PLAINTEXT"


def listening(ports: Mapping[str, int], more: Sequence[Listener] = ()) -> dict[str, object]:
    """The settings of where a broker listens: on its own two ports, and `more`."""
    controller = ports["kafka-controller"]
    own = (
        Listener("PLAINTEXT", ports["kafka"], ports["kafka"]),
        Listener("CONTROLLER", controller, controller),
    )
    every = (*own, *more)
    return {
        "listeners": ",".join(f"{each.name}://{HOST}:{each.listens}" for each in every),
        "advertised.listeners": ",".join(
            f"{each.name}://{HOST}:{each.advertised}" for each in every
        ),
        "listener.security.protocol.map": ",".join(
            f"{each.name}:{each.protocol}" for each in every
        ),
        "inter.broker.listener.name": "PLAINTEXT",
        "controller.listener.names": "CONTROLLER",
    }


def _settings(logs: Path, ports: Mapping[str, int]) -> dict[str, object]:
    return {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.bootstrap.servers": f"{HOST}:{ports['kafka-controller']}",
        **listening(ports),
        "log.dirs": logs,
        # One node: what is copied to three in production is kept once here.
        "offsets.topic.replication.factor": 1,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "offsets.topic.num.partitions": 8,
        "transaction.state.log.num.partitions": 4,
        # Topics are created with the partitions that contracts declare, never by a typing error.
        "auto.create.topics.enable": "false",
        # Groups here have one member per process: nobody else is worth waiting for.
        "group.initial.rebalance.delay.ms": 0,
        # A killed broker is let in again once its old session has ended: 9 s by default. Much
        # shorter, and a broker that a busy machine starves for a moment would be shut out.
        "broker.session.timeout.ms": 6_000,
        "broker.heartbeat.interval.ms": 1_000,
        "controlled.shutdown.enable": "true",
        # Memory: the defaults reserve 128 MB for a cleaner that has little to do, and 10 MB of
        # address space for the index of each of many small partitions.
        "log.cleaner.dedupe.buffer.size": 16_777_216,
        "log.index.size.max.bytes": 1_048_576,
        "num.network.threads": 2,
        "num.io.threads": 4,
        "message.max.bytes": 2_097_152,
        "log.retention.hours": 24 * 7,
    }


def answers(host: str, port: int) -> bool:
    """Whether a broker there takes requests: it is asked which versions it speaks."""
    # ApiVersions (key 18) version 0, correlation id 1, a null client id.
    request = struct.pack(">hhih", 18, 0, 1, -1)
    try:
        with socket.create_connection((host, port), timeout=2) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            head = connection.recv(10, socket.MSG_WAITALL)
    except OSError:
        return False
    # Length, correlation id, error code.
    return len(head) == 10 and struct.unpack(">iih", head)[1:] == (1, 0)
