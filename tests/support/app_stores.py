"""The stores' own endpoints as the wallet's clients meet them, on a port of this machine."""

import asyncio
import json
import time
from base64 import b64encode
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import jwt
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from chassis.serve import KEEP_ALIVE_TIMEOUT_S

PACKAGE = "com.example.largesse"
AUDIENCE = "https://wallet.example/webhooks/google_play"
PUSHER = "pusher@project.iam.gserviceaccount.com"
_TOKEN = "token-of-the-service-account"
_APP = f"/androidpublisher/v3/applications/{PACKAGE}"


@cache
def _new_key(name: str) -> rsa.RSAPrivateKey:
    """One per name: making them takes longer than most tests."""
    del name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Key:
    """An RSA key with a certificate, as Google publishes those that it signs tokens with."""

    kid: str
    private: rsa.RSAPrivateKey
    certificate: str

    @classmethod
    def make(cls, kid: str) -> "Key":
        """A new one."""
        key = _new_key(kid)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, kid)])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .sign(key, hashes.SHA256())
        )
        return cls(kid, key, certificate.public_bytes(Encoding.PEM).decode())


@dataclass
class AppStores:
    """What both stores know, what they were asked, and how they behave."""

    url: str = ""
    purchases: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Of Google Play, by token; `productId` is what it was bought as."""
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of each request but those for tokens and certificates."""
    told: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """What the App Store was told of transactions."""
    authorizations: list[str] = field(default_factory=list)
    voided: list[dict[str, Any]] = field(default_factory=list)
    """What Google Play lists as taken back, the newest first."""
    page_size: int = 1_000
    windows: list[tuple[int, int]] = field(default_factory=list)
    """From when to when that list was asked for."""
    status: int | None = None
    """What every request is answered with, where it is set."""
    keys: dict[str, Key] = field(default_factory=lambda: {"one": Key.make("one")})
    certificate_reads: int = 0
    after_consuming: Callable[[], object] = lambda: None
    """Called when a purchase was consumed, before the answer leaves."""

    def service_account(self) -> str:
        """The key file of our service account."""
        pem = _new_key("account").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return json.dumps(
            {
                "type": "service_account",
                "client_email": "wallet@project.iam.gserviceaccount.com",
                "private_key": pem.decode(),
                "private_key_id": "1",
                "token_uri": f"{self.url}/token",
            }
        )

    def buy(self, purchase_id: object, product_id: str, **changes: Any) -> str:
        """Somebody buys a product in Google Play for a purchase; the token."""
        token = f"tok.{uuid4().hex}"
        said = {
            "kind": "androidpublisher#productPurchase",
            "purchaseTimeMillis": str(int(time.time() * 1000)),
            "purchaseState": 0,
            "consumptionState": 0,
            "acknowledgementState": 0,
            "orderId": f"GPA.{uuid4().int % 10**16}",
            "obfuscatedExternalAccountId": None if purchase_id is None else str(purchase_id),
            "regionCode": "US",
            "productId": product_id,
        } | changes
        self.purchases[token] = {name: value for name, value in said.items() if value is not None}
        return token

    def void(self, token: str, at: datetime, *, reason: int = 0, **changes: Any) -> None:
        """Google takes a purchase back."""
        if token in self.purchases:
            self.purchases[token]["purchaseState"] = 1
        said = {
            "kind": "androidpublisher#voidedPurchase",
            "purchaseToken": token,
            "purchaseTimeMillis": "1700000000000",
            "voidedTimeMillis": str(int(at.timestamp() * 1000)),
            "orderId": "GPA.1",
            "voidedSource": 0,
            "voidedReason": reason,
        }
        self.voided.insert(0, said | changes)

    def push_token(self, *, kid: str = "one", key: Key | None = None, **changes: Any) -> str:
        """What Pub/Sub sends along; a change to None leaves a claim out."""
        now = int(time.time())
        claims = {
            "iss": "https://accounts.google.com",
            "aud": AUDIENCE,
            "email": PUSHER,
            "email_verified": True,
            "iat": now,
            "exp": now + 3600,
        } | changes
        return jwt.encode(
            {name: value for name, value in claims.items() if value is not None},
            (key or self.keys[kid]).private,
            algorithm="RS256",
            headers={"kid": kid},
        )


