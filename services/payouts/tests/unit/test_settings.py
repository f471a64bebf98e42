"""Settings come from variables that begin with PAYOUTS_; Stripe is there whole, or not at all."""

import base64
from unittest.mock import Mock

import pytest
from pydantic import ValidationError

from payouts.rails.hosts import hosts_of, senders_of
from payouts.settings import ApiSettings, WorkerSettings
from payouts.worker import rails_of

KEY = base64.b64encode(bytes(32)).decode()
COMPLETE = {
    "PAYOUTS_DATABASE_DSN": "postgresql://payouts:secret@localhost/payouts",
    "PAYOUTS_KAFKA_SERVERS": "localhost:9092",
    "PAYOUTS_HTTP_PORT": "4103",
    "PAYOUTS_TOKEN_JWKS_URL": "file:///keys.json",
    "PAYOUTS_TOKEN_ISSUER": "issuer",
    "PAYOUTS_TOKEN_AUDIENCE": "largesse",
    "PAYOUTS_DETAILS_KEYS": KEY,
    "PAYOUTS_LINK_KEYS": KEY,
    "PAYOUTS_PUBLIC_URL": "http://localhost:4103",
    "PAYOUTS_SANDBOX_BANK_URL": "http://localhost:4210",
    "PAYOUTS_SANDBOX_BANK_API_KEY": "secret-key",
}
OF_STRIPE = {
    "PAYOUTS_STRIPE_API_KEY": "sk_live_planted",
    "PAYOUTS_STRIPE_WEBHOOK_SECRET": "whsec_planted, whsec_planted_too",
    "PAYOUTS_STRIPE_RETURN_URL": "https://app.example/back",
    "PAYOUTS_STRIPE_REFRESH_URL": "https://app.example/again",
}


@pytest.fixture(autouse=True)
def _complete_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)


async def test_stripe_is_not_offered_unless_told_of() -> None:
    settings = ApiSettings()  # pyright: ignore[reportCallIssue]
    worker = WorkerSettings()  # pyright: ignore[reportCallIssue]

    assert settings.stripe is None
    assert senders_of(settings) == {}
    async with hosts_of(settings) as hosts, rails_of(worker, Mock()) as rails:
        assert (set(hosts), set(rails)) == (set(), {"sandbox_bank"})


async def test_stripe_is_offered_beside_the_bank(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its secrets are never shown."""
    for name, value in OF_STRIPE.items():
        monkeypatch.setenv(name, value)

    settings = ApiSettings()  # pyright: ignore[reportCallIssue]
    worker = WorkerSettings()  # pyright: ignore[reportCallIssue]

    assert settings.stripe is not None
    assert settings.stripe.webhook_secrets == ("whsec_planted", "whsec_planted_too")
    assert "planted" not in repr(settings) + repr(worker)
    assert set(senders_of(settings)) == {"stripe_connect"}
    async with hosts_of(settings) as hosts, rails_of(worker, Mock()) as rails:
        assert set(hosts) == {"stripe_connect"}
        assert set(rails) == {"sandbox_bank", "stripe_connect"}


@pytest.mark.parametrize("missing", OF_STRIPE)
@pytest.mark.parametrize("empty", [False, True])
def test_half_of_stripe_is_refused(
    monkeypatch: pytest.MonkeyPatch, missing: str, empty: bool
) -> None:
    """A rail that pays and whose webhooks nobody can check would keep what it hears to itself."""
    for name, value in OF_STRIPE.items():
        monkeypatch.setenv(name, value)
    if empty:
        monkeypatch.setenv(missing, "")
    else:
        monkeypatch.delenv(missing)

    name = missing.removeprefix("PAYOUTS_").lower()
    with pytest.raises(ValidationError, match=f"Connect needs {name} too|empty secret") as refused:
        ApiSettings()  # pyright: ignore[reportCallIssue]

    assert "planted" not in str(refused.value)
