"""Versions of what is configured: numbered without gaps, in force one after another, never changed.

Prices, rates, limits and terms are such versions. Each service keeps its own; what all of them have
to obey is here.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol


class Version(Protocol):
    """One of them. Two that are equal say the same."""

    @property
    def version(self) -> int:
        """Counts from 1."""
        ...

    @property
    def effective_from(self) -> datetime:
        """From when on it is in force, until the next one is."""
        ...


def check_follows(
    published: Sequence[Version], version: Version, refused: Callable[[str], Exception]
) -> None:
    """Make sure that `version` is the next one, and comes into force after the last.

    Raises:
        Exception: What `refused` makes of the reason.
    """
    last = published[-1] if published else None
    expected = (last.version if last else 0) + 1
    if version.version != expected:
        raise refused(f"version {version.version} must be {expected}: versions have no gaps")
    if last is not None and version.effective_from <= last.effective_from:
        raise refused(
            f"version {version.version} must come into force after version {last.version}"
        )


async def publish[VersionT: Version](
    wanted: Sequence[VersionT],
    published: Sequence[VersionT],
    add: Callable[[Sequence[VersionT], VersionT], Awaitable[None]],
    *,
    taken: Callable[[str], Exception],
) -> Sequence[VersionT]:
    """Publish those of `wanted` that are not published yet, and return them.

    A file that is published again, whole or longer, is therefore safe: what is there must be there
    in the same words. All or none: the caller's transaction rolls back when this raises.

    Args:
        wanted: In any order.
        published: Every version so far, oldest first, while other publishers are kept out.
        add: Checks a version against those before it, and writes it.
        taken: Makes an error of the reason why a version's number is another's.
    """
    known = {each.version: each for each in published}
    before = list(published)
    added: list[VersionT] = []
    for version in sorted(wanted, key=lambda each: each.version):
        if (same := known.get(version.version)) is not None:
            if same != version:
                raise taken(
                    f"version {version.version} is published already and differs: add a new version"
                )
            continue
        await add(before, version)
        before.append(version)
        added.append(version)
    return added
