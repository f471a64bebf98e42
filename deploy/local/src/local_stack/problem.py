"""What a person can put right."""


class LocalProblemError(Exception):
    """Something is missing, taken or broken; the message is one line that ends with the remedy."""
