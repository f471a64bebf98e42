"""Settings come from variables that begin with GIFTS_."""

import pytest
from pydantic import ValidationError

from gifts.settings import Settings

COMPLETE = {
    "GIFTS_DATABASE_DSN": "postgresql://gifts:secret@localhost/gifts",
    "GIFTS_KAFKA_SERVERS": "localhost:9092",
    "GIFTS_HTTP_PORT": "4102",
    "GIFTS_TOKEN_JWKS_URL": "file:///keys.json",
    "GIFTS_TOKEN_ISSUER": "issuer",
    "GIFTS_TOKEN_AUDIENCE": "largesse",
}


def test_complete_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)

    settings = Settings()  # pyright: ignore[reportCallIssue]

    assert settings.http_port == 4102
    assert "secret" not in repr(settings)


@pytest.mark.parametrize("missing", COMPLETE)
def test_missing_value_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(missing)

    with pytest.raises(ValidationError, match=missing.removeprefix("GIFTS_").lower()):
        Settings()  # pyright: ignore[reportCallIssue]
