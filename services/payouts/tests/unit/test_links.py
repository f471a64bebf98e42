"""Links to statements: only ours, only what they say, only for a while."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts.links import LinkExpiredError, LinkInvalidError, Links, Target

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LIFETIME = timedelta(minutes=15)
OLD, NEW = bytes(32), bytes([1]) * 32


def links(*keys: bytes) -> Links:
    return Links(keys or (NEW,), public_url="https://payouts.test", lifetime=LIFETIME)


def made(by: Links | None = None) -> str:
    """The parameter of a link."""
    parts = urlsplit((by or links()).make("star", "2026-10", NOW, now=NOW))
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "payouts.test", "/statements/csv")
    [link] = parse_qs(parts.query, strict_parsing=True)["link"]
    return link


def test_a_link_says_what_it_is_to() -> None:
    target = links().read(made(), now=NOW + LIFETIME - timedelta(microseconds=1))

    assert target == Target("star", "2026-10", NOW, NOW + LIFETIME)


def test_a_link_expires() -> None:
    with pytest.raises(LinkExpiredError):
        links().read(made(), now=NOW + LIFETIME)


def test_keys_are_replaced() -> None:
    """An older one is accepted while it is listed; the newest signs."""
    old = made(links(OLD))

    assert links(NEW, OLD).read(old, now=NOW) == links(OLD).read(old, now=NOW)
    links(NEW).read(made(links(NEW, OLD)), now=NOW)
    with pytest.raises(LinkInvalidError):
        links(NEW).read(old, now=NOW)


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_any_changed_bit_is_noticed(place: int, bit: int) -> None:
    link = made()
    raw = bytearray(base64.urlsafe_b64decode(link + "=" * (-len(link) % 4)))
    raw[place % len(raw)] ^= 1 << bit

    with pytest.raises(LinkInvalidError):
        links().read(base64.urlsafe_b64encode(raw).decode().rstrip("="), now=NOW)


@pytest.mark.parametrize("text", ["", "é", "a", "../../etc/passwd", "=", "A" * 5_000, "\0"])
def test_what_is_not_ours_is_refused(text: str) -> None:
    with pytest.raises(LinkInvalidError):
        links().read(text, now=NOW)


def test_a_signature_without_the_key_is_refused() -> None:
    """Signed with a hash of what everybody can see."""
    text = msgspec.json.encode(Target("star", "2026-10", NOW, NOW + LIFETIME))
    with pytest.raises(LinkInvalidError):
        links().read(base64.urlsafe_b64encode(bytes(32) + text).decode().rstrip("="), now=NOW)
