"""What the hub is told by its environment."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import KafkaSettings, ViewerSettings


class Settings(ViewerSettings, KafkaSettings):
    """`kafka_servers` is LIVE_HUB_KAFKA_SERVERS, and so on."""

    model_config = SettingsConfigDict(env_prefix="LIVE_HUB_", frozen=True, extra="ignore")

    kept_s: float = Field(default=300, gt=0)
    """For how long frames are kept, and from how long ago Kafka is read at a start: a client that
    was away for less misses nothing."""
    frames_kept_max: int = Field(default=1_500, ge=256)
    """Of one room, whatever their age."""
    connections_max: int = Field(default=20_000, ge=1)
    """Clients of this process; whoever comes then is asked to try again later."""
    subscriptions_max: int = Field(default=100, ge=1)
    """On one WebSocket."""
    message_bytes_max: int = Field(default=65_536, ge=1_024)
    """Of one message, or of the body of a request, of a client."""
    init_timeout_s: float = Field(default=10, gt=0)
    """How long a WebSocket may take to say who it is."""
    heartbeat_s: float = Field(default=15, gt=0)
    """How often a client is sent something, though nothing happens: balancers drop connections
    that are silent for a minute."""
    stalled_max_s: float = Field(default=60, gt=0)
    """How long a client may take nothing of what waits for it before its connection is cut."""
    room_wait_s: float = Field(default=2, ge=0)
    """How long to wait for news of a room, or for a frame, that has not come here yet: a client may
    have heard of it elsewhere a moment earlier."""
    room_closing_s: float = Field(default=10, ge=0)
    """How long subscriptions to a room go on after the frame that says it is closed."""