def push(*, message_id: str | None = None, package: str = PACKAGE, **notification: Any) -> bytes:
    """The body of a push about a developer notification."""
    said = {
        "version": "1.0",
        "packageName": package,
        "eventTimeMillis": str(int(time.time() * 1000)),
    } | notification
    return json.dumps(
        {
            "message": {
                "data": b64encode(json.dumps(said).encode()).decode(),
                "messageId": message_id or str(uuid4().int % 10**18),
            },
            "subscription": "projects/p/subscriptions/s",
        }
    ).encode()


def bought(token: str, sku: str, *, type_: int = 1) -> dict[str, Any]:
    """The part of a notification that tells of a one-time product."""
    return {
        "oneTimeProductNotification": {
            "version": "1.0",
            "notificationType": type_,
            "purchaseToken": token,
            "sku": sku,
        }
    }


@asynccontextmanager
async def serve_app_stores() -> AsyncGenerator[AppStores]:
    """The stores, until the block ends."""
    stores = AppStores()
    config = uvicorn.Config(
        _app(stores),
        host="127.0.0.1",
        port=0,
        log_level="critical",
        timeout_keep_alive=KEEP_ALIVE_TIMEOUT_S,
    )
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    stores.url = f"http://127.0.0.1:{socket.getsockname()[1]}"
    serving = asyncio.create_task(server.serve(sockets=[socket]))
    try:
        yield stores
    finally:
        server.should_exit = True
        await serving
        socket.close()


def _app(stores: AppStores) -> FastAPI:
    app = FastAPI(openapi_url=None)

    @app.get("/certs")
    async def certificates() -> dict[str, str]:
        stores.certificate_reads += 1
        return {key.kid: key.certificate for key in stores.keys.values()}

    @app.post("/token")
    async def token() -> dict[str, Any]:
        return {"access_token": _TOKEN, "expires_in": 3600, "token_type": "Bearer"}

    @app.api_route("/{path:path}", methods=["GET", "POST", "PUT"])
    async def answer(path: str, request: Request) -> Response:
        del path
        where = request.url.path
        stores.asked.append((request.method, where))
        stores.authorizations.append(request.headers["authorization"])
        if stores.status is not None:
            return Response(status_code=stores.status)
        if where.startswith("/inApps/v2/transactions/consumption/"):
            stores.told.append((where.rpartition("/")[2], await request.json()))
            return Response(status_code=202)
        assert request.headers["authorization"] == f"Bearer {_TOKEN}"
        if where == f"{_APP}/purchases/voidedpurchases":
            return _list_voided(stores, request.query_params)
        return _of_google(stores, where)

    return app


def _list_voided(stores: AppStores, asked: Mapping[str, str]) -> Response:
    start, end = int(asked["startTime"]), int(asked["endTime"])
    assert (asked["type"], asked["includeQuantityBasedPartialRefund"]) == ("0", "true")
    first = int(asked.get("token", "0"))
    if not first:
        stores.windows.append((start, end))
    found = [each for each in stores.voided if start <= int(each["voidedTimeMillis"]) < end]
    following = first + stores.page_size
    page: dict[str, Any] = {"voidedPurchases": found[first:following]}
    if following < len(found):
        page["tokenPagination"] = {"nextPageToken": str(following)}
    return JSONResponse(page)


def _of_google(stores: AppStores, where: str) -> Response:
    product, _, rest = where.removeprefix(f"{_APP}/purchases/products/").partition("/tokens/")
    token, _, verb = rest.partition(":")
    found = stores.purchases.get(token)
    if found is None or found["productId"] != product:
        return JSONResponse({"error": {"code": 404}}, status_code=404)
    if verb == "consume":
        found |= {"consumptionState": 1, "acknowledgementState": 1}
        stores.after_consuming()
        return Response(status_code=204)
    return JSONResponse(found)
