"""The system's trusted certificates, in the form that Java reads.

A Java runtime trusts the certificates it was built with. Behind a company's proxy only the system's
own store holds the proxy's, so Maven is handed a copy of that.
"""

import ssl
import warnings
from pathlib import Path

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import (
    PKCS12Certificate,
    serialize_java_truststore,
)
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509 import load_der_x509_certificate

# Not a secret: the store holds public certificates, but Java insists on a password.
_PASSWORD = "changeit"


def java_trust_options(store: Path) -> list[str]:
    """Write the system's certificates to `store`; return the options that make Java use them.

    Empty, so that Java goes by its own, where the system has no readable store.
    """
    certificates = ssl.create_default_context().get_ca_certs(binary_form=True)
    if not certificates:
        return []
    with warnings.catch_warnings():
        # Some public roots bend the rules; whether to trust them is the system's decision.
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        entries = [
            PKCS12Certificate(load_der_x509_certificate(der), f"system-{number}".encode())
            for number, der in enumerate(certificates)
        ]
    store.parent.mkdir(parents=True, exist_ok=True)
    store.write_bytes(
        serialize_java_truststore(entries, BestAvailableEncryption(_PASSWORD.encode()))
    )
    return [
        f"-Djavax.net.ssl.trustStore={store}",
        "-Djavax.net.ssl.trustStoreType=PKCS12",
        f"-Djavax.net.ssl.trustStorePassword={_PASSWORD}",
    ]
