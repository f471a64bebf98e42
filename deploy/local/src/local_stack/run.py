"""The foreground half of `make run`: starts the stack, plays the evening, shows what came of it."""

import asyncio
import json
import subprocess
import sys
import time
from contextlib import aclosing
from pathlib import Path

import httpx
import psutil

from local_stack import checking, programs, tax_table, tokens
from local_stack.addresses import Addresses
from local_stack.client import Client, GatewayError
from local_stack.databases import password
from local_stack.evening import play
from local_stack.home import Home
from local_stack.money import Partners
from local_stack.outcome import STAR, Evening
from local_stack.problem import LocalProblemError
from local_stack.processes import end_stack, leader, spawn_detached, wait_until
from local_stack.programs import PROGRAMS
from local_stack.report import report
from local_stack.supervise import HOME, SUPERVISOR, running
from local_stack.supervisor import Say, last_line

_UP_TIMEOUT_S = 300.0
_READY_TIMEOUT_S = 60.0


def run() -> int:
    """Do what `make run` promises; returns 1 if the books do not balance.

    Raises:
        LocalProblemError: The stack does not come up, or the evening goes wrong.
    """
    began = time.monotonic()
    addresses = running()
    if addresses is None:
        addresses = _bring_up()
    else:
        _say("the stack is up already")
        _wait_ready(addresses)
    evening = play_evening(HOME, addresses, tax_table.publish(HOME, addresses), _say)
    print(f"\n{report(evening)}\n", flush=True)
    verdict = checking.daily(HOME, addresses, "--summary")
    _show_addresses(addresses, evening)
    _say(f"done in {time.monotonic() - began:.0f} s; make stop ends the stack")
    # What an evening has left undone is no failure of it.
    return 0 if verdict == checking.OVERDUE else verdict


def _bring_up() -> Addresses:
    """Start the supervisor and pass on what it says until everything is up."""
    if leader(HOME, SUPERVISOR) is not None:
        _say("a start is under way or stuck; starting again")
        end_stack(HOME, SUPERVISOR)
    log = HOME.log(SUPERVISOR)
    seen = log.stat().st_size if log.exists() else 0
    # A killed supervisor's: the stack is up when the new one has written its own.
    HOME.addresses.unlink(missing_ok=True)
    pid = spawn_detached(HOME, SUPERVISOR, [sys.executable, "-m", "local_stack", "supervise"])
    deadline = time.monotonic() + _UP_TIMEOUT_S
    while (addresses := running()) is None:
        alive = psutil.pid_exists(pid)
        seen = _pass_on(log, seen)
        if not alive:
            raise LocalProblemError(_last_words(log))
        if time.monotonic() > deadline:
            raise LocalProblemError(f"the stack is not up after {_UP_TIMEOUT_S:.0f} s: see {log}")
        time.sleep(0.1)
    _pass_on(log, seen)
    return addresses


def _wait_ready(addresses: Addresses) -> None:
    """Give a process that has just died the time to come back."""
    for name in PROGRAMS:
        spec = programs.spec(name, HOME, addresses, {})
        if not wait_until(spec.is_ready, timeout_s=_READY_TIMEOUT_S):
            raise LocalProblemError(f"{name} does not come back: see {HOME.log(name)}")


def _last_words(log: Path) -> str:
    words = last_line(log)
    if words.startswith("supervise: "):
        return words.removeprefix("supervise: ")
    return f"the supervisor was killed while it started the stack: try again (log: {log})"


def _pass_on(log: Path, seen: int) -> int:
    """Print what has been added to the log; returns how much of it has been seen."""
    if not log.exists():
        return seen
    with log.open("rb") as lines:
        lines.seek(seen)
        added = lines.read()
    whole = added[: added.rfind(b"\n") + 1]
    for line in whole.decode(errors="replace").splitlines():
        # The supervisor's last words are said again, as the problem that they are.
        if not line.startswith("supervise: "):
            _say(line)
    return seen + len(whole)


def play_evening(
    home: Home, addresses: Addresses, withheld: tax_table.TaxTable, say: Say
) -> Evening:
    """Play the evening on the stack at these addresses, whose keys are in `home`.

    Raises:
        LocalProblemError: It ended early.
    """
    partners = Partners(
        provider_url=addresses.url("payment-sandbox"),
        provider_key=password(home, "sandbox-api-key"),
        bank_url=addresses.url("sandbox-bank"),
        bank_key=password(home, "sandbox-bank-api-key"),
    )

    def token(subject: str, scope: str) -> str:
        return tokens.issue(home, subject, scope, name=subject.capitalize())

    async def evening() -> Evening:
        async with Client(addresses.graphql) as client, aclosing(partners):
            return await play(client, token, say, partners, withheld)

    try:
        return asyncio.run(evening())
    except* (GatewayError, httpx.HTTPError) as errors:
        first = errors.exceptions[0]
        raise LocalProblemError(
            f"the evening ended early ({first}): see the logs in {home.path / 'log'}"
        ) from first


def _show_addresses(addresses: Addresses, evening: Evening) -> None:
    rows = {
        "Watch": addresses.room(evening.room_ids[STAR]),
        "go live yourself": addresses.url("demo-page", f"/studio?as={STAR}"),
        "GraphiQL, with example operations": addresses.graphql,
        "a token to paste there": 'make token SUB=viewer-01 SCOPE="viewer creator"',
        "traces": addresses.url("trace-store"),
        "the last gift's trace": f"make trace GIFT={evening.last_gift_id}",
        f"{STAR}'s earnings": f'make token SUB={STAR} SCOPE="viewer creator"',
        "every address": "make urls",
        "logs": str(HOME.path / "log"),
    }
    width = max(map(len, rows))
    print("\nLook at", flush=True)
    for what, where in rows.items():
        print(f"  {what.ljust(width)}  {where}")
    print()


def show_urls() -> None:
    """Print every address of the running stack as JSON.

    Raises:
        LocalProblemError: No stack runs.
    """
    print(json.dumps(require_running().public(), indent=2))


def check() -> int:
    """Run the invariant checker on the running stack; returns 0 if the books are clean.

    Raises:
        LocalProblemError: No stack runs.
    """
    return checking.check(HOME, require_running())


def daily() -> int:
    """Run the daily job on the running stack; returns its exit status.

    Raises:
        LocalProblemError: No stack runs.
    """
    return checking.daily(HOME, require_running())


def show_trace(gift_id: str) -> int:
    """Print the trace of one gift as a tree.

    Raises:
        LocalProblemError: No stack runs.
    """
    address = require_running().url("trace-store")
    command = [sys.executable, "-m", "trace_store", "show", gift_id, "--url", address]
    return subprocess.run(command, check=False).returncode


def require_running() -> Addresses:
    """The addresses of the stack of `make run`.

    Raises:
        LocalProblemError: It does not run.
    """
    addresses = running()
    if addresses is None:
        raise LocalProblemError("the local stack does not run: start it with make run")
    return addresses


def _say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')}  {line}", flush=True)
