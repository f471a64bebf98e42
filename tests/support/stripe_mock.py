"""Stripe's own mock of its API: built once per machine and version, one process per use.

It checks each request against the API's published description and answers with Stripe's examples.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from local_stack import paths
from local_stack.file_lock import FileLock

VERSION: Final = "v0.203.0"
_MODULE: Final = "github.com/stripe/stripe-mock"
_HOME: Final = paths.LOCAL / "stripe-mock"
_GO_WHERE_IT_IS_UNPACKED: Final = Path("/usr/local/go/bin/go")
_ANNOUNCED: Final = "Listening for HTTP at address: "
BUILD_AND_TEST_S: Final = 300
"""Whichever test comes first builds it: on a busy machine that alone takes minutes."""


@contextmanager
def running() -> Generator[str]:
    """The address of a stripe-mock of one's own, without a trailing slash.

    Skips the test where there is neither a built one nor Go to build it with.
    """
    # HTTPS is not wanted, but unless told where it listens on a fixed port, once per machine.
    process = subprocess.Popen(
        [_program(), "-http-addr", "127.0.0.1:0", "-https-addr", "127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            yield f"http://{_address(process)}"
        finally:
            process.kill()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    printed: list[str] = []
    for line in process.stdout:
        if line.startswith(_ANNOUNCED):
            return line.removeprefix(_ANNOUNCED).strip()
        printed.append(line)
    raise RuntimeError(f"stripe-mock has ended: {''.join(printed)}")


def _program() -> Path:
    program = _HOME / VERSION / "stripe-mock"
    with FileLock(_HOME / "lock"):
        if not program.exists():
            _build(program)
    return program


def _build(program: Path) -> None:
    go = paths.program_on_path("go") or _GO_WHERE_IT_IS_UNPACKED
    if not go.exists():
        pytest.skip("stripe-mock cannot be built: there is no Go on PATH (https://go.dev/dl)")
    with tempfile.TemporaryDirectory(dir=_HOME) as folder:
        built = subprocess.run(
            [go, "install", f"{_MODULE}@{VERSION}"],
            env={**os.environ, "GOBIN": folder},
            capture_output=True,
            text=True,
            check=False,
        )
        if built.returncode:
            pytest.fail(f"stripe-mock {VERSION} could not be built:\n{built.stderr}")
        program.parent.mkdir(exist_ok=True)
        # At once or not at all: a run that is killed here leaves no half a program.
        shutil.move(Path(folder) / program.name, program)
