"""Passwords and keys of the `kind` overlay: made once on each machine, never committed."""

from pathlib import Path
from typing import Final

from local_stack import keys
from local_stack.databases import AUDITOR, SERVICES, key, password
from local_stack.home import Home
from manifests.paths import LOCAL, overlay

HOME: Final = Home(LOCAL / "stack")
"""Holds them, in the form in which the local stack keeps its own: the evening needs some."""


def write_secrets() -> None:
    """Make what is missing, and lay it where the overlay takes it from."""
    keys.ensure_keys(HOME)
    files = {
        "wallet.env": {
            "WALLET_SANDBOX_API_KEY": password(HOME, "sandbox-api-key"),
            "WALLET_SANDBOX_WEBHOOK_SECRET": password(HOME, "sandbox-webhook-secret"),
        },
        "payouts.env": {
            "PAYOUTS_DETAILS_KEYS": key(HOME, "payout-details-key"),
            "PAYOUTS_LINK_KEYS": key(HOME, "payout-link-key"),
            "PAYOUTS_SANDBOX_BANK_API_KEY": password(HOME, "sandbox-bank-api-key"),
        },
        **{
            f"{name}-postgres.env": {"password": password(HOME, name)}
            for name in (*SERVICES, AUDITOR)
        },
    }
    folder = overlay("kind") / "secrets"
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, values in files.items():
        text = "".join(f"{variable}={value}\n" for variable, value in values.items())
        _write(folder / name, text)
    _write(folder / "jwks.json", HOME.key_set.read_text())


def _write(file: Path, text: str) -> None:
    if file.exists() and file.read_text() == text:
        return
    # Renamed into place: another one may be reading.
    draft = file.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(file)
