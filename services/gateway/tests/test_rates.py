"""How often a caller may ask."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from gateway_process import Gateway, Issuer, run_gateway

LIMIT = 5


@pytest.fixture
def limited(folder: Path, settings: dict[str, str]) -> Iterator[Gateway]:
    """Five requests an hour, behind a proxy of ours."""
    limits = {
        "GATEWAY_RATE_LIMIT_REQUESTS": str(LIMIT),
        "GATEWAY_RATE_LIMIT_WINDOW_S": "3600",
        "GATEWAY_TRUST_FORWARDED_FOR": "true",
    }
    with run_gateway(folder, settings | limits) as running:
        yield running


def ask(gateway: Gateway, token: str | None = None, address: str = "1.1.1.1") -> httpx.Response:
    return gateway.post(
        "{ __typename }", token=token, headers={"x-forwarded-for": f"6.6.6.6, {address}"}
    )


def test_each_caller_has_their_own_limit(limited: Gateway, issuer: Issuer) -> None:
    """By subject, whatever token or address; without a token by address, as our proxy saw it."""
    alice, again, bob = (issuer.token(sub) for sub in ("alice", "alice", "bob"))

    statuses = [ask(limited, token).status_code for token in [alice, again] * 3]

    assert statuses == [200] * LIMIT + [429]
    assert ask(limited, alice, "2.2.2.2").status_code == 429
    assert ask(limited, bob).status_code == 200
    assert [ask(limited).status_code for _ in range(6)] == [200] * LIMIT + [429]
    assert ask(limited, address="2.2.2.2").status_code == 200


def test_headers_tell_what_is_left(limited: Gateway, issuer: Issuer) -> None:
    """Before the limit and over it."""
    token = issuer.token("carol")

    answers = [ask(limited, token) for _ in range(LIMIT + 1)]

    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"caller";q=5;w=3600'}
    left = [re.findall(r"r=(\d+)", answer.headers["ratelimit"])[0] for answer in answers]
    assert left == ["4", "3", "2", "1", "0", "0"]
    refused = answers[-1]
    assert refused.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert 0 < int(refused.headers["retry-after"]) <= 720


def test_guessing_tokens_is_limited(limited: Gateway) -> None:
    """Bad tokens count for the address that sends them."""
    statuses = [ask(limited, f"guess{number}", "3.3.3.3").status_code for number in range(7)]

    assert statuses == [401] * LIMIT + [429] * 2
