"""Operations that are too large are refused before any service is asked."""

import pytest
from gateway_process import Gateway, Issuer
from subgraphs import Subgraphs

FRAGMENTS = (
    '{ creator(id: "a") { ...a ...a ...a ...a } }'
    " fragment a on Creator { ...b ...b ...b ...b } fragment b on Creator { ...c ...c ...c ...c }"
    " fragment c on Creator { ...d ...d ...d ...d } fragment d on Creator { id id id id }"
)
NESTED = "{ me { " + "giftsSent { nodes { sender { " * 4 + "id" + " } } }" * 4 + " } }"
NODES = "giftsSent(first: 100) { nodes { sender { giftsSent(first: 100) { nodes { id } } } } }"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        (NESTED, "OPERATION_TOO_LARGE"),
        ("{ " + " ".join(f"a{i}: __typename" for i in range(31)) + " }", "OPERATION_TOO_LARGE"),
        ("{ __typename " + "__typename " * 1_001 + " }", "OPERATION_TOO_LARGE"),
        ("{ me " * 10_000, "OPERATION_TOO_LARGE"),
        (FRAGMENTS, "OPERATION_TOO_LARGE"),
        ("{ giftCatalogue { items(first: 101) { nodes { id } } } }", "OPERATION_TOO_LARGE"),
        ("{ giftCatalogue { items(last: 1000000) { nodes { id } } } }", "OPERATION_TOO_LARGE"),
        (f"{{ me {{ {NODES} }} }}", "COST_LIMIT_EXCEEDED"),
    ],
    ids=["depth", "aliases", "tokens", "nesting", "fragments", "page", "last page", "cost"],
)
def test_too_large_is_refused(
    gateway: Gateway, issuer: Issuer, subgraphs: Subgraphs, query: str, code: str
) -> None:
    """Each limit with its code, and nothing has run."""
    body = gateway.post(query, token=issuer.token(scope="viewer")).json()

    (error,) = body["errors"]
    assert error["extensions"]["code"] == code
    assert body.get("data") is None
    assert subgraphs.received == []


def test_cost_tells_its_figures(gateway: Gateway, issuer: Issuer) -> None:
    """So that a front end's author knows what to ask less of."""
    body = gateway.post(f"{{ me {{ {NODES} }} }}", token=issuer.token(scope="viewer")).json()

    (error,) = body["errors"]
    assert error["extensions"]["cost"] == {"estimated": 20_301, "max": 2_000}


@pytest.mark.parametrize(("size", "code"), [(100, None), (101, "OPERATION_TOO_LARGE")])
def test_page_sizes_in_variables_count(
    gateway: Gateway, subgraphs: Subgraphs, size: int, code: str | None
) -> None:
    """The same document is allowed or refused by its variables."""
    query = "query ($n: Int) { giftCatalogue { items(first: $n) { nodes { id } } } }"

    body = gateway.post(query, {"n": size}).json()

    codes = [error["extensions"]["code"] for error in body.get("errors", [])]
    assert codes == ([] if code is None else [code])
    assert len(subgraphs.received) == (code is None)


def test_cost_in_variables_counts(gateway: Gateway, issuer: Issuer) -> None:
    """Two small pages are cheap, two large ones multiply; defaults count too."""
    query = """
    query ($n: Int = 100) {
      me { giftsSent(first: $n) { nodes { sender { giftsSent(first: $n) { nodes { id } } } } } }
    }
    """
    token = issuer.token(scope="viewer")

    small = gateway.post(query, {"n": 5}, token=token).json()
    large = gateway.post(query, token=token).json()

    assert "errors" not in small
    assert large["errors"][0]["extensions"]["code"] == "COST_LIMIT_EXCEEDED"


def test_fragments_within_themselves_are_refused(gateway: Gateway) -> None:
    """By validation; measuring them comes to an end."""
    query = '{ creator(id: "a") { ...a } } fragment a on Creator { id ...b } fragment b on Creator { ...a }'  # noqa: E501

    (error,) = gateway.post(query).json()["errors"]

    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("not graphql", "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ creator { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ _entities }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ _service { sdl } }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { x }", "GRAPHQL_VALIDATION_FAILED"),
        ("fragment f on User { id }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
def test_bad_documents_have_codes(
    gateway: Gateway, subgraphs: Subgraphs, query: str, code: str
) -> None:
    """The same the second time; the federation's own fields are not for callers."""
    first = gateway.post(query).json()
    second = gateway.post(query).json()

    assert first == second
    assert first["errors"][0]["extensions"]["code"] == code
    assert subgraphs.received == []


def test_suggestions_do_not_leak_the_schema(gateway: Gateway) -> None:
    """A near miss tells no field's name."""
    body = gateway.post("{ creatr { id } }").text

    assert "creator" not in body


@pytest.mark.parametrize(
    "variables",
    [{}, {"id": None}, {"id": {"a": 1}}, {"id": ["a", "b"]}, {"id": True}],
    ids=str,
)
def test_bad_variables_are_the_callers_fault(
    gateway: Gateway, subgraphs: Subgraphs, variables: dict[str, object]
) -> None:
    """Told as such, with nothing asked."""
    body = gateway.post("query ($id: ID!) { creator(id: $id) { id } }", variables).json()

    assert [error["extensions"]["code"] for error in body["errors"]] == ["BAD_USER_INPUT"]
    assert subgraphs.received == []
