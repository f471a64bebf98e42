"""Tokens: what is believed, what is not, and how little work it is to know."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis.auth import (
    KEYS_AGE_MAX_S,
    REFRESH_PAUSE_S,
    KeySet,
    KeysUnavailableError,
    TokenError,
    TokenExpiredError,
    TokenInvalidError,
    TokenVerifier,
    Viewer,
    check_jwks_url,
)

NOW = 1_800_000_000.0
ISSUER, AUDIENCE = "https://issuer.test", "largesse"


@dataclass
class Issuer:
    """Signs tokens and publishes its keys in a file."""

    file: Path
    keys: dict[str, tuple[Any, str]] = field(default_factory=dict)

    def add_key(self, kid: str, algorithm: str = "EdDSA") -> None:
        private = (
            Ed25519PrivateKey.generate()
            if algorithm == "EdDSA"
            else generate_private_key(SECP256R1())
        )
        self.keys[kid] = (private, algorithm)
        self.publish()

    def publish(self) -> None:
        entries = [
            jwt.get_algorithm_by_name(algorithm).to_jwk(private.public_key(), as_dict=True)
            | {"kid": kid, "use": "sig"}
            for kid, (private, algorithm) in self.keys.items()
        ]
        self.file.write_text(json.dumps({"keys": entries}))

    def token(self, kid: str = "one", **claims: object) -> str:
        private, algorithm = self.keys[kid]
        payload = {
            "sub": "alice",
            "scope": "viewer creator",
            "region": "US",
            "age_verified": True,
            "iss": ISSUER,
            "aud": AUDIENCE,
            "exp": NOW + 600,
        } | claims
        kept = {name: value for name, value in payload.items() if value is not None}
        return jwt.encode(kept, private, algorithm=algorithm, headers={"kid": kid})


@dataclass
class Clock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    made = Issuer(tmp_path / "keys.json")
    made.add_key("one")
    return made


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verifier(issuer: Issuer, clock: Clock) -> TokenVerifier:
    return make_verifier(issuer.file.as_uri(), clock)


def make_verifier(url: str, clock: Callable[[], float], **options: Any) -> TokenVerifier:
    keys = KeySet(url, now=clock)
    return TokenVerifier(keys, issuer=ISSUER, audience=AUDIENCE, now=clock, **options)


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256"])
async def test_genuine_token_tells_who_calls(
    issuer: Issuer, verifier: TokenVerifier, algorithm: str
) -> None:
    """Both algorithms; every claim that we use arrives."""
    issuer.add_key("two", algorithm)

    token = issuer.token("two", account_kind="party", supervised=True, wards=["bob", "cyd"])
    viewer = await verifier.verify(token)

    assert viewer == Viewer(
        "alice",
        frozenset({"viewer", "creator"}),
        region="US",
        age_verified=True,
        account_kind="party",
        supervised=True,
        wards=frozenset({"bob", "cyd"}),
    )


async def test_absent_claims_grant_nothing(issuer: Issuer, verifier: TokenVerifier) -> None:
    """Without its claims a viewer has no scope, no region and no proof of age."""
    token = issuer.token(scope=None, region=None, age_verified=None)

    assert await verifier.verify(token) == Viewer("alice", frozenset())


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "Alice A.", "preferred_username": "alice_a"}, "Alice A."),
        ({"name": "  ", "preferred_username": "alice_a"}, "alice_a"),
        ({"name": 7, "preferred_username": "alice_a"}, "alice_a"),
        ({"name": ["Alice"]}, None),
        ({}, None),
    ],
)
async def test_a_name_is_what_the_token_says(
    issuer: Issuer, verifier: TokenVerifier, claims: dict[str, Any], name: str | None
) -> None:
    """OpenID Connect's claims; one of another form turns nobody away."""
    assert (await verifier.verify(issuer.token(**claims))).name == name


@pytest.mark.parametrize("age_verified", ["true", 1, "yes"])
async def test_age_counts_only_when_it_is_true(
    issuer: Issuer, verifier: TokenVerifier, age_verified: object
) -> None:
    """A claim that merely looks true proves no age."""
    viewer = await verifier.verify(issuer.token(age_verified=age_verified))

    assert viewer.age_verified is False


@pytest.mark.parametrize("supervised", ["false", 1, "yes", 0])
async def test_supervision_ends_only_where_it_is_false(
    issuer: Issuer, verifier: TokenVerifier, supervised: object
) -> None:
    """A claim in another form frees nobody from their guardian."""
    viewer = await verifier.verify(issuer.token(supervised=supervised))

    assert viewer.supervised is True


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://other.test"},
        {"iss": None},
        {"aud": "other"},
        {"aud": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "a b"},
        {"sub": "x" * 65},
        {"exp": None},
        {"exp": "soon"},
        {"nbf": NOW * 2},
        {"scope": ["viewer"]},
        {"region": 1},
        {"account_kind": True},
        {"wards": "bob"},
        {"wards": ["bob", 1]},
        {"wards": ["a b"]},
    ],
    ids=str,
)
async def test_wrong_claims_are_refused(
    issuer: Issuer, verifier: TokenVerifier, claims: Mapping[str, Any]
) -> None:
    """A genuine signature is not enough."""
    with pytest.raises(TokenInvalidError):
        await verifier.verify(issuer.token(**claims))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é", "." * 10, "a" * 10_000])
