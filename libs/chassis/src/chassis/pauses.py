"""Waiting that ends when a process is told to stop."""

import asyncio


async def pause(stop: asyncio.Event, seconds: float) -> bool:
    """Wait, but not longer than until `stop`; whether it is set."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return False
    return True
