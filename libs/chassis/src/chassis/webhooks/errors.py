"""Why a delivery is not what it should be."""


class SignatureError(Exception):
    """The delivery is not signed by its sender; the message says what is wrong with it."""


class StaleError(Exception):
    """The signature is genuine but too old or from the future: a replay, or a clock that is off."""


class UnreadableError(Exception):
    """The delivery is authentic, but its body does not have the form agreed on."""


class TurnedAwayError(Exception):
    """The delivery is not taken in; answered with a status, a stable code and a reason."""

    def __init__(self, status: int, code: str, reason: str) -> None:
        """`code`: one of docs/errors.md."""
        super().__init__(reason)
        self.status = status
        self.code = code

    @classmethod
    def of(cls, error: SignatureError | StaleError) -> "TurnedAwayError":
        """How whoever signed wrongly, or long ago, is turned away."""
        if isinstance(error, SignatureError):
            return cls(401, "signature_invalid", str(error))
        return cls(400, "signature_stale", str(error))
