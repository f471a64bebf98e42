"""Running operations: data, refusals, guards, and which errors callers see."""

import gc
from types import FrameType
from typing import Any

import pytest
from structlog.testing import capture_logs

from chassis.telemetry import metrics

WRITE = """
mutation Write($input: WriteNoteInput!) {
  writeNote(input: $input) {
    __typename
    ... on WriteNotePayload { note { id coins } price { amountMinor currency } }
    ... on Refusal { code message }
    ... on NoteTooLong { maxLength }
  }
}
"""
NOTE_ID = "019b76da-a800-7000-8000-0123456789ab"
USED_ID = "00000000-0000-0000-0000-000000000000"


def code_of(body: dict[str, Any]) -> str:
    (error,) = body["errors"]
    return error["extensions"]["code"]


async def test_mutation_answers_its_payload(notes: Any) -> None:
    """Sixty-four-bit amounts go in and come out as plain numbers."""
    coins = 2**53 - 1

    body = await notes.run(WRITE, input={"noteId": NOTE_ID, "text": "hi", "coins": coins})

    assert body == {
        "data": {
            "writeNote": {
                "__typename": "WriteNotePayload",
                "note": {"id": NOTE_ID, "coins": coins},
                "price": {"amountMinor": coins, "currency": "USD"},
            }
        }
    }


async def test_refusals_are_data(notes: Any) -> None:
    """A refusal has its fixed code and can be read through the interface."""
    too_long = {"noteId": NOTE_ID, "text": "too long", "coins": 1}
    conflict = {"noteId": USED_ID, "text": "", "coins": 1}

    first = await notes.run(WRITE, input=too_long)
    second = await notes.run(WRITE, input=conflict)

    assert first["data"]["writeNote"] == {
        "__typename": "NoteTooLong",
        "code": "note_too_long",
        "message": "Too long.",
        "maxLength": 5,
    }
    assert second["data"]["writeNote"]["code"] == "idempotency_conflict"


@pytest.mark.parametrize(
    ("viewer", "code"),
    [
        ("alice", None),
        ("auditor", None),
        ("nobody", "FORBIDDEN"),
        ("anonymous", "UNAUTHENTICATED"),
    ],
)
async def test_entities_are_guarded(
    notes: Any, viewers: dict[str, Any], viewer: str, code: str | None
) -> None:
    """Whoever reaches the subgraph by `_entities` is checked like anybody else."""
    query = """
    query ($who: [_Any!]!) { _entities(representations: $who) { ... on User { id notes { nodes { id } } } } }
    """  # noqa: E501
    who = [{"__typename": "User", "id": "alice"}]

    body = await notes.run(query, viewers[viewer], who=who)

    (user,) = body["data"]["_entities"]
    assert user["id"] == "alice"
    assert (user["notes"] is None) == (code is not None)
    assert code is None or code_of(body) == code


async def test_owner_alone_sees_their_own(notes: Any, viewers: dict[str, Any]) -> None:
    """The right scope opens one's own things, not another's."""
    query = """
    query ($who: [_Any!]!) { _entities(representations: $who) { ... on User { notes { totalCoins } } } }
    """  # noqa: E501

    body = await notes.run(query, viewers["alice"], who=[{"__typename": "User", "id": "bob"}])

    assert body["data"]["_entities"] == [{"notes": None}]
    assert code_of(body) == "FORBIDDEN"


@pytest.mark.parametrize("viewer", ["nobody", "auditor", "anonymous"])
async def test_mutation_needs_its_scope(notes: Any, viewers: dict[str, Any], viewer: str) -> None:
    """Nothing is written for who may not write."""
    given = {"noteId": NOTE_ID, "text": "hi", "coins": 1}

    body = await notes.run(WRITE, viewers[viewer], input=given)

    assert body["data"] is None
    assert code_of(body) == ("UNAUTHENTICATED" if viewer == "anonymous" else "FORBIDDEN")


async def test_missing_token_has_a_reason(notes: Any) -> None:
    """A program can tell a missing token from an expired one."""
    body = await notes.run("{ me { id } }", None)

    assert body["data"] == {"me": None}
    assert body["errors"][0]["extensions"] == {
        "code": "UNAUTHENTICATED",
        "reason": "token_missing",
    }


async def test_defects_are_masked_and_logged(notes: Any) -> None:
    """The caller gets a request id, the log the cause."""
    with capture_logs() as logs:
        body = await notes.run("{ broken }")

    assert body == {
        "data": {"broken": None},
        "errors": [
            {
                "message": "Unexpected error.",
                "path": ["broken"],
                "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": "request-1"},
            }
        ],
    }
    (entry,) = logs
    assert (entry["event"], entry["request_id"]) == ("graphql_error_masked", "request-1")
    assert "hunter2" in str(entry["exc_info"])


