"""Settings come from variables that begin with WALLET_."""

import pytest
from pydantic import ValidationError

from wallet.api import providers_of
from wallet.settings import ApiSettings

COMPLETE = {
    "WALLET_DATABASE_DSN": "postgresql://wallet:secret@localhost/wallet",
    "WALLET_HTTP_PORT": "4101",
    "WALLET_TOKEN_JWKS_URL": "file:///keys.json",
    "WALLET_TOKEN_ISSUER": "issuer",
    "WALLET_TOKEN_AUDIENCE": "largesse",
    "WALLET_SANDBOX_URL": "http://localhost:4200",
    "WALLET_SANDBOX_API_KEY": "secret-key",
    "WALLET_SANDBOX_WEBHOOK_SECRET": "secret-one, secret-two",
}

OF_STRIPE = {
    "WALLET_STRIPE_API_KEY": "sk_live_planted",
    "WALLET_STRIPE_WEBHOOK_SECRET": "whsec_planted, whsec_planted_before",
    "WALLET_STRIPE_SUCCESS_URL": "https://app.example/paid",
    "WALLET_STRIPE_CANCEL_URL": "https://app.example/coins",
}


@pytest.fixture(autouse=True)
def _complete_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)


def test_complete_environment_is_read() -> None:
    settings = ApiSettings()  # pyright: ignore[reportCallIssue]

    assert settings.http_port == 4101
    assert settings.sandbox_webhook_secrets == ("secret-one", "secret-two")
    shown = repr(settings)
    assert [each for each in ("secret-key", "secret-one", ":secret@") if each in shown] == []


@pytest.mark.parametrize("missing", COMPLETE)
def test_missing_value_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.delenv(missing)

    with pytest.raises(ValidationError, match=missing.removeprefix("WALLET_").lower()):
        ApiSettings()  # pyright: ignore[reportCallIssue]


@pytest.mark.parametrize("secrets", ["", ",", "one,", " , one"])
def test_empty_secret_would_let_anybody_sign(monkeypatch: pytest.MonkeyPatch, secrets: str) -> None:
    monkeypatch.setenv("WALLET_SANDBOX_WEBHOOK_SECRET", secrets)

    with pytest.raises(ValidationError, match="empty secret"):
        ApiSettings()  # pyright: ignore[reportCallIssue]


async def test_stripe_is_not_offered_unless_told_of() -> None:
    settings = ApiSettings()  # pyright: ignore[reportCallIssue]

    assert settings.stripe is None
    async with providers_of(settings) as providers:
        assert set(providers) == {"sandbox"}


async def test_stripe_is_offered_beside_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its secrets are never shown."""
    for name, value in OF_STRIPE.items():
        monkeypatch.setenv(name, value)

    settings = ApiSettings()  # pyright: ignore[reportCallIssue]

    assert settings.stripe is not None
    assert settings.stripe.webhook_secrets == ("whsec_planted", "whsec_planted_before")
    assert "planted" not in repr(settings)
    async with providers_of(settings) as providers:
        assert set(providers) == {"sandbox", "stripe"}


@pytest.mark.parametrize("missing", OF_STRIPE)
@pytest.mark.parametrize("empty", [False, True])
def test_half_of_stripe_is_refused(
    monkeypatch: pytest.MonkeyPatch, missing: str, empty: bool
) -> None:
    """A provider that takes money and whose webhooks nobody can check would keep it."""
    for name, value in OF_STRIPE.items():
        monkeypatch.setenv(name, value)
    if empty:
        monkeypatch.setenv(missing, "")
    else:
        monkeypatch.delenv(missing)

    name = missing.removeprefix("WALLET_").lower()
    with pytest.raises(ValidationError, match=f"Stripe needs {name} too|empty secret") as refused:
        ApiSettings()  # pyright: ignore[reportCallIssue]

    assert "planted" not in str(refused.value)