async def test_malformed_tokens_are_refused(verifier: TokenVerifier, token: str) -> None:
    """Whatever text comes, it is a refusal and never another error."""
    with pytest.raises(TokenInvalidError):
        await verifier.verify(token)


async def test_changed_token_is_refused(issuer: Issuer, verifier: TokenVerifier) -> None:
    """The claims of one token under the signature of another."""
    head, _, signature = issuer.token(sub="alice").split(".")
    _, payload, _ = issuer.token(sub="mallory").split(".")

    with pytest.raises(TokenInvalidError):
        await verifier.verify(f"{head}.{payload}.{signature}")


async def test_weak_algorithms_are_refused(issuer: Issuer, verifier: TokenVerifier) -> None:
    """Neither no signature, nor one made with the public key as a shared secret."""
    claims = {"sub": "alice", "iss": ISSUER, "aud": AUDIENCE, "exp": NOW + 600}
    unsigned = jwt.encode(claims, "", algorithm="none", headers={"kid": "one"})
    public = json.loads(issuer.file.read_text())["keys"][0]["x"]
    shared = jwt.encode(claims, public, algorithm="HS256", headers={"kid": "one"})

    for token in (unsigned, shared):
        with pytest.raises(TokenInvalidError):
            await verifier.verify(token)


@pytest.mark.parametrize("header", ["jku", "x5u", "jwk"])
async def test_a_token_brings_no_key_along(
    issuer: Issuer, verifier: TokenVerifier, tmp_path: Path, header: str
) -> None:
    """Neither the key itself nor an address to ask for it, which would be asked by us."""
    stranger = Issuer(tmp_path / "stranger.json")
    stranger.add_key("one")
    private, _ = stranger.keys["one"]
    claims = {"sub": "alice", "iss": ISSUER, "aud": AUDIENCE, "exp": NOW + 600}
    async with serving(stranger.file) as (url, requests):
        brought = json.loads(stranger.file.read_text())["keys"][0] if header == "jwk" else url
        named = {"kid": "one", header: brought}
        token = jwt.encode(claims, private, algorithm="EdDSA", headers=named)

        with pytest.raises(TokenInvalidError):
            await verifier.verify(token)

        assert requests == []


async def test_key_of_another_kind_is_refused(issuer: Issuer, verifier: TokenVerifier) -> None:
    """The header's algorithm must be the key's own."""
    issuer.add_key("two", "ES256")
    private, _ = issuer.keys["two"]
    claims = {"sub": "alice", "iss": ISSUER, "aud": AUDIENCE, "exp": NOW + 600}
    token = jwt.encode(claims, private, algorithm="ES256", headers={"kid": "one"})

    with pytest.raises(TokenInvalidError):
        await verifier.verify(token)


async def test_expiry_is_told_apart(issuer: Issuer, verifier: TokenVerifier, clock: Clock) -> None:
    """An old token says so, cached or not, and only after the leeway."""
    token = issuer.token(exp=NOW + 60)
    await verifier.verify(token)

    clock.now = NOW + 64
    await verifier.verify(token)

    clock.now = NOW + 66
    with pytest.raises(TokenExpiredError):
        await verifier.verify(token)
    with pytest.raises(TokenExpiredError):
        await verifier.verify(issuer.token(exp=NOW))


async def test_reasons_are_stable() -> None:
    """Callers act on them."""
    reasons = [kind.reason for kind in (TokenError, TokenInvalidError, TokenExpiredError)]

    assert reasons == ["token_invalid", "token_invalid", "token_expired"]


async def test_token_is_proved_once(issuer: Issuer, verifier: TokenVerifier) -> None:
    """The second look at a token costs no signature check: it gives the very same viewer."""
    token = issuer.token()

    assert await verifier.verify(token) is await verifier.verify(token)


async def test_cache_is_bounded(issuer: Issuer, clock: Clock) -> None:
    """The oldest token gives way, and is proved anew when it comes back."""
    verifier = make_verifier(issuer.file.as_uri(), clock, cached_tokens_max=2)
    tokens = [issuer.token(sub=name) for name in ("a", "b", "c")]
    first = [await verifier.verify(token) for token in tokens]

    again = [await verifier.verify(token) for token in reversed(tokens)]

    assert [one is other for one, other in zip(first[::-1], again, strict=True)] == [
        True,
        True,
        False,
    ]


