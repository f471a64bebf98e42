"""What containers are told is what their programs read, and all that they have to be told."""

import base64
import os
from collections.abc import Iterator
from typing import Final
from unittest.mock import patch

from pydantic import ValidationError

from manifests.environment import Environment, environments
from manifests.gateway import gateway_problem
from manifests.objects import Objects
from manifests.programs import Program, program_of

LEFT_AT_DEFAULT: Final = frozenset(
    {
        # How often and how long: the rules of the product, or measured.
        *("CONSUMER_LANES", "DATABASE_CONNECTIONS_MAX", "TRACE_SAMPLE_RATIO"),
        *("TOKEN_KEYS_AGE_MAX_S", "SHUTDOWN_GRACE_S"),
        *("STREAK_WINDOW_S", "STREAK_LENGTH_MAX_S", "ROOM_KEYFRAME_EVERY_S"),
        *("ROOM_FRAME_EVERY_S", "ROOM_FRAME_EVERY_BUSY_S", "LIVE_FRAMES"),
        *("ROOM_IDLE_MAX_S", "ROOM_AGE_MAX_S", "BATTLE_LENGTH_S", "REGRET_WINDOW_S"),
        *("ROOM_CLOCK_EVERY_S", "PAYOUT_RUN_EVERY_S", "RECONCILE_EVERY_S", "LINK_LIFETIME_S"),
        *("STATEMENT_MARK_EVERY_S", "STATEMENT_LAG_S"),
        *("KEPT_S", "FRAMES_KEPT_MAX", "SUBSCRIPTIONS_MAX", "MESSAGE_BYTES_MAX", "INIT_TIMEOUT_S"),
        *("HEARTBEAT_S", "STALLED_MAX_S", "ROOM_WAIT_S", "ROOM_CLOSING_S"),
        *(
            "RATE_LIMIT_REQUESTS",
            "RATE_LIMIT_WINDOW_S",
            "BODY_BYTES_MAX",
            "TOKENS_MAX",
            "DEPTH_MAX",
        ),
        *("ALIASES_MAX", "COST_MAX", "UPSTREAM_TIMEOUT_MS", "UPSTREAM_CONNECTIONS"),
        # Never in production.
        *("DEVELOPMENT", "GOOGLE_PLAY_TAKES_TEST_PURCHASES"),
        # Other addresses than a provider's own are for tests.
        *("STRIPE_API_URL", "APP_STORE_API_URL", "GOOGLE_PLAY_API_URL"),
        "GOOGLE_PLAY_CERTIFICATES_URL",
        # A system has a Kafka of its own, which it enters by user and password.
        *("TOPIC_PREFIX", "KAFKA_CERTIFICATE_FILE", "KAFKA_KEY_FILE"),
        # Sold through where a system says so: docs/runbooks/stores.md, docs/runbooks/stripe.md.
        *("APP_STORE_APP", "APP_STORE_APP_ID", "APP_STORE_ENVIRONMENT"),
        *("APP_STORE_ROOT_CERTIFICATES", "APP_STORE_ISSUER_ID", "APP_STORE_KEY_ID"),
        *("APP_STORE_PRIVATE_KEY", "APP_STORE_CHECKS_REVOCATION", "GOOGLE_PLAY_PACKAGE"),
        *("GOOGLE_PLAY_SERVICE_ACCOUNT", "GOOGLE_PLAY_PUSH_AUDIENCE", "GOOGLE_PLAY_PUSH_EMAIL"),
    }
)
"""Settings, without their prefix, that the production overlay says nothing of, and why."""


OF_PYTHON: Final = frozenset({"PYTHON_CPU_COUNT"})
"""Variables that the interpreter reads, not the program."""


def check_settings(objects: Objects) -> Iterator[str]:
    """Misspelt and missing variables, and values that a program would refuse."""
    for each in environments(objects):
        program = program_of(each.container)
        if program is None:
            continue
        known = program.names()
        told = {*each.values, *each.files}
        ours = {name for name in told if name.startswith(program.prefix)}
        somebodys = program.names_of_all()
        for name in sorted(ours - somebodys):
            yield f"{each.owner}: {program.name} has no setting {name}"
        for name in sorted(each.files & somebodys - known.keys()):
            yield f"{each.owner}: {program.name} {program.command} does not use the secret {name}"
        for name in sorted(told - ours - OF_PYTHON):
            yield f"{each.owner}: {name} is no setting of {program.name}"
        for name in sorted(each.files & each.values.keys()):
            yield f"{each.owner}: {name} is said twice, as a variable and as a file"
        if program.name == "chassis":
            continue  # told by its arguments
        for name, required in known.items():
            if required and name not in told:
                yield f"{each.owner}: {name} is not told"
        problem = _refused(each, program)
        if problem is not None:
            yield f"{each.owner}: {program.name} would not start: {problem}"


def check_completeness(objects: Objects) -> Iterator[str]:
    """Settings that a complete system neither says nor leaves at their default on purpose."""
    told: dict[str, set[str]] = {}
    programs: dict[str, Program] = {}
    for each in environments(objects):
        program = program_of(each.container)
        if program is not None and program.name != "chassis":
            programs[program.name] = program
            told.setdefault(program.name, set()).update(each.values, each.files)
    used: set[str] = set()
    for name, program in programs.items():
        for variable in program.names_of_all():
            setting = variable.removeprefix(program.prefix)
            if setting in LEFT_AT_DEFAULT:
                used.add(setting)
            elif variable not in told[name]:
                yield f"{name}: nobody says {variable}, or why it stays as it is"
    for setting in sorted(LEFT_AT_DEFAULT - used):
        yield f"no program has a setting {setting}, which is said to stay at its default"


def _refused(each: Environment, program: Program) -> str | None:
    values = {name: value for name, value in each.values.items() if value is not None}
    hidden = {name for name, value in each.values.items() if value is None} | each.files
    values |= {name: _stand_in(name) for name in hidden}
    values.pop(f"{program.prefix}SECRETS_DIR", None)
    if program.name == "gateway":
        return gateway_problem(values)
    with patch.dict(os.environ, values, clear=True):
        try:
            program.settings()()
        except ValidationError as error:
            return "; ".join(f"{one['loc']}: {one['msg']}" for one in error.errors())
    return None


def _stand_in(name: str) -> str:
    """Something in the form of a secret."""
    return base64.b64encode(bytes(32)).decode() if name.endswith("_KEYS") else "a-secret"
