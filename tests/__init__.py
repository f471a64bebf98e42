"""A package, so that a stack ends with the last test here, not with the last of the worker."""
