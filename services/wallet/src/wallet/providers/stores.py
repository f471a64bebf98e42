"""The app stores that the environment tells of.

Each store's libraries are imported where it is offered: together they take as long to load as all
else that the worker needs.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from wallet.providers.store import Store
from wallet.store_settings import AppStoreSettings, GooglePlaySettings, StoreSettings


@asynccontextmanager
async def stores_of(settings: StoreSettings) -> AsyncGenerator[Mapping[str, Store]]:
    """The stores by name, closed at the end. One that nothing is said of is not offered."""
    stores: list[Store] = []
    async with AsyncExitStack() as stack:
        if (app_store := settings.app_store) is not None:
            stores.append(_app_store(app_store))
        if (google_play := settings.google_play) is not None:
            stores.append(_google_play(google_play))
        for store in stores:
            stack.push_async_callback(store.close)
        yield {store.name: store for store in stores}


def _app_store(settings: AppStoreSettings) -> Store:
    from appstoreserverlibrary.models.Environment import Environment

    from wallet.providers.app_store import AppStore, AppStoreApp

    app = AppStoreApp(
        name=settings.app,
        app_id=settings.app_id,
        environment=Environment(settings.environment),
        root_certificates=tuple(_certificate(Path(path)) for path in settings.root_certificates),
        issuer_id=settings.issuer_id,
        key_id=settings.key_id,
        private_key=settings.private_key.get_secret_value().encode(),
        checks_revocation=settings.checks_revocation,
    )
    return AppStore(app, api_url=settings.api_url)


def _certificate(path: Path) -> bytes:
    """A certificate as DER; Apple offers its roots so, other tools write PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    content = path.read_bytes()
    if content.startswith(b"-----BEGIN"):
        return x509.load_pem_x509_certificate(content).public_bytes(Encoding.DER)
    return x509.load_der_x509_certificate(content).public_bytes(Encoding.DER)


def _google_play(settings: GooglePlaySettings) -> Store:
    import httpx

    from wallet.providers.google_play import GooglePlay
    from wallet.providers.google_play_api import API_URL, GooglePlayApi, read_key_file
    from wallet.providers.google_push import CERTIFICATES_URL, TIMEOUT_S, PushTokens

    http = httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False)
    return GooglePlay(
        settings.package,
        GooglePlayApi(
            settings.package,
            read_key_file(settings.service_account.get_secret_value()),
            url=settings.api_url or API_URL,
        ),
        PushTokens(
            http,
            audience=settings.push_audience,
            email=settings.push_email,
            certificates_url=settings.certificates_url or CERTIFICATES_URL,
        ),
        http,
        takes_test_purchases=settings.takes_test_purchases,
    )
