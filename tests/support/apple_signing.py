"""Certificates and signatures as Apple's, made by the tests."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Self
from uuid import uuid4

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

APP = "com.example.largesse"
INTERMEDIATE_OID = "1.2.840.113635.100.6.2.1"
LEAF_OID = "1.2.840.113635.100.6.11.1"
"""By which Apple marks the certificates that sign for the App Store."""


@dataclass(frozen=True, slots=True)
class _Issued:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


@dataclass(frozen=True)
class AppleSigner:
    """Signs with a leaf below an intermediate below a root."""

    root: _Issued
    intermediate: _Issued
    leaf: _Issued

    @classmethod
    def make(
        cls,
        *,
        leaf_oid: str = LEAF_OID,
        intermediate_oid: str = INTERMEDIATE_OID,
        until: timedelta = timedelta(days=365),
    ) -> Self:
        """New keys and certificates, valid from a year ago."""
        root = _issue("Test Root", None, oid=None, is_ca=True)
        intermediate = _issue("Test Intermediate", root, oid=intermediate_oid, is_ca=True)
        leaf = _issue("Test Leaf", intermediate, oid=leaf_oid, is_ca=False, until=until)
        return cls(root, intermediate, leaf)

    @cached_property
    def chain(self) -> list[str]:
        """The header `x5c`."""
        return [
            b64encode(each.der()).decode() for each in (self.leaf, self.intermediate, self.root)
        ]

    def sign(self, payload: dict[str, Any], *, chain: list[str] | None = None) -> str:
        """A JWS of a payload."""
        return jwt.encode(
            payload, self.leaf.key, algorithm="ES256", headers={"x5c": chain or self.chain}
        )

    def transaction(self, purchase_id: object, product_id: str, **changes: Any) -> str:
        """A signed transaction of one piece of a product, bought for a purchase."""
        return self.sign(a_transaction(purchase_id, product_id, **changes))

    def notification(
        self,
        type_: str,
        transaction: str | None,
        *,
        uuid: str | None = None,
        at: datetime | None = None,
        **changes: Any,
    ) -> str:
        """A signed server notification about a signed transaction."""
        data = {
            "environment": "Sandbox",
            "bundleId": APP,
            "bundleVersion": "1",
            "signedTransactionInfo": transaction,
        }
        return self.sign(
            {
                "notificationType": type_,
                "notificationUUID": uuid or str(uuid4()),
                "version": "2.0",
                "signedDate": _milliseconds(at or datetime.now(UTC)),
                "data": {name: value for name, value in (data | changes).items() if value},
            }
        )


def a_transaction(purchase_id: object, product_id: str, **changes: Any) -> dict[str, Any]:
    """What Apple says of a purchase; a change to None leaves a field out."""
    now = _milliseconds(datetime.now(UTC))
    said = {
        "transactionId": str(uuid4().int)[:16],
        "bundleId": APP,
        "productId": product_id,
        "purchaseDate": now,
        "quantity": 1,
        "type": "Consumable",
        "appAccountToken": None if purchase_id is None else str(purchase_id),
        "inAppOwnershipType": "PURCHASED",
        "signedDate": now,
        "environment": "Sandbox",
        "storefront": "USA",
        "price": 8990,
        "currency": "USD",
    } | changes
    return {name: value for name, value in said.items() if value is not None}


def a_private_key() -> bytes:
    """PEM, as App Store Connect gives it out."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _issue(
    name: str,
    issuer: _Issued | None,
    *,
    oid: str | None,
    is_ca: bool,
    until: timedelta = timedelta(days=365),
) -> _Issued:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signing = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=365))
        .not_valid_after(now + until)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()),
            critical=False,
        )
        .add_extension(_usage(is_ca=is_ca), critical=True)
    )
    if oid is not None:
        mark = x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), b"\x05\x00")
        builder = builder.add_extension(mark, critical=False)
    return _Issued(builder.sign(signing, hashes.SHA256()), key)


def _usage(*, is_ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_ca,
        crl_sign=is_ca,
        encipher_only=False,
        decipher_only=False,
    )
