"""Settings in files: a directory of them, as Kubernetes mounts a Secret.

A file is called like the variable that it stands for, so that the keys of a Secret are good for
both. How files are read is pydantic-settings' own; what it passes over in silence is refused here.
"""

import os
from pathlib import Path
from typing import Any, override

from pydantic_settings import BaseSettings, SecretsSettingsSource

DIRECTORY = "secrets_dir"
"""The setting that names the directory."""


class SecretFilesError(Exception):
    """The directory or something in it is wrong; the message says what, and how to mend it."""


class SecretFiles(SecretsSettingsSource):
    """The files of one directory. Of a file's text, white space at both ends does not count."""

    def __init__(
        self, settings: type[BaseSettings], directory: str | None, told: frozenset[str]
    ) -> None:
        """Args:
        settings: What is read.
        directory: Where the files are; None: nowhere.
        told: The fields that variables give a value.
        """
        super().__init__(settings, secrets_dir=directory)
        self._directory = directory
        self._told = told

    @override
    def __call__(self) -> dict[str, Any]:
        """The value of each field that has a file.

        Raises:
            SecretFilesError: No such directory, a file that is no setting, or one of ours that is
                empty, cannot be read, or says what a variable says too.
        """
        if self._directory is None:
            return {}
        prefix: str = self.config.get("env_prefix", "")
        fields = {prefix.lower() + name: name for name in self.settings_cls.model_fields}
        known = {prefix.lower() + name for name in _names_of_all(self.settings_cls)}
        for file in _files(Path(self._directory), prefix):
            if file.name.lower() not in known:
                raise SecretFilesError(f"{file} is not a setting: rename or remove it")
            field = fields.get(file.name.lower())
            if field is None:
                continue  # another command's, which may be run in the same container
            if field in self._told:
                raise SecretFilesError(
                    f"{file} and the variable {prefix}{field.upper()} are both there: remove one"
                )
            _check(file)
        return super().__call__()


def _names_of_all(settings: type[BaseSettings]) -> set[str]:
    """The fields of a program's commands: of all classes whose variables have the same prefix."""
    prefix = settings.model_config.get("env_prefix", "")
    root = next(
        kind
        for kind in reversed(settings.__mro__)
        if issubclass(kind, BaseSettings) and kind.model_config.get("env_prefix", "") == prefix
    )
    names: set[str] = set()
    kinds = [root]
    while kinds:
        kind = kinds.pop()
        names.update(kind.model_fields)
        kinds += kind.__subclasses__()
    return names - {DIRECTORY}


def _files(directory: Path, prefix: str) -> list[Path]:
    try:
        found = sorted(directory.iterdir())
    except OSError as error:
        raise SecretFilesError(
            f"{prefix}{DIRECTORY.upper()} names {directory}, which cannot be read"
            f" ({error.strerror}): mount the Secret there, readable by the process's group"
        ) from error
    # What belongs to others may lie beside; Kubernetes' own `..data` does.
    return [each for each in found if each.name.lower().startswith(prefix.lower())]


def _check(file: Path) -> None:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = os.strerror(error.errno or 0) if isinstance(error, OSError) else "it is not UTF-8"
        raise SecretFilesError(
            f"{file} cannot be read ({reason}): it must be a file of text, readable by the"
            " process's group"
        ) from error
    if not text.strip():
        raise SecretFilesError(f"{file} is empty: put the value in, or remove it")
