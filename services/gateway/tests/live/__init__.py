"""A package, so that its hub ends with the last test here, not with the last of the worker."""
