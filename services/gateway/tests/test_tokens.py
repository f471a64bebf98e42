"""Who may come in at the edge."""

import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from gateway_process import Gateway, Issuer, run_gateway
from subgraphs import Subgraphs

from chassis.testing.eventually import eventually

ME = "{ me { id } }"


def refused(gateway: Gateway, authorization: str) -> str:
    """The reason for which a header is refused, whole and before anything is asked."""
    response = gateway.post("{ __typename }", headers={"authorization": authorization})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert "data" not in response.json()
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    return error["extensions"]["reason"]


def test_genuine_token_is_believed(gateway: Gateway, issuer: Issuer) -> None:
    """The caller is whom the token names."""
    for sub in ("alice", "bob"):
        assert gateway.post(ME, token=issuer.token(sub)).json() == {"data": {"me": {"id": sub}}}


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.test"},
        {"aud": "other"},
        {"aud": []},
        {"sub": ""},
        {"sub": "a b"},
        {"sub": "x" * 65},
        {"scope": ["viewer"]},
        {"nbf": 2**33},
    ],
    ids=lambda claims: str(claims)[:30],
)
def test_wrong_claims_are_refused(
    gateway: Gateway, issuer: Issuer, subgraphs: Subgraphs, claims: dict[str, Any]
) -> None:
    """A genuine signature is not enough."""
    assert refused(gateway, f"Bearer {issuer.token(**claims)}") == "token_invalid"
    assert subgraphs.received == []


def test_expiry_is_told_apart(gateway: Gateway, issuer: Issuer) -> None:
    """A program can get a new token and try again."""
    assert refused(gateway, f"Bearer {issuer.token(exp=time.time() - 60)}") == "token_expired"


@pytest.mark.parametrize(
    "header", ["Bearer x", "Bearer a.b.c", "Bearer", "Basic YTpi", "token", "Bearer a b"]
)
def test_malformed_tokens_are_refused(gateway: Gateway, header: str) -> None:
    """Never taken for a caller without a token."""
    assert refused(gateway, header) == "token_invalid"


def test_empty_header_is_no_token(gateway: Gateway, subgraphs: Subgraphs) -> None:
    """As GraphiQL sends it until somebody pastes a token."""
    body = gateway.post('{ creator(id: "c") { id } }', headers={"authorization": ""}).json()

    assert body == {"data": {"creator": {"id": "c"}}}
    assert "authorization" not in subgraphs.received[0].headers


def test_huge_token_is_refused(gateway: Gateway) -> None:
    """Without looking at it."""
    assert refused(gateway, "Bearer " + "a" * 10_000) == "token_invalid"


def test_forged_tokens_are_refused(gateway: Gateway, issuer: Issuer) -> None:
    """Unsigned, signed by a stranger, and with claims changed."""
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    unsigned = jwt.encode(claims, "", algorithm="none", headers={"kid": "one"})
    stranger = Issuer(issuer.file.with_name("stranger.json"))
    stranger.add_key("one")
    head, _, signature = issuer.token("alice").split(".")
    _, payload, _ = issuer.token("mallory").split(".")

    for token in (unsigned, stranger.token(), f"{head}.{payload}.{signature}"):
        assert refused(gateway, f"Bearer {token}") == "token_invalid"


def test_unknown_key_is_refused(gateway: Gateway, issuer: Issuer) -> None:
    """Of a key set that does not have it."""
    private = issuer.keys["one"]
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})

    token = jwt.encode(claims, private, algorithm="EdDSA", headers={"kid": "two"})

    assert refused(gateway, f"Bearer {token}") == "token_invalid"


async def test_keys_are_replaced_without_a_restart(
    tmp_path: Path, settings: dict[str, str], subgraphs: Subgraphs
) -> None:
    """Two at a time while tokens of the old one live; once it is taken away, it counts no more."""
    issuer = Issuer(tmp_path / "keys.json")
    issuer.add_key("one")
    told = {"GATEWAY_JWKS_URL": issuer.file.as_uri(), "GATEWAY_TOKEN_KEYS_AGE_MAX_S": "1"}
    with run_gateway(tmp_path, settings | told) as gateway:

        async def is_let_in(token: str) -> bool:
            response = gateway.post("{ __typename }", token=token)
            assert response.status_code in {200, 401}
            return response.status_code == 200

        old = issuer.token(kid="one")
        assert await is_let_in(old)

        issuer.add_key("two")
        new = issuer.token(kid="two")
        await eventually(lambda: is_let_in(new))
        assert await is_let_in(old)

        del issuer.keys["one"]
        issuer.publish()

        await eventually(lambda: is_let_in(old), until=lambda let_in: not let_in)
        assert await is_let_in(new)


async def test_keys_at_hand_count_through_an_outage_of_their_issuer(
    tmp_path: Path, settings: dict[str, str], subgraphs: Subgraphs
) -> None:
    """A key set that cannot be read for a while turns nobody away whom it let in before."""
    issuer = Issuer(tmp_path / "keys.json")
    issuer.add_key("one")
    told = {"GATEWAY_JWKS_URL": issuer.file.as_uri(), "GATEWAY_TOKEN_KEYS_AGE_MAX_S": "1"}
    with run_gateway(tmp_path, settings | told) as gateway:
        token = issuer.token()
        assert gateway.post("{ __typename }", token=token).status_code == 200

        issuer.file.write_text("{")

        async def has_tried_again() -> bool:
            assert gateway.post("{ __typename }", token=token).status_code == 200
            return gateway.logged("jwks_unreadable") != []

        await eventually(has_tried_again)
        assert gateway.post(ME, token=issuer.token("bob")).json() == {"data": {"me": {"id": "bob"}}}
