"""The key that signs this stack's tokens, and its public half as a JSON Web Key Set."""

import json

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import OKPAlgorithm

from local_stack.home import Home

KEY_ID = "local-1"


def ensure_keys(home: Home) -> None:
    """Make the pair the first time; a stack keeps its keys, so that tokens outlive a restart."""
    if not home.signing_key.exists():
        private = Ed25519PrivateKey.generate()
        home.signing_key.touch(mode=0o600)
        home.signing_key.write_bytes(
            private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
    public = OKPAlgorithm.to_jwk(signing_key(home).public_key(), as_dict=True)
    document = {"keys": [public | {"kid": KEY_ID, "use": "sig", "alg": "EdDSA"}]}
    text = json.dumps(document, indent=2) + "\n"
    if not home.key_set.exists() or home.key_set.read_text() != text:
        # Renamed into place: a service that reads half of it refuses every token for 10 s.
        draft = home.key_set.with_suffix(".draft")
        draft.write_text(text)
        draft.replace(home.key_set)


def signing_key(home: Home) -> Ed25519PrivateKey:
    """The private key. `ensure_keys` has made it."""
    key = load_pem_private_key(home.signing_key.read_bytes(), password=None)
    assert isinstance(key, Ed25519PrivateKey), "no other kind is ever written"
    return key


def sign(claims: dict[str, object], home: Home) -> str:
    """A JSON Web Token with these claims."""
    return jwt.encode(claims, signing_key(home), algorithm="EdDSA", headers={"kid": KEY_ID})
