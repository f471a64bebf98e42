"""Another worker of a service beside the stack's own, as a second replica would be."""

import asyncio
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

from chassis.testing.eventually import eventually
from local_stack import ports, programs
from local_stack.processes import spawn
from local_stack.stack import Stack


@asynccontextmanager
async def second_worker(stack: Stack, service: str) -> AsyncGenerator[None]:
    """A second worker runs within the block, under a name and on a port of its own."""
    prefix = service.upper()
    spec = programs.spec(
        f"{service}-worker",
        stack.home,
        replace(
            stack.addresses,
            ports={**stack.addresses.ports, f"{service}-worker": ports.one_free()},
        ),
        {f"{prefix}_KAFKA_INSTANCE": "second"},
    )
    process = spawn(stack.home, replace(spec, name=f"{service}-worker-2"))
    try:

        async def ready() -> bool:
            assert process.poll() is None, f"{service}'s second worker ended"
            return await asyncio.to_thread(spec.is_ready)

        await eventually(ready, within_s=60, every_s=0.2)
        yield
    finally:
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, spec.grace_s)
        except subprocess.TimeoutExpired:
            process.kill()
