"""PostgreSQL refuses to run as root; when we are root, it runs as an ordinary user."""

import os
import pwd
import shutil
from collections.abc import Sequence
from pathlib import Path

from local_stack.problem import LocalProblemError

_CANDIDATES = ("postgres", "nobody")


def is_needed() -> bool:
    """Whether we are the user that PostgreSQL refuses to serve."""
    return os.geteuid() == 0


def command(arguments: Sequence[str]) -> list[str]:
    """The same command, run as an ordinary user if we are root.

    That user keeps one right of root's: to pass through folders closed to it. A clone often lies
    under /root, and PostgreSQL's programs with it. Without `no_setuid_fixup`, access(2), by which
    initdb looks for them, would not honour that right.

    Raises:
        LocalProblemError: The tool that gives up root's rights is missing.
    """
    if not is_needed():
        return list(arguments)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise LocalProblemError(
            "PostgreSQL does not run as root and setpriv, which gives up root's rights, is not on"
            " PATH: install util-linux, or run make as an ordinary user"
        )
    user = _user()
    return [
        setpriv,
        f"--reuid={user.pw_uid}",
        f"--regid={user.pw_gid}",
        "--clear-groups",
        "--securebits=+no_setuid_fixup",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
        *arguments,
    ]


def give(folder: Path) -> None:
    """Make the folder the ordinary user's, if we are root."""
    if is_needed():
        user = _user()
        os.chown(folder, user.pw_uid, user.pw_gid)


def _user() -> pwd.struct_passwd:
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in _CANDIDATES:
        if name in known:
            return known[name]
    raise LocalProblemError(
        f"PostgreSQL does not run as root and there is no user {' or '.join(_CANDIDATES)}:"
        " add one (useradd --system postgres), or run make as an ordinary user"
    )
