"""Settings come from variables that begin with GIFTS_."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from gifts.domain.room_rules import RoomRules
from gifts.settings import ApiSettings

COMPLETE = {
    "GIFTS_DATABASE_DSN": "postgresql://gifts:hunter2@localhost/gifts",
    "GIFTS_HTTP_PORT": "4102",
    "GIFTS_TOKEN_JWKS_URL": "file:///keys.json",
    "GIFTS_TOKEN_ISSUER": "issuer",
    "GIFTS_TOKEN_AUDIENCE": "largesse",
}


def test_complete_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)

    settings = ApiSettings()  # pyright: ignore[reportCallIssue]

    assert settings.http_port == 4102
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize("missing", COMPLETE)
def test_missing_value_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(missing)

    with pytest.raises(ValidationError, match=missing.removeprefix("GIFTS_").lower()):
        ApiSettings()  # pyright: ignore[reportCallIssue]


def test_rooms_keep_time_as_they_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not said is as the rules say themselves."""
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)
    assert ApiSettings().room_rules == RoomRules()  # pyright: ignore[reportCallIssue]

    monkeypatch.setenv("GIFTS_STREAK_WINDOW_S", "2.5")
    monkeypatch.setenv("GIFTS_ROOM_IDLE_MAX_S", "60")
    rules = ApiSettings().room_rules  # pyright: ignore[reportCallIssue]

    assert (rules.streak_window, rules.idle_max) == (timedelta(seconds=2.5), timedelta(minutes=1))
    assert rules.frame_every == RoomRules().frame_every


def test_battles_are_as_long_as_they_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (COMPLETE | {"GIFTS_BATTLE_LENGTH_S": "20"}).items():
        monkeypatch.setenv(name, value)

    assert ApiSettings().room_rules.battle_length == timedelta(seconds=20)  # pyright: ignore[reportCallIssue]
