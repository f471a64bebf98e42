"""A viewer who gives ten times a second and never gives up on a gift."""

import asyncio
import time
from types import TracebackType
from typing import Self

from asking import Asking
from documents import send_gift
from firsts import Firsts
from http_client import RequestFrame
from stacks import until

from chassis.ids import uuid7
from gifts.domain.catalogue import GiftItem

EVERY_S = 0.1
_RETRY_S = 0.05
_ANSWER_WITHIN_S = 3.0
_ALL_SENT_WITHIN_S = 65.0


class Prober:
    """Sends gifts in the background while it is entered; each is sent again until it is SENT."""

    def __init__(self, url: str, token: str, creator: str, item: GiftItem) -> None:
        self._frame = RequestFrame(
            url, {"authorization": f"Bearer {token}", "x-graphql-client": "largesse-bench"}
        )
        self._creator = creator
        self._item = item
        self._giving: asyncio.Task[None] | None = None
        self._stopping = False
        self._asking = Asking(url, answer_within_s=_ANSWER_WITHIN_S)
        self._firsts = Firsts()
        self.sent = 0

    async def __aenter__(self) -> Self:
        self._giving = asyncio.create_task(self._give())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopping = True
        assert self._giving is not None
        async with asyncio.timeout(_ALL_SENT_WITHIN_S):
            await self._giving

    async def next_sent(self) -> float:
        """When the first of the gifts requested from now on is SENT, by `time.perf_counter`.

        Raises:
            ExceptionGroup: A gift was not SENT within a minute, or was refused.
        """
        assert self._giving is not None, "enter the prober first"
        future = self._firsts.since(time.perf_counter())
        await asyncio.wait({future, self._giving}, return_when=asyncio.FIRST_COMPLETED)
        if not future.done():
            self._giving.result()
        return await future

    async def _give(self) -> None:
        async with asyncio.TaskGroup() as group:
            while not self._stopping:
                group.create_task(self._give_one())
                await asyncio.sleep(EVERY_S)

    async def _give_one(self) -> None:
        item = self._item
        body = send_gift(
            self._creator, item.item_id, item.price_coins, gift_id=str(uuid7())
        ).encode()
        request = self._frame.of(body)
        requested_at = time.perf_counter()
        await until(lambda: self._is_sent(request), "a gift is SENT", every_s=_RETRY_S)
        sent_at = time.perf_counter()
        self.sent += 1
        self._firsts.ended(requested_at, sent_at)

    async def _is_sent(self, request: bytes) -> bool:
        answer = await self._asking.once(request)
        if answer is None:
            return False
        assert b'"status":"REFUSED"' not in answer.body, answer.body
        return answer.status == 200 and b'"status":"SENT"' in answer.body
