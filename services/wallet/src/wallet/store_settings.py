"""What the wallet is told of app stores: nothing at all, or all that one needs."""

from typing import Literal, NamedTuple, Self

from pydantic import Field, SecretStr, model_validator

from chassis.settings import EnvironmentSettings, require_all, text_of


class AppStoreSettings(NamedTuple):
    """What it takes to sell in the App Store."""

    app: str
    app_id: int | None
    environment: Literal["Production", "Sandbox"]
    root_certificates: tuple[str, ...]
    issuer_id: str
    key_id: str
    private_key: SecretStr
    checks_revocation: bool
    api_url: str | None


class GooglePlaySettings(NamedTuple):
    """What it takes to sell in Google Play."""

    package: str
    service_account: SecretStr
    push_audience: str
    push_email: str
    takes_test_purchases: bool
    api_url: str | None
    certificates_url: str | None


class StoreSettings(EnvironmentSettings):
    """The settings of the stores; a store of which nothing is said is not offered."""

    app_store_app: str | None = None
    """The app's bundle identifier, such as com.example.app. Without it the App Store is not
    offered."""
    app_store_app_id: int | None = Field(default=None, ge=1)
    """The app's number in the App Store; needed in production."""
    app_store_environment: Literal["Production", "Sandbox"] = "Production"
    """Receipts of the other one are refused: in the sandbox nobody pays."""
    app_store_root_certificates: str | None = None
    """Files with the roots that Apple's certificates must come from, separated by commas; Apple
    publishes them at https://www.apple.com/certificateauthority."""
    app_store_issuer_id: str | None = None
    app_store_key_id: str | None = None
    app_store_private_key: SecretStr | None = None
    """PEM. Issuer, key id and key are those of an in-app purchase key of App Store Connect."""
    app_store_checks_revocation: bool = True
    """Whether Apple is asked if it has revoked a certificate; the answer is kept for 15 minutes."""
    app_store_api_url: str | None = None
    """Another Server API than Apple's own, without a trailing slash."""

    google_play_package: str | None = None
    """The app's package name. Without it Google Play is not offered."""
    google_play_service_account: SecretStr | None = None
    """The key file (JSON) of a service account that may see financial data and manage orders."""
    google_play_push_audience: str | None = None
    """What the Pub/Sub subscription that pushes to /webhooks/google_play puts into its tokens."""
    google_play_push_email: str | None = None
    """The service account that the subscription pushes as."""
    google_play_takes_test_purchases: bool = False
    """Whether licence testers get coins, which they do not pay for. Never in production."""
    google_play_api_url: str | None = None
    """Another Developer API than Google's own, without a trailing slash."""
    google_play_certificates_url: str | None = None
    """Other certificates for the tokens of pushes than Google's own."""

    @model_validator(mode="after")
    def _require_all_or_nothing(self) -> Self:
        app_store = {
            "app_store_app": self.app_store_app,
            "app_store_root_certificates": self.app_store_root_certificates,
            "app_store_issuer_id": self.app_store_issuer_id,
            "app_store_key_id": self.app_store_key_id,
            "app_store_private_key": text_of(self.app_store_private_key),
        }
        require_all("The App Store", app_store)
        if self.app_store_app and self.app_store_environment == "Production":
            require_all("The App Store", {**app_store, "app_store_app_id": self.app_store_app_id})
        require_all(
            "Google Play",
            {
                "google_play_package": self.google_play_package,
                "google_play_service_account": text_of(self.google_play_service_account),
                "google_play_push_audience": self.google_play_push_audience,
                "google_play_push_email": self.google_play_push_email,
            },
        )
        return self

    @property
    def app_store(self) -> AppStoreSettings | None:
        """The app to sell in; None where the App Store is not offered."""
        if (
            not self.app_store_app
            or self.app_store_root_certificates is None
            or self.app_store_issuer_id is None
            or self.app_store_key_id is None
            or self.app_store_private_key is None
        ):
            return None
        return AppStoreSettings(
            self.app_store_app,
            self.app_store_app_id,
            self.app_store_environment,
            tuple(path.strip() for path in self.app_store_root_certificates.split(",")),
            self.app_store_issuer_id,
            self.app_store_key_id,
            self.app_store_private_key,
            self.app_store_checks_revocation,
            self.app_store_api_url,
        )

    @property
    def google_play(self) -> GooglePlaySettings | None:
        """The app to sell in; None where Google Play is not offered."""
        if (
            not self.google_play_package
            or self.google_play_service_account is None
            or self.google_play_push_audience is None
            or self.google_play_push_email is None
        ):
            return None
        return GooglePlaySettings(
            self.google_play_package,
            self.google_play_service_account,
            self.google_play_push_audience,
            self.google_play_push_email,
            self.google_play_takes_test_purchases,
            self.google_play_api_url,
            self.google_play_certificates_url,
        )
