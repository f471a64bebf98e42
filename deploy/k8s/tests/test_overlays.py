"""What is committed is whole, on every overlay."""

from collections.abc import Callable

import pytest

from contracts import catalogue
from manifests.check import problems_of
from manifests.checks.schemas import OLDEST, versions
from manifests.generated import outdated
from manifests.objects import Objects
from manifests.streams import consumed, watched

type Rendered = Callable[[str], Objects]

pytestmark = [
    # The first time kubectl, schemas and CRDs are fetched.
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("manifests"),
]


@pytest.mark.parametrize("overlay", ["kind", "production"])
def test_nothing_is_wrong_with(overlay: str, rendered: Rendered) -> None:
    """`make manifests` finds nothing."""
    assert list(problems_of(overlay, rendered(overlay))) == []


def test_generated_files_are_what_they_are_made_from() -> None:
    """A topic that is added to the contracts is made in production, and its readers may read it."""
    assert outdated() == []


def test_schemas_of_every_version_are_looked_at() -> None:
    """From the oldest that is promised to the newest that is known."""
    oldest, *_others, newest = versions()
    assert oldest == ".".join(map(str, OLDEST))
    assert int(newest.partition(".")[2]) >= 36


def test_readers_are_found_in_the_source() -> None:
    """Rights and scaling are made from this: an empty list would give nobody anything to read."""
    names = {service: {topic.name for topic in topics} for service, topics in consumed().items()}
    assert {"gifts.charge.v1", "payouts.clawback.v1"} <= names["wallet"]
    assert {"wallet.charge.v1", "wallet.purchase.v1"} <= names["gifts"]
    assert "gifts.gift.v1" in names["payouts"]
    assert "gifts.live.v1" in {topic.name for topic in watched()}
    declared = {topic.name for topic in catalogue.topics()}
    assert set().union(*names.values()) <= declared
