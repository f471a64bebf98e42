"""A failing service fails its own part, and tells the caller nothing about itself."""

from pathlib import Path
from typing import Any

import pytest
from gateway_process import Gateway, Issuer, run_gateway
from subgraphs import Failure, Subgraphs, answering, dropping, hanging

QUERY = '{ creator(id: "c") { id } me { balance { coins } } }'


def failed(extensions: dict[str, Any], message: str = "secret") -> Failure:
    error = {"message": message, "path": ["me"], "extensions": extensions}
    return answering({"data": {"me": None}, "errors": [error]})


@pytest.mark.parametrize("code", ["UNAUTHENTICATED", "FORBIDDEN", "BAD_USER_INPUT"])
def test_listed_codes_are_shown(
    gateway: Gateway, issuer: Issuer, subgraphs: Subgraphs, code: str
) -> None:
    """With their text and reason, and nothing else."""
    extensions = {"code": code, "reason": "why", "stack": "secret"}

    with subgraphs.failing("wallet", failed(extensions, "Told.")):
        body = gateway.post(QUERY, token=issuer.token(scope="viewer")).json()

    assert body["data"] == {"creator": {"id": "c"}, "me": None}
    assert body["errors"] == [
        {"message": "Told.", "path": ["me"], "extensions": {"code": code, "reason": "why"}}
    ]


@pytest.mark.parametrize(
    "extensions", [{}, {"code": "GRAPHQL_VALIDATION_FAILED"}, {"code": 7}, {"code": "SQL"}], ids=str
)
def test_other_errors_are_masked(
    gateway: Gateway, issuer: Issuer, subgraphs: Subgraphs, extensions: dict[str, Any]
) -> None:
    """The log has what was withheld, under the request's id."""
    headers = {"x-request-id": f"masked-{extensions}".translate(str.maketrans(" {}:'", "-----"))}

    with subgraphs.failing("wallet", failed(extensions)):
        token = issuer.token(scope="viewer")
        response = gateway.post(QUERY, token=token, headers=headers)

    request_id = response.headers["x-request-id"]
    assert response.json()["errors"] == [
        {
            "message": "Unexpected error.",
            "path": ["me"],
            "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id},
        }
    ]
    logged = gateway.logged("graphql_error_masked")
    assert [line["message"] for line in logged if line["request_id"] == request_id] == ["secret"]


@pytest.mark.parametrize(
    "failure",
    [
        answering(b"<html>secret</html>"),
        answering(b"", 500),
        answering({"secret": 1}),
        answering(b"[]"),
        answering(b"null"),
        dropping(),
    ],
    ids=["html", "empty", "other JSON", "array", "null", "dropped"],
)
def test_unusable_answers_are_unavailability(
    gateway: Gateway, issuer: Issuer, subgraphs: Subgraphs, failure: Failure
) -> None:
    """The rest of the answer is there; the code says that trying again may help."""
    with subgraphs.failing("wallet", failure):
        response = gateway.post(QUERY, token=issuer.token(scope="viewer"))

    body = response.json()
    assert response.status_code == 200
    assert body["data"] == {"creator": {"id": "c"}, "me": None}
    (error,) = body["errors"]
    assert error["extensions"]["code"] == "SERVICE_UNAVAILABLE"
    assert "secret" not in response.text


def test_silence_is_unavailability(
    folder: Path, settings: dict[str, str], issuer: Issuer, subgraphs: Subgraphs
) -> None:
    """A service that does not answer within the timeout costs the caller its part and no more."""
    impatient = settings | {"GATEWAY_UPSTREAM_TIMEOUT_MS": "3000"}

    with run_gateway(folder, impatient) as gateway, subgraphs.failing("wallet", hanging()):
        body = gateway.post(QUERY, token=issuer.token(scope="viewer")).json()

    assert body["data"] == {"creator": {"id": "c"}, "me": None}
    assert body["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"


def test_mutation_is_sent_once(gateway: Gateway, issuer: Issuer, subgraphs: Subgraphs) -> None:
    """Whether it was done is not known when the connection breaks: the caller decides."""
    query = "mutation ($input: AcceptGiftsInput!) { acceptGifts(input: $input) { __typename } }"
    token = issuer.token(scope="creator")

    with subgraphs.failing("gifts", dropping()):
        body = gateway.post(query, {"input": {"accept": True}}, token=token).json()

    assert body["data"] is None
    assert body["errors"][0]["extensions"]["code"] == "SERVICE_UNAVAILABLE"
    assert len(subgraphs.received) == 1


def test_null_where_there_must_be_a_value_nulls_its_parent(
    gateway: Gateway, subgraphs: Subgraphs
) -> None:
    """A front end never sees null in a field that the schema says is never null."""
    broken = answering({"data": {"giftCatalogue": {"version": None}}, "errors": [{"message": "x"}]})

    with subgraphs.failing("gifts", broken):
        body = gateway.post("{ giftCatalogue { version } }").json()

    assert body["data"] is None
    assert body["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"


def test_part_of_a_failing_service_takes_its_object_with_it(
    gateway: Gateway, issuer: Issuer, subgraphs: Subgraphs
) -> None:
    """`acceptsGifts` is never null: without its service there is no such creator to show."""
    query = """
    { creator(id: "c") { id acceptsGifts earnings { lifetime { microDiamonds } } } me { id } }
    """

    with subgraphs.failing("gifts", answering(b"", 500)):
        body = gateway.post(query, token=issuer.token("c", "creator")).json()

    assert body["data"]["creator"] is None
    assert {error["extensions"]["code"] for error in body["errors"]} == {"SERVICE_UNAVAILABLE"}
