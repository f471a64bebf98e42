"""Where Kafka is and how one is let in: over TLS, by a password (SCRAM) or a certificate (mTLS)."""

import ssl
from typing import Any, Final, Literal, NamedTuple

from pydantic import SecretStr

type Security = Literal["PLAINTEXT", "SSL", "SASL_SSL"]
"""Kafka's own names (`security.protocol`): neither, TLS, TLS and a password."""

MECHANISM = "SCRAM-SHA-512"
"""How a password is proved. The broker keeps no more than a salted hash of it, and is itself
proved to know that."""


ANSWER_TIMEOUT_MS: Final = 15_000
"""How long a client waits for an answer: of a node that died nobody says so, and it never comes.
Longer than a group takes to come together (its session, 10 s), for which a member waits in one
request."""


class BrokersError(Exception):
    """What TLS needs cannot be loaded; the message says which file, and why."""


class Brokers(NamedTuple):
    """A cluster of Kafka."""

    servers: str
    """Comma-separated host:port pairs."""
    security: Security = "PLAINTEXT"
    ca_file: str | None = None
    """What the brokers' certificates must come from (PEM); None: what the system trusts."""
    username: str | None = None
    password: SecretStr | None = None
    certificate_file: str | None = None
    """The client's own certificate (PEM), with what it came from."""
    key_file: str | None = None

    def options(self) -> dict[str, Any]:
        """What aiokafka's clients are told.

        Raises:
            BrokersError: A file is missing or holds something else.
        """
        told: dict[str, Any] = {
            "bootstrap_servers": self.servers,
            "request_timeout_ms": ANSWER_TIMEOUT_MS,
        }
        if self.security == "PLAINTEXT":
            return told
        told |= {"security_protocol": self.security, "ssl_context": self._tls()}
        if self.security == "SASL_SSL":
            assert self.password is not None
            told |= {
                "sasl_mechanism": MECHANISM,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password.get_secret_value(),
            }
        return told

    def _tls(self) -> ssl.SSLContext:
        """Whoever answers must prove to be the host that was called."""
        file = self.ca_file
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            if self.certificate_file is not None:
                file = f"{self.certificate_file} with {self.key_file}"
                context.load_cert_chain(self.certificate_file, self.key_file)
        except (OSError, ValueError) as error:
            raise BrokersError(f"Kafka's TLS cannot be set up from {file}: {error}") from error
        # Python 3.13 turns it on: brokers' certificates of Strimzi have no Authority Key Identifier
        # and are refused by it. https://github.com/strimzi/strimzi-kafka-operator/issues/11375
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context


type Servers = str | Brokers
"""Addresses alone stand for a cluster that lets everybody in, as on an engineer's machine."""


def options_of(servers: Servers) -> dict[str, Any]:
    """What aiokafka's clients are told of a cluster. Raises as `Brokers.options`."""
    return (servers if isinstance(servers, Brokers) else Brokers(servers)).options()
