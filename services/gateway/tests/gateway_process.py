"""The real gateway as a process, and the tokens it believes."""

import json
import os
import select
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from subgraphs import Subgraphs, names

from local_stack import paths, ports

GATEWAY = Path(__file__).parents[1]
ISSUER, AUDIENCE = "https://issuer.test", "largesse"
START_S = 30


@dataclass
class Issuer:
    """Signs tokens and publishes its keys in a file."""

    file: Path
    keys: dict[str, Ed25519PrivateKey] = field(default_factory=dict)

    def add_key(self, kid: str) -> None:
        self.keys[kid] = Ed25519PrivateKey.generate()
        self.publish()

    def publish(self) -> None:
        """The keys of now, in the place of those before."""
        algorithm = jwt.get_algorithm_by_name("EdDSA")
        entries = [
            algorithm.to_jwk(key.public_key(), as_dict=True) | {"kid": name, "alg": "EdDSA"}
            for name, key in self.keys.items()
        ]
        draft = self.file.with_suffix(".draft")
        draft.write_text(json.dumps({"keys": entries}))
        draft.replace(self.file)

    def token(self, sub: str = "alice", scope: str = "", kid: str = "one", **claims: Any) -> str:
        payload = {
            "sub": sub,
            "scope": scope,
            "iss": ISSUER,
            "aud": AUDIENCE,
            "exp": time.time() + 600,
        } | claims
        return jwt.encode(payload, self.keys[kid], algorithm="EdDSA", headers={"kid": kid})


@dataclass
class Gateway:
    """A running gateway."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path
    client: httpx.Client

    def post(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Ask as a front end does."""
        sent = {"authorization": f"Bearer {token}"} if token else {}
        return self.client.post(
            "/graphql",
            json={"query": query, "variables": variables or {}},
            headers=sent | dict(headers or {}),
        )

    def logged(self, event: str) -> list[dict[str, Any]]:
        """What the gateway has written of that event."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [line for line in lines if line["event"] == event]


def gateway_settings(issuer: Issuer, subgraphs: Subgraphs) -> dict[str, str]:
    """What every gateway of the tests is told; production mode."""
    urls = {f"GATEWAY_{name.upper()}_URL": subgraphs.url(name) for name in names()}
    return urls | {
        "GATEWAY_JWKS_URL": issuer.file.as_uri(),
        "GATEWAY_TOKEN_ISSUER": ISSUER,
        "GATEWAY_TOKEN_AUDIENCE": AUDIENCE,
        "GATEWAY_RATE_LIMIT_REQUESTS": "0",
    }


@contextmanager
def run_gateway(folder: Path, settings: Mapping[str, str]) -> Iterator[Gateway]:
    """A gateway on a free port, until the context ends; it must end well."""
    port = ports.one_free()
    log = folder / f"gateway-{port}.log"
    process = spawn({"GATEWAY_PORT": str(port)} | dict(settings), log)
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False)
    try:
        wait_ready(process, client, log)
        yield Gateway(port, process, log, client)
        process.terminate()
        assert process.wait(30) == 0, log.read_text()
    finally:
        client.close()
        process.kill()
        process.wait()


def spawn(settings: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start the gateway's process with these settings and no other environment."""
    environment = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
    with log.open("wb") as output:
        return subprocess.Popen(
            [str(paths.node()), "federation/start.ts"],
            cwd=GATEWAY,
            env=environment | dict(settings),
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def run_node(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of the gateway's programs to its end."""
    command = [str(paths.node()), *arguments]
    return subprocess.run(
        command, cwd=GATEWAY, capture_output=True, text=True, timeout=100, check=False
    )


def wait_ready(process: subprocess.Popen[bytes], client: httpx.Client, log: Path) -> None:
    """Until it answers; fails with its log when it has ended or takes too long."""
    deadline = time.monotonic() + START_S
    while True:
        assert process.poll() is None, log.read_text()
        try:
            if client.get("/readyz").is_success:
                return
        except httpx.TransportError:
            assert time.monotonic() < deadline, log.read_text()
            select.select([], [], [], 0.05)
