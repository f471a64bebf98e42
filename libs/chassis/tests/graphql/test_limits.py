"""Documents that are too large are refused before they are validated or run."""

from collections.abc import Callable
from typing import Any

import pytest

from chassis.graphql import Limits

NESTED_TEN = "{ __schema { types { fields { type { ofType { ofType { ofType { name }}}}}}}}"


def code_of(body: dict[str, Any]) -> str:
    (error,) = body["errors"]
    return error["extensions"]["code"]


@pytest.mark.parametrize(
    ("limits", "query"),
    [
        (Limits(depth_max=5), NESTED_TEN),
        (Limits(tokens_max=10), "{ a: me { id } b: me { id } }"),
        (Limits(aliases_max=1), "{ a: me { id } b: me { id } }"),
        (Limits(fields_max=3), "{ me { id } me { id } }"),
        (
            Limits(fields_max=30),
            "{ me { ...a ...a ...a } } fragment a on User { ...b ...b ...b }"
            " fragment b on User { ...c ...c ...c } fragment c on User { id id }",
        ),
    ],
    ids=["depth", "tokens", "aliases", "fields", "fragments"],
)
async def test_too_large_is_refused(
    make_notes: Callable[..., Any], limits: Limits, query: str
) -> None:
    """Each limit by itself, with one code for all."""
    assert code_of(await make_notes(limits=limits).run(query)) == "OPERATION_TOO_LARGE"


async def test_within_the_limits_is_run(make_notes: Callable[..., Any]) -> None:
    """Exactly at the limit is allowed."""
    limits = Limits(depth_max=2, aliases_max=1, fields_max=2, tokens_max=9)

    body = await make_notes(limits=limits).run("{ a: me { id } }")

    assert body == {"data": {"a": {"id": "alice"}}}


async def test_endless_nesting_is_refused(notes: Any) -> None:
    """Neither the parser's nor our own recursion ends the process."""
    body = await notes.run("{ me " * 100_000)

    assert code_of(body) == "OPERATION_TOO_LARGE"


async def test_fragments_within_themselves_are_refused(notes: Any) -> None:
    """By validation; the measuring before it comes to an end."""
    body = await notes.run(
        "{ me { ...a } } fragment a on User { ...b } fragment b on User { ...a }"
    )

    assert body["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
