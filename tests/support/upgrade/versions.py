"""Versions of the code: this one, and an earlier one out of git, each with how it runs."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psutil
import pytest

from local_stack import paths, programs
from local_stack.addresses import Addresses
from local_stack.home import Home
from local_stack.processes import ProcessSpec, base_environment

PREVIOUS = "LARGESSE_PREVIOUS"
"""The environment variable that names the version which is upgraded from: a tag, a commit."""

_DESCRIBE = Path(__file__).with_name("describe_program.py")
_LOCKS = ("requirements.lock", "services/gateway/package-lock.json")
_MODULES = "import sys, importlib.util as u; print(*[u.find_spec(n).origin for n in sys.argv[1:]])"


@dataclass(frozen=True, slots=True)
class Version:
    """The code in one folder, and the interpreter that has what its locks say."""

    label: str
    """What its processes are told apart by: `previous`, `this`."""
    commit: str
    folder: Path
    python: Path

    @property
    def search_path(self) -> dict[str, str]:
        """The setting by which an interpreter takes our packages from this folder.

        It stands before the editable installs, which lead to the folder of the interpreter.
        """
        sources = [str(path) for path in sorted(self.folder.glob("*/*/src"))]
        return {"PYTHONPATH": os.pathsep.join(sources)}

    def programs(self) -> Sequence[str]:
        """What this version consists of: its own `programs.PROGRAMS`."""
        return self._python("-c", "from local_stack.programs import PROGRAMS; print(*PROGRAMS)")

    def spec(
        self, name: str, home: Home, addresses: Addresses, extra: Mapping[str, str]
    ) -> ProcessSpec:
        """How this version runs a program, by its own words; see `programs.spec`."""
        asked = {
            "name": name,
            "home": str(home.path),
            "addresses": asdict(addresses),
            "extra": dict(extra),
        }
        told = json.loads(" ".join(self._python(str(_DESCRIBE), asked=json.dumps(asked))))
        return replace(
            programs.spec(name, home, addresses, {}),
            command=told["command"],
            environment=told["environment"] | self.search_path,
            folder=Path(told["folder"]),
        )

    def run(self, *arguments: str, settings: Mapping[str, str] | None = None) -> None:
        """Run one of this version's modules to its end, such as `wallet migrate`."""
        self._python("-m", *arguments, settings=settings)

    def assert_runs(self, pid: int, *packages: str) -> None:
        """Make sure that a running process has this version's code.

        The interpreter is asked where it finds the packages, with all that the process was started
        with. The gateway, which is no Python, runs where its code lies.
        """
        process = psutil.Process(pid)
        folder = Path(process.cwd())
        assert folder.is_relative_to(self.folder), f"{process} runs in {folder}"
        if not packages:
            return
        found = subprocess.run(
            [process.cmdline()[0], "-c", _MODULES, *packages],
            env=process.environ(),
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        assert len(found) == len(packages)
        for origin in found:
            assert Path(origin).is_relative_to(self.folder), f"{process} has {origin}"

    def _python(
        self, *arguments: str, asked: str = "", settings: Mapping[str, str] | None = None
    ) -> Sequence[str]:
        done = subprocess.run(
            [str(self.python), *arguments],
            cwd=self.folder,
            env=base_environment() | dict(settings or {}) | self.search_path,
            input=asked,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout.split()


def this_version() -> Version:
    """The code that the test belongs to, as it lies there."""
    return Version("this", _git("rev-parse", "HEAD") or "", paths.REPOSITORY, Path(sys.executable))


@contextmanager
def previous_version() -> Generator[Version]:
    """The version before, out of git: LARGESSE_PREVIOUS, or the first parent of HEAD.

    With this version's packages where the locks are the same, else with a set-up of its own. A test
    is skipped where there is no history.
    """
    commit = _previous_commit()
    with tempfile.TemporaryDirectory(dir=paths.LOCAL, prefix="previous-") as name:
        folder = Path(name)
        _export(commit, folder)
        if all(_same(folder, lock) for lock in _LOCKS):
            python = Path(sys.executable)
            modules = Path("services", "gateway", "node_modules")
            (folder / modules).symlink_to(paths.REPOSITORY / modules)
        else:
            print(f"setting up {commit}: its locks are not this version's")
            subprocess.run(["make", "setup"], cwd=folder, env=_own_environment(), check=True)
            python = folder / ".venv" / "bin" / "python"
        yield Version("previous", commit, folder, python)


def _previous_commit() -> str:
    named = os.environ.get(PREVIOUS)
    found = _git("rev-parse", "--verify", "--quiet", f"{named or 'HEAD~1'}^{{commit}}")
    if found is not None:
        return found
    assert named is None, f"{PREVIOUS}={named} is no commit that git knows: fetch it first"
    pytest.skip(
        "there is no version before: git knows no parent of HEAD, as after `git clone --depth 1`;"
        f" `git fetch --unshallow`, or fetch a release and name it by {PREVIOUS}"
    )


def _export(commit: str, folder: Path) -> None:
    with subprocess.Popen(
        ["git", "archive", commit], cwd=paths.REPOSITORY, stdout=subprocess.PIPE
    ) as archive:
        subprocess.run(["tar", "-x", "-C", str(folder)], stdin=archive.stdout, check=True)
    assert archive.returncode == 0, f"git could not export {commit}"


def _same(folder: Path, file: str) -> bool:
    return (folder / file).read_bytes() == (paths.REPOSITORY / file).read_bytes()


def _own_environment() -> dict[str, str]:
    """Ours, but for what make and a virtual environment of ours would tell another's set-up."""
    ours = ("LARGESSE_", "MAKE", "MFLAGS", "VIRTUAL_ENV", "PYTHONPATH")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def _git(*arguments: str) -> str | None:
    """What git says; None where it says no, or there is neither git nor a repository."""
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=paths.REPOSITORY, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
