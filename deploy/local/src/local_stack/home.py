"""The folder of one stack: `.local` for `make run`, a temporary one for a test's own."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Home:
    """Names the places inside a stack's folder; creates those it is asked for."""

    path: Path

    def data(self, name: str) -> Path:
        """Where the server `name` keeps its files."""
        return self._folder("data") / name

    def log(self, name: str) -> Path:
        """What the process `name` printed."""
        return self._folder("log") / f"{name}.log"

    def pid_file(self, name: str) -> Path:
        """Holds the process id of `name` while it runs."""
        return self._folder("pid") / f"{name}.pid"

    def pid_files(self) -> list[Path]:
        """The files of all processes, running or not."""
        return list(self._folder("pid").iterdir())

    def lock(self, name: str) -> Path:
        """A file to lock, never to read."""
        return self._folder("lock") / name

    @property
    def signing_key(self) -> Path:
        """The private key that signs this stack's tokens."""
        return self._folder("keys") / "signing.pem"

    @property
    def key_set(self) -> Path:
        """The public half, as a JSON Web Key Set; services check tokens with it."""
        return self._folder("keys") / "jwks.json"

    @property
    def secrets(self) -> Path:
        """The generated passwords."""
        return self._folder("keys") / "passwords.json"

    @property
    def addresses(self) -> Path:
        """Where the processes of the running stack listen."""
        return self._folder("") / "addresses.json"

    def _folder(self, name: str) -> Path:
        folder = self.path / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder
