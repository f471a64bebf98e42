"""Which port each process listens on."""

import socket
import subprocess
import sys

import pytest

from local_stack import ports
from local_stack.problem import LocalProblemError


def test_a_variable_overrides_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each port has a variable named after its process; the others keep their defaults."""
    monkeypatch.setenv("LARGESSE_WALLET_API_PORT", "5001")

    chosen = ports.configured()

    assert chosen["wallet-api"] == 5001
    assert chosen["gateway"] == 4000


@pytest.mark.parametrize("value", ["", "no", "0", "70000", "-1"])
def test_a_variable_that_is_no_port_is_named(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says which variable to correct."""
    monkeypatch.setenv("LARGESSE_KAFKA_PORT", value)

    with pytest.raises(LocalProblemError, match="LARGESSE_KAFKA_PORT"):
        ports.configured()


def test_a_taken_port_comes_with_its_remedy() -> None:
    """The message names the port, its owner-to-be and the variable that moves it."""
    with socket.create_server((ports.HOST, 0)) as server:
        taken = server.getsockname()[1]

        with pytest.raises(LocalProblemError, match=rf"{taken}.*gateway.*LARGESSE_GATEWAY_PORT"):
            ports.require_free("gateway", taken)


def test_a_port_that_was_in_use_a_moment_ago_is_free() -> None:
    """Connections that linger after their server do not stop it from coming back."""
    with socket.create_server((ports.HOST, 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection((ports.HOST, port)):
            accepted, _ = server.accept()
            accepted.close()

    ports.require_free("gateway", port)


def test_free_ports_are_all_different() -> None:
    """Each process of a private stack gets a port of its own."""
    chosen = ports.free()

    assert chosen.keys() == ports.DEFAULTS.keys()
    assert len(set(chosen.values())) == len(chosen)


_CHOOSE_FIRST = """
import random
from local_stack import ports

first, choice = iter([{port}]), random.choice
random.choice = lambda among: next(first, None) or choice(among)
print(ports.one_free())
"""


def _choose_elsewhere(port: int) -> int:
    """What another process, which ends, chooses that comes upon this port first."""
    script = _CHOOSE_FIRST.format(port=port)
    return int(subprocess.check_output([sys.executable, "-c", script]))


def test_a_port_is_chosen_once() -> None:
    """Another process that comes upon it takes another, though nothing listens there yet."""
    port = ports.one_free()
    assert _choose_elsewhere(port) != port


def test_a_port_may_be_chosen_again_when_its_process_has_ended() -> None:
    """However many have been chosen by those that have gone."""
    gone = _choose_elsewhere(ports.one_free())
    assert _choose_elsewhere(gone) == gone
