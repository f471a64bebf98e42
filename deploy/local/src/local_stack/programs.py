"""Our own processes: with which command and settings each of them runs."""

import http.client
import sys
from collections.abc import Callable, Mapping

from local_stack import paths, tokens
from local_stack.addresses import Addresses
from local_stack.databases import SERVICES, key, password
from local_stack.home import Home
from local_stack.ports import HOST
from local_stack.processes import ProcessSpec

SERVERS = ("postgres", "kafka")

PROGRAMS = (
    "trace-store",
    "payment-sandbox",
    "sandbox-bank",
    *(f"{service}-{process}" for service in SERVICES for process in ("api", "worker")),
    "live-hub",
    "gateway",
    "demo-page",
)
"""In the order in which they are started."""


def spec(name: str, home: Home, addresses: Addresses, extra: Mapping[str, str]) -> ProcessSpec:
    """How to run the program `name`, one of PROGRAMS.

    Args:
        name: Which program.
        home: Its stack's folder.
        addresses: Its stack's addresses.
        extra: More settings, which win over ours; a program ignores those that are not its own.
    """
    match name:
        case "gateway":
            return _gateway(home, addresses, extra)
        case "trace-store":
            command = [sys.executable, "-m", "trace_store", "serve"]
            settings = _trace_store_settings(home, addresses)
        case "live-hub":
            command = [sys.executable, "-m", "live_hub"]
            settings = _hub_settings(home, addresses)
        case "payment-sandbox":
            command = [sys.executable, "-m", "payment_sandbox"]
            settings = _sandbox_settings(home, addresses)
        case "demo-page":
            command = [sys.executable, "-m", "demo_page"]
            settings = _page_settings(home, addresses)
        case "sandbox-bank":
            command = [sys.executable, "-m", "sandbox_bank"]
            settings = _bank_settings(home, addresses)
        case _:
            service, _, process = name.partition("-")
            command = [sys.executable, "-m", service, process]
            settings = service_settings(service, process, home, addresses)
    return ProcessSpec(
        name=name,
        command=command,
        environment=settings | dict(extra),
        is_ready=_http_ready(addresses.ports[name], "/readyz"),
        port_names=(name,),
    )


def service_settings(
    service: str, command: str, home: Home, addresses: Addresses
) -> dict[str, str]:
    """What a command of a service is told: what it uses, and no secret besides."""
    settings = {"DATABASE_DSN": addresses.database_dsn(home, service)}
    if command in {"worker", "recover"}:
        settings |= {"KAFKA_SERVERS": addresses.kafka_servers, "TOPIC_PREFIX": addresses.prefix}
    if command == "worker":
        # One worker per service: a restarted one is the old one come back.
        settings["KAFKA_INSTANCE"] = "worker"
    if command == "api":
        settings |= {
            "TOKEN_JWKS_URL": home.key_set.as_uri(),
            "TOKEN_ISSUER": tokens.ISSUER,
            "TOKEN_AUDIENCE": tokens.AUDIENCE,
        }
    if command in {"api", "worker"}:
        settings |= {
            "HTTP_HOST": HOST,
            "HTTP_PORT": str(addresses.ports[f"{service}-{command}"]),
            "OTLP_ENDPOINT": addresses.url("trace-store"),
            "LOG_FORMAT": "json",
        }
    match service, command:
        case "gifts", "api" | "worker":
            # So that a battle fits into an evening, and into a test.
            settings["BATTLE_LENGTH_S"] = "20"
        case "wallet", "api":
            settings |= {
                "SANDBOX_URL": addresses.url("payment-sandbox"),
                "SANDBOX_API_KEY": password(home, "sandbox-api-key"),
                "SANDBOX_WEBHOOK_SECRET": password(home, "sandbox-webhook-secret"),
            }
        case "payouts", "api":
            settings |= {
                "DETAILS_KEYS": key(home, "payout-details-key"),
                "LINK_KEYS": key(home, "payout-link-key"),
                "PUBLIC_URL": addresses.url("payouts-api"),
            }
        case "payouts", "worker":
            settings |= {
                "DETAILS_KEYS": key(home, "payout-details-key"),
                # So that a statement can be looked at as soon as there is something to state.
                "STATEMENT_MARK_EVERY_S": "1",
                "STATEMENT_LAG_S": "5",
                "SANDBOX_BANK_URL": addresses.url("sandbox-bank"),
                "SANDBOX_BANK_API_KEY": password(home, "sandbox-bank-api-key"),
            }
        case "payouts", "reseal":
            settings["DETAILS_KEYS"] = key(home, "payout-details-key")
        case _:
            pass
    return _prefixed(service, settings)


