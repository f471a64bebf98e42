"""Settings come from variables that begin with WALLET_."""

import pytest
from pydantic import ValidationError

from wallet.settings import Settings

COMPLETE = {
    "WALLET_DATABASE_DSN": "postgresql://wallet:secret@localhost/wallet",
    "WALLET_KAFKA_SERVERS": "localhost:9092",
    "WALLET_HTTP_PORT": "4101",
    "WALLET_TOKEN_JWKS_URL": "file:///keys.json",
    "WALLET_TOKEN_ISSUER": "issuer",
    "WALLET_TOKEN_AUDIENCE": "largesse",
    "WALLET_SANDBOX_URL": "http://localhost:4200",
    "WALLET_SANDBOX_API_KEY": "secret-key",
    "WALLET_SANDBOX_WEBHOOK_SECRET": "secret-one, secret-two",
}


@pytest.fixture(autouse=True)
def _complete_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)


def test_complete_environment_is_read() -> None:
    settings = Settings()  # pyright: ignore[reportCallIssue]

    assert settings.http_port == 4101
    assert settings.sandbox_webhook_secrets == ("secret-one", "secret-two")
    assert "secret" not in repr(settings).replace("webhook_secret", "")


@pytest.mark.parametrize("missing", COMPLETE)
def test_missing_value_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.delenv(missing)

    with pytest.raises(ValidationError, match=missing.removeprefix("WALLET_").lower()):
        Settings()  # pyright: ignore[reportCallIssue]


@pytest.mark.parametrize("secrets", ["", ",", "one,", " , one"])
def test_empty_secret_would_let_anybody_sign(monkeypatch: pytest.MonkeyPatch, secrets: str) -> None:
    monkeypatch.setenv("WALLET_SANDBOX_WEBHOOK_SECRET", secrets)

    with pytest.raises(ValidationError, match="empty secret"):
        Settings()  # pyright: ignore[reportCallIssue]