async def test_outage_says_that_it_may_be_tried_again(notes: Any) -> None:
    body = await notes.run("{ away }")

    (error,) = body["errors"]
    assert error["message"] == "A part of the service does not answer. Try again with the same ids."
    assert error["extensions"] == {"code": "SERVICE_UNAVAILABLE", "requestId": "request-1"}


async def test_errors_that_are_answered_hold_nothing(notes: Any) -> None:
    """In an outage every request fails, and all that it had would wait for the collector."""
    gc.collect()
    gc.disable()
    try:
        await notes.run("{ broken away }")
        frames = [each for each in gc.get_objects() if isinstance(each, FrameType)]
        held = {frame.f_code.co_name for frame in frames} & {"broken", "away", "await_result"}
    finally:
        gc.enable()

    assert held == set()


@pytest.mark.parametrize("coins", [1.5, "1", 2**53, -(2**53), True, None, [1]], ids=str)
async def test_amounts_are_whole_numbers(notes: Any, coins: object) -> None:
    """Nothing is rounded, cut or read from text."""
    body = await notes.run("query ($c: Coins!) { echo(coins: $c) }", c=coins)

    assert code_of(body) == "BAD_USER_INPUT"


@pytest.mark.parametrize("literal", ["1.0", '"1"', "9007199254740992", "true", "null", "X"])
async def test_amounts_in_documents_are_whole_numbers(notes: Any, literal: str) -> None:
    """The same for amounts written into the document."""
    body = await notes.run(f"{{ echo(coins: {literal}) }}")

    assert code_of(body) == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize("coins", [0, -1, 2**31, 2**32 + 1, 2**53 - 1, -(2**53 - 1)])
async def test_amounts_are_exact(notes: Any, coins: int) -> None:
    """Over the 32 bits of GraphQL's own Int, by variable and by literal."""
    by_variable = await notes.run("query ($c: Coins!) { echo(coins: $c) }", c=coins)
    by_literal = await notes.run(f"{{ echo(coins: {coins}) }}")

    assert by_variable == by_literal == {"data": {"echo": coins}}


@pytest.mark.parametrize(
    "note_id", ["x", "", 1, "{019b76da-a800-7000-8000-0123456789ab}", "019b76daa80070008000012345"]
)
async def test_ids_are_uuids(notes: Any, note_id: object) -> None:
    """One canonical form, so that one id has one spelling."""
    body = await notes.run(WRITE, input={"noteId": note_id, "text": "hi", "coins": 1})

    assert code_of(body) == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ echo }", "GRAPHQL_VALIDATION_FAILED"),
        ("fragment f on User { id }", "GRAPHQL_VALIDATION_FAILED"),
        ("query a { me { id } } query b { me { id } }", "GRAPHQL_PARSE_FAILED"),
    ],
)
async def test_bad_documents_have_codes(notes: Any, query: str, code: str) -> None:
    """And are the same the second time, when they come from the cache."""
    first = await notes.run(query)
    second = await notes.run(query)

    assert code_of(first) == code
    assert first == second


async def test_suggestions_do_not_leak_the_schema(notes: Any) -> None:
    """A near miss tells no field's name."""
    body = await notes.run("{ me { note } }")

    assert "notes" not in body["errors"][0]["message"]


async def test_operation_is_chosen_by_name(notes: Any) -> None:
    """One of several in a document."""
    query = "query a { echo(coins: 1) } query b { echo(coins: 2) }"

    assert await notes.run(query, name="b") == {"data": {"echo": 2}}
    assert code_of(await notes.run(query, name="c")) == "GRAPHQL_PARSE_FAILED"


async def test_every_request_is_counted_by_field_and_outcome(notes: Any) -> None:
    """Whatever a client calls its operation: names that it invents fill no memory."""
    counted = [("writeNote", "ok"), ("invalid", "GRAPHQL_VALIDATION_FAILED")]
    before = [requests(*labels) for labels in counted]

    await notes.run(WRITE, input={"noteId": NOTE_ID, "text": "hi", "coins": 1})
    await notes.run("query Invented { noSuchField }")

    assert [requests(*labels) for labels in counted] == [count + 1 for count in before]
    assert requests("Invented", "ok") == 0


def requests(field: str, outcome: str) -> float:
    labels = {"operation": field, "outcome": outcome}
    return metrics.REGISTRY.get_sample_value("largesse_requests_total", labels) or 0