def _prefixed(service: str, settings: Mapping[str, str]) -> dict[str, str]:
    return {f"{service.upper()}_{name}": value for name, value in settings.items()}


def _sandbox_settings(home: Home, addresses: Addresses) -> dict[str, str]:
    return {
        "PAYMENT_SANDBOX_HTTP_HOST": HOST,
        "PAYMENT_SANDBOX_HTTP_PORT": str(addresses.ports["payment-sandbox"]),
        "PAYMENT_SANDBOX_API_KEY": password(home, "sandbox-api-key"),
        "PAYMENT_SANDBOX_WEBHOOK_SECRET": password(home, "sandbox-webhook-secret"),
        "PAYMENT_SANDBOX_WEBHOOK_URL": addresses.url("wallet-api", "/webhooks/sandbox"),
        "PAYMENT_SANDBOX_DATA_FILE": str(home.data("payment-sandbox.sqlite")),
    }


def _hub_settings(home: Home, addresses: Addresses) -> dict[str, str]:
    return {
        "LIVE_HUB_KAFKA_SERVERS": addresses.kafka_servers,
        "LIVE_HUB_TOPIC_PREFIX": addresses.prefix,
        "LIVE_HUB_HTTP_HOST": HOST,
        "LIVE_HUB_HTTP_PORT": str(addresses.ports["live-hub"]),
        "LIVE_HUB_TOKEN_JWKS_URL": home.key_set.as_uri(),
        "LIVE_HUB_TOKEN_ISSUER": tokens.ISSUER,
        "LIVE_HUB_TOKEN_AUDIENCE": tokens.AUDIENCE,
        "LIVE_HUB_OTLP_ENDPOINT": addresses.url("trace-store"),
    }


def _bank_settings(home: Home, addresses: Addresses) -> dict[str, str]:
    return {
        "SANDBOX_BANK_HTTP_HOST": HOST,
        "SANDBOX_BANK_HTTP_PORT": str(addresses.ports["sandbox-bank"]),
        "SANDBOX_BANK_API_KEY": password(home, "sandbox-bank-api-key"),
        "SANDBOX_BANK_DATA_FILE": str(home.data("sandbox-bank.sqlite")),
    }


def _page_settings(home: Home, addresses: Addresses) -> dict[str, str]:
    return {
        "DEMO_PAGE_HTTP_HOST": HOST,
        "DEMO_PAGE_HTTP_PORT": str(addresses.ports["demo-page"]),
        "DEMO_PAGE_FOLDER": str(paths.PAGE),
        "DEMO_PAGE_STACK": str(home.path),
        "DEMO_PAGE_GRAPHQL_URL": addresses.graphql,
    }


def _trace_store_settings(home: Home, addresses: Addresses) -> dict[str, str]:
    return {
        "TRACE_STORE_HTTP_HOST": HOST,
        "TRACE_STORE_HTTP_PORT": str(addresses.ports["trace-store"]),
        "TRACE_STORE_DATA_FILE": str(home.data("traces.sqlite")),
    }


def _gateway(home: Home, addresses: Addresses, extra: Mapping[str, str]) -> ProcessSpec:
    port = addresses.ports["gateway"]
    settings = {
        "GATEWAY_PORT": str(port),
        "GATEWAY_HOST": HOST,
        "GATEWAY_JWKS_URL": home.key_set.as_uri(),
        "GATEWAY_TOKEN_ISSUER": tokens.ISSUER,
        "GATEWAY_TOKEN_AUDIENCE": tokens.AUDIENCE,
        "GATEWAY_OTLP_ENDPOINT": addresses.url("trace-store"),
        "GATEWAY_DEVELOPMENT": "true",
        "GATEWAY_CORS_ORIGINS": ",".join(addresses.page_origins),
        "NODE_USE_SYSTEM_CA": "1",
        # A third of the processor time of a start is for compiling the same files again.
        "NODE_COMPILE_CACHE": str(paths.LOCAL / "node"),
    }
    for service in SERVICES:
        settings[f"GATEWAY_{service.upper()}_URL"] = addresses.url(f"{service}-api", "/graphql")
    settings["GATEWAY_LIVE_URL"] = addresses.url("live-hub", "/graphql")
    return ProcessSpec(
        name="gateway",
        command=[
            str(paths.node()),
            "--max-old-space-size=384",
            "federation/start.ts",
        ],
        folder=paths.GATEWAY,
        environment=settings | dict(extra),
        is_ready=_http_ready(port, "/readiness"),
        port_names=("gateway",),
    )


def _http_ready(port: int, path: str) -> Callable[[], bool]:
    def is_ready() -> bool:
        connection = http.client.HTTPConnection(HOST, port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return is_ready
