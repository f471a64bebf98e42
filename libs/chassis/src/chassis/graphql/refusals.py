"""Expected failures as data: each mutation answers a union of its payload and its refusals."""

import dataclasses
import inspect
import re
from collections.abc import Callable
from typing import dataclass_transform

import strawberry

_CODE = re.compile(r"[a-z][a-z0-9_]*")


@strawberry.interface(description="Why a request was refused. Nothing has changed.")
class Refusal:
    """Implemented by every refusal, so that a client can treat one it does not know."""

    # The default is never seen: `refusal` gives each type its own.
    code: str = strawberry.field(
        default="", description="Stable and for programs: see docs/errors.md."
    )
    message: str = strawberry.field(description="For people, in English; may change.")


@dataclass_transform(kw_only_default=True)
def refusal[RefusalT: Refusal](
    *, code: str, description: str, shareable: bool = False
) -> Callable[[type[RefusalT]], type[RefusalT]]:
    """Declare a refusal type whose `code` is always `code`.

    The class inherits `Refusal` and adds the facts a client needs; instances are made with
    `message=` and those facts. `shareable`: several subgraphs have the same type.
    """
    assert _CODE.fullmatch(code), code

    def declare(cls: type[RefusalT]) -> type[RefusalT]:
        cls.__annotations__ = {"code": str, **inspect.get_annotations(cls)}
        cls.code = strawberry.field(  # pyright: ignore[reportAttributeAccessIssue]
            default=code, description=f"Always `{code}`."
        )
        return strawberry.federation.type(cls, description=description, shareable=shareable)

    return declare


def refusal_code(cls: type[Refusal]) -> str | None:
    """The fixed code of a refusal type; None where it varies, as in one that reports another's."""
    default = next(field.default for field in dataclasses.fields(cls) if field.name == "code")
    return default if isinstance(default, str) and default else None


@refusal(
    code="idempotency_conflict",
    description="The id was used before, with other terms. Make a new id for a new request.",
    shareable=True,
)
class IdempotencyConflict(Refusal):
    """Same id and same body is a retry and gets the first result; this is the other case."""

    message: str = strawberry.field(
        default="This id already belongs to a request with other terms.",
        description="For people, in English; may change.",
    )


@refusal(
    code="not_eligible",
    description="The caller's age, region or kind of account does not allow this.",
    shareable=True,
)
class NotEligible(Refusal):
    """Decided from the token's claims alone."""
