"""What the service is told by its environment."""

from datetime import timedelta
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import (
    KafkaSettings,
    ServiceApiSettings,
    ServiceSettings,
    ServiceWorkerSettings,
)
from gifts.domain.room_rules import RoomRules

_RULES = RoomRules()


class Settings(ServiceSettings):
    """Of every command: `database_dsn` is GIFTS_DATABASE_DSN, and so on."""

    model_config = SettingsConfigDict(env_prefix="GIFTS_", frozen=True, extra="ignore")
    service: ClassVar[str] = "gifts"


class _RoomSettings(Settings):
    """How live rooms keep time; the same in all processes."""

    streak_window_s: float = Field(default=_RULES.streak_window.total_seconds(), gt=0)
    """A tap joins the streak if it comes within this time of the one before."""
    streak_length_max_s: float = Field(default=_RULES.streak_length_max.total_seconds(), gt=0)
    """How long a streak may go on."""
    room_frame_every_s: float = Field(default=_RULES.frame_every.total_seconds(), gt=0)
    """From one frame of a live room to the next, at least."""
    room_frame_every_busy_s: float = Field(
        default=_RULES.frame_every_busy.total_seconds(), ge=0.1, le=5
    )
    """The same where hundreds of rooms are busy at once."""
    room_keyframe_every_s: float = Field(default=_RULES.keyframe_every.total_seconds(), gt=0)
    """How long an open room is silent before its newest frame is told again."""
    room_idle_max_s: float = Field(default=_RULES.idle_max.total_seconds(), gt=0)
    """A room closes itself after this time without a gift or its host's sign of life."""
    room_age_max_s: float = Field(default=_RULES.age_max.total_seconds(), gt=0)
    """And after this, whatever happens in it."""
    battle_length_s: int = Field(default=int(_RULES.battle_length.total_seconds()), gt=0)
    """From the start of a battle to its end, without time makers."""
    regret_window_s: float = Field(default=_RULES.regret_window.total_seconds(), ge=0)
    """How long a sender may undo a gift, from when it was charged; 0: not at all."""
    live_frames: bool = _RULES.live_frames
    """Whether open rooms get frames. Off, gifts go on and count, and what frames cost is free for
    them; on again, rooms tell how they stand within `room_keyframe_every_s`."""

    @property
    def room_rules(self) -> RoomRules:
        """What the settings say of rooms, as the domain takes it."""
        return RoomRules(
            streak_window=timedelta(seconds=self.streak_window_s),
            streak_length_max=timedelta(seconds=self.streak_length_max_s),
            frame_every=timedelta(seconds=self.room_frame_every_s),
            frame_every_busy=timedelta(seconds=self.room_frame_every_busy_s),
            keyframe_every=timedelta(seconds=self.room_keyframe_every_s),
            idle_max=timedelta(seconds=self.room_idle_max_s),
            age_max=timedelta(seconds=self.room_age_max_s),
            battle_length=timedelta(seconds=self.battle_length_s),
            regret_window=timedelta(seconds=self.regret_window_s),
            live_frames=self.live_frames,
        )


class ApiSettings(ServiceApiSettings, _RoomSettings):
    """Of the api."""


class WorkerSettings(ServiceWorkerSettings, _RoomSettings):
    """Of the worker."""

    room_clock_every_s: float = Field(default=0.05, gt=0)
    """How long a worker waits between two looks at what is due in rooms."""


class RecoverSettings(KafkaSettings, Settings):
    """Of `recover`, which reads what topics tell."""
