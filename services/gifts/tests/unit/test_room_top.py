"""The first gifters kept with a room are those that a look at all gifters would find."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from gifts.domain.room_top import GIFTERS_SHOWN, TopGifter, move_top, pack, unpack

moves = st.lists(
    st.lists(st.tuples(st.integers(0, 15), st.integers(-3, 4)), min_size=1, max_size=20),
    min_size=1,
    max_size=12,
)
"""Batches of what users give, or have taken back."""


def first(gifters: Iterable[TopGifter]) -> list[TopGifter]:
    standing = [each for each in gifters if each.coins]
    return sorted(standing, key=lambda each: (-each.coins, each.place))[:GIFTERS_SHOWN]


@given(batches=moves)
def test_kept_as_if_looked_up(batches: list[list[tuple[int, int]]]) -> None:
    """Whatever is given and taken back; where it says that it does not know, it is looked up."""
    gifters: dict[str, TopGifter] = {}
    top: list[TopGifter] = []
    place = 0
    for batch in batches:
        moved: dict[str, TopGifter] = {}
        for user, coins in batch:
            place += 1
            user_id = f"user-{user}"
            before = gifters[user_id].coins if user_id in gifters else 0
            if before + coins >= 0:
                moved[user_id] = gifters[user_id] = TopGifter(user_id, before + coins, place)

        known = move_top(unpack(pack(top)), moved.values())

        assert known is None or known == first(gifters.values())
        top = first(gifters.values())


def test_gifts_never_need_a_look() -> None:
    """Only what is taken back of one of the first does, where others may come next."""
    top = [TopGifter(f"user-{n}", 100 - n, n + 1) for n in range(GIFTERS_SHOWN)]

    assert move_top(top, [TopGifter("new", 1, 20), TopGifter("user-3", 200, 21)]) is not None
    assert move_top(top, [TopGifter("user-3", 95, 22)]) is not None
    assert move_top(top, [TopGifter("user-3", 50, 22)]) is None
    assert move_top(top[:9], [TopGifter("user-3", 50, 22)]) is not None
