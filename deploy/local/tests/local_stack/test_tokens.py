"""Tokens of the local stack, judged as the services judge them."""

import stat

import pytest

from chassis.auth import KeySet, TokenExpiredError, TokenInvalidError, TokenVerifier
from local_stack import tokens
from local_stack.home import Home


def verifier(home: Home) -> TokenVerifier:
    keys = KeySet(home.key_set.as_uri())
    return TokenVerifier(keys, issuer=tokens.ISSUER, audience=tokens.AUDIENCE)


async def test_a_token_says_who_and_what(home: Home) -> None:
    """Subject, scopes, region and age arrive as they were asked for."""
    token = tokens.issue(home, "alice", "viewer creator", region="KR", age_verified=False)

    viewer = await verifier(home).verify(token)

    assert viewer.sub == "alice"
    assert viewer.scopes == {"viewer", "creator"}
    assert (viewer.region, viewer.age_verified, viewer.account_kind) == ("KR", False, None)
    assert (viewer.supervised, viewer.wards, viewer.name) == (False, frozenset(), None)


async def test_a_token_says_what_somebody_is_called(home: Home) -> None:
    """As OpenID Connect has it."""
    viewer = await verifier(home).verify(tokens.issue(home, "alice", "viewer", name="Alice A."))
    assert viewer.name == "Alice A."


async def test_a_token_says_who_minds_whom(home: Home) -> None:
    """Wards and guardians."""
    ward = await verifier(home).verify(tokens.issue(home, "wim", "viewer", supervised=True))
    guardian = await verifier(home).verify(tokens.issue(home, "gus", "viewer", wards=["wim"]))

    assert ward.supervised
    assert guardian.wards == {"wim"}


async def test_a_negative_lifetime_gives_an_expired_token(home: Home) -> None:
    """Tests need tokens that have run out."""
    token = tokens.issue(home, "alice", "viewer", ttl_s=-60)

    with pytest.raises(TokenExpiredError):
        await verifier(home).verify(token)


async def test_the_key_stays(home: Home) -> None:
    """Tokens outlive a restart of the stack."""
    token = tokens.issue(home, "alice", "viewer")
    tokens.issue(home, "bob", "viewer")

    assert (await verifier(home).verify(token)).sub == "alice"


async def test_another_stack_refuses_the_token(home: Home) -> None:
    """Each stack has a key of its own."""
    other = Home(home.path / "other")
    tokens.issue(other, "alice", "viewer")

    with pytest.raises(TokenInvalidError):
        await verifier(other).verify(tokens.issue(home, "alice", "viewer"))


def test_the_private_key_is_the_owners_alone(home: Home) -> None:
    """Other users of the machine cannot make tokens."""
    tokens.issue(home, "alice", "viewer")

    assert stat.S_IMODE(home.signing_key.stat().st_mode) == 0o600
