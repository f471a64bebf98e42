"""Stores are offered where all is told that they need, and not otherwise."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import ValidationError

from support.app_stores import AppStores
from support.apple_signing import AppleSigner, a_private_key
from wallet.api import providers_of
from wallet.providers.stores import stores_of
from wallet.settings import ApiSettings

COMPLETE = {
    "WALLET_DATABASE_DSN": "postgresql://wallet:secret@localhost/wallet",
    "WALLET_KAFKA_SERVERS": "localhost:9092",
    "WALLET_HTTP_PORT": "4101",
    "WALLET_TOKEN_JWKS_URL": "file:///keys.json",
    "WALLET_TOKEN_ISSUER": "issuer",
    "WALLET_TOKEN_AUDIENCE": "largesse",
    "WALLET_SANDBOX_URL": "http://localhost:4200",
    "WALLET_SANDBOX_API_KEY": "key",
    "WALLET_SANDBOX_WEBHOOK_SECRET": "secret",
}
OF_APPLE = {
    "WALLET_APP_STORE_APP": "com.example.app",
    "WALLET_APP_STORE_APP_ID": "42",
    "WALLET_APP_STORE_ROOT_CERTIFICATES": "",
    "WALLET_APP_STORE_ISSUER_ID": "issuer",
    "WALLET_APP_STORE_KEY_ID": "key",
    "WALLET_APP_STORE_PRIVATE_KEY": a_private_key().decode(),
}
OF_GOOGLE = {
    "WALLET_GOOGLE_PLAY_PACKAGE": "com.example.app",
    "WALLET_GOOGLE_PLAY_SERVICE_ACCOUNT": AppStores().service_account(),
    "WALLET_GOOGLE_PLAY_PUSH_AUDIENCE": "https://wallet.example/webhooks/google_play",
    "WALLET_GOOGLE_PLAY_PUSH_EMAIL": "pusher@project.iam.gserviceaccount.com",
}


@pytest.fixture(autouse=True)
def _complete_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """The environment of a wallet that sells in both; roots as DER and as PEM."""
    der, pem = tmp_path / "root.cer", tmp_path / "root.pem"
    root = AppleSigner.make().root
    der.write_bytes(root.der())
    pem.write_bytes(root.certificate.public_bytes(Encoding.PEM))
    environment = OF_APPLE | OF_GOOGLE
    environment["WALLET_APP_STORE_ROOT_CERTIFICATES"] = f"{der}, {pem}"
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


async def test_nothing_said_means_not_offered() -> None:
    async with stores_of(ApiSettings()) as stores:  # pyright: ignore[reportCallIssue]
        assert stores == {}


async def test_both_are_offered_beside_the_others(both: dict[str, str]) -> None:
    """Keys are never shown."""
    settings = ApiSettings()  # pyright: ignore[reportCallIssue]

    async with providers_of(settings) as providers:
        assert set(providers) == {"sandbox", "app_store", "google_play"}
    assert "PRIVATE KEY" not in repr(settings)
    assert settings.app_store is not None
    assert settings.google_play is not None
    assert "PRIVATE KEY" not in repr(settings.app_store) + repr(settings.google_play)
    assert settings.app_store.checks_revocation
    assert not settings.google_play.takes_test_purchases


@pytest.mark.parametrize("missing", [*OF_APPLE, *OF_GOOGLE])
@pytest.mark.parametrize("empty", [False, True])
def test_half_of_a_store_is_refused(
    monkeypatch: pytest.MonkeyPatch, both: dict[str, str], missing: str, empty: bool
) -> None:
    """A store that takes money and cannot be asked about it would keep it."""
    if empty and missing != "WALLET_APP_STORE_APP_ID":
        monkeypatch.setenv(missing, "")
    else:
        monkeypatch.delenv(missing)

    name = missing.removeprefix("WALLET_").lower()
    with pytest.raises(ValidationError, match=f"needs {name} too") as refused:
        ApiSettings()  # pyright: ignore[reportCallIssue]

    assert "PRIVATE KEY" not in str(refused.value)
