"""Tokens for the local stack, as an identity provider would issue them."""

import time
from collections.abc import Sequence

from local_stack.home import Home
from local_stack.keys import ensure_keys, sign

ISSUER = "largesse-local"
AUDIENCE = "largesse"
DEFAULT_TTL_S = 12 * 3600


def issue(
    home: Home,
    subject: str,
    scope: str,
    *,
    region: str = "US",
    age_verified: bool = True,
    account_kind: str | None = None,
    supervised: bool = False,
    wards: Sequence[str] = (),
    name: str | None = None,
    ttl_s: int = DEFAULT_TTL_S,
) -> str:
    """A token that the stack in `home` accepts.

    Args:
        home: The stack; its signing key is made if it has none yet.
        subject: User id.
        scope: Scopes with spaces between them, such as `viewer creator`.
        region: ISO 3166-1 alpha-2.
        age_verified: Whether the user is known to be of age.
        account_kind: Set for accounts that may neither send nor receive, such as `government`.
        supervised: Whether only a guardian may raise the user's spend limits.
        wards: User ids of those whose guardian the user is.
        name: What the user is called where gifts are shown.
        ttl_s: Seconds until it expires; a negative number gives one that has expired.
    """
    ensure_keys(home)
    now = int(time.time())
    claims: dict[str, object] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": subject,
        "scope": scope,
        "region": region,
        "age_verified": age_verified,
        "iat": now,
        "exp": now + ttl_s,
    }
    if account_kind is not None:
        claims["account_kind"] = account_kind
    if supervised:
        claims["supervised"] = True
    if wards:
        claims["wards"] = list(wards)
    if name is not None:
        claims["name"] = name
    return sign(claims, home)
