"""Private feeds: of each user, the newest state of something, such as the balance."""

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from live_hub import metrics
from live_hub.feeds import Sink
from live_hub.projector import Projector
from live_hub.shape import Selected

_KEPT_MAX: Final = 200_000
"""Users of whom a state is remembered, watched or not."""


class State(Protocol):
    """An event that says all there is to say; the one of the highest version counts."""

    @property
    def version(self) -> int:
        """Rises with each change."""
        ...

    @property
    def as_of(self) -> datetime:
        """When it was committed."""
        ...


class StateWatcher:
    """One subscription of a user to their own state."""

    __slots__ = ("_feed", "_projector", "_sink", "_user", "_version")

    def __init__(self, feed: "StateFeed", user: str, projector: Projector, sink: Sink) -> None:
        self._feed = feed
        self._user = user
        self._projector = projector
        self._version = -1
        self._sink = sink

    def catch_up(self) -> None:
        """Tell the newest state, if it has not been told and the connection takes it."""
        if self.follow():
            metrics.DELIVERIES.inc()

    def follow(self) -> bool:
        """The same; True if it was told now."""
        state = self._feed.newest(self._user)
        if state is None or state.version <= self._version or not self._sink.is_writable:
            return False
        self._version = state.version
        self._sink.next(self._projector.payload(state))
        return True

    def leave(self) -> None:
        """Be told nothing more."""
        self._feed.remove(self._user, self)


class StateFeed:
    """The newest state of each user, and who watches their own."""

    def __init__(self, typename: str) -> None:
        self._typename = typename
        self._newest: OrderedDict[str, State] = OrderedDict()
        self._watchers: dict[str, dict[StateWatcher, None]] = {}

    def newest(self, user: str) -> State | None:
        """What is known of the user; None if nothing has changed for a while."""
        return self._newest.get(user)

    def join(self, user: str, shape: Selected, sink: Sink) -> StateWatcher:
        """Subscribe; what is known is told at once."""
        watcher = StateWatcher(self, user, Projector(shape, self._typename), sink)
        self._watchers.setdefault(user, {})[watcher] = None
        watcher.catch_up()
        return watcher

    def remove(self, user: str, watcher: StateWatcher) -> None:
        """Forget a watcher."""
        watchers = self._watchers.get(user, {})
        watchers.pop(watcher, None)
        if not watchers:
            self._watchers.pop(user, None)

    def take(self, user: str, state: State, now: Callable[[], float]) -> None:
        """Take a state in, unless a newer one is known, and tell it. `now`: Unix time in s."""
        known = self._newest.get(user)
        if known is not None and state.version <= known.version:
            return
        self._newest[user] = state
        self._newest.move_to_end(user)
        if len(self._newest) > _KEPT_MAX:
            self._newest.popitem(last=False)
        watchers = self._watchers.get(user)
        if watchers is None:
            return
        told = sum(watcher.follow() for watcher in watchers)
        metrics.delivered(now() - state.as_of.timestamp(), told)

    def forget(self, before: datetime) -> None:
        """Let go what was committed earlier and nobody watches."""
        old: list[str] = []
        for user, state in self._newest.items():
            if state.as_of >= before:
                break
            if user not in self._watchers:
                old.append(user)
        for user in old:
            del self._newest[user]
