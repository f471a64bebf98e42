"""Divide what cannot be divided evenly: the one piece of code for shares of an amount (E44)."""

from collections.abc import Sequence


def split(units: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Parts of `units` in the ratio of `weights`, by largest remainder; together they are all.

    Each part is its exact share, rounded down or up. Of equal remainders the earlier one is rounded
    up.

    Args:
        units: What is to be divided, in whole units that stay whole; at least zero.
        weights: One for each part; none below zero, and one above.
    """
    whole = sum(weights)
    parts = [units * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda n: -(units * weights[n] % whole))
    for n in by_remainder[: units - sum(parts)]:
        parts[n] += 1
    return tuple(parts)