async def test_new_key_is_found_without_restart(
    issuer: Issuer, verifier: TokenVerifier, clock: Clock
) -> None:
    """A rotated key is read when it is first seen, at most once each ten seconds."""
    await verifier.verify(issuer.token("one"))
    issuer.add_key("two")

    with pytest.raises(TokenInvalidError):
        await verifier.verify(issuer.token("two"))
    clock.now += REFRESH_PAUSE_S

    assert (await verifier.verify(issuer.token("two"))).sub == "alice"


async def test_keys_are_replaced_without_a_restart(issuer: Issuer, clock: Clock) -> None:
    """Two at a time while tokens of the old one live; once it is taken away, it counts no more,
    whether its tokens were seen before or not."""
    verifier = make_verifier(issuer.file.as_uri(), clock)
    old = issuer.token("one", exp=NOW + 86_400)
    unseen = issuer.token("one", sub="bob", exp=NOW + 86_400)
    assert (await verifier.verify(old)).sub == "alice"

    issuer.add_key("two")
    clock.now += REFRESH_PAUSE_S
    new = issuer.token("two", exp=NOW + 86_400)
    assert [(await verifier.verify(token)).sub for token in (old, new)] == ["alice", "alice"]

    del issuer.keys["one"]
    issuer.publish()
    clock.now += KEYS_AGE_MAX_S

    assert (await verifier.verify(new)).sub == "alice"
    for token in (old, unseen):
        with pytest.raises(TokenInvalidError):
            await verifier.verify(token)


async def test_a_key_that_was_exchanged_under_its_id_proves_nothing_more(
    issuer: Issuer, clock: Clock
) -> None:
    """After a theft an issuer may keep the name of a key."""
    verifier = make_verifier(issuer.file.as_uri(), clock)
    stolen = issuer.token("one", exp=NOW + 86_400)
    await verifier.verify(stolen)

    issuer.add_key("one")
    clock.now += KEYS_AGE_MAX_S

    with pytest.raises(TokenInvalidError):
        await verifier.verify(stolen)
    assert (await verifier.verify(issuer.token("one"))).sub == "alice"


async def test_old_keys_count_through_an_outage_of_their_issuer(
    issuer: Issuer, clock: Clock
) -> None:
    """And they are asked for again, not at every request."""
    async with serving(issuer.file) as (url, requests):
        verifier = make_verifier(url, clock)
        token = issuer.token("one", exp=NOW + 86_400)
        await verifier.verify(token)
    clock.now += KEYS_AGE_MAX_S

    for _ in range(5):
        assert (await verifier.verify(token)).sub == "alice"
    assert len(requests) == 1


async def test_unknown_keys_cost_one_request(issuer: Issuer, clock: Clock) -> None:
    """However many callers name keys that do not exist, the issuer is asked once in a while."""
    async with serving(issuer.file) as (url, requests):
        verifier = make_verifier(url, clock)
        await verifier.verify(issuer.token("one"))
        for kid in ("x", "y"):
            issuer.keys[kid] = issuer.keys["one"]
        clock.now += REFRESH_PAUSE_S
        tokens = [issuer.token(kid) for kid in ("x", "y") * 10]

        outcomes = await asyncio.gather(
            *(verifier.verify(token) for token in tokens), return_exceptions=True
        )

        assert {type(outcome) for outcome in outcomes} == {TokenInvalidError}
        assert len(requests) == 2


async def test_unreadable_keys_are_an_outage(tmp_path: Path, issuer: Issuer, clock: Clock) -> None:
    """Not the token's fault; and keys once known survive it."""
    without_keys = make_verifier((tmp_path / "nothing.json").as_uri(), clock)
    with pytest.raises(KeysUnavailableError):
        await without_keys.verify(issuer.token())

    with_keys = make_verifier(issuer.file.as_uri(), clock)
    await with_keys.verify(issuer.token())
    issuer.file.write_text("{")
    clock.now += REFRESH_PAUSE_S
    assert (await with_keys.verify(issuer.token(sub="bob"))).sub == "bob"


@pytest.mark.parametrize("document", ["", "[]", '{"keys": []}', '{"keys": [{"kty": "RSA"}]}'])
async def test_useless_key_sets_are_an_outage(issuer: Issuer, clock: Clock, document: str) -> None:
    """A document without a key that we can use is as good as none."""
    token = issuer.token()
    issuer.file.write_text(document)

    with pytest.raises(KeysUnavailableError):
        await make_verifier(issuer.file.as_uri(), clock).verify(token)


@pytest.mark.parametrize("url", ["http://issuer.test/keys", "ftp://x/y", "keys.json", ""])
def test_keys_must_come_unaltered(url: str) -> None:
    """An address on which anybody could change the keys on their way is refused at start."""
    with pytest.raises(ValueError, match="key set"):
        check_jwks_url(url)


@asynccontextmanager
async def serving(file: Path) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A web server of one file, and the requests that it got."""
    requests: list[bytes] = []
    body = file.read_bytes()  # noqa: ASYNC240 - a test may block

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nconnection: close\r\n")
        writer.write(b"content-length: %d\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/keys", requests
