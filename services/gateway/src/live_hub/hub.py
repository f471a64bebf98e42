"""The hub itself: what is known, who watches it, and how one begins and ends to."""

import asyncio
import time
from datetime import timedelta
from typing import Protocol
from uuid import UUID

import structlog

from chassis.auth import Proof
from chassis.clock import Clock
from chassis.graphql.errors import BadUserInputError, ClientError, UnauthenticatedError
from contracts.gifts.live import RoomFrame
from contracts.payouts.v1 import EarningsChanged
from contracts.wallet.v1 import BalanceChanged
from live_hub import metrics
from live_hub.errors import NotFoundError
from live_hub.feeds import RoomFeed, Sink
from live_hub.operations import Asked
from live_hub.rooms import Room
from live_hub.settings import Settings
from live_hub.states import StateFeed

_GAP_WAIT_S = 2.0
"""How long frames wait for one before them. What publishes them sends a batch again within that."""

log = structlog.get_logger()


class EndableSink(Sink, Protocol):
    """A subscription that may end with an error."""

    def fail(self, error: ClientError) -> None:
        """Say why there is no more, and end the subscription."""
        ...


class Watcher(Protocol):
    """One subscription, as what it watches knows it."""

    def catch_up(self) -> None:
        """Tell what has not been told, as far as the connection takes it."""
        ...

    def leave(self) -> None:
        """Be told nothing more."""
        ...


class Subscription:
    """One subscription of a client, from its beginning to its end."""

    def __init__(self, field: str, watcher: Watcher, expiry: asyncio.TimerHandle | None) -> None:
        self._gauge = metrics.SUBSCRIPTIONS.labels(field)
        self._gauge.inc()
        self._watcher = watcher
        self._expiry = expiry

    def catch_up(self) -> None:
        """The connection takes more again."""
        self._watcher.catch_up()

    def end(self) -> None:
        """Be told nothing more. Call it once."""
        self._gauge.dec()
        self._watcher.leave()
        if self._expiry is not None:
            self._expiry.cancel()


class Hub:
    """Everything that can be watched. Lives on one event loop."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._rooms: dict[UUID, RoomFeed] = {}
        self._waiting: dict[UUID, set[asyncio.Event]] = {}
        self._balances = StateFeed("BalanceChange")
        self._earnings = StateFeed("EarningsChange")
        self._states = {"balanceChanged": self._balances, "earningsChanged": self._earnings}
        self.caught_up = asyncio.Event()
        """Set when all has been read that was there at the start: what is unknown then is not
        there."""

    # -- What happens --------------------------------------------------------------------------

    def take_frame(self, frame: RoomFrame) -> None:
        """Something happened in a room: tell whoever watches it."""
        feed = self._rooms.get(frame.room_id)
        if feed is None:
            feed = self._rooms[frame.room_id] = RoomFeed(
                Room(frame, self._settings.frames_kept_max)
            )
            self._moved(feed)
        elif feed.room.take(frame):
            self._moved(feed)
        elif feed.room.is_waiting:
            asyncio.get_running_loop().call_later(_GAP_WAIT_S, self._give_up, feed, frame.seq)

    def take_balance(self, event: BalanceChanged) -> None:
        """A balance changed: tell its owner."""
        self._balances.take(event.user_id, event, time.time)

    def take_earnings(self, event: EarningsChanged) -> None:
        """What is pending or available to a creator changed: tell them."""
        self._earnings.take(event.creator_id, event, time.time)

    def forget(self) -> None:
        """Let go what is too old to be asked for. Call it now and then."""
        before = self._clock() - timedelta(seconds=self._settings.kept_s)
        for feed in self._states.values():
            feed.forget(before)
        for room_id, room in list(self._rooms.items()):
            room.room.forget(before)
            if room.room.is_over(before) and not room.is_watched:
                del self._rooms[room_id]

    # -- Who watches it ------------------------------------------------------------------------

    async def subscribe(self, asked: Asked, proof: Proof | None, sink: EndableSink) -> Subscription:
        """Begin to tell `sink` what was asked for; its first payloads are sent before this returns.

        Raises:
            ClientError: There is no such thing to watch, or not for this caller.
        """
        await self.caught_up.wait()
        admitted = asked.guard.admit(proof, time.time())
        if asked.field == "roomFrames":
            room_id, after = asked.arguments["roomId"], asked.arguments.get("after")
            feed = await self._room(room_id, after)
            watcher: Watcher = feed.join(asked.shape, sink, after)
            return Subscription(asked.field, watcher, None)
        assert admitted is not None, "every private feed is guarded"
        # Whose it is, is the token's word alone: there is no argument to ask for somebody else's.
        watcher = self._states[asked.field].join(admitted.viewer.sub, asked.shape, sink)
        expiry = asyncio.get_running_loop().call_later(
            admitted.expires_at - time.time(), sink.fail, UnauthenticatedError("token_expired")
        )
        return Subscription(asked.field, watcher, expiry)

    async def _room(self, room_id: UUID, after: int | None) -> RoomFeed:
        """The room, once it is known here and has come as far as the caller has seen it."""
        if after is not None and after < 0:
            raise BadUserInputError("after is the number of a frame: it is not below zero.")
        news = asyncio.Event()
        self._waiting.setdefault(room_id, set()).add(news)
        try:
            async with asyncio.timeout(self._settings.room_wait_s):
                while True:
                    feed = self._rooms.get(room_id)
                    if feed is not None and feed.room.newest.seq >= (after or 0):
                        break
                    news.clear()
                    await news.wait()
        except TimeoutError:
            feed = self._rooms.get(room_id)
            if feed is None:
                raise NotFoundError("There is no such room, or it closed a while ago.") from None
            newest = feed.room.newest.seq
            message = f"after is {after}, and the room has come no further than frame {newest}."
            raise BadUserInputError(message) from None
        finally:
            waiting = self._waiting[room_id]
            waiting.discard(news)
            if not waiting:
                del self._waiting[room_id]
        self._close_in_time(feed)
        return feed

    def _moved(self, feed: RoomFeed) -> None:
        for news in self._waiting.get(feed.room.newest.room_id, ()):
            news.set()
        feed.tell(time.time)
        self._close_in_time(feed)

    def _give_up(self, feed: RoomFeed, seq: int) -> None:
        """Go on without frames that have not come, if the one of this number still waits."""
        if feed.room.newest.seq < seq and feed.room.give_up():
            log.warning("frames_missing", room_id=str(feed.room.newest.room_id), before=seq)
            self._moved(feed)

    def _close_in_time(self, feed: RoomFeed) -> None:
        """See to it that subscriptions to a closed room end."""
        grace = timedelta(seconds=self._settings.room_closing_s)
        left = feed.room.closes_in(self._clock(), grace)
        if left is None or (feed.closing is not None and not feed.closing.cancelled()):
            return

        def close() -> None:
            feed.closing = None
            feed.complete()

        feed.closing = asyncio.get_running_loop().call_later(left.total_seconds(), close)
