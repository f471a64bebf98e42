"""The cache keeps what was used last, and never more than it may."""

from hypothesis import given
from hypothesis import strategies as st

from wallet.consumers.recent import Recent
from wallet.domain.ledger import Head


def head(owner_id: str, version: int = 0) -> Head:
    return Head(1, owner_id, version, 0, 0, (), ())


def test_finds_what_was_adopted_last() -> None:
    cache = Recent[Head](10)
    cache.adopt({"ann": head("ann", 1), "bob": head("bob", 1)})
    cache.adopt({"ann": head("ann", 2)})

    found = cache.find(["ann", "bob", "cyd"])

    assert {owner_id: each.version for owner_id, each in found.items()} == {"ann": 2, "bob": 1}


def test_heads_in_use_stay() -> None:
    """A payer who is charged in every batch is found in every batch, however many others come."""
    cache = Recent[Head](10)
    cache.adopt({"star": head("star")})

    for number in range(100):
        assert "star" in cache.find(["star"])
        cache.adopt({"star": head("star", number), f"viewer-{number}": head(f"viewer-{number}")})


def test_forgets_on_request() -> None:
    cache = Recent[Head](10)
    cache.adopt({"ann": head("ann")})

    cache.clear()

    assert cache.find(["ann"]) == {}


@given(
    st.integers(2, 20),
    st.lists(st.lists(st.integers(0, 50), min_size=1, max_size=10), max_size=30),
)
def test_never_holds_more_than_it_may(size_max: int, batches: list[list[int]]) -> None:
    """Two generations of half the room each, or of one batch where that is more."""
    cache = Recent[Head](size_max)
    for batch in batches:
        cache.adopt({str(number): head(str(number)) for number in batch})

        assert len(cache) <= 2 * max(size_max // 2, 10)
        assert cache.find(map(str, batch)).keys() == set(map(str, batch))
