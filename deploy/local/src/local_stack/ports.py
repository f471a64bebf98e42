"""Which port each process listens on."""

import os
import random
import socket
from collections.abc import Mapping

from local_stack.problem import LocalProblemError

HOST = "127.0.0.1"

DEFAULTS: Mapping[str, int] = {
    "gateway": 4000,
    "wallet-api": 4101,
    "wallet-worker": 4111,
    "gifts-api": 4102,
    "gifts-worker": 4112,
    "payouts-api": 4103,
    "payouts-worker": 4113,
    "live-hub": 4104,
    "payment-sandbox": 4200,
    "sandbox-bank": 4201,
    "trace-store": 4300,
    "demo-page": 4400,
    "postgres": 4432,
    "kafka": 4092,
    "kafka-controller": 4093,
}

# Below the range from which the kernel takes the near ends of connections, so that none of those
# can sit on a port between the moment it is chosen here and the moment a process listens on it.
_FREE_RANGE = range(20_000, 32_000)


def variable(name: str) -> str:
    """The environment variable that overrides the port of `name`."""
    return f"LARGESSE_{name.upper().replace('-', '_')}_PORT"


def configured() -> dict[str, int]:
    """The ports of `make run`: the defaults, each overridden by its variable if that is set.

    Raises:
        LocalProblemError: A variable does not hold a port number.
    """
    chosen: dict[str, int] = {}
    for name, default in DEFAULTS.items():
        text = os.environ.get(variable(name), str(default))
        if not text.isdecimal() or not 0 < int(text) < 65_536:
            raise LocalProblemError(f"{variable(name)}={text} is no port: set a number below 65536")
        chosen[name] = int(text)
    return chosen


def free() -> dict[str, int]:
    """Ports for a stack of one's own beside others, as `more_free` chooses them."""
    return dict(zip(DEFAULTS, more_free(len(DEFAULTS)), strict=True))


def one_free() -> int:
    """A port for one process, as `more_free` chooses it."""
    (port,) = more_free(1)
    return port


def more_free(count: int) -> list[int]:
    """So many ports that nothing listens on, and that no other caller of ours is given.

    They stay the caller's until its process ends: whoever will listen there may take its time, and
    may be killed and start again.
    """
    chosen: list[int] = []
    while len(chosen) < count:
        port = random.choice(_FREE_RANGE)
        if not is_taken(port) and _claim(port):
            chosen.append(port)
    return chosen


def _claim(port: int) -> bool:
    """Keep a port from other processes of ours, unless one of them has it.

    By UDP, which none of our programs speaks: the same number over TCP stays free for whoever is
    to listen there, and the system lets go of it however this process ends.
    """
    claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        claim.bind((HOST, port))
    except OSError:
        claim.close()
        return False
    claim.detach()  # Nothing closes it before the process ends.
    return True


def is_taken(port: int) -> bool:
    """Whether some process listens on the port."""
    with socket.socket() as attempt:
        # Servers set this too: without it a port that just closed would look taken for a minute.
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((HOST, port))
        except OSError:
            return True
    return False


def require_free(name: str, port: int) -> None:
    """Make sure that `name` can listen on its port.

    Raises:
        LocalProblemError: Another program listens there.
    """
    if is_taken(port):
        raise LocalProblemError(
            f"port {port} of {name} is taken by another program:"
            f" stop that, or choose another port with {variable(name)}"
        )
