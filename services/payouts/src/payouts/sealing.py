"""Bank details and tax numbers at rest: sealed with keys that only the service has.

AES-256-GCM. What is sealed is bound to whose it is, so that nobody who can write the database can
move one creator's account to another's method, or make a number of one form that of another.
"""

import hashlib
import secrets
from collections.abc import Sequence
from typing import Final, Self
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from payouts.domain.method import BankDetails
from payouts.keys import read_keys

_KEY_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12


class UnsealableError(Exception):
    """No key that we have opens it, or it is not what was sealed for this method."""


class Sealer:
    """Seals with the newest key and opens with any, so that keys can be replaced."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """`keys`: newest first, each of 32 bytes."""
        assert keys
        self.newest = _key_id(keys[0])
        """The name of the key that seals (8 bytes); every seal begins with its key's."""
        self._ciphers = {_key_id(key): AESGCM(key) for key in keys}

    @classmethod
    def of(cls, text: str) -> Self:
        """From keys in base64, separated by commas, newest first.

        Raises:
            ValueError: There is none, or one is not of the right size.
        """
        return cls(read_keys(text))

    def seal(self, method_id: UUID, details: BankDetails) -> bytes:
        """Details that only `open` with the same method makes readable."""
        return self._seal(method_id.bytes, msgspec.json.encode(details))

    def open(self, method_id: UUID, sealed: bytes) -> BankDetails:
        """The details of a method.

        Raises:
            UnsealableError: The key is gone from the settings, or the row was tampered with.
        """
        text = self._open(method_id.bytes, sealed, f"method {method_id}")
        return msgspec.json.decode(text, type=BankDetails)

    def seal_tax_id(self, form_id: UUID, tax_id: str) -> bytes:
        """A number that only `open_tax_id` with the same form makes readable."""
        return self._seal(_of_form(form_id), tax_id.encode())

    def open_tax_id(self, form_id: UUID, sealed: bytes) -> str:
        """The number of a form.

        Raises:
            UnsealableError: As with details.
        """
        return self._open(_of_form(form_id), sealed, f"tax form {form_id}").decode()

    def _seal(self, bound_to: bytes, text: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return self.newest + nonce + self._ciphers[self.newest].encrypt(nonce, text, bound_to)

    def _open(self, bound_to: bytes, sealed: bytes, whose: str) -> bytes:
        cipher = self._ciphers.get(sealed[:_KEY_ID_BYTES])
        nonce = sealed[_KEY_ID_BYTES : _KEY_ID_BYTES + _NONCE_BYTES]
        if cipher is None or len(nonce) != _NONCE_BYTES:
            raise UnsealableError(f"no key opens the details of {whose}")
        try:
            return cipher.decrypt(nonce, sealed[_KEY_ID_BYTES + _NONCE_BYTES :], bound_to)
        except InvalidTag as error:
            raise UnsealableError(f"the details of {whose} are not its own") from error


def _of_form(form_id: UUID) -> bytes:
    """Not the id alone, which a client may give to a method as well."""
    return b"tax_form:" + form_id.bytes


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"payouts.details:" + key).digest()[:_KEY_ID_BYTES]
