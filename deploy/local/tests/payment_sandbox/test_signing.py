import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payment_sandbox.signing import is_genuine, sign

SECRET = "whsec-1"
BODY = b'{"id": "evt_1"}'
NOW = 1_800_000_000


def genuine(header: str, *, body: bytes = BODY, secret: str = SECRET, now: float = NOW) -> bool:
    return is_genuine(secret, body, header, now=now, tolerance_s=300)


def test_signs_the_time_and_the_raw_body() -> None:
    expected = hmac.new(SECRET.encode(), f"{NOW}.".encode() + BODY, hashlib.sha256).hexdigest()

    assert sign(SECRET, BODY, NOW) == f"t={NOW},v1={expected}"


def test_its_own_signature_is_genuine() -> None:
    assert genuine(sign(SECRET, BODY, NOW))


def test_another_body_secret_or_time_is_not() -> None:
    header = sign(SECRET, BODY, NOW)

    assert not genuine(header, body=BODY + b" ")
    assert not genuine(header, secret="whsec-2")
    assert not genuine(header.replace(f"t={NOW}", f"t={NOW + 1}"))


@pytest.mark.parametrize(("age_s", "accepted"), [(300, True), (301, False), (-301, False)])
def test_a_signature_grows_too_old(age_s: int, accepted: bool) -> None:
    assert genuine(sign(SECRET, BODY, NOW), now=NOW + age_s) is accepted


@given(st.one_of(st.text(), st.from_regex(r"t=[^,]*,v1=.*")))
def test_no_header_makes_it_raise(header: str) -> None:
    assert not genuine(header)
