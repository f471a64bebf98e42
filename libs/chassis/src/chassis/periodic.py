"""Work that is done again and again for as long as a process lives."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from chassis.db import OUTAGES, is_outage
from chassis.pauses import pause
from chassis.serve import Task
from chassis.telemetry import metrics

log = structlog.get_logger()


def repeated(work: Callable[[], Awaitable[object]], *, every_s: float, name: str) -> Task:
    """A task that does `work` again and again until it is told to stop, with pauses.

    An outage of the database puts the work off to the next time.

    Args:
        work: Returns True where there is more to do: then it is done again at once.
        every_s: The pause.
        name: Of the work, for the log and the metric of when it was last done.
    """

    done_at = metrics.WORK_DONE_AT.labels(name)

    async def repeat(stop: asyncio.Event) -> None:
        while not stop.is_set():
            more: object = False
            try:
                more = await work()
            except OUTAGES as error:
                if not is_outage(error):
                    raise
                log.warning("work_put_off", work=name, reason=repr(error))
            else:
                done_at.set_to_current_time()
            if more is True:
                continue
            await pause(stop, every_s)

    return repeat
