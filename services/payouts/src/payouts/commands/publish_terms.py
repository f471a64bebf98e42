"""Publish versions of the terms of payouts."""

from collections.abc import Sequence
from datetime import datetime

from chassis.db import Conn
from payouts.domain.terms import Terms, TermsRefusedError, check_terms
from payouts.store import rates, terms


async def publish_terms(conn: Conn, wanted: Sequence[Terms], *, now: datetime) -> Sequence[Terms]:
    """Publish those versions of `wanted` that are not published yet, and return them.

    A file that is published again, whole or longer, is therefore safe: what is there must be there
    in the same words. All or none: the caller's transaction rolls back when this raises.

    Raises:
        TermsRefusedError: A version breaks a rule, its number is taken by another, or no rate is
            published.
    """
    await terms.lock_terms(conn)
    known_rates = await rates.select_rates(conn)
    if not known_rates:
        raise TermsRefusedError("no earning rate is published: publish rates first")
    owed_in = known_rates[-1].diamond_worth.currency
    published = list(await terms.select_terms(conn))
    added: list[Terms] = []
    for version in sorted(wanted, key=lambda each: each.version):
        known = next((each for each in published if each.version == version.version), None)
        if known is not None:
            if known != version:
                raise TermsRefusedError(
                    f"version {version.version} is published already and differs: add a new version"
                )
            continue
        check_terms(published, version, now=now, owed_in=owed_in)
        await terms.insert_terms(conn, version)
        published.append(version)
        added.append(version)
    return added
