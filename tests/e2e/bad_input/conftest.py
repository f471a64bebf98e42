"""What every module here starts from, and ends with."""

import asyncio
from collections.abc import Generator

import pytest

from chassis.ids import uuid7
from local_stack.client import Client, http_client
from local_stack.stack import Stack
from support.bad_input import Scene
from support.state import Observer, changed
from support.world import World


@pytest.fixture(scope="package")
def scene(stack: Stack) -> dict[str, str]:
    """A viewer with coins, a creator who takes gifts, and a gift and a purchase of theirs."""

    async def set_up() -> dict[str, str]:
        async with Client(stack.addresses.graphql) as client, http_client() as http:
            world = World(stack, client, http)
            viewer, creator = await world.viewer(coins=1_000), await world.creator()
            sent = await world.send(viewer, creator)
            purchase = await world.check_out(viewer, (await world.bundles())[0]["id"])
            return {
                "viewer": viewer,
                "creator": creator,
                "gift": sent["gift"]["id"],
                "purchase": purchase["id"],
                "bundle": (await world.bundles())[0]["id"],
                "method": str(uuid7()),
            }

    return asyncio.run(set_up())


@pytest.fixture(scope="package", autouse=True)
def untouched(stack: Stack, scene: Scene) -> Generator[None]:
    """After the whole package no row of any service is other than before."""
    del scene
    observer = Observer(stack)
    before = asyncio.run(observer.state())
    yield
    assert changed(before, asyncio.run(observer.state())) == set()
