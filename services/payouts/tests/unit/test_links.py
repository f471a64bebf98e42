"""Links to statements: only ours, only what they say, only for a while."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts.links import Form, LinkExpiredError, LinkInvalidError, Links, Target

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
LIFETIME = timedelta(minutes=15)
OLD, NEW = bytes(32), bytes([1]) * 32


def links(*keys: bytes) -> Links:
    return Links(keys or (NEW,), public_url="https://payouts.test", lifetime=LIFETIME)


def made(by: Links | None = None, form: Form = Form.CSV) -> str:
    """The parameter of a link."""
    parts = urlsplit((by or links()).make(form, "star", "2026-10", NOW, now=NOW))
    assert (parts.scheme, parts.netloc, parts.path) == (
        *("https", "payouts.test", f"/statements/{form.value}"),
    )
    [link] = parse_qs(parts.query, strict_parsing=True)["link"]
    return link


def test_a_link_says_what_it_is_to() -> None:
    target = links().read(Form.CSV, made(), now=NOW + LIFETIME - timedelta(microseconds=1))

    assert target == Target("star", "2026-10", NOW, NOW + LIFETIME)


def test_a_link_expires() -> None:
    with pytest.raises(LinkExpiredError):
        links().read(Form.CSV, made(), now=NOW + LIFETIME)


@pytest.mark.parametrize(("form", "other"), [(Form.CSV, Form.PDF), (Form.PDF, Form.CSV)])
def test_a_link_opens_one_form(form: Form, other: Form) -> None:
    """Whoever was given the one was not given the other."""
    link = made(form=form)

    assert links().read(form, link, now=NOW).creator_id == "star"
    with pytest.raises(LinkInvalidError):
        links().read(other, link, now=NOW)


def test_keys_are_replaced() -> None:
    """An older one is accepted while it is listed; the newest signs."""
    old = made(links(OLD))

    assert links(NEW, OLD).read(Form.CSV, old, now=NOW) == links(OLD).read(Form.CSV, old, now=NOW)
    links(NEW).read(Form.CSV, made(links(NEW, OLD)), now=NOW)
    with pytest.raises(LinkInvalidError):
        links(NEW).read(Form.CSV, old, now=NOW)


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_any_changed_bit_is_noticed(place: int, bit: int) -> None:
    link = made()
    raw = bytearray(base64.urlsafe_b64decode(link + "=" * (-len(link) % 4)))
    raw[place % len(raw)] ^= 1 << bit

    with pytest.raises(LinkInvalidError):
        links().read(Form.CSV, base64.urlsafe_b64encode(raw).decode().rstrip("="), now=NOW)


@pytest.mark.parametrize("text", ["", "é", "a", "../../etc/passwd", "=", "A" * 5_000, "\0"])
def test_what_is_not_ours_is_refused(text: str) -> None:
    with pytest.raises(LinkInvalidError):
        links().read(Form.CSV, text, now=NOW)


def test_a_signature_without_the_key_is_refused() -> None:
    """Signed with a hash of what everybody can see."""
    text = msgspec.json.encode(Target("star", "2026-10", NOW, NOW + LIFETIME))
    with pytest.raises(LinkInvalidError):
        links().read(
            Form.CSV, base64.urlsafe_b64encode(bytes(32) + text).decode().rstrip("="), now=NOW
        )
