"""Overlays, rendered once, for tests that look at them or plant a fault in a copy."""

import copy
from collections.abc import Callable
from functools import cache

import pytest

from manifests.kind_secrets import write_secrets
from manifests.objects import Object, Objects, parse, render

type Rendered = Callable[[str], Objects]


@cache
def _rendered(name: str) -> Objects:
    write_secrets()
    return parse(render(name))


@pytest.fixture(scope="session")
def rendered() -> Rendered:
    """Gives a copy of an overlay's objects that a test may change."""

    def copied(name: str) -> Objects:
        return Objects(Object(copy.deepcopy(dict(each.body))) for each in _rendered(name))

    return copied
