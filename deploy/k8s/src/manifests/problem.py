"""What stops a command, for a person to mend."""


class ManifestError(Exception):
    """The message says what is missing or wrong, and what to do."""
